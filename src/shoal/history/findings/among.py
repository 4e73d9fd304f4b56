"""What the settings of those that failed have in common, among many trainings with other settings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

FEWEST = 3
"""Failures of which a common setting is looked for: two have something in common by chance."""

TELLING = 0.6
"""Youden's index (share of the failed on one side, less share of the sound there) from which on a setting is
named: at half the sound ones on the wrong side it would explain nothing."""

_MOST_VALUES = 3  # of a setting without order, named one by one


@dataclass(frozen=True)
class Separation:
    """A setting that tells those that failed from the others.

    Parameters
    ----------
    setting : str
    side : {"above", "below", "among"}
    value : number, or tuple of values
    failed, of_failed : int
        Failures on that side, and all of them.
    sound, of_sound : int
        Others on that side, and all of them.
    """

    setting: str
    side: str
    value: Any
    failed: int
    of_failed: int
    sound: int
    of_sound: int

    @property
    def index(self) -> float:
        """Youden's index: 1 where the setting tells all apart, 0 where it tells nothing."""
        return self.failed / self.of_failed - self.sound / self.of_sound

    def in_words(self) -> str:
        """Return what they have in common.

        Examples
        --------
        >>> Separation("learning_rate", "above", 0.2, 12, 12, 1, 52).in_words()
        'all had learning_rate above 0.2, as had 1 of the 52 others'
        """
        count = "all" if self.failed == self.of_failed else f"{self.failed} of them"
        others = f", as had {self.sound} of the {self.of_sound} others" if self.sound else ""
        return f"{count} had {self.setting} {self._place()}{others}"

    def _place(self) -> str:
        if self.side != "among":
            return f"{self.side} {self.value:g}"
        return " or ".join(json.dumps(value, default=str) for value in self.value)


def separating(failed: Sequence[Mapping[str, Any]], sound: Sequence[Mapping[str, Any]]) -> Separation | None:
    """Return the one setting that best tells those that failed from the others; None where none does.

    Parameters
    ----------
    failed, sound : sequence of mapping
        The settings of each training; a setting may be missing where it had no part.

    Examples
    --------
    >>> rates = [0.001, 0.01, 0.1, 0.3, 0.5, 0.9]
    >>> trials = [{"learning_rate": rate, "dropout": 0.1 * (i % 2)} for i, rate in enumerate(rates)]
    >>> separating(trials[3:], trials[:3]).in_words()
    'all had learning_rate above 0.2'
    """
    if len(failed) < FEWEST or not sound:
        return None
    names = dict.fromkeys(name for one in (*failed, *sound) for name in one)
    found = [one for name in names for one in _of_setting(name, failed, sound)]
    best = max(found, key=lambda one: one.index, default=None)
    return best if best is not None and best.index >= TELLING else None


def _of_setting(
    name: str, failed: Sequence[Mapping[str, Any]], sound: Sequence[Mapping[str, Any]]
) -> Iterator[Separation]:
    bad, good = ([one[name] for one in side if name in one] for side in (failed, sound))
    counts = len(failed), len(sound)
    if not bad:
        return
    if all(map(_is_number, (*bad, *good))):
        yield from _by_threshold(name, bad, good, *counts)
        return
    kinds = list(dict.fromkeys(_key(value) for value in bad))
    if len(kinds) <= _MOST_VALUES:
        values = {_key(value): value for value in bad}
        among = sum(_key(value) in values for value in good)
        yield Separation(name, "among", tuple(values.values()), len(bad), counts[0], among, counts[1])


def _by_threshold(
    name: str, bad: Sequence[float], good: Sequence[float], failed: int, sound: int
) -> Iterator[Separation]:
    values = sorted({*bad, *good})
    for low, high in pairwise(values):
        counts = [(sum(v >= high for v in side), sum(v <= low for v in side)) for side in (bad, good)]
        for side, place in (("above", 0), ("below", 1)):
            yield Separation(
                name, side, between(low, high), counts[0][place], failed, counts[1][place], sound
            )


def between(low: float, high: float) -> float:
    """Return the number with the fewest digits between two, nearest to their middle.

    Examples
    --------
    >>> between(0.1, 0.3), between(0.18, 0.23), between(3, 4)
    (0.2, 0.2, 3.5)
    """
    wide = low > 0 and high / low > 10
    middle = math.sqrt(low * high) if wide else (low + high) / 2
    for digits in range(1, 17):
        found = float(f"{middle:.{digits}g}")
        if low < found < high:
            return found
    return middle


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _key(value: Any) -> str:
    return json.dumps(value, default=str, sort_keys=True)
