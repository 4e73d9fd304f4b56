"""JSON that every reader accepts: no bare ``NaN`` or ``Infinity``, and floats come back exactly.

Python's `json` writes ``NaN``, which is not JSON: browsers, `jq` and databases refuse the file.
Here a number that is not finite becomes the object ``{"$number": "NaN"}`` (or ``"Infinity"``,
``"-Infinity"``). A tagged object rather than a plain string, because a class or a column may
well be *called* "NaN".
"""

from __future__ import annotations

import json
import math
from typing import Any

TAG = "$number"
_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number_name(value: float) -> str:
    """Return the JSON name of a number that is not finite.

    Examples
    --------
    >>> number_name(float("-inf"))
    '-Infinity'
    """
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def named_number(name: str) -> float:
    """Return the number that `number_name` named; ValueError for any other text."""
    if name not in _NAMES:
        raise ValueError(f"Expected a number or one of {', '.join(_NAMES)}. Got {name!r} instead.")
    return _NAMES[name]


def to_text(value: Any, *, indent: int | None = None) -> str:
    """Write plain data (dicts, lists, tuples, text, numbers, NumPy numbers) as strict JSON.

    Examples
    --------
    >>> to_text({"loss": float("nan"), "epoch": 3})
    '{"loss": {"$number": "NaN"}, "epoch": 3}'
    """
    return json.dumps(_plain(value), allow_nan=False, ensure_ascii=False, indent=indent)


def from_text(text: str) -> Any:
    """Read what `to_text` wrote; ValueError for anything that is not strict JSON.

    Examples
    --------
    >>> from_text('[0.1, {"$number": "Infinity"}]')
    [0.1, inf]
    """
    return json.loads(text, object_hook=_untag, parse_constant=named_number_refused)


def named_number_refused(name: str) -> float:
    """Refuse a bare ``NaN`` or ``Infinity`` in the text, which strict JSON does not know."""
    raise ValueError(f"Expected strict JSON. Got the bare word {name} instead.")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy arrays and numbers, without importing NumPy
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return {TAG: number_name(value)}
    return value


def _untag(item: dict[str, Any]) -> Any:
    if len(item) == 1 and TAG in item:
        return named_number(item[TAG])
    return item
