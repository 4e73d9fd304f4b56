"""What a command says: one JSON object for machines on stdout, sentences for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether ``--json`` stands on the command line, also where it could not be parsed."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in own


def write_json(value: dict[str, Any]) -> None:
    """Write one strict JSON object on stdout; numbers that are not finite become null."""
    import json

    print(json.dumps(finite(value), ensure_ascii=False, allow_nan=False, default=str))


def finite(value: Any) -> Any:
    """Return `value` as plain JSON data; NaN and infinity, which JSON lacks, become None.

    Examples
    --------
    >>> finite({"loss": float("nan"), "rows": (1, 2)})
    {'loss': None, 'rows': [1, 2]}
    """
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy, without importing it
        return finite(value.tolist())
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def on_terminal() -> bool:
    """Tell whether a person is watching: progress and colour are for terminals only."""
    return sys.stderr.isatty()


def number(value: float | None) -> str:
    """Write a number with four significant digits, as tables and progress lines show it.

    Examples
    --------
    >>> number(0.123456), number(120.0), number(None)
    ('0.1235', '120', '-')
    """
    return "-" if value is None else f"{value:.4g}"
