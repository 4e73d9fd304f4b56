"""The contract of strategies, held against all of them (G1 to G6)."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import pytest
from searches import EPOCHS, FINITE, MIXED, begun, conditional, searched, told_of, trials_of

from shoal.errors import InputError
from shoal.sweep.strategy import KINDS, Ask, Strategy, Told, strategy

METHODS = {
    **{name: {"kind": name} for name in KINDS},
    "grid": {"kind": "grid", "points": 3},
    "genetic": {"kind": "genetic", "population": 6},
    "tpe": {"kind": "tpe", "batch": 6, "startup": 8},
    "gp": {"kind": "gp", "batch": 6, "startup": 8},
    "random": {"kind": "random", "batch": 8},
    "stopped": {"kind": "random", "batch": 8, "early_terminate": {"type": "hyperband", "min_iter": 3}},
    "stopped tpe": {"kind": "tpe", "batch": 5, "early_terminate": {"type": "hyperband", "min_iter": 9}},
    "bayes": "bayes",
    "auto": "auto",
}
EVERY = pytest.mark.parametrize("name", METHODS)
SEEDED = pytest.mark.parametrize("name", [name for name in METHODS if name not in ("manual", "grid")])


@cache
def usual(name: str):
    """Return the log of a search of each kind, to the end; made once."""
    return searched(begun(METHODS[name]), conditional)


def asked(log) -> list[list[Ask]]:
    return [asks for asks, _ in log]


def counted(log, search: Strategy) -> int:
    """Return how many trials a search had: of population-based training, those that began from nothing."""
    return sum(ask.parent is None for ask in trials_of(log).values())


@EVERY
def test_told_the_same_batches_it_asks_the_same_whether_it_was_asked_or_not(name):
    log = usual(name)
    replayed, mute = begun(METHODS[name]), begun(METHODS[name])
    for asks, told in log:
        assert replayed.ask() == asks
        replayed.tell(told)
        mute.tell(told)
    assert replayed.ask() == mute.ask() == []


@EVERY
def test_resumed_anywhere_it_goes_on_as_if_never_stopped(name):
    log = usual(name)
    middle = len(log) // 2
    resumed = begun(METHODS[name])
    for _, told in log[:middle]:
        resumed.tell(told)
    assert searched(resumed, conditional) == log[middle:]


@EVERY
def test_asked_twice_it_answers_the_same(name):
    search = begun(METHODS[name])
    first = search.ask()
    first.clear()  # a caller may do with its list what it likes
    assert search.ask() == search.ask() != []


@EVERY
def test_it_begins_again_from_what_it_resolved_to(name):
    search = begun(METHODS[name])
    written = json.loads(json.dumps(search.resolved))
    again = begun(written)
    assert isinstance(search, Strategy)
    assert again.resolved == search.resolved
    assert (again.name, search.name in KINDS) == (search.name, True)
    assert asked(searched(again, conditional)) == asked(usual(name))


@SEEDED
def test_one_seed_one_search_another_seed_another(name):
    same, other = (asked(searched(begun(METHODS[name], seed=seed), conditional)) for seed in (0, 1))
    assert same == asked(usual(name))
    assert other != same


@EVERY
@pytest.mark.parametrize("space", [MIXED, FINITE], ids=["mixed", "finite"])
def test_every_setting_is_allowed_and_every_number_is_one_trial(name, space):
    log = searched(begun(METHODS[name], space, trials=12), _by_dropout if space is FINITE else conditional)
    first = trials_of(log)
    assert sorted(first) == list(range(len(first)))
    for asks in asked(log):
        for ask in asks:
            assert space.allows(ask.values)
            assert ask.values == first[ask.trial].values
        assert len({ask.trial for ask in asks}) == len(asks)


@EVERY
def test_epochs_rise_and_end_with_a_whole_training(name):
    log = usual(name)
    rungs: dict[int, list[int]] = {}
    for asks in asked(log):
        for ask in asks:
            rungs.setdefault(ask.trial, []).append(ask.epochs or EPOCHS)
    assert all(a < b for epochs in rungs.values() for a, b in pairwise(epochs))
    assert max(epochs[-1] for epochs in rungs.values()) == EPOCHS


@EVERY
@pytest.mark.parametrize("trials", [1, 7, 20])
def test_the_number_of_trials_is_held_exactly(name, trials):
    search = begun(METHODS[name], trials=trials)
    count = counted(searched(search, conditional), search)
    assert count == trials if search.name != "manual" else 1 <= count <= trials


@EVERY
@pytest.mark.parametrize("trials", [11, 12, 30, None])
def test_no_setting_comes_twice_in_a_finite_space(name, trials):
    search = begun(METHODS[name], FINITE, trials=trials)
    log = searched(search, _by_dropout)
    began = [ask for ask in trials_of(log).values() if ask.parent is None]
    keys = {FINITE.key(ask.values) for ask in began}
    assert len(keys) == len(began) <= 12
    if name not in ("manual", "grid", "pbt"):
        assert len(keys) == min(trials or 12, 12)
    assert search.ask() == []


@EVERY
def test_what_comes_to_nothing_stops_no_search(name):
    search = begun(METHODS[name])
    log = searched(search, lambda values: conditional(values) if values["learning_rate"] < 0.01 else None)
    assert counted(log, search) == 20 or search.name == "manual"


@EVERY
def test_all_may_come_to_nothing(name):
    search = begun(METHODS[name])
    log = searched(search, lambda values: None)
    assert counted(log, search) == 20 or search.name == "manual"
    epochs = {}
    for asks in asked(log):
        for ask in asks:
            assert ask.trial not in epochs, "what came to nothing never goes on"
            epochs[ask.trial] = ask.epochs


@EVERY
def test_not_a_number_counts_as_nothing(name):
    nothing, nan = (searched(begun(METHODS[name]), lambda values, s=s: s) for s in (None, float("nan")))
    assert asked(nan) == asked(nothing)


@EVERY
def test_equal_scores_are_no_trouble(name):
    search = begun(METHODS[name])
    first = search.ask()
    search.tell([Told(ask.trial, 1.0, EPOCHS) for ask in first])
    assert len(trials_of(searched(search, conditional))) >= 20 - len(first) or search.name == "manual"


@SEEDED
def test_without_a_number_of_trials_it_goes_on(name):
    search = begun(METHODS[name], trials=None)
    most = 3 if search.name in ("gp", "tpe") else 12
    assert len(searched(search, conditional, batches=most)) == most
    assert search.ask()


@EVERY
def test_the_batch_is_told_whole_and_in_its_order(name):
    search = begun(METHODS[name])
    told = [told_of(ask, conditional) for ask in search.ask()]
    with pytest.raises(
        InputError, match=r"Expected to be told of the trials 0, 1, 2.*, as asked for\. Got 1, 0"
    ):
        search.tell([told[1], told[0], *told[2:]])
    with pytest.raises(InputError, match=r"Got none\. Tell the whole batch"):
        search.tell([])
    search.tell(told)


def test_asks_and_what_is_told_survive_json():
    ask = Ask(3, {"hidden": [64, 64]}, epochs=9, parent=1)
    told = Told(3, None, 2, None, ())
    assert Ask.from_json(json.loads(json.dumps(ask.to_json()))) == ask
    assert Told.from_json(json.loads(json.dumps(told.to_json()))) == told


def test_a_setting_is_not_asked_for_by_its_label_twice():
    search = strategy("random", FINITE, trials=None, max_epochs=EPOCHS, seed=0)
    assert len(search.ask()) == FINITE.size


def _by_dropout(values) -> float:
    return -values["dropout"] + 0.1 * len(values["hidden"])
