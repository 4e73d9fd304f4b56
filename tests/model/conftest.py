"""Small models of every task, with weights as they were drawn: what a model does needs no training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from shoal.data.columns import know_columns
from shoal.data.encode import TableEncoder
from shoal.data.settings import Encoding
from shoal.data.task import Target
from shoal.history import History
from shoal.model.model import Model
from shoal.nets.heads import HEAD_OF_TASK
from shoal.nets.inputs import TableInput
from shoal.nets.network import init
from shoal.nets.spec import mlp

TARGETS = {
    "binary": ["sold"],
    "multiclass": ["kind"],
    "multilabel": ["garden", "garage"],
    "regression": ["price"],
    "two_quantities": ["price", "rent"],
}


def houses(rows: int = 60, seed: int = 0) -> pl.DataFrame:
    """Make a table with every kind of column, gaps, and a target for every task."""
    rng = np.random.default_rng(seed)
    area = rng.gamma(4.0, 25.0, rows).round(1)
    frame = pl.DataFrame(
        {
            "area": area,
            "rooms": rng.integers(1, 8, rows),
            "street": [f"Street {number}" for number in rng.integers(0, 12, rows)],
            "heated": rng.random(rows) < 0.7,
            "kind": np.resize(["flat", "house", "hut"], rows),
            "sold": np.resize(["yes", "no"], rows),
            "garden": rng.integers(0, 2, rows),
            "garage": rng.integers(0, 2, rows),
            "price": 3.0 * area + rng.normal(0, 10, rows),
            "rent": area / 10,
        }
    )
    return frame.with_columns(pl.when(pl.int_range(rows) % 7 > 0).then("area").alias("area"))


def features(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("area", "rooms", "street", "heated")


def make_model(task: str = "multiclass", precision: str = "float32", hidden=(9, 5)) -> Model:
    """Make an untrained model that embeds one of its columns and normalises batches."""
    frame = houses()
    columns = know_columns(features(frame))
    encoder = TableEncoder.fit(features(frame), columns, Encoding(one_hot_levels=4))
    known = "regression" if task == "two_quantities" else task
    answers = frame[TARGETS[task][0]] if len(TARGETS[task]) == 1 else frame[TARGETS[task]]
    target = Target.fit(answers, known)
    layout = encoder.layout
    assert layout.levels, "one column must be embedded, or the test tests less than it says"
    entrance = TableInput(numbers=layout.numbers, levels=layout.levels, widths=(3,) * len(layout.levels))
    spec = mlp(entrance, hidden, HEAD_OF_TASK[target.task], target.outputs, dropout=0.2, norm="batch")
    params, state = init(spec, 3, precision)
    history = History([{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": float("nan")}], best_epoch=1)
    return Model(spec, params, state, encoder, columns, target, history, precision=precision)


@pytest.fixture(scope="session")
def models() -> Callable[..., Model]:
    """Make a model for a task and a precision; each is made once in a session and never changed."""
    made: dict[tuple, Model] = {}

    def get(task: str = "multiclass", precision: str = "float32", **changes) -> Model:
        key = (task, precision)
        made.setdefault(key, make_model(*key))
        return replace(made[key], **changes)

    return get
