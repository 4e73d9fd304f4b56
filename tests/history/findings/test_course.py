"""Rules about the course of the loss, on histories made by hand."""

import math

import numpy as np
import pytest

from shoal.history import History
from shoal.history.findings import RULES, Evidence, LiveFindings, find

FACTS = {"baseline_loss": 1.0, "usual": {"learning_rate": 0.003}, "scores": {"figures": {"r2": {}}}}


def history(losses, rates=None, **more):
    rates = [1.0] * len(losses) if rates is None else rates
    rows = [
        {
            "epoch": i,
            "loss": loss,
            "learning_rate": rate,
            **{name: each[i - 1] for name, each in more.items()},
        }
        for i, (loss, rate) in enumerate(zip(losses, rates, strict=True), 1)
    ]
    return History(rows, stop_reason="done", best_epoch=len(rows))


def codes(losses, rates=None, *, facts=FACTS, settings=None, **more):
    given = {"learning_rate": 0.003, **(settings or {})}
    return [one.code for one in find(Evidence(history(losses, rates, **more), given, facts))]


FALLING = list(np.exp(-np.arange(30) / 5.0) + 0.01)


def test_a_sound_curve_has_no_findings():
    assert codes(FALLING) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_has_diverged(bad):
    [found] = find(Evidence(history([0.9, 0.5, bad]), {"learning_rate": 3.0}, FACTS))
    assert (found.code, found.severity, found.where) == ("S101", "error", "epoch 3")
    assert found.change == {"learning_rate": 0.003}  # the usual one, far below


def test_a_usual_rate_that_diverges_is_lowered_and_clipped():
    [found] = find(Evidence(history([0.9, math.nan]), {"learning_rate": 0.003}, FACTS))
    assert found.change == {"learning_rate": 0.0001, "clip_norm": 1.0}


def test_a_loss_that_ran_away_has_diverged_though_it_is_a_number():
    assert "S101" in codes([1.0, 0.5, 40.0, 900.0])


def test_a_validation_loss_alone_may_diverge():
    assert "S101" in codes([0.9, 0.5], val_loss=[0.9, math.nan])


def test_first_steps_that_throw_the_loss_up_are_a_rate_too_high():
    losses = [90.0, 4.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2]
    assert codes(losses, settings={"learning_rate": 0.5}) == ["S102"]
    assert codes(losses) == []  # a usual rate after a bad start


def test_without_a_usual_rate_the_leap_must_be_wild():
    known = {"baseline_loss": 1.0, "scores": {"figures": {"r2": {}}}}
    losses = [20.0, 4.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2]
    assert codes(losses, facts=known) == []
    assert codes([90.0, *losses[1:]], facts=known) == ["S102"]


def test_a_loss_that_fell_far_says_nothing_about_the_rate_while_no_constant_is_known():
    """A network that learnt well ends forty times below its first epoch; live, the table is not known."""
    losses = [1.1, 0.4, 0.2, 0.1, 0.05, 0.03, 0.027, 0.026, 0.025, 0.024]
    live = LiveFindings({"learning_rate": 0.003})
    assert live.new(history(losses)) == []
    assert RULES["S102"].live  # a training that helps itself knows the table, and is to hear of it
    assert codes([90.0, *losses[1:]], settings={"learning_rate": 0.5}) == ["S102"]


def test_live_a_rate_too_high_is_told_once_as_soon_as_the_constant_is_known():
    live = LiveFindings({"learning_rate": "auto"})
    live.know({"learning_rate": 0.5}, FACTS)
    [found] = live.new(history([90.0]))
    assert (found.code, found.change) == ("S102", {"learning_rate": 0.003})
    assert found.evidence.startswith(
        "The first steps threw the loss to 90, which is 90 times that of a constant. "
    )
    assert live.new(history([90.0, 4.0])) == []
    live = LiveFindings({})
    live.know({"learning_rate": 0.003}, FACTS)  # the usual rate, whatever the start
    assert live.new(history([90.0])) == []


@pytest.mark.parametrize("first", [0.9, 2.0, 4.9])
def test_live_says_of_a_rate_what_is_said_in_the_end(first: float):
    """Nobody is warned of a rate while training runs who is not told so when it is over."""
    losses = [first, 1.2, 0.9, 0.7, 0.5, 0.4, 0.35, 0.32, 0.3, 0.29]
    live = LiveFindings({"learning_rate": 0.5}, FACTS)
    told = [one.code for end in range(1, 11) for one in live.new(history(losses[:end]))]
    assert told == []
    assert "S102" not in codes(losses, settings={"learning_rate": 0.5})


def test_a_loss_that_goes_up_and_down_oscillates():
    losses = [1.0, 0.8, 0.6, *([0.3, 0.6] * 10)]
    evidence = Evidence(history(losses), {"learning_rate": 0.05, "schedule": "constant"}, FACTS)
    [found] = find(evidence)
    assert found.code == "S103"
    assert found.change == {"learning_rate": 0.003, "schedule": "cosine"}
    assert found.numbers["mean_change"] == pytest.approx(0.3)
    assert found.numbers["turns"] == 1.0


def test_a_loss_that_stays_high_oscillates_where_the_rate_is_unusual():
    """Around 0.8 of a constant it changes by 0.06: noise at a usual rate, long steps at another."""
    losses = [1.0, 0.9, *([0.77, 0.83] * 10)]
    assert codes(losses, settings={"learning_rate": 0.08}) == ["S103"]
    assert "S103" not in codes(losses, settings={"learning_rate": 0.003})


def test_few_epochs_with_a_few_turns_are_no_oscillation():
    losses = [9.0, 5.0, 3.0, 2.0, 1.6, 1.2, 1.35, 1.1, 1.2, 0.9, 0.8, 0.7]
    assert "S103" not in codes(losses, settings={"learning_rate": 0.08})


@pytest.mark.parametrize(("rows", "found"), [(75, []), (600, ["S103"])])
def test_the_loss_of_few_rows_may_change_more_from_epoch_to_epoch(rows, found):
    losses = [1.0, 0.8, 0.6, *([0.3, 0.35] * 10)]
    facts = {**FACTS, "rows": {"train": rows}}
    told = codes(losses, settings={"learning_rate": 0.003}, facts=facts)
    assert [code for code in told if code == "S103"] == found


def test_noise_near_the_goal_is_no_oscillation():
    noise = np.random.default_rng(0).normal(0, 0.002, 30)
    assert codes(list(np.array(FALLING) + np.abs(noise))) == []


def test_a_loss_that_creeps_is_a_rate_too_low():
    losses = list(1.5 - 0.005 * np.arange(30))
    evidence = Evidence(history(losses), {"learning_rate": 1e-5}, FACTS)
    [found] = find(evidence)
    assert (found.code, found.change) == ("S104", {"learning_rate": 0.003})


def test_creeping_is_judged_by_the_rate_that_was_spent():
    rates = 0.5 * (1 + np.cos(np.pi * np.arange(30) / 30))  # a cosine schedule creeps ever slower
    losses = list(1.5 - 0.01 * np.cumsum(rates))
    assert "S104" in codes(losses, list(rates), settings={"learning_rate": 1e-5})


def test_a_standstill_with_more_to_learn_is_a_plateau():
    facts = {**FACTS, "reference": {"score": 0.9}}
    evidence = Evidence(history([1.0] * 20), {"learning_rate": 0.003, "initializer": "zeros"}, facts)
    found = find(evidence)[0]
    assert (found.code, found.change) == ("S105", {"initializer": "auto"})


def test_a_standstill_with_nothing_to_learn_is_none():
    assert codes([1.0] * 20, facts={**FACTS, "reference": {"score": 0.02}}) == []


def test_a_rate_that_was_spent_early_is_the_reason_of_a_plateau():
    rates = [1.0, 0.1, *([1e-6] * 18)]
    facts = {**FACTS, "reference": {"score": 0.9}}
    found = find(Evidence(history([1.0, 0.8, *([0.75] * 18)], rates), {"learning_rate": 0.003}, facts))[0]
    assert (found.code, found.change) == ("S105", {"schedule": "cosine"})


def test_a_training_that_was_ended_while_it_improved():
    losses = list(1.0 - 0.02 * np.arange(30))
    assert codes(losses, settings={"epochs": 30}) == ["S106"]
    assert codes(losses, settings={"epochs": 100}) == []  # it ended of itself


def test_while_it_runs_nothing_is_said_of_its_end():
    creeping = list(1.5 - 0.005 * np.arange(30))
    facts = {**FACTS, "running": True}
    assert codes(creeping, facts=facts, settings={"learning_rate": 1e-5, "epochs": 30}) == []


def test_a_plateau_without_a_known_rate_is_answered_with_normalisation():
    facts = {**FACTS, "reference": {"score": 0.9}}
    found = find(Evidence(history([1.0] * 20), {"initializer": "glorot_uniform"}, facts))[0]
    assert (found.code, found.change) == ("S105", {"norm": "batch"})
