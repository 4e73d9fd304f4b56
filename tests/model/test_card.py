"""The card and the provenance say what a person and a repeated run need."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from importlib import metadata

import jax
import numpy as np
import polars as pl
import pytest

from shoal import __version__
from shoal.history import History, judged
from shoal.model.drawing import network_in_words
from shoal.model.fingerprint import fingerprint
from shoal.model.provenance import provenance, versions
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import TableInput
from shoal.nets.listing import layers_of
from shoal.nets.spec import NetSpec, mlp

from .conftest import features, houses

FRAME = houses()


def scored(model):
    truth = model.target.encode(FRAME["kind"])
    return judged("multiclass", truth, model.predict_proba(features(FRAME)))


def test_the_card_tells_the_whole_story(models):
    model = models("multiclass")
    found = provenance(FRAME, seed=7, source="houses.csv", given={"hidden": [9, 5]}, resolved={"epochs": 2})
    history = History(model.history, stop_reason="nothing got better", best_epoch=1, notes=["A note."])
    text = models("multiclass", scores=scored(model), provenance=found, history=history).card()
    for expected in (
        "# Predicts `kind`",
        "tells the 3 classes of `kind` apart (`flat`, `house` and `hut`) from 4 columns of `houses.csv`",
        "On 60 rows that it had never seen",
        "| accuracy | ",
        "2 epochs, the weights of epoch 1 kept. Nothing got better.",
        "- A note.",
        "On 60 rows, on 20",
        "seed 7",
        fingerprint(FRAME),
        "`hidden=[9, 5]`",
        "hidden layers of 9 and 5 units (batch norm, relu, dropout 0.2), 3 softmax outputs",
        "computed in float32",
        "| `area` | number | yes | 9 |",
        "Its figures rest on 60 rows",
        "`shoal predict model.shoal new.csv --out predictions.csv`",
        f"shoal {__version__}, python 3",
    ):
        assert expected in text
    assert "nan" not in text


def test_a_card_without_figures_says_so(models):
    text = models("regression").card()
    assert "No rows were kept aside, so nothing is known" in text
    assert "estimates `price` from 4 columns" in text
    assert "calibrated" not in text
    assert "Not recorded." in text


@pytest.mark.parametrize(
    ("task", "said"), [("multilabel", "which of 2 labels are on"), ("binary", "2 classes")]
)
def test_every_task_has_its_sentence(models, task, said):
    assert said in models(task).card()


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("test rows", "On 5 rows that it had never seen:"),
        ("test table", "On 5 rows of another table, which it had never seen:"),
        (
            "5-fold cross-validation",
            "Judged by 5-fold cross-validation: each of 5 rows was predicted by a network",
        ),
    ],
)
def test_it_says_which_rows_judged(models, method, said):
    text = models(scores={"rows": 5, "method": method, "figures": {"accuracy": {"value": 0.5}}}).card()
    assert said in text
    assert "| accuracy | 0.5 | – | higher |" in text


def test_it_says_what_the_rows_served_for(models):
    found = provenance(FRAME, seed=1) | {"rows": {"train": 48, "valid": 12}}
    assert (
        "On 60 rows (48 to learn from, 12 to decide when to stop), on 20" in models(provenance=found).card()
    )


def test_names_cannot_break_the_tables(models):
    model = models()
    odd = replace(model.columns[0], name="a|b\n`c`", notice="x | <b>\ny")
    text = replace(model, columns=(odd, *model.columns[1:])).card()
    assert "| `` a\\|b `c` `` | number | yes | 9 | x \\| &lt;b> y |" in text


def test_a_table_of_many_columns_is_listed_up_to_a_point(models):
    model = models()
    text = models(columns=model.columns * 20).card()
    assert text.count("| `area` |") == 15
    assert "and 20 more." in text


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (mlp(TableInput(numbers=1), (), "linear", 1), "1 number in, no hidden layer, 1 linear output"),
        (
            mlp(TableInput(3, levels=(4,), widths=(2,)), (8,), "linear", 2, activation="tanh", norm="layer"),
            "3 numbers and 1 embedded category in, one hidden layer of 8 units (layer norm, tanh), "
            "2 linear outputs",
        ),
        (
            mlp(TableInput(numbers=2), (8, 8, 8), "softmax", 3, residual=True),
            "2 numbers in, hidden layers of 8, 8 and 8 units (residual, relu), 3 softmax outputs",
        ),
        (
            NetSpec(
                ImageInput(8, 8, 1),
                layers_of(
                    [
                        {"conv2d": 4, "norm": "batch", "activation": "relu"},
                        "max_pool",
                        {"conv2d": 8},
                        "flatten",
                        {"dense": 9},
                    ]
                ),
                "softmax",
                3,
            ),
            "images of 8 x 8 x 1 in, convolutions of 4 and 8 filters and one hidden layer of 9 units "
            "(batch norm, relu, max pooling), 3 softmax outputs",
        ),
        (
            NetSpec(
                TableInput(numbers=2),
                layers_of([{"repeat": 1000, "layers": [{"dense": 2, "activation": "tanh"}]}]),
                "linear",
                1,
            ),
            "2 numbers in, hidden layers of 2 (1,000 times) units (tanh), 1 linear output",
        ),
        (
            mlp(TableInput(numbers=2), (8,), "linear", 1).with_members(16),
            "2 numbers in, one hidden layer of 8 units (relu), 1 linear output, 16 members that share "
            "kernels and are averaged",
        ),
    ],
)
def test_a_network_in_words(spec, words):
    assert network_in_words(spec) == words


def test_provenance_is_plain_json_and_complete():
    found = provenance(FRAME, seed=3, given={"hidden": (8,)}, resolved={"l2": np.float64(0.1)}, device="gpu")
    assert sorted(found) == ["data", "date", "platform", "seed", "settings", "versions"]
    assert found["data"] == {"source": "", "rows": 60, "columns": 10, "fingerprint": fingerprint(FRAME)}
    assert datetime.fromisoformat(found["date"]).utcoffset().total_seconds() == 0
    assert found["platform"]["device"] == "gpu"
    assert found["settings"]["given"] == {"hidden": [8]}
    json.dumps(found, allow_nan=False)


def test_versions_are_those_that_run():
    found = versions()
    assert found["jax"] == jax.__version__
    assert found["numpy"] == np.__version__
    assert found["polars"] == pl.__version__
    assert found["shoal"] == __version__


def test_a_package_that_is_not_there_is_said_so(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert versions.__wrapped__()["optax"] == "not installed"
