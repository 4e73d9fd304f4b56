"""A search that was over goes on with more trials than it had, and asks first what it asked before."""

from __future__ import annotations

import pytest
from searches import MIXED

from shoal.sweep.strategy import Told, strategy


def asked(method, trials: int, pauses: tuple[int, ...]) -> list[list[dict]]:
    search = strategy(method, MIXED, trials=trials, max_epochs=9, seed=3, pauses=pauses)
    batches = []
    while batch := search.ask():
        batches.append([ask.values for ask in batch])
        search.tell([Told(ask.trial, float(ask.trial % 7), 9) for ask in batch])
    return batches


@pytest.mark.parametrize("kind", ["random", "gp", "genetic"])
def test_more_trials_come_after_the_same_ones(kind: str) -> None:
    method = strategy(kind, MIXED, trials=11, max_epochs=9, seed=3).resolved
    before, after = asked(method, 11, ()), asked(method, 19, (11,))
    assert after[: len(before)] == before
    assert (sum(map(len, before)), sum(map(len, after))) == (11, 19)
