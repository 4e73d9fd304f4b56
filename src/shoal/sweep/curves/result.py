"""What a curve found: errors with their intervals, their parts, and what they say in words."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from shoal.history.wording import compact, with_bounds
from shoal.sweep.curves.power_law import PowerLaw
from shoal.sweep.matter.decomposition import Decomposition
from shoal.sweep.matter.double_descent import DoubleDescent

if TYPE_CHECKING:
    import polars as pl


class Estimate(NamedTuple):
    """A mean over folds and seeds, with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Point:
    """One value of a curve.

    Parameters
    ----------
    value : float
    test, train : Estimate
        The error on the rows left out, and on the training rows.
    parts, train_parts : tuple of float
        The same by fold and seed, the seeds of a fold side by side; NaN for what came to nothing.
    decomposition : Decomposition or None
        Bias, variance and noise on the rows left out; None with a single seed, or where a network came to
        nothing.
    epochs : float
        Mean of the epochs whose weights were kept.
    """

    value: float
    test: Estimate
    train: Estimate
    parts: tuple[float, ...]
    train_parts: tuple[float, ...]
    decomposition: Decomposition | None
    epochs: float

    @property
    def lost(self) -> int:
        """How many networks came to nothing."""
        return sum(part != part for part in self.parts)

    def row(self) -> dict[str, Any]:
        """Return the point as a row of a table."""
        parts = self.decomposition
        names = ("error", "bias", "variance", "noise")
        return {
            "value": self.value,
            **{f"test{end}": value for end, value in zip(_ENDS, self.test, strict=True)},
            **{f"train{end}": value for end, value in zip(_ENDS, self.train, strict=True)},
            **{name: None if parts is None else getattr(parts, name) for name in names},
            "epochs": self.epochs,
            "lost": self.lost,
        }


_ENDS = ("", "_low", "_high")


@dataclass(frozen=True)
class Curve:
    """Error against width, depth, rows, epochs or a setting.

    Attributes
    ----------
    over : str
    words : str
        What `over` is: "units of every hidden layer".
    figure : str
        What is measured, lower is better: "log loss".
    points : tuple of Point
        By rising value.
    split : str
        What the decomposition splits: "squared" error or "log_loss".
    descent : DoubleDescent
    law : PowerLaw or None
        Of a curve over rows.
    verdicts : tuple of str
        What the curve says, in sentences.
    folds : int
    seeds : tuple of int
    nets : int
    seconds : float
    notes : tuple of str
    interrupted : bool
    """

    over: str
    words: str
    figure: str
    points: tuple[Point, ...]
    split: str
    descent: DoubleDescent
    law: PowerLaw | None
    verdicts: tuple[str, ...]
    folds: int
    seeds: tuple[int, ...]
    nets: int
    seconds: float
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def best(self) -> Point:
        """The point with the lowest error on rows left out."""
        return min(self.points, key=lambda point: (math.isnan(point.test.mean), point.test.mean))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "over": self.over,
            "words": self.words,
            "figure": self.figure,
            "folds": self.folds,
            "seeds": list(self.seeds),
            "networks": self.nets,
            "seconds": self.seconds,
            "points": [
                {**point.row(), "parts": list(point.parts), "train_parts": list(point.train_parts)}
                for point in self.points
            ],
            "decomposition_of": self.split,
            "double_descent": asdict(self.descent),
            "more_rows": None if self.law is None else asdict(self.law),
            "verdicts": list(self.verdicts),
            "notes": list(self.notes),
            "interrupted": self.interrupted,
        }

    def to_frame(self) -> pl.DataFrame:
        """Return a table with a row for each value."""
        import polars as pl

        rows = [point.row() for point in self.points]
        return pl.DataFrame(rows, infer_schema_length=None).rename({"value": self.over})

    def lines(self) -> list[str]:
        """Return table and verdicts as text."""
        heads = [self.over, f"{self.figure} on rows left out", "on training rows"]
        several = any(point.decomposition for point in self.points)
        heads += ["bias", "variance"] if several else []
        rows = [heads, *([*_cells(point), *(_parts(point) if several else [])] for point in self.points)]
        wide = [max(len(row[i]) for row in rows) for i in range(len(heads))]
        table = ["  ".join(text.rjust(size) for text, size in zip(row, wide, strict=True)) for row in rows]
        return [*table, *self.verdicts, *self.notes]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _cells(point: Point) -> list[str]:
    value, bounds = with_bounds(*point.test)
    lost = f" ({point.lost} lost)" if point.lost else ""
    return [f"{point.value:,g}", f"{value} ({bounds}){lost}", compact(point.train.mean)]


def _parts(point: Point) -> list[str]:
    parts = point.decomposition
    return ["–", "–"] if parts is None else [compact(parts.bias), compact(parts.variance)]
