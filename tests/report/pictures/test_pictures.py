"""Every picture is told in words, stands on the page and in a file, and escapes what tables hold."""

from __future__ import annotations

import re

import numpy as np
import pytest

from shoal.history.answers import Answers
from shoal.history.confusion import Confusion
from shoal.history.thresholds import choose_threshold
from shoal.report.pictures.confusion import MOST_CLASSES, confusion_picture
from shoal.report.pictures.contributions import contributions_picture, importances_picture
from shoal.report.pictures.dependence import dependence_picture
from shoal.report.pictures.errors import error_pictures
from shoal.report.pictures.landscape import landscape_picture
from shoal.report.pictures.paper import write_figure
from shoal.report.pictures.roc import cost_picture

EVIL = "<script>"


def seen(classes: int = 2, rows: int = 60) -> Answers:
    rng = np.random.default_rng(classes)
    proba = rng.dirichlet(np.ones(classes), rows)
    truth = np.array([rng.choice(classes, p=p) for p in proba])
    names = (EVIL, *(f"c{i}" for i in range(1, classes)))
    return Answers("binary" if classes == 2 else "multiclass", names, np.arange(rows), truth, proba)


def labels() -> Answers:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (40, 2))
    return Answers("multilabel", (EVIL, "b"), np.arange(40), truth, rng.random((40, 2)))


def quantity() -> Answers:
    rng = np.random.default_rng(0)
    said = rng.normal(size=60)
    return Answers("regression", (EVIL,), np.arange(60), said + rng.normal(size=60), said)


def landscape(dimensions: int, evil: float | None) -> dict:
    places = [-1.0, 0.0, 1.0]
    losses = [[1 + x * x + y * y for x in places] for y in (places if dimensions == 2 else [0.0])]
    losses[0][0] = evil
    path = {"name": EVIL, "epochs": [0, 3], "points": [[-1.0, 0.5], [0.0, 0.0]], "losses": [2.0, 1.0]}
    up = places if dimensions == 2 else [0.0]
    about = {"loss_kind": "cross_entropy", "rows": 9, "directions": "random", "explained": [], "centre": 1.0}
    return {"across": places, "up": up, "losses": losses, "paths": [path], **about}


def dependence(values) -> dict:
    ends = {
        "mean": [0.2, 0.6],
        "low": [0.1, 0.4],
        "high": [0.3, 0.9],
        "members": [[0.1, 0.5]],
        "seen": [0.0, 1.0],
    }
    return {"column": EVIL, "of": "yes", "values": values, "rows": 40, **ends}


PART = {"column": EVIL, "value": "3", "usual": "7", "amount": -0.2, "slope": -0.1}
ROW = {
    "row": 4,
    "of": "price",
    "answer": 1.0,
    "baseline": 1.2,
    "compared_with": "x",
    "contributions": [PART] * 20,
}
WORTH = {"name": EVIL, "mean": 0.2, "low": 0.1, "high": 0.3}
IMPORTANCES = {"metric": "log_loss", "rows": 40, "repeats": 3, "columns": [WORTH]}

FIGURES = [
    *error_pictures(seen()),
    *error_pictures(seen(5)),
    *error_pictures(labels()),
    *error_pictures(quantity()),
    cost_picture(choose_threshold(seen(), of=EVIL, false_negative=3).to_json()),
    contributions_picture(ROW),
    importances_picture(IMPORTANCES),
    dependence_picture(dependence([0.0, 1.0])),
    dependence_picture(dependence([EVIL, "b"])),
    landscape_picture(landscape(2, 40.0)),
    landscape_picture(landscape(2, None)),
    landscape_picture(landscape(1, 5.0)),
]


@pytest.mark.parametrize("figure", FIGURES)
def test_it_is_told_and_escaped(figure):
    assert EVIL not in figure
    assert 'role="img"' in figure
    assert re.search(r"<title>.+?</title><desc>.+?</desc>", figure)
    assert not re.search(r'"(nan|inf|None)"', figure)


@pytest.mark.parametrize("figure", FIGURES)
def test_it_is_a_file_of_its_own(figure, tmp_path):
    from xml.etree import ElementTree

    path = write_figure(figure, tmp_path / "new", "a picture/of it")
    assert path.name == "a-picture-of-it.svg"
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_the_classes_with_the_most_mistakes_are_shown():
    counts = np.diag(np.full(20, 5.0))
    counts[3, 17] = 4.0
    found = Confusion(tuple(f"n{i}" for i in range(20)), tuple(map(tuple, counts.tolist())))
    drawn = confusion_picture(found.to_json())
    assert drawn.count('class="end"') == MOST_CLASSES
    assert "4 of 9 rows of n3 were called n17" in drawn
