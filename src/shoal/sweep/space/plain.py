"""Values as they are kept: frozen inside a space, plain JSON in a trial, one word to tell them apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from numbers import Real
from typing import Any


def frozen(value: Any) -> Any:
    """Return a value with lists as tuples and NumPy's numbers as Python's.

    Examples
    --------
    >>> frozen([64, [32]]), frozen({"kind": "piecewise", "values": [1, 0.1]})
    ((64, (32,)), {'kind': 'piecewise', 'values': (1, 0.1)})
    """
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if isinstance(value, Mapping):
        return {str(name): frozen(item) for name, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """Return a value with tuples as lists, as JSON gives it back.

    Examples
    --------
    >>> plain({"hidden": (64, 64)})
    {'hidden': [64, 64]}
    """
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return value


def word(value: Any) -> str:
    """Return the text by which values are told apart: 1 is 1.0, (64,) is [64], and True is not 1.

    Examples
    --------
    >>> word({"b": (64,), "a": 1.0}), word(True)
    ('{"a":1,"b":[64]}', 'true')
    """
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), default=repr)


def is_number(value: Any) -> bool:
    """Return whether a value is a real number, and not a truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


def clipped(unit: float) -> float:
    """Return a number of the unit interval as Python's, those beside it as its ends.

    Examples
    --------
    >>> clipped(1.5)
    1.0
    """
    return min(max(float(unit), 0.0), 1.0)


def tidy(number: float) -> float:
    """Return a number without the last digits, in which sums and products of steps differ.

    Examples
    --------
    >>> tidy(0.1 + 2 * 0.1)
    0.3
    """
    return float(f"{number:.12g}")


def _canonical(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _canonical(item) for name, item in value.items()}
    return value
