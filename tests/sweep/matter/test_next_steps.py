"""What to try next is said in sentences that follow from the evidence."""

from __future__ import annotations

import numpy as np

from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.next_steps import next_steps
from shoal.sweep.space import as_space, choice, loguniform, uniform

SPACE = as_space({"rate": loguniform(1e-4, 1.0), "idle": uniform(0.0, 1.0), "kind": choice("p", "q")})


def evidence(score, seed, count=60, noise=0.02):
    rng = np.random.default_rng(seed)
    values = SPACE.sample(rng, count)
    at = np.array([SPACE.to_unit(one) for one in values])
    return Evidence(SPACE, values, score(at)[:, None] + noise * rng.normal(size=(count, 4)), 2, 2)


def test_a_peak_is_looked_at_more_closely_and_the_idle_fixed(seed):
    steps = next_steps(evidence(lambda at: -8 * np.abs(at[:, 0] - 0.5), seed), draws=16)
    assert any(one.startswith("Look closer at rate between 0.0") for one in steps)
    assert any(one.endswith("no effect beside rate: narrow that first, then look again.") for one in steps)
    assert not any("edge" in one for one in steps)


def test_what_is_idle_beside_several_is_fixed(seed):
    steps = next_steps(evidence(lambda at: -3 * np.abs(at[:, 0] - 0.5) + (at[:, 2] > 0.5), seed), draws=12)
    assert "idle shows no effect: fix it, and search the others." in steps


def test_edges_come_first(seed):
    steps = next_steps(evidence(lambda at: 3 * at[:, 0], seed), draws=8)
    assert steps[0] == "rate: best values lie at the upper edge 1; try up to 10."


def test_failures_are_placed(seed):
    found = evidence(lambda at: -((at[:, 0] - 0.4) ** 2), seed)
    rate = np.array([one["rate"] for one in found.values])
    parts = np.where((rate > 0.1)[:, None], np.nan, found.scores)
    first = next_steps(Evidence(SPACE, found.values, parts, 2, 2), draws=8)[0]
    least = rate[rate > 0.1].min()
    assert first.startswith(
        f"{(rate > 0.1).sum()} of 60 trials came to nothing in some or all of their runs, all of"
    )
    assert f"with rate of {least:.4g}"[:18] in first
    assert first.endswith("or more: leave that out.")


def test_settings_that_act_together(seed):
    steps = next_steps(
        evidence(lambda at: 4 * (at[:, 0] - 0.5) * (at[:, 1] - 0.5), seed, count=120), draws=12
    )
    assert "Vary together, not one at a time: rate with idle." in steps


def test_how_many_more_runs_it_takes():
    space = as_space({"kind": choice("p", "q", "r")})
    values = [{"kind": kind} for kind in "pqr"]
    parts = [[1.0, 1.1, 0.9], [0.95, 0.98, 0.96], [0.0, 0.2, 0.1]]
    steps = next_steps(Evidence(space, values, parts, 1, 3))
    assert steps[0] == "To tell trial 0 from trial 1, train both on about 8 times as many folds and seeds."
    same = next_steps(Evidence(space, values, [[1.0, 1.1, 0.9], [1.1, 0.9, 0.995], parts[2]], 1, 3))
    assert same[0].endswith("would take more runs than it is worth: choose by cost, or by what is simpler.")


def test_nothing_at_all():
    values = [{"rate": 0.1, "idle": 0.5, "kind": "p"}]
    steps = next_steps(Evidence(SPACE, values, [[np.nan]], 1, 1))
    assert steps == ["Nothing came of any trial: look at how the runs ended before searching on."]
