"""How values become text and bytes: standard JSON in which NaN and infinities survive, and packed curves.

JSON has no word for NaN or infinity, and PostgreSQL refuses Python's. Scores, which are numbers, write them
as ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``: the words that databases read as numbers. Other values may
be texts themselves, so there they are written ``{"$number": "NaN"}``.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shoal.errors import SettingError

_TAG = "$number"
_LEVEL = 1  # a stronger zlib makes noise of floats a few per cent smaller, and takes twice the time


def to_text(value: Any) -> str:
    """Return a value as standard JSON.

    Raises
    ------
    SettingError
        If the value holds something that JSON has no form for.

    Examples
    --------
    >>> to_text({"rate": 0.1, "hidden": (64, 64), "limit": float("inf")})
    '{"rate":0.1,"hidden":[64,64],"limit":{"$number":"Infinity"}}'
    """
    try:
        return _dumps(value)
    except ValueError:  # a number that JSON has no word for, as allow_nan=False says; it is rare
        return _dumps(_tagged(value))


def from_text(text: str) -> Any:
    """Undo `to_text`."""
    return json.loads(text, object_hook=_untagged if f'"{_TAG}"' in text else None)


def scores_to_text(scores: Mapping[str, float | None]) -> str:
    """Return scores as standard JSON; what is no finite number becomes a word.

    Examples
    --------
    >>> scores_to_text({"accuracy": 0.5, "r2": None, "loss": float("nan")})
    '{"accuracy":0.5,"r2":null,"loss":"NaN"}'
    """
    return _dumps({name: _worded(score) for name, score in scores.items()})


def scores_from_text(text: str) -> dict[str, float | None]:
    """Undo `scores_to_text`."""
    return {name: None if score is None else float(score) for name, score in json.loads(text).items()}


def pack_curve(curve: Mapping[str, Sequence[float]] | None) -> bytes | None:
    """Return curves as zlib bytes: a line of JSON, ``{name: length}``, then the numbers as float64.

    Examples
    --------
    >>> unpack_curve(pack_curve({"loss": [1.0, 0.1 + 0.2]}))
    {'loss': [1.0, 0.30000000000000004]}
    """
    if curve is None:
        return None
    numbers = [np.asarray(values, "<f8").ravel() for values in curve.values()]
    lengths = dict(zip(curve, map(len, numbers), strict=True))
    return zlib.compress(
        b"".join([_dumps(lengths).encode(), b"\n", *(one.tobytes() for one in numbers)]), _LEVEL
    )


def unpack_curve(packed: bytes | None) -> dict[str, list[float]] | None:
    """Undo `pack_curve`."""
    if packed is None:
        return None
    head, _, numbers = zlib.decompress(packed).partition(b"\n")
    lengths = json.loads(head)
    ends = np.cumsum(list(lengths.values()), dtype=int)
    parts = np.split(np.frombuffer(numbers, "<f8"), ends[:-1]) if lengths else []
    return {name: part.tolist() for name, part in zip(lengths, parts, strict=True)}


def _plain(value: Any) -> Any:
    """Return a NumPy number or array as what JSON knows."""
    if isinstance(value, np.generic):
        value = value.item()
        return _tagged(value) if isinstance(value, float) else value
    if isinstance(value, np.ndarray):
        return _tagged(value.tolist())
    raise SettingError(
        f"A sweep keeps values that JSON can say: numbers, texts, true and false, None, lists, mappings. "
        f"Got {value!r}, a {type(value).__name__}."
    )


_dumps = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def _worded(score: Any) -> float | str | None:
    if score is None:
        return None
    number = float(score)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _tagged(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {_TAG: _worded(value)}
    if isinstance(value, Mapping):
        return {name: _tagged(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in value]
    return value


def _untagged(found: dict[str, Any]) -> Any:
    return float(found[_TAG]) if found.keys() == {_TAG} else found
