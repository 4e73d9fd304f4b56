"""Training epoch by epoch, which must be training at one go."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.nets.inputs import TableInput
from shoal.nets.spec import mlp
from shoal.train.events import EpochsDone, Finished, Interrupted, NetStopped, Started
from shoal.train.loop import train_all, watched
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.schedules import Schedule
from shoal.train.stepwise import train_stepwise
from shoal.train.view import Batchable, View

RECIPE = Recipe(
    "squared_error",
    batch_size=16,
    epochs=12,
    learning_rate=0.05,
    patience=3,
    schedule=Schedule("cosine"),
    precision="float64",
)


@pytest.fixture(scope="module")
def view() -> View:
    rng = np.random.default_rng(0)

    def rows(count):
        x = rng.normal(size=(count, 3))
        target = x[:, :1] * 0.5 + rng.normal(size=(count, 1))
        return Batchable(x, np.zeros((count, 0), np.int32), target, np.ones(count))

    return View(rows(40), rows(16))


def member(**changes) -> Member:
    spec = mlp(TableInput(3), (8,), "linear", 1, dropout=0.2)
    recipe = Recipe(**{**vars(RECIPE), **changes})
    return Member(spec, recipe, seed=3)


@pytest.mark.parametrize("patience", [0, 3])
def test_epoch_by_epoch_is_at_one_go_bit_for_bit(view, patience):
    [whole] = train_all([member(patience=patience)], [view], exact=True)
    looked = []

    def look(result):
        looked.append(result.epochs)
        return True

    [pieces] = watched(train_stepwise(member(patience=patience), [view], look))
    assert looked == list(range(1, whole.epochs + 1))
    assert (pieces.code, pieces.reason, pieces.best_epoch) == (whole.code, whole.reason, whole.best_epoch)
    np.testing.assert_array_equal(pieces.history, whole.history)
    for name, value in whole.params.items():
        np.testing.assert_array_equal(pieces.params[name], value)
    assert (whole.code == "early") == (patience > 0)


def test_it_stops_on_request_and_says_so(view):
    events = list(train_stepwise(member(), [view], lambda result: result.epochs < 4))
    kinds = [type(event) for event in events]
    assert kinds.count(Started) == kinds.count(NetStopped) == kinds.count(Finished) == 1
    assert kinds.count(EpochsDone) == 4
    [result] = events[-1].results
    assert (result.code, result.epochs, len(result.history)) == ("stopped", 4, 4)
    assert result.reason.startswith("Stopped on request after epoch 4; the best was epoch")


def test_ctrl_c_while_someone_looks_keeps_what_was_learnt(view):
    def struck(result):
        if result.epochs == 2:
            raise KeyboardInterrupt
        return True

    seen = []
    [result] = watched(train_stepwise(member(), [view], struck), lambda event: seen.append(type(event)))
    assert Interrupted in seen
    assert (result.code, result.epochs) == ("interrupted", 2)
    assert result.reason.startswith("Interrupted after epoch 2")


def test_a_later_run_goes_on_with_optimizer_and_epoch(view):
    """Weights, optimizer and epoch are enough to take the very next step of an unbroken run."""
    plain = {"patience": 0, "monitor": "loss", "schedule": Schedule()}
    [two] = watched(train_stepwise(member(**plain), [view], lambda result: result.epochs < 2))
    [three] = watched(train_stepwise(member(**plain), [view], lambda result: result.epochs < 3))
    start = {
        "params": two.state["params"],
        "running": two.state["running"],
        "optimizer": two.state["optimizer"],
        "epoch": two.epochs,
    }
    later = Member(member().spec, member(**plain).recipe, seed=3, start=start)
    [result] = watched(train_stepwise(later, [view], lambda result: False))
    assert result.epochs == 3
    np.testing.assert_array_equal(result.history[0], three.history[2])
    for name, value in three.state["params"].items():
        np.testing.assert_array_equal(result.state["params"][name], value)
