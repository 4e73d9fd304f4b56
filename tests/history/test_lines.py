"""A history on disk: whatever moment the run was killed at, every finished epoch is there."""

from __future__ import annotations

import io
import math
import warnings

import pytest
from hypothesis import given

from shoal.errors import FileError, ShoalWarning
from shoal.history import History, from_lines, read_history, to_lines, write_end, write_line

from .test_record import parts


@given(parts)
def test_lines_round_trip(parts):
    history = History(**parts)
    again = from_lines(to_lines(history))
    assert again == history


def test_lines_written_one_by_one_equal_the_whole():
    history = History([{"epoch": 1, "loss": math.nan}, {"epoch": 2, "val_loss": 0.5}], stop_reason="x")
    stream = io.StringIO()
    for row in ({"epoch": 1, "loss": math.nan}, {"epoch": 2, "val_loss": 0.5}):
        write_line(stream, row)
    write_end(stream, history)
    assert from_lines(stream.getvalue()) == history


def test_cut_anywhere_it_keeps_the_finished_epochs(tmp_path):
    rows = [{"epoch": 1, "loss": 0.25}, {"epoch": 2, "loss": -math.inf}, {"epoch": 3, "loss": None}]
    whole = to_lines(History(rows, stop_reason="Grüße", notes=["a"])).encode()
    for cut in range(len(whole)):
        path = tmp_path / "history.jsonl"
        path.write_bytes(whole[:cut])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = read_history(path)
        finished = whole[:cut].count(b"\n")
        assert list(found)[:finished] == rows[: min(finished, 3)]
        assert len(found) <= finished + 1
        assert all(issubclass(warning.category, ShoalWarning) for warning in caught)


def test_a_torn_last_line_is_told(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"epoch": 1}\n{"epo')
    with pytest.warns(ShoalWarning, match="Line 2 of the history .* is torn and was left out"):
        assert len(read_history(path)) == 1


@pytest.mark.parametrize("line", ["[1]", "{", '{"loss": "high"}', '{"loss": NaN}'])
def test_a_damaged_line_in_the_middle_is_refused(line):
    with pytest.raises(FileError, match="Line 1 of the history cannot be read as one epoch"):
        from_lines(line + '\n{"epoch": 2}\n')


def test_a_history_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match=r"cannot be read: No such file or directory\."):
        read_history(tmp_path / "none.jsonl")
