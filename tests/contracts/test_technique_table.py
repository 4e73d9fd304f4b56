"""Every row of the table of techniques trains, says the same on all three sides, and stands in the docs."""

from __future__ import annotations

import importlib.util
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import shoal
from shoal import NetClassifier, NetRegressor
from shoal.data import SCALINGS
from shoal.errors import DataNotice, SettingError, ShoalError, ShoalWarning
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads import HEADS
from shoal.nets.initializers import INITIALIZERS
from shoal.nets.layers import LAYERS
from shoal.nets.losses import LOSSES
from shoal.plain_yaml import read_yaml
from shoal.settings import Settings
from shoal.techniques import techniques
from shoal.train.augment import KINDS
from shoal.train.averaging import AVERAGES
from shoal.train.constraints import CONSTRAINTS
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.schedules import SCHEDULES

ROOT = Path(__file__).parents[2]
ROWS = 24
TABLE = techniques()
SETTINGS = [t for t in TABLE if t.settings]
CALLS = [t for t in TABLE if t.call]
SMALL = {"epochs": 2, "batch_size": 8, "learning_rate": 0.003, "precision": "float32", "dropout": 0.0}

LISTED = {
    "an id of the mission": {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12"}
    | {"B1", "B2", "B3", "B4", "C1", "C2", "C3", "C4", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9"}
    | {"E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "F1", "F2", "F3", "F4", "F5"}
    | {"H1", "H2", "H3", "H4", "H5", "H6"}
}
INSIDE = {"shared_dense", "member_batch_norm"}  # made by TabM, never named by anyone


@cache
def data(task: str):
    """A few rows for a task."""
    draw = np.random.default_rng(0)
    X = draw.standard_normal((ROWS, 3))
    score = X @ [1.0, -2.0, 0.5]
    images = draw.integers(0, 256, (ROWS, 6, 6), dtype=np.uint8)
    return {
        "classes": (X, np.digitize(score, [-1.0, 1.0])),
        "ordered": (X, np.digitize(score, [-1.0, 1.0])),
        "two": (X, (score > 0).astype(int)),
        "labels": (X, np.column_stack([score > 0, X[:, 0] > 0]).astype(int)),
        "quantity": (X, score),
        "counts": (X, draw.poisson(np.exp(0.5 * X[:, 0]))),
        "categories": (pl.DataFrame({"a": ["red", "green", "blue"] * 8, "b": X[:, 0]}), [0, 1, 1] * 8),
        "gaps": (np.where(draw.random(X.shape) < 0.2, np.nan, X), (score > 0).astype(int)),
        "images": (images, np.arange(ROWS) % 3),
    }[task]


def estimator(technique):
    return NetRegressor if technique.estimator == "NetRegressor" else NetClassifier


def with_small(technique) -> dict:
    """The settings of a technique on a network that trains in no time."""
    given = dict(technique.settings)
    small = {name: value for name, value in SMALL.items() if name not in given}
    if given.get("optimizer") == "lbfgs":  # every step on all rows
        small.pop("batch_size", None)
    if "layers" in given:
        small.pop("dropout", None)
    elif "hidden" not in given and technique.task != "images":
        small["hidden"] = (4,)
    if technique.task == "images":
        small.pop("dropout", None)
    return {**small, **given}


def named(technique) -> str:
    return f"{technique.id} {technique.name}"


@pytest.mark.parametrize("technique", SETTINGS, ids=named)
def test_a_technique_trains(technique):
    X, y = data(technique.task)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShoalWarning)
        warnings.simplefilter("ignore", DataNotice)
        net = estimator(technique)(**with_small(technique), random_state=0).fit(X, y)
    assert np.isfinite(net.history_["loss"]).all()


@pytest.mark.parametrize("technique", CALLS, ids=named)
def test_a_call_works(technique):
    X, y = data(technique.task)
    net = NetClassifier(hidden=(4,), epochs=2, random_state=0).fit(X, y)
    names = {"shoal": shoal, "NetClassifier": NetClassifier, "X": X, "y": y, "net": net}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShoalWarning)
        if technique.refused:
            with pytest.raises(ShoalError, match=technique.refused):
                eval(technique.call, names)
        else:
            assert eval(technique.call, names) is not None


@pytest.mark.parametrize("technique", SETTINGS, ids=named)
def test_file_and_command_line_say_what_python_says(technique):
    settings = Settings.of(technique.settings)
    assert Settings.of(read_yaml(technique.file)) == settings
    assert Settings.parse(technique.words) == settings


def test_names_are_unique_and_every_kind_of_the_mission_is_there():
    assert [name for name, count in Counter(map(named, TABLE)).items() if count > 1] == []
    assert {t.id for t in TABLE} == LISTED["an id of the mission"]


def said() -> str:
    """All that the table switches on, as text in which names are looked for."""
    return "\n".join([repr(value) for t in TABLE for value in t.settings.values()] + [t.call for t in TABLE])


@pytest.mark.parametrize(
    "names",
    [ACTIVATIONS, HEADS, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES, CONSTRAINTS, KINDS, AVERAGES, SCALINGS],
)
def test_every_name_that_can_be_chosen_has_a_row(names):
    text = said().replace('"', "'")
    assert [name for name in names if f"'{name}'" not in text and f"'{name}:" not in text] == []


def test_every_layer_has_a_row():
    text = said() + " batch_norm layer_norm residual"  # switched on by settings of their own
    assert [name for name in LAYERS if name not in text and name not in INSIDE] == []


def test_the_pages_are_made_from_the_table():
    found = importlib.util.spec_from_file_location("make_techniques", ROOT / "docs" / "make_techniques.py")
    maker = importlib.util.module_from_spec(found)
    found.loader.exec_module(maker)
    for name, text in maker.pages().items():
        kept = (ROOT / "docs" / "techniques" / name).read_text(encoding="utf-8")
        assert kept == text, f"run python docs/make_techniques.py: {name} has changed"


def test_a_setting_that_is_no_technique_is_refused():
    """The walk above would notice a name that nobody knows."""
    with pytest.raises(SettingError, match=r"no setting 'dropuot'\. Did you mean 'dropout'"):
        Settings.of({"dropuot": 0.5})
