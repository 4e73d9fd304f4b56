"""A history slices like an array, and every number survives JSON, the non-finite ones too."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.history import History
from shoal.history.strict_json import from_text, to_text

cells = st.none() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=True, allow_infinity=True)
names = st.sampled_from(["epoch", "loss", "val_loss", "val_accuracy", "learning_rate", "NaN", "end"])
# The arguments of a History; built inside the test, where the type checker may draw at random.
parts = st.fixed_dictionaries(
    {
        "rows": st.lists(st.dictionaries(names, cells, max_size=5), max_size=8),
        "stop_reason": st.text(max_size=20),
        "best_epoch": st.none() | st.integers(0, 99),
        "notes": st.lists(st.text(max_size=10), max_size=3),
    }
)


@pytest.fixture
def history() -> History:
    return History(
        [
            {"epoch": 1, "loss": 0.9},
            {"epoch": 2, "loss": 0.5, "val_loss": 0.7},
            {"epoch": 3, "loss": math.nan, "val_loss": math.inf},
        ],
        stop_reason="the loss is not a number",
        best_epoch=2,
    )


def test_columns_rows_cells_and_slices(history):
    assert history["val_loss"] == [None, 0.7, math.inf]
    assert history[0] == {"epoch": 1, "loss": 0.9, "val_loss": None}
    assert history[-2, "val_loss"] == 0.7
    assert [row["epoch"] for row in history[1:]] == [2, 3]
    assert history[:2, "loss"] == [0.9, 0.5]
    assert history[::-1, "epoch"] == [3, 2, 1]
    assert len(history) == 3
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert history.names == ("epoch", "loss", "val_loss")
    assert "val_loss" in history
    assert "accuracy" not in history
    assert history.best() == {"epoch": 2, "loss": 0.5, "val_loss": 0.7}


def test_a_column_handed_out_is_a_copy(history):
    history["loss"].append(7.0)
    assert len(history["loss"]) == len(history) == 3


def test_a_history_without_a_best_epoch_has_no_best_row():
    assert History([{"loss": 1.0}]).best() is None
    assert History([{"loss": 1.0}], best_epoch=1).best() is None


def test_a_misspelt_column_is_answered_with_the_right_one(history):
    with pytest.raises(KeyError, match=r"no column 'val_los' \(columns: epoch, loss, val_loss\)\. Did you"):
        history["val_los"]


@pytest.mark.parametrize("key", [3, -4])
def test_an_epoch_that_is_not_there(history, key):
    with pytest.raises(IndexError, match=f"has 3 epochs. Got index {key}"):
        history[key]


def test_an_index_of_another_kind(history):
    with pytest.raises(TypeError, match="indexed by a column name, an epoch number, a slice"):
        history[1.5]


@pytest.mark.parametrize("value", ["0.5", [1.0], {"a": 1}])
def test_a_cell_must_be_a_number(value):
    with pytest.raises(TypeError, match="Expected a number or None for column 'loss'"):
        History([{"loss": value}])


def test_numpy_numbers_become_plain_ones():
    row = {"a": np.float32(0.1), "b": np.int64(3), "c": np.array(2.5), "d": True, "e": np.bool_(True)}
    cells = list(History([row])[0].values())
    assert cells == [float(np.float32(0.1)), 3, 2.5, 1, 1]
    assert [type(cell) for cell in cells] == [float, int, float, int, int]


@given(parts)
def test_json_round_trip_is_exact_and_strict(parts):
    history = History(**parts)
    text = json.dumps(history.to_json(), allow_nan=False)
    again = History.from_json(json.loads(text))
    assert again == history
    assert repr(list(again)) == repr(list(history))


def test_histories_differ_when_anything_differs(history):
    same = History(history, stop_reason=history.stop_reason, best_epoch=2)
    assert same == history
    assert History(history[:2], stop_reason=history.stop_reason, best_epoch=2) != history
    assert History(history, best_epoch=2) != history
    assert history != "history"


def test_a_damaged_column_is_refused():
    data = History([{"loss": 1.0}]).to_json()
    with pytest.raises(ValueError, match=r"Expected 1 epochs in column 'loss'\. Got 2"):
        History.from_json(data | {"columns": {"loss": [1.0, 2.0]}})
    with pytest.raises(ValueError, match="a text for a non-finite one"):
        History.from_json(data | {"columns": {"loss": [[1.0]]}})
    with pytest.raises(ValueError, match=r"one of NaN, Infinity, -Infinity\. Got 'nan'"):
        History.from_json(data | {"columns": {"loss": ["nan"]}})


def test_to_frame_has_one_row_per_epoch(history):
    frame = history.to_frame()
    assert frame.columns == ["epoch", "loss", "val_loss"]
    assert frame["epoch"].to_list() == [1, 2, 3]
    assert frame["val_loss"][0] is None
    assert math.isnan(frame["loss"][2])


def test_to_frame_mixes_whole_and_broken_numbers():
    frame = History([{"a": 1}, {"a": 2.5}, {"a": None}]).to_frame()
    assert frame["a"].to_list() == [1.0, 2.5, None]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(plain)
def test_strict_json_round_trip(value):
    text = to_text(value)
    json.loads(text, parse_constant=pytest.fail)
    assert repr(from_text(text)) == repr(value)


def test_strict_json_writes_numpy_and_refuses_bare_words():
    assert to_text({"a": np.array([1.5, np.nan]), "b": np.float64(2)}) == (
        '{"a": [1.5, {"$number": "NaN"}], "b": 2.0}'
    )
    with pytest.raises(ValueError, match="Got the bare word NaN"):
        from_text("[NaN]")


def test_reading_histories_wakes_nothing_heavy():
    code = (
        "import sys, shoal.history;"
        "print([m for m in ('jax', 'polars', 'sklearn', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
