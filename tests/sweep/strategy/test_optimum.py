"""Strategies that learn find the optimum of known functions better than random search with as many trials."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from searches import BRANIN, MIXED, begun, best, branin, conditional, searched

FUNCTIONS = {"branin": (BRANIN, branin, -0.397887), "conditional": (MIXED, conditional, 0.0)}


@cache
def regret(kind: str, function: str, trials: int) -> float:
    """Return how far the best setting stays below the optimum: the median over seeds 0 to 9."""
    space, objective, optimum = FUNCTIONS[function]
    found = [
        best(searched(begun(kind, space, trials=trials, seed=s), objective), objective) for s in range(10)
    ]
    return optimum - float(np.median(found))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("kind", "trials", "share"), [("gp", 24, 0.5), ("tpe", 48, 0.5), ("genetic", 64, 0.3)]
)
def test_it_beats_random_search(kind, trials, share, function):
    assert regret(kind, function, trials) < share * regret("random", function, trials)


def test_the_known_optima_are_optima(seed):
    rng = np.random.default_rng(seed)
    for space, objective, optimum in FUNCTIONS.values():
        assert max(objective(values) for values in space.sample(rng, 300)) <= optimum + 1e-6
    assert branin({"x": np.pi, "y": 2.275}) == pytest.approx(-0.397887, abs=1e-5)
    top = {"optimizer": "sgd", "learning_rate": 10**-2.2, "momentum": 0.3, "hidden": [128, 128]}
    assert conditional(top) == pytest.approx(0.0)
