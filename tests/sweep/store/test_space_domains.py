"""A search space in Optuna's words: every setting that it draws lies in its distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.sweep.space import as_space, beta, choice, grid, intrange, lognormal, loguniform, normal, uniform
from shoal.sweep.store.optuna_domains import checked, distribution, value_in
from shoal.sweep.store.space_domains import domains_of

pytest.importorskip("optuna")

CASES: list[tuple[Any, dict[str, Any] | None]] = [
    (uniform(0.0, 0.5), {"kind": "float", "low": 0.0, "high": 0.5}),
    (uniform(0.0, 0.5, step=0.1), {"kind": "float", "low": 0.0, "high": 0.5, "step": 0.1}),
    (loguniform(1e-4, 0.1), {"kind": "float", "low": 1e-4, "high": 0.1, "log": True}),
    (intrange(8, 64, step=8), {"kind": "int", "low": 8, "high": 64, "step": 8}),
    (intrange(1, 512, log=True), {"kind": "int", "low": 1, "high": 512, "log": True}),
    (choice((64,), (64, 64)), {"kind": "categorical", "choices": [(64,), (64, 64)]}),
    (grid(16, 32, 64), {"kind": "categorical", "choices": [16, 32, 64]}),
    (normal(0.0, 1.0), None),
    (lognormal(0.0, 1.0), None),
    (beta(2.0, 3.0), None),
]


@pytest.mark.parametrize(("domain", "expected"), CASES)
def test_each_domain_has_a_distribution_that_holds_what_it_draws(
    domain: Any, expected: dict[str, Any] | None, seed: int
) -> None:
    space = as_space({"dropout": domain})
    found = checked(domains_of(space))["dropout"]
    if expected is not None:
        plain = {name: value for name, value in found.items() if name != "step" or value != 1}
        assert plain == expected
    for drawn in space.sample(np.random.default_rng(seed), 20):
        value = drawn["dropout"]
        theirs = distribution(found, value)
        assert theirs._contains(theirs.to_internal_repr(value_in(found, value)))


def test_a_value_that_does_not_vary_is_left_out() -> None:
    assert domains_of(as_space({"dropout": [0.2], "momentum": uniform(0.0, 0.9)})).keys() == {"momentum"}
