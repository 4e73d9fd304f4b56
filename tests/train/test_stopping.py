"""The stopping rule, fed with lists of losses."""

from __future__ import annotations

import math
from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.train.stopping import (
    ACCURACY,
    COMPLETE,
    DIVERGED,
    EARLY,
    LEVEL,
    LOSS,
    RUNNING,
    after_epoch,
    first_score,
)

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


def life(losses, **settings):
    """Return the numbers of the last state of a net with these losses."""
    state = whole_life(losses, **settings)
    return {k: v.item() for k, v in state.items() if not isinstance(v, dict)}


def whole_life(losses, monitor="val_loss", patience=0, min_delta=0.0, min_epochs=0, epochs=None, **more):
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
    return jax.device_get(lives(padded, net))


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


def test_the_loss_that_was_wished_for_ends_the_training():
    state = life([3, 2, 1, 0.5], stop_loss=np.float32(1.0))
    assert (state["code"], state["epoch"]) == (LOSS, 3)


def test_so_does_the_accuracy():
    state = life([0.5, 0.7, 0.9, 0.95], monitor="accuracy", stop_accuracy=np.float32(0.8))
    assert (state["code"], state["epoch"]) == (ACCURACY, 3)


def test_so_does_a_figure_that_hardly_changes_but_not_before_the_least_epochs():
    losses = [3, 2, 1.99, 1.98, 1]
    assert life(losses, stop_change=np.float32(0.1))["epoch"] == 3
    assert life(losses, stop_change=np.float32(0.1), min_epochs=4)["epoch"] == 4
    assert life([3, 2, 1.99], stop_change=np.float32(0.1))["code"] == LEVEL


def test_a_plateau_lowers_the_rate_and_new_bob_follows_every_rise():
    """By hand: patience 1 bears one bad epoch; new-bob halves at each epoch worse than the last."""
    falling = {"plateau_factor": np.float32(0.5)}
    losses = [3, 2, 2.5, 2.4, 2.3, 1, 1.5]

    def scale(**more):
        return float(whole_life(losses, **falling, **more)["plateau"]["scale"])

    assert scale(plateau_patience=np.int32(1)) == 0.5  # bad: 2.5, then 2.4 lowers; 2.3 is the first again
    assert scale() == 0.5**4
    assert scale(plateau_cooldown=np.int32(9)) == 0.5
    assert scale(plateau_low=np.float32(0.4)) == pytest.approx(0.4)
    assert scale(plateau_previous=np.float32(1.0)) == 0.5**2  # 2 -> 2.5 and 1 -> 1.5


@pytest.mark.parametrize("seed", range(3))
def test_the_plateau_is_pytorchs(seed):
    torch = pytest.importorskip("torch")
    losses = np.round(np.random.default_rng(seed).uniform(1, 2, LONGEST), 2).astype(np.float32)
    rules = {"factor": 0.5, "patience": 2, "threshold": 0.05, "cooldown": 3}
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, min_lr=0.1, eps=0.0, **rules)
    for loss in losses:
        plateau.step(float(loss))
    ours = whole_life(
        losses,
        plateau_factor=np.float32(0.5),
        plateau_patience=np.int32(2),
        plateau_threshold=np.float32(0.05),
        plateau_cooldown=np.int32(3),
        plateau_low=np.float32(0.1),
    )
    assert float(ours["plateau"]["scale"]) == pytest.approx(optimizer.param_groups[0]["lr"])


# ---------------------------------------------------------------- without validation rows


def looked_back(losses, firsts, last_loss=0.0):
    """Return epoch of the best weights where each epoch tells the loss of its first batch, too."""
    weights = {"w": np.float32(-1.0)}
    state = {"params": weights, "running": {}, **first_score(weights, {}, "float32", 0, judged=False)}
    net = {
        "monitor": np.array(COLUMNS["loss"], np.float32),
        "patience": np.int32(0),
        "min_delta": np.float32(0),
        "min_epochs": np.int32(0),
        "epochs": np.int32(len(losses)),
        **STEADY,
    }
    for number, (loss, first) in enumerate(zip(losses, firsts, strict=True)):
        if state["code"] != RUNNING:
            break
        row = jax.numpy.array([loss, np.nan, np.nan], np.float32)
        after = np.float32(last_loss if number + 1 == len(losses) else 0.0)
        trained = {**state, "params": {"w": jax.numpy.float32(number + 1)}}
        told = (None, jax.numpy.float32(first), jax.numpy.float32(after))
        kept = trained["params"], {}
        state = after_epoch(trained, row, net, jax.numpy.int32(number), kept, *told)
    return int(state["best_epoch"]), float(state["best_params"]["w"])


def test_weights_that_the_next_epoch_finds_unsound_are_taken_back():
    assert looked_back([3, 2, 1, 1e6], [3, 2, 1, 1e6]) == (2, 2.0)


def test_a_last_step_that_leads_out_of_the_world_is_seen_at_once():
    assert looked_back([3, 2, 1], [3, 2, 1]) == (3, 3.0)
    assert looked_back([3, 2, 1], [3, 2, 1], last_loss=1e9) == (2, 2.0)
    assert looked_back([3, 2, 1], [3, 2, 1], last_loss=math.nan) == (2, 2.0)


def test_a_training_that_never_comes_near_its_start_keeps_the_initial_weights():
    assert looked_back([1e9, 1e8, 1e7], [1, 1e9, 1e8]) == (0, -1.0)
