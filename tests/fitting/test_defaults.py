"""What "auto" becomes: nothing is left open, and what the user says stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import TASKS
from shoal.errors import SettingError
from shoal.fitting.defaults import SMALL, Facts, resolved
from shoal.settings import Settings

TASK = st.sampled_from(TASKS)
ROWS = st.integers(2, 10**6)
LEFT_OPEN = {"initializer", "embedding_width", "split"}
LEFT_OPEN |= {"calibrate", "record"}  # decided by the judging, and by whether a network is trained alone


@given(TASK, ROWS, st.booleans())
def test_nothing_is_left_open_but_what_is_decided_later(task: str, rows: int, has_valid: bool) -> None:
    done = resolved(Settings(), Facts(rows, task, has_valid)).to_json()
    assert {name for name, value in done.items() if value == "auto"} == LEFT_OPEN


@given(TASK, ROWS)
def test_what_is_given_stays(task: str, rows: int) -> None:
    given_ = Settings(hidden=(7,), learning_rate=0.5, epochs=3, validation=0.3, patience=None, dropout=0.1)
    done = resolved(given_, Facts(rows, task))
    assert all(getattr(done, name) == getattr(given_, name) for name in given_.given())


@given(TASK)
def test_a_small_table_trains_on_every_row(task: str) -> None:
    small, large = (resolved(Settings(), Facts(rows, task)) for rows in (SMALL - 1, SMALL))
    assert (small.validation, small.patience, small.monitor) == (0.0, None, "loss")
    assert large.validation > 0
    assert large.monitor == "val_loss"


@given(TASK, ROWS)
def test_without_hidden_layers_the_network_is_linear_in_the_tables_numbers(task: str, rows: int) -> None:
    done = resolved(Settings(hidden=()), Facts(rows, task))
    assert (done.number_embedding, done.smooth_clip) == ("none", False)


def test_a_loss_of_another_task_is_refused() -> None:
    with pytest.raises(SettingError, match="The loss 'cross_entropy' does not suit a regression target"):
        resolved(Settings(loss="cross_entropy"), Facts(50, "regression"))


def test_to_watch_validation_takes_validation_rows() -> None:
    with pytest.raises(SettingError, match="Expected validation rows for monitor='val_loss'"):
        resolved(Settings(monitor="val_loss"), Facts(50, "binary"))
    with pytest.raises(SettingError, match=r"Expected validation rows for stop_accuracy=0\.9"):
        resolved(Settings(stop_accuracy=0.9), Facts(50, "binary"))
    assert resolved(Settings(stop_accuracy=0.9, validation=0.2), Facts(50, "binary")).stop_accuracy == 0.9
