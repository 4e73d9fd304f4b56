"""Figures as people read them: no more digits than mean something."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def compact(value: float | int | None) -> str:
    """Write a figure with four significant digits; a gap as a dash.

    Examples
    --------
    >>> compact(0.98765), compact(1234567.0), compact(1e-7), compact(None)
    ('0.9877', '1,235,000', '1e-07', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value != 0 and not 1e-4 <= abs(value) < 1e9:
        digits, _, power = f"{value:.3e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{power}"
    digits = 3 - math.floor(math.log10(abs(value))) if value else 0
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_bounds(value: float, low: float, high: float) -> tuple[str, str]:
    """Write a figure and its interval to the digits that the interval's width leaves meaningful.

    Examples
    --------
    >>> with_bounds(0.971014, 0.90031, 0.99201)
    ('0.971', '0.900 to 0.992')
    >>> with_bounds(21345.6, 20511.2, 22179.9)
    ('21,346', '20,511 to 22,180')
    """
    if not all(math.isfinite(number) for number in (value, low, high)):
        return compact(value), "–"
    if high == low or not 1e-6 < high - low < 1e12:
        return compact(value), f"{compact(low)} to {compact(high)}"
    digits = max(0, 1 - math.floor(math.log10((high - low) / 2)))
    return f"{value:z,.{digits}f}", f"{low:z,.{digits}f} to {high:z,.{digits}f}"  # z: no minus before zero


def lasting(seconds: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> lasting(0.42), lasting(75), lasting(4000)
    ('0.4 s', '1 min 15 s', '1 h 6 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "epoch"), counted(1200, "epoch")
    ('1 epoch', '1,200 epochs')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def listed(names: Sequence[Any], most: int = 6) -> str:
    """Join names as a person would; beyond `most`, say how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(range(9), most=2)
    ('a, b and c', '0, 1 and 7 more')
    """
    shown = [str(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
