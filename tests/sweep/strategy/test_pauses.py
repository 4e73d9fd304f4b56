"""A search that was over goes on with more trials than it had, and asks first what it asked before."""

from __future__ import annotations

import pytest
from searches import FINITE, MIXED

from shoal.sweep.space import Space
from shoal.sweep.strategy import KINDS, Told, strategy

OPTIONS = {"grid": {"points": 3}, "pbt": {"population": 8}, "halving": {"min_epochs": 1}}


def asked(method, space: Space, trials: int, pauses: tuple[int, ...]) -> list[list]:
    search = strategy(method, space, trials=trials, max_epochs=9, seed=3, pauses=pauses)
    batches = []
    while batch := search.ask():
        batches.append([(ask.trial, ask.values, ask.epochs, ask.parent) for ask in batch])
        search.tell([Told(ask.trial, float(ask.trial % 7), 9) for ask in batch])
    return batches


@pytest.mark.parametrize("space", [MIXED, FINITE], ids=["mixed", "finite"])
@pytest.mark.parametrize("kind", KINDS)
def test_more_trials_come_after_the_same_ones(kind: str, space: Space) -> None:
    given = {"kind": kind, **OPTIONS.get(kind, {})}
    method = strategy(given, space, trials=7, max_epochs=9, seed=3).resolved
    before, after = asked(method, space, 7, ()), asked(method, space, 12, (7,))
    assert after[: len(before)] == before
    if kind not in ("manual", "grid", "pbt"):
        begun = [{ask[0] for batch in batches for ask in batch} for batches in (before, after)]
        assert list(map(len, begun)) == [7, 12]
