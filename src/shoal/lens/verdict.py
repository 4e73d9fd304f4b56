"""What the checks of a recipe found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    name : str
    expected, came : str
        In words, with numbers.
    passed : bool
    remedy : str
        What to do, naming the setting; empty where it passed.
    numbers : mapping of str to float
        What was measured.
    """

    name: str
    expected: str
    came: str
    passed: bool
    remedy: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**vars(self), "numbers": dict(self.numbers)}


@dataclass(frozen=True)
class CheckReport:
    """All checks of one recipe.

    Parameters
    ----------
    checks : tuple of Check
    seeds : tuple of int
        Of the networks that were checked.
    seconds : float
    """

    checks: tuple[Check, ...]
    seeds: tuple[int, ...]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def failed(self) -> tuple[str, ...]:
        """Return the names of the checks that failed."""
        return tuple(check.name for check in self.checks if not check.passed)

    def __getitem__(self, name: str) -> Check:
        return {check.name: check for check in self.checks}[name]

    def __str__(self) -> str:
        return "\n".join(line for check in self.checks for line in _lines(check))

    def to_frame(self) -> pl.DataFrame:
        """Return one row for each check: ``name``, ``passed``, ``expected``, ``came``, ``remedy``."""
        names = ("name", "passed", "expected", "came", "remedy")
        return pl.DataFrame({name: [getattr(check, name) for check in self.checks] for name in names})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "passed": self.passed,
            "seeds": list(self.seeds),
            "seconds": round(self.seconds, 3),
            "checks": [check.to_json() for check in self.checks],
        }


def _lines(check: Check) -> list[str]:
    told = f"{'passed' if check.passed else 'FAILED'}  {check.name}: {check.came}; expected: {check.expected}"
    return [told, *([f"        {check.remedy}"] if check.remedy else [])]
