"""How findings name figures, epochs and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, SupportsInt

from shoal.history.wording import compact, listed


def span(first: SupportsInt, last: SupportsInt) -> str:
    """Name some epochs.

    Examples
    --------
    >>> span(4, 9), span(4, 4)
    ('epochs 4 to 9', 'epoch 4')
    """
    return f"epoch {int(first)}" if int(first) == int(last) else f"epochs {int(first)} to {int(last)}"


def percent(share: float) -> str:
    """Write a share.

    Examples
    --------
    >>> percent(0.031), percent(0.4)
    ('3.1 %', '40 %')
    """
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.3g} %"


def rate(value: float) -> float:
    """Round a rate to the two digits that anyone would type.

    Examples
    --------
    >>> rate(0.0031499)
    0.0031
    """
    return float(f"{value:.2g}")


def asked(change: Mapping[str, Any]) -> str:
    """Write settings as they are typed.

    Examples
    --------
    >>> asked({"learning_rate": 0.003, "hidden": [64, 64], "clip_norm": 1.0})
    'learning_rate=0.003, hidden=[64, 64] and clip_norm=1.0'
    """
    return listed([f"{name}={_typed(value)}" for name, value in change.items()])


def layers(names: Sequence[str]) -> str:
    """Name layers.

    Examples
    --------
    >>> layers(["layers.0"]), layers(["layers.0", "layers.2"])
    ('layer layers.0', 'layers layers.0 and layers.2')
    """
    return f"layer{'s' * (len(names) > 1)} {listed(names, 3)}"


def _typed(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}" if value != int(value) or abs(value) >= 1e6 else f"{value:.1f}"
    return json.dumps(value, default=str)


__all__ = ["asked", "compact", "layers", "percent", "rate", "span"]
