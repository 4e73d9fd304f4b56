"""Edges are pointed out where the best values lie there, and hardly ever where nothing matters."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shoal.rules import Number
from shoal.sweep.matter.edges import edges
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.space import as_space, choice, intrange, loguniform, normal, uniform

RULES = {
    "dropout": Number(0, 1, high_open=True),
    "momentum": Number(0, 1, high_open=True, none=True),
    "width": Number(1, integer=True),
}


def searched(dimension, name="x", sign=1, count=40, seed=0):
    space = as_space({name: dimension, "other": uniform(0.0, 1.0)})
    values = space.sample(np.random.default_rng(seed), count)
    at = np.array([space.to_unit(one)[0] for one in values])
    parts = sign * at[:, None] + 0.01 * np.random.default_rng(seed).normal(size=(count, 3))
    return Evidence(space, values, parts, 3, 1)


@pytest.mark.parametrize(
    ("dimension", "name", "sign", "says"),
    [
        (loguniform(1e-4, 1e-1), "rate", 1, "rate: best values lie at the upper edge 0.1; try up to 1."),
        (
            loguniform(1e-4, 1e-1),
            "rate",
            -1,
            "rate: best values lie at the lower edge 0.0001; try down to 1e-05.",
        ),
        (loguniform(1.0, 3.0), "rate", 1, "rate: best values lie at the upper edge 3; try up to 9."),
        (uniform(0.0, 0.4), "dropout", 1, "dropout: best values lie at the upper edge 0.4; try up to 0.8."),
        (
            uniform(0.5, 0.9),
            "momentum",
            1,
            "momentum: best values lie at the upper edge 0.9; try up to 0.95.",
        ),
        (intrange(8, 64), "width", -1, "width: best values lie at the lower edge 8; try down to 1."),
        (choice(16, 32, 64, 128), "width", 1, "width: best values lie at the upper edge 128; try up to 256."),
        (choice(1.0, 2.0, 3.0, 4.0), "x", 1, "x: best values lie at the upper edge 4; try up to 5."),
        (choice(4.0, 3.0, 2.0, 1.0), "x", 1, "x: best values lie at the lower edge 1; try down to 0."),
    ],
)
def test_a_wider_range_is_proposed(dimension, name, sign, says, seed):
    evidence = searched(dimension, name, sign, seed=seed)
    assert [str(one) for one in edges(evidence, rules=RULES)] == [says]


def test_nothing_lies_beyond_what_is_possible(seed):
    assert edges(searched(uniform(0.0, 0.4), "dropout", -1, seed=seed), rules=RULES) == ()
    assert edges(searched(uniform(0.0, 0.4), "anything", -1, seed=seed)) == ()
    assert edges(searched(normal(0.0, 1.0), "x", 1, seed=seed)) == ()
    assert edges(searched(choice("a", "b", "c"), "x", 1, seed=seed)) == ()


def test_what_does_not_matter_has_hardly_an_edge(seed):
    rng = np.random.default_rng(seed)
    space = as_space({name: uniform(0.5, 1.0) for name in "abcde"})
    alarms = 0
    for _ in range(40):
        values = space.sample(rng, 30)
        alarms += len(edges(Evidence(space, values, rng.normal(size=(30, 3)), 3, 1)))
    assert alarms <= 0.05 * 40 * 5


def test_the_middle_is_no_edge(seed):
    rng = np.random.default_rng(seed)
    space = as_space({"a": uniform(0.5, 1.0)})
    values = space.sample(rng, 30)
    scores = [[-((one["a"] - 0.75) ** 2)] for one in values]
    assert edges(Evidence(space, values, scores, 1, 1)) == ()


def test_one_setting_at_a_time(seed):
    rng = np.random.default_rng(seed)
    space = as_space({"rate": choice(0.001, 0.01, 0.1), "depth": choice(1, 2, 3)})
    base = {"rate": 0.01, "depth": 2}
    values = [
        base,
        {**base, "rate": 0.1},
        {**base, "rate": 0.001},
        {**base, "depth": 1},
        {**base, "depth": 3},
    ]
    parts = np.array([0.0, 1.0, -1.0, -1.0, -1.0])[:, None] + 0.01 * rng.normal(size=(5, 4))
    (found,) = edges(Evidence(space, values, parts, 1, 4))
    assert str(found) == "rate: best values lie at the upper edge 0.1; try up to 1."
    assert json.loads(json.dumps(found.to_json()))["side"] == "upper"
