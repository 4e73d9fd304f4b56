"""Times as people write them: "90", "60s", "10m", "1h30m"."""

from __future__ import annotations

import math
import re
from typing import Any

from shoal.errors import SettingError
from shoal.history.wording import lasting

said = lasting
"""The way back: seconds as people read them."""

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds_of(value: Any, name: str = "budget") -> float | None:
    """Return a time in seconds; None stays None.

    Parameters
    ----------
    value : str, float or None
    name : str
        What the time is for, in an error.

    Raises
    ------
    SettingError
        If it is no time above zero.

    Examples
    --------
    >>> seconds_of("2m"), seconds_of("1h30m"), seconds_of(90), seconds_of("45")
    (120.0, 5400.0, 90.0, 45.0)
    """
    if value is None:
        return None
    found = _read(value)
    if found is None or not 0 < found < math.inf:
        raise SettingError(f"Expected {name} as a time such as 90, '60s', '10m' or '1h30m'. Got {value!r}.")
    return found


def _read(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip().lower().replace(" ", "")
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    try:
        return float(text)
    except ValueError:
        return None
