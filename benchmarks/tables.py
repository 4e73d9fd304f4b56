"""Real tables with a fixed split: those of a folder, or the few that scikit-learn and shoal bring along.

A folder of tables holds one folder each, with ``meta.json`` (file, target, task, categorical columns,
positive label) and the data. The split is 80/20 with seed 0, stratified for classes, so that figures taken
at different times can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets, metrics
from sklearn.model_selection import train_test_split

PENGUINS = Path(__file__).resolve().parents[1] / "examples" / "data" / "penguins.csv"
SHIPPED = {
    "breast_cancer": (datasets.load_breast_cancer, "binary"),
    "wine": (datasets.load_wine, "multiclass"),
    "digits": (datasets.load_digits, "multiclass"),
    "diabetes": (datasets.load_diabetes, "regression"),
}
ONLY_WHEN_NAMED = ("mnist", "donors")
"""Tables that take the other contestants many minutes."""
MEASURES = {"binary": "AUC", "multiclass": "accuracy", "regression": "RMSE/std"}
LOWER_IS_BETTER = ("RMSE/std",)
_IMAGE_ROWS = 8000  # of training images, where no other number is asked for


@dataclass(frozen=True)
class Table:
    """A table, what is to be learnt from it, and which rows train.

    Parameters
    ----------
    X : DataFrame (rows, features)
        Category columns have the category dtype.
    y : (rows,) array
        Floats for a regression, text otherwise.
    train, test : int arrays
    positive : str
        The label whose probability is judged, for a binary target.
    """

    name: str
    task: str
    X: pd.DataFrame
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray
    positive: str = ""

    @property
    def measure(self) -> str:
        """Return the name of the figure that the table is judged by."""
        return MEASURES[self.task]

    def score(self, predicted: np.ndarray) -> float:
        """Judge predictions of the test rows: probabilities of the positive label, labels, or quantities."""
        truth = self.y[self.test]
        if self.task == "binary":
            return float(metrics.roc_auc_score(truth == self.positive, predicted))
        if self.task == "multiclass":
            return float(metrics.accuracy_score(truth, predicted))
        return float(metrics.root_mean_squared_error(truth, predicted) / np.std(truth))


def read_tables(folder: Path | None, only: Sequence[str] = (), rows: int | None = None) -> Iterator[Table]:
    """Yield the tables of a folder, or the shipped ones without it.

    Parameters
    ----------
    folder : Path or None
    only : sequence of str
        Names of the tables wanted; all but `ONLY_WHEN_NAMED` if empty.
    rows : int, optional
        Most training rows, drawn with seed 0.
    """
    names = names_in(folder)
    unknown = sorted(set(only) - set(names))
    if unknown:
        raise SystemExit(f"There is no table {', '.join(unknown)}. There are: {', '.join(names)}.")
    for name in only or [n for n in names if n not in ONLY_WHEN_NAMED]:
        yield _capped(_from_folder(folder / name) if folder else _shipped(name), rows)


def names_in(folder: Path | None) -> list[str]:
    """Return the names of all tables that can be had."""
    if folder is None:
        return [*SHIPPED, "penguins"]
    return sorted(path.parent.name for path in folder.glob("*/meta.json"))


def _from_folder(place: Path) -> Table:
    about = json.loads((place / "meta.json").read_text())
    if about["task"] == "image":
        return _images(place.name, place / about["file"])
    frame = pd.read_csv(place / about["file"])
    return _table(
        place.name, about["task"], frame, about["target"], about["categorical"], about.get("positive_label")
    )


def _shipped(name: str) -> Table:
    if name == "penguins":
        return _table(name, "multiclass", pd.read_csv(PENGUINS), "species", ["island", "sex"])
    load, task = SHIPPED[name]
    loaded = load(as_frame=True)
    frame = loaded.data.assign(target=loaded.target)
    return _table(name, task, frame, "target", [], positive=1)


def _table(name, task, frame, target, categorical, positive=None) -> Table:
    answers = frame.pop(target)
    y = answers.to_numpy(float) if task == "regression" else answers.astype(str).to_numpy(object)
    for column in categorical:
        frame[column] = frame[column].map(str, na_action="ignore").astype("category")
    labels = None if task == "regression" else y == str(positive) if task == "binary" else y
    train, test = train_test_split(np.arange(len(y)), test_size=0.2, random_state=0, stratify=labels)
    return Table(name, task, frame, y, train, test, str(positive))


def _images(name: str, path: Path) -> Table:
    """Return images as rows of pixels, in the split that they were published with."""
    kept = np.load(path)
    images = np.concatenate([kept["x_train"], kept["x_test"]])
    labels = np.concatenate([kept["y_train"], kept["y_test"]]).astype(int).astype(str).astype(object)
    pixels = pd.DataFrame(images.reshape(len(images), -1).astype(np.float32))
    pixels.columns = [f"pixel{i}" for i in range(pixels.shape[1])]
    cut = len(kept["x_train"])
    table = Table(name, "multiclass", pixels, labels, np.arange(cut), np.arange(cut, len(images)))
    return _capped(table, _IMAGE_ROWS)


def _capped(table: Table, rows: int | None) -> Table:
    if rows is None or len(table.train) <= rows:
        return table
    drawn = np.random.RandomState(0).permutation(len(table.train))[:rows]
    return Table(**{**vars(table), "train": table.train[drawn]})
