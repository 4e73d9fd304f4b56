"""The values that a curve is drawn over: widths, depths, rows, epochs, or any setting that is a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import SettingError, did_you_mean
from shoal.rules import Number, check
from shoal.settings import RULES, Settings
from shoal.sweep.ablation import layer_lists

OWN = {
    "width": "units of every hidden layer",
    "depth": "hidden layers",
    "rows": "training rows",
    "epochs": "epochs",
}
"""What a curve may go over besides settings, and what that is in words."""

_MOST = 200  # values
_SETTING_POINTS = 8


@dataclass(frozen=True)
class Level:
    """One value of a curve.

    Parameters
    ----------
    value : float
    settings : dict
        What is set beside the baseline.
    rows : int or None
        Training rows, where these vary.
    until : int or None
        Epoch at which the training is looked at, where these vary.
    """

    value: float
    settings: dict[str, Any]
    rows: int | None = None
    until: int | None = None


def parsed(text: str) -> tuple[str, list[float] | None]:
    """Return what ``--over`` says: a name, and its values.

    ``width`` alone takes the usual values; ``width=1,8,64`` lists them; ``width=1:64`` doubles from the
    first to the last, where numbers are not whole it takes eight in equal proportion; ``width=1:64:4`` takes
    so many in equal proportion, depths in equal steps.

    Examples
    --------
    >>> parsed("width=1:64"), parsed("depth=1:3"), parsed("dropout=0,0.5"), parsed("rows")
    (('width', [1, 2, 4, 8, 16, 32, 64]), ('depth', [1, 2, 3]), ('dropout', [0.0, 0.5]), ('rows', None))
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    _refuse_unknown(name)
    if not equals:
        return name, None
    try:
        if ":" not in values:
            return name, [_number(name, part) for part in values.split(",")]
        ends = [float(part) for part in values.split(":")]
        if len(ends) not in (2, 3):
            raise ValueError
        return name, _spread(name, *ends)
    except ValueError:
        raise SettingError(
            f"Expected the values of '{name}' as a list, {name}=1,8,64, or as a range, {name}=1:64 or "
            f"{name}=1:64:4. Got '{values}'."
        ) from None


def levels_of(
    over: str, values: Sequence[float] | None, decided: Settings, rows: int, classes: int = 0
) -> tuple[Level, ...]:
    """Return the values of a curve with what each of them sets.

    Parameters
    ----------
    over : str
        "width", "depth", "rows", "epochs" or the name of a setting that is a number.
    values : sequence of float or None
        None takes the usual ones.
    decided : Settings
        Of the baseline, without any "auto".
    rows : int
        Training rows of the smallest fold.
    classes : int
        Classes of the target, each of which a part of the rows should have.

    Raises
    ------
    SettingError
        If the name is unknown, or a value is out of its range.
    """
    _refuse_unknown(over)
    if values is None:
        values = _usual(over, decided, rows, classes)
    found = sorted({_checked(over, value, rows) for value in values})
    if not 2 <= len(found) <= _MOST:
        raise SettingError(f"Expected 2 to {_MOST} different values of '{over}'. Got {len(found)}.")
    return tuple(_level(over, value, decided, found[-1]) for value in found)


def _refuse_unknown(name: str) -> None:
    if name in OWN:
        return
    numbers = [n for n, r in RULES.items() if isinstance(r, Number) and n not in ("seed", "hidden")]
    if name not in numbers:
        raise SettingError(
            f"Expected a curve over {', '.join(OWN)} or a setting that is a number, such as weight_decay. "
            f"Got '{name}'.{did_you_mean(name, [*OWN, *numbers])}"
        )


def _number(name: str, text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return int(value) if _whole(name) and value == int(value) else value


def _whole(name: str) -> bool:
    rule = RULES.get(name)
    return name in OWN or (isinstance(rule, Number) and rule.integer)


def _spread(name: str, low: float, high: float, count: float | None = None) -> list[float]:
    """Return values from the first to the last."""
    if not (math.isfinite(low) and low < high < math.inf) or (
        count is not None and count not in range(2, 201)
    ):
        raise ValueError
    steps = name == "depth" or low <= 0 or (not _whole(name) and high / low < 10)
    if count is None and name == "depth":
        return list(range(int(low), int(high) + 1))
    if count is None and _whole(name) and low >= 1:
        doubled = [low * 2**i for i in range(int(math.log2(high / low)) + 1)]
        return [int(value) for value in dict.fromkeys([*doubled, high])]
    space = np.linspace if steps else np.geomspace
    found = space(low, high, int(count or _SETTING_POINTS)).tolist()
    return sorted({round(v) for v in found}) if _whole(name) else [float(f"{v:.4g}") for v in found]


def _usual(over: str, decided: Settings, rows: int, classes: int) -> list[float]:
    if over == "width":
        return [2**i for i in range(10)]
    if over == "depth":
        return list(range(7))
    if over == "epochs":
        return _spread(over, 1, int(decided.epochs)) if int(decided.epochs) > 1 else [1, 2]
    if over == "rows":
        least = max(10, 2 * classes)
        halves = [rows // 2**i for i in range(8) if rows // 2**i >= least]
        return halves if len(halves) > 1 else [max(rows // 2, 1), rows]
    raise SettingError(f"Expected values for '{over}', such as {over}=LOW:HIGH. Got none.")


def _checked(over: str, value: float, rows: int) -> float:
    if over not in OWN:
        check("a curve", over, value, RULES[over] or Number())
        return value
    least = 0 if over == "depth" else 1
    if value != int(value) or value < least:
        raise SettingError(f"Expected values of '{over}' to be whole numbers from {least} on. Got {value:g}.")
    if over == "rows" and value > rows:
        raise SettingError(
            f"Expected at most {rows:,} training rows, as many as the smallest fold leaves. Got {value:,.0f}."
        )
    return int(value)


def _level(over: str, value: float, s: Settings, most: float) -> Level:
    if over == "rows":
        return Level(value, {}, rows=int(value))
    if over == "epochs":
        # One training to the last of the values, looked at in between: nothing is kept aside to stop it.
        whole = {"epochs": int(most), "validation": 0.0, "patience": None, "monitor": "loss"}
        return Level(value, whole, until=int(value))
    if over == "depth":
        return Level(value, {"hidden": [_first_width(over, s)] * int(value)})
    if over == "width":
        return Level(value, _wide(int(value), s))
    return Level(value, {over: value})


def _wide(units: int, s: Settings) -> dict[str, Any]:
    if s.layers is None:
        _first_width("width", s)
        return {"hidden": [units] * len(s.hidden)}
    first = layer_lists.first_size(s.layers)
    if first is None:
        raise SettingError(
            "Expected a dense layer or a convolution in the list of layers to make wider. Got none."
        )
    return {"layers": layer_lists.sized(s.layers, lambda own: max(1, round(own * units / first)))}


def _first_width(over: str, s: Settings) -> int:
    if s.layers is not None:
        raise SettingError(
            f"Expected hidden layers given by 'hidden' for a curve over {over}. Got a list of layers; go "
            "over width, rows or epochs."
        )
    if not s.hidden:
        raise SettingError(f"Expected a hidden layer for a curve over {over}. Got hidden=().")
    return int(s.hidden[0])
