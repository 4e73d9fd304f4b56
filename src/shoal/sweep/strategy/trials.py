"""The trials of a search: numbered, counted, and their settings remembered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shoal.sweep.space import Space
from shoal.sweep.strategy.contract import Ask, Told


@dataclass(frozen=True)
class Task:
    """What a strategy is given.

    Parameters
    ----------
    space : Space
    trials : int or None
        How many to ask for; None goes on until nobody asks any more.
    max_epochs : int
        Epochs of a whole training.
    seed : int
    options : mapping
        Its own options, checked and complete.
    pauses : tuple of int
        Numbers of trials at which a batch ends: where earlier sittings of the search were to end.
    """

    space: Space
    trials: int | None
    max_epochs: int
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)
    pauses: tuple[int, ...] = ()

    def begin(self) -> Trials:
        """Return an empty record of trials, with the random numbers of this search."""
        return Trials(self.space, self.trials, np.random.default_rng(self.seed), self.pauses)


class Trials:
    """Hands out trial numbers, and knows which settings were tried.

    Parameters
    ----------
    space : Space
    most : int or None
        How many trials there may be.
    rng : numpy.random.Generator
    pauses : sequence of int
        Numbers of trials across which `room` does not reach.
    """

    def __init__(self, space: Space, most: int | None, rng: np.random.Generator, pauses: Sequence[int] = ()):
        self.space, self.rng = space, rng
        self.seen: set[str] = set()
        self._ends = [*sorted(pauses), math.inf if most is None else most]
        self._taken = 0
        self._next = 0

    def room(self, count: int) -> int:
        """Return how many of `count` further trials there may be, up to the next pause."""
        left = next((end - self._taken for end in self._ends if end > self._taken), 0)
        return int(min(count, left))

    def is_new(self, values: Mapping[str, Any]) -> bool:
        """Return whether these settings were not tried yet."""
        return self.space.key(dict(values)) not in self.seen

    def random(self, count: int) -> list[dict[str, Any]]:
        """Return up to `count` settings that were not tried; fewer at the end of the trials or the space."""
        return self.pool(self.room(count))

    def pool(self, count: int) -> list[dict[str, Any]]:
        """Return up to `count` settings that were not tried, to choose from."""
        return self.space.sample(self.rng, count, unseen=self.seen) if count else []

    def take(self, values: dict[str, Any], epochs: int | None = None) -> Ask:
        """Return a new trial of these settings."""
        self._taken += 1
        return self._numbered(values, epochs, None)

    def child(self, values: dict[str, Any], epochs: int, parent: int) -> Ask:
        """Return a trial that takes the place of another one, and so does not count."""
        return self._numbered(values, epochs, parent)

    def _numbered(self, values: dict[str, Any], epochs: int | None, parent: int | None) -> Ask:
        self.seen.add(self.space.key(values))
        self._next += 1
        return Ask(self._next - 1, values, epochs, parent)


def score_of(told: Told) -> float:
    """Return the score as a number that can be compared; what came to nothing is below every number."""
    return -math.inf if told.score is None or math.isnan(told.score) else float(told.score)


def ranked(told: Sequence[Told]) -> list[int]:
    """Return places in `told` from the best score to the worst, without those that came to nothing.

    Equal scores keep their order, so that ranks do not depend on how a machine sorts.

    Examples
    --------
    >>> ranked([Told(0, 0.5, 1), Told(1, None, 1), Told(2, 0.9, 1), Told(3, 0.5, 1)])
    [2, 0, 3]
    """
    alive = [i for i, one in enumerate(told) if score_of(one) > -math.inf]
    return sorted(alive, key=lambda i: -score_of(told[i]))
