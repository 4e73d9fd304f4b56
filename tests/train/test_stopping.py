"""The stopping rule, fed with lists of losses."""

from __future__ import annotations

import math
from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.train.stopping import COMPLETE, DIVERGED, EARLY, RUNNING, after_epoch, first_score

LONGEST = 24
STEADY = {
    "stop_loss": np.float32(-np.inf),
    "stop_accuracy": np.float32(np.inf),
    "stop_change": np.float32(0.0),
    "plateau_factor": np.float32(1.0),
    "plateau_patience": np.int32(0),
    "plateau_threshold": np.float32(0.0),
    "plateau_cooldown": np.int32(0),
    "plateau_low": np.float32(0.0),
    "plateau_previous": np.float32(0.0),
}
"""No other criterion, and a learning rate that does not react."""
COLUMNS = {"loss": (1.0, 0.0, 0.0), "val_loss": (0.0, 1.0, 0.0), "accuracy": (0.0, 0.0, -1.0)}


@jax.jit
def lives(losses, net):
    """Feed a list of losses, one for each epoch; a stopped net stands still."""
    weights = {"w": np.float32(-1.0)}
    first = {"params": weights, "running": {}, **first_score(weights, {}, "float32", 0, judged=True)}

    def step(state, loss):
        number = state["epoch"]
        trained = {**state, "params": {"w": number.astype("float32") + 1.0}}
        kept = trained["params"], trained["running"]
        fresh = after_epoch(trained, jax.numpy.stack([loss] * 3), net, number, kept)
        going = state["code"] == RUNNING
        return jax.tree.map(partial(jax.numpy.where, going), fresh, state), None

    return jax.lax.scan(step, first, losses)[0]


def life(losses, monitor="val_loss", patience=0, min_delta=0.0, min_epochs=0, epochs=None, **more):
    """Return the last state of a net with these losses."""
    epochs = len(losses) if epochs is None else epochs
    padded = np.full(LONGEST, 1.0, np.float32)
    padded[: len(losses)] = losses
    net = {
        "monitor": np.array(COLUMNS[monitor], np.float32),
        "patience": np.int32(patience),
        "min_delta": np.float32(min_delta),
        "min_epochs": np.int32(min_epochs),
        "epochs": np.int32(epochs),
        **STEADY,
        **more,
    }
    return {k: v.item() for k, v in jax.device_get(lives(padded, net)).items() if not isinstance(v, dict)}


def by_hand(losses, patience, min_delta, min_epochs, epochs):
    """The rule in plain Python: code, epochs trained, best epoch."""
    best, best_epoch, waited = math.inf, 0, 0
    for epoch, loss in enumerate(map(np.float32, losses), start=1):
        if not math.isfinite(loss):
            return DIVERGED, epoch, best_epoch
        waited = 0 if loss < np.float32(best) - np.float32(min_delta) else waited + 1
        if loss <= best:
            best, best_epoch = loss, epoch
        if patience and waited >= patience and epoch >= min_epochs:
            return EARLY, epoch, best_epoch
        if epoch >= epochs:
            return COMPLETE, epoch, best_epoch
    raise AssertionError("the list of losses ended before the net")


def test_patience_counts_epochs_without_improvement():
    state = life([5, 4, 4.5, 4.2, 4.1, 1], patience=3)
    assert (state["code"], state["epoch"], state["best_epoch"]) == (EARLY, 5, 2)
    assert state["best_score"] == 4.0


def test_an_improvement_resets_the_count():
    state = life([5, 6, 4, 6, 3, 6, 6], patience=2)
    assert (state["code"], state["epoch"], state["best_epoch"]) == (EARLY, 7, 5)


def test_no_patience_never_stops_early():
    state = life([1, 2, 3, 4, 5])
    assert (state["code"], state["epoch"], state["best_epoch"]) == (COMPLETE, 5, 1)


def test_a_change_must_be_large_enough_to_count_but_the_best_is_kept():
    state = life([5, 4.95, 4.9, 4.85], patience=3, min_delta=0.1)
    assert (state["code"], state["epoch"], state["best_epoch"]) == (EARLY, 4, 4)


def test_stopping_waits_for_the_least_number_of_epochs():
    assert life([1, 2, 3, 4, 5, 6], patience=2, min_epochs=5)["epoch"] == 5


def test_of_equals_the_later_is_the_best():
    assert life([3, 2, 2, 4])["best_epoch"] == 3


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_net_with_what_was_best(bad):
    state = life([3, 2, bad, 1])
    assert (state["code"], state["epoch"], state["best_epoch"]) == (DIVERGED, 3, 2)
    assert life([bad, 1])["best_epoch"] == 0


def test_more_is_better_for_accuracy():
    state = life([0.5, 0.9, 0.8, 0.7, 0.6], monitor="accuracy", patience=3)
    assert (state["code"], state["best_epoch"]) == (EARLY, 2)
    assert state["best_score"] == pytest.approx(-0.9)


def test_the_best_weights_are_those_of_the_best_epoch():
    net = {
        "monitor": np.array(COLUMNS["loss"], np.float32),
        "patience": np.int32(0),
        "min_delta": np.float32(0),
        "min_epochs": np.int32(0),
        "epochs": np.int32(4),
        **STEADY,
    }
    state = jax.device_get(lives(np.array([3, 1, 2, 5] + [1] * 20, np.float32), net))
    assert state["best_params"]["w"] == 2.0
    assert state["params"]["w"] == 4.0


losses = st.lists(
    st.one_of(st.integers(0, 6).map(float), st.sampled_from([math.nan, math.inf])),
    min_size=1,
    max_size=LONGEST,
)


@given(losses, st.integers(0, 5), st.sampled_from([0.0, 1.0, 2.0]), st.integers(0, 8))
def test_any_list_of_losses_stops_where_the_rule_says(values, patience, min_delta, min_epochs):
    state = life(values, patience=patience, min_delta=min_delta, min_epochs=min_epochs)
    expected = by_hand(values, patience, min_delta, min_epochs, len(values))
    assert (state["code"], state["epoch"], state["best_epoch"]) == expected


@given(losses, st.integers(1, 5), st.integers(0, 5))
def test_more_patience_is_never_fewer_epochs(values, patience, more):
    short, long = (life(values, patience=p)["epoch"] for p in (patience, patience + more))
    assert short <= long


@given(losses, st.integers(1, 5), st.integers(1, 10))
def test_a_pause_changes_nothing_before_it(values, patience, until):
    """Law 9: whoever stops early before a planned pause stops there without it too."""
    paused = life(values, patience=patience, epochs=min(until, len(values)))
    whole = life(values, patience=patience)
    if paused["code"] != COMPLETE:
        np.testing.assert_equal(paused, whole)
