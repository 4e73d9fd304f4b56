"""A history on disk: JSON lines, one epoch per line, the ending last.

::

    {"epoch": 1, "loss": 0.91, "val_loss": 0.87}
    {"epoch": 2, "loss": "NaN", "val_loss": null}
    {"end": {"stop_reason": "the loss is not a number", "best_epoch": 1, "notes": []}}

A line is written when its epoch is done, so an interrupted run leaves every finished epoch. A
process killed in mid-write leaves a torn last line, which is left out with a warning.
"""

from __future__ import annotations

import io
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shoal.errors import FileError, ShoalWarning
from shoal.history.record import History, decode_cell, encode_cell
from shoal.history.strict_json import named_number_refused

END = "end"


def write_line(stream: io.TextIOBase, row: Mapping[str, Any]) -> None:
    """Write one epoch as one line and flush it, so that a killed process loses at most one."""
    only = History([row])[0]
    stream.write(_text({name: encode_cell(cell) for name, cell in only.items()}))
    stream.flush()


def write_end(stream: io.TextIOBase, history: History) -> None:
    """Write the line that closes a history: why it stopped, the best epoch, the notes."""
    end = {
        "stop_reason": history.stop_reason,
        "best_epoch": history.best_epoch,
        "notes": history.notes,
    }
    stream.write(_text({END: end}))
    stream.flush()


def to_lines(history: History) -> str:
    """Return a whole history as JSON lines.

    Examples
    --------
    >>> print(to_lines(History([{"epoch": 1, "loss": float("nan")}], stop_reason="diverged")))
    {"epoch": 1, "loss": "NaN"}
    {"end": {"stop_reason": "diverged", "best_epoch": null, "notes": []}}
    <BLANKLINE>
    """
    stream = io.StringIO()
    layers = {name for name in history.names if "/" in name}  # empty in most epochs, which need not be said
    for row in history:
        write_line(
            stream, {name: cell for name, cell in row.items() if cell is not None or name not in layers}
        )
    write_end(stream, history)
    return stream.getvalue()


def from_lines(text: str, *, where: str = "the history") -> History:
    """Read JSON lines; a torn last line is left out with a warning.

    Raises
    ------
    FileError
        If a line other than the last cannot be read.
    """
    history = History()
    # Not splitlines(): that would also part lines at characters that JSON allows inside text.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for position, (number, line) in enumerate(lines, 1):
        try:
            _take(history, _parse(line))
        except (ValueError, TypeError, KeyError) as error:
            if position < len(lines):
                raise FileError(f"Line {number} of {where} cannot be read as one epoch ({error}).") from None
            _warn_torn(number, where)
    return history


def read_history(path: str | os.PathLike[str]) -> History:
    """Read a history file that `write_line` and `write_end` wrote, whole or interrupted.

    Raises
    ------
    FileError
        If the file is absent or not a history.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise FileError(f"The history '{os.fspath(path)}' cannot be read: {error.strerror}.") from None
    return from_lines(text, where=f"the history '{os.fspath(path)}'")


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, allow_nan=False, ensure_ascii=False) + "\n"


def _parse(line: str) -> dict[str, Any]:
    item = json.loads(line, parse_constant=named_number_refused)
    if not isinstance(item, dict):
        raise ValueError(f"expected a JSON object, got {line[:40]}")
    return item


def _take(history: History, item: dict[str, Any]) -> None:
    if isinstance(item.get(END), dict):
        end = item[END]
        history.stop_reason, history.best_epoch = str(end["stop_reason"]), end["best_epoch"]
        history.notes = [str(note) for note in end["notes"]]
    else:
        history.append({name: decode_cell(cell) for name, cell in item.items()})


def _warn_torn(number: int, where: str) -> None:
    warnings.warn(
        f"Line {number} of {where}, its last, is torn and was left out: the run that wrote it was "
        "interrupted.",
        ShoalWarning,
        stacklevel=4,
    )
