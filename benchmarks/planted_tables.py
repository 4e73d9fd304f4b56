"""Tables on which trouble is planted: scikit-learn's, shoal's example, and made ones, cut into three parts.

Rows of the third part neither train nor validate: on them it is judged whether a remedy helps.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from sklearn import datasets

from shoal.fitting.problem import Problem, problem_of

PENGUINS = Path(__file__).resolve().parents[1] / "examples" / "data" / "penguins.csv"
TARGET = "target"
_MOST_ROWS = 1200  # two cores are to be done in minutes


@dataclass(frozen=True)
class Parts:
    """The rows that train, that validate, and that judge."""

    train: Problem
    valid: Problem
    judge: Problem


def _bundled(load: Callable) -> Callable[[], pl.DataFrame]:
    def read() -> pl.DataFrame:
        X, y = load(return_X_y=True)
        names = [f"x{i}" for i in range(X.shape[1])]
        kind = y.astype(float) if load is datasets.load_diabetes else np.char.add("c", y.astype(str))
        return pl.DataFrame(X.astype(float), schema=names).with_columns(pl.Series(TARGET, kind))

    return read


def _penguins() -> pl.DataFrame:
    frame = pl.read_csv(PENGUINS, null_values=["", "NA"])
    return frame.rename({"species": TARGET}).drop_nulls()


def _moons() -> pl.DataFrame:
    X, y = datasets.make_moons(900, noise=0.2, random_state=0)
    return pl.DataFrame({"a": X[:, 0], "b": X[:, 1], TARGET: np.where(y == 1, "up", "down")})


def _circles() -> pl.DataFrame:
    X, y = datasets.make_circles(900, noise=0.1, factor=0.5, random_state=0)
    return pl.DataFrame({"a": X[:, 0], "b": X[:, 1], TARGET: np.where(y == 1, "in", "out")})


def _friedman() -> pl.DataFrame:
    X, y = datasets.make_friedman1(900, noise=1.0, random_state=0)
    return pl.DataFrame(X, schema=[f"x{i}" for i in range(10)]).with_columns(pl.Series(TARGET, y))


def _waves() -> pl.DataFrame:
    generator = np.random.default_rng(0)
    X = generator.uniform(-2, 2, (900, 4))
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + generator.normal(0, 0.3, 900)
    return pl.DataFrame(X, schema=list("abcd")).with_columns(pl.Series(TARGET, y))


def _groups() -> pl.DataFrame:
    X, y = datasets.make_classification(
        900, 15, n_informative=6, n_redundant=2, n_classes=4, class_sep=1.3, random_state=0
    )
    names = [f"x{i}" for i in range(15)]
    return pl.DataFrame(X, schema=names).with_columns(pl.Series(TARGET, np.char.add("g", y.astype(str))))


TABLES: dict[str, Callable[[], pl.DataFrame]] = {
    "breast_cancer": _bundled(datasets.load_breast_cancer),
    "wine": _bundled(datasets.load_wine),
    "iris": _bundled(datasets.load_iris),
    "digits": _bundled(datasets.load_digits),
    "diabetes": _bundled(datasets.load_diabetes),
    "penguins": _penguins,
    "moons": _moons,
    "circles": _circles,
    "friedman": _friedman,
    "waves": _waves,
    "groups": _groups,
}
CLASSES = ("breast_cancer", "wine", "iris", "digits", "penguins", "moons", "circles", "groups")
QUANTITIES = ("diabetes", "friedman", "waves")


def tables_of(folder: Path | None) -> dict[str, Callable[[], pl.DataFrame]]:
    """Return the tables above and, with a folder of tables, those of it that have classes or a quantity."""
    if folder is None:
        return TABLES
    more = {path.parent.name: _of_folder(path) for path in sorted(folder.glob("*/meta.json"))}
    return {**TABLES, **{name: read for name, read in more.items() if name not in TABLES}}


def _of_folder(meta: Path) -> Callable[[], pl.DataFrame]:
    def read() -> pl.DataFrame:
        told = json.loads(meta.read_text())
        path = meta.parent / told["file"]
        frame = (
            pl.read_parquet(path)
            if path.suffix == ".parquet"
            else pl.read_csv(path, infer_schema_length=None)
        )
        return frame.rename({told["target"]: TARGET}).drop_nulls(TARGET)

    return read


def parts_of(frame: pl.DataFrame, seed: int, spoil: Callable | None = None) -> Parts:
    """Cut a table into rows that train (a half), validate and judge (a quarter each).

    Parameters
    ----------
    frame : DataFrame
    seed : int
        Of the draw.
    spoil : callable, optional
        ``(frame, generator) -> frame``: plants trouble in the table before it is cut.
    """
    generator = np.random.default_rng([zlib.crc32(b"planted"), seed])
    frame = frame[generator.permutation(frame.height)[:_MOST_ROWS]]
    if spoil is not None:
        frame = spoil(frame, generator)
    whole = problem_of(frame, TARGET)
    half, quarter = frame.height // 2, frame.height // 4
    rows = np.arange(frame.height)
    cuts = (rows[:half], rows[half : half + quarter], rows[half + quarter :])
    return Parts(*(_part(whole, cut) for cut in cuts))


def _part(whole: Problem, rows: np.ndarray) -> Problem:
    return replace(whole.take(rows), target=_target(whole))


def _target(whole: Problem):
    from shoal.data import Target

    return Target.fit(whole.answers, whole.task) if whole.task != "regression" else None
