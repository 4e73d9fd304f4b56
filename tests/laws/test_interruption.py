"""Law 9: interrupted anywhere and taken up again = never interrupted, bit for bit."""

from __future__ import annotations

import queue
import signal
import threading
import time
from dataclasses import replace

import jax
import numpy as np
import pytest
from populations import events_of, recipe, rich, same_bits, shoal, spec, trained, view

from shoal.train import loop
from shoal.train.checkpoint import read_state, write_state
from shoal.train.events import EpochsDone, Finished, Interrupted, NetStopped, Started
from shoal.train.loop import train, train_all
from shoal.train.population import Member
from shoal.train.schedules import Schedule

COSINE = Schedule("cosine", warmup=2.0)
LIFE = {"epochs": 9, "schedule": COSINE, "patience": 4, "l1": 1e-3}
RATES = [0.01, 0.05, 0.3, 0.02, 0.6, 0.002]


@pytest.fixture(scope="module")
def data():
    return view()


class Told(queue.SimpleQueue):
    """What was told, and how much of it the watcher has done with."""

    def __init__(self):
        super().__init__()
        self.said = self.heard = 0

    def put(self, said, **options):
        self.said += 1
        super().put(said, **options)


@pytest.fixture
def short_calls(monkeypatch):
    """Let every call train one epoch, and none begin before the watcher asks for more."""
    begin, advance, passed_on = loop._Run.__init__, loop._Run._advance, loop._Run._passed_on

    def begun(self, *given):
        begin(self, *given)
        self.told = Told()

    def in_step(self, tile, device):
        while self.told.heard < self.told.said and not self.stop.is_set():
            time.sleep(0.001)
        if not self.stop.is_set():
            advance(self, tile, device)

    def heard(self, said):
        yield from passed_on(self, said)
        self.told.heard += 1

    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    monkeypatch.setattr(loop._Run, "__init__", begun)
    monkeypatch.setattr(loop._Run, "_advance", in_step)
    monkeypatch.setattr(loop._Run, "_passed_on", heard)


def interrupted_after(members, data, epochs: int, **options) -> list:
    """Train until `epochs` calls are told of, then strike Ctrl-C while the watcher works."""
    told, seen = [], 0
    events = train(members, [data], **options)
    for event in events:
        told.append(event)
        seen += isinstance(event, EpochsDone)
        if seen == epochs:
            told.append(events.throw(KeyboardInterrupt()))
            seen += 1
    return told


def continued(members, results) -> list[Member]:
    return [replace(m, start=net.state) for m, net in zip(members, results, strict=True)]


def joined(before, after):
    return replace(after, history=np.concatenate([before.history, after.history]))


@pytest.mark.parametrize("epochs", [1, 3, 8])
def test_an_interrupted_net_goes_on_as_if_nothing_had_happened(data, short_calls, epochs):
    """Dropout, batch norm, a schedule with warm-up, the counter of patience: all go on."""
    member = Member(rich(), recipe(**LIFE))
    whole = trained([member], data)[0]
    told = interrupted_after([member], data, epochs)
    first = told[-1].results[0]
    assert isinstance(told[-1], Finished)
    assert first.code == "interrupted"
    assert epochs <= first.epochs < 9
    again = trained(continued([member], [first]), data)[0]
    assert same_bits(joined(first, again), whole)


def test_a_shoal_of_many_goes_on_in_the_tiles_it_had(data, short_calls):
    """Some have stopped by then; the others keep their tile size, or their bits would change."""
    members = shoal(RATES, rich(), **LIFE)
    whole = trained(members, data, tile=4)
    assert len({net.epochs for net in whole}) > 1
    first = interrupted_after(members, data, 11, tile=4)[-1].results
    assert {net.code for net in first} >= {"interrupted", "early"}
    again = trained(continued(members, first), data)
    assert all(same_bits(joined(a, b), c) for a, b, c in zip(first, again, whole, strict=True))


@pytest.mark.parametrize("until", [1, 4, 8])
def test_a_paused_net_goes_on(data, until):
    member = Member(rich(), recipe(**LIFE))
    whole = trained([member], data)[0]
    paused = trained([replace(member, until=until)], data)[0]
    assert (paused.code, paused.epochs) == ("paused", until)
    again = trained([replace(member, start=paused.state)], data)[0]
    assert same_bits(joined(paused, again), whole)


def test_a_complete_net_goes_on_when_it_gets_more_epochs(data):
    member = Member(rich(), recipe(epochs=9))
    whole = trained([member], data)[0]
    short = trained([replace(member, recipe=recipe(epochs=4))], data)[0]
    again = trained([replace(member, start=short.state)], data)[0]
    assert same_bits(joined(short, again), whole)


def test_from_disk_too(data, tmp_path):
    member = Member(rich(), recipe(**LIFE))
    whole = trained([member], data)[0]
    paused = trained([replace(member, until=3)], data)[0]
    write_state(paused.state, tmp_path / "state.safetensors")
    state = read_state(tmp_path / "state.safetensors", "adam")
    again = trained([replace(member, start=state)], data)[0]
    assert same_bits(joined(paused, again), whole)


def test_padded_nets_keep_their_widths_when_they_go_on(data):
    member = Member(rich((3,)), recipe(**LIFE), padded=(8,))
    whole = trained([member], data)[0]
    paused = trained([replace(member, until=3)], data)[0]
    again = trained([replace(member, start=paused.state, padded=None)], data)[0]
    assert same_bits(joined(paused, again), whole)


def test_a_net_that_had_ended_stays_ended_and_is_told_about(data):
    member = Member(rich(), recipe(**{**LIFE, "learning_rate": 0.6, "patience": 2, "epochs": 30}))
    ended = trained([member], data)[0]
    assert ended.code == "early"
    told = events_of([replace(member, start=ended.state), member], data)
    assert same_bits(joined(ended, told[-1].results[0]), ended)
    assert same_bits(told[-1].results[1], ended)
    assert sorted(event.net for event in told if isinstance(event, NetStopped)) == [0, 1]


def test_a_net_that_was_interrupted_at_its_last_epoch_trains_no_other(data, short_calls):
    """It had learnt all that was asked for when fewer epochs are asked for now."""
    member = Member(rich(), recipe(**LIFE))
    first = interrupted_after([member], data, 4)[-1].results[0]
    assert first.epochs >= 4
    again = trained([replace(member, recipe=recipe(epochs=2), start=first.state)], data)[0]
    assert again.epochs == first.epochs
    assert again.code == "complete"
    assert len(again.history) == 0


def test_interruption_is_told_once_and_results_follow(data, short_calls):
    told = interrupted_after(shoal(RATES, rich(), **LIFE), data, 2, tile=4)
    kinds = [type(event) for event in told]
    assert kinds[0] is Started
    assert kinds.count(Interrupted) == 1
    assert kinds[-1] is Finished
    assert len(told[-1].results) == len(RATES)


def test_what_was_learnt_is_kept(data, short_calls):
    """The best weights so far are those of a training that ends there."""
    member = Member(spec(), recipe(epochs=9))
    first = interrupted_after([member], data, 3)[-1].results[0]
    same = trained([replace(member, recipe=recipe(epochs=first.epochs))], data)[0]
    jax.tree.map(np.testing.assert_array_equal, first.params, same.params)
    assert first.best_epoch == same.best_epoch
    assert first.reason == f"Interrupted after epoch {first.epochs}; the best was epoch {first.best_epoch}."


@pytest.mark.parametrize("when", [Started, EpochsDone])
def test_ctrl_c_in_the_hands_of_a_watcher(data, short_calls, when):
    seen = []

    def watch(event):
        seen.append(type(event))
        if isinstance(event, when) and seen.count(when) == 1:
            raise KeyboardInterrupt

    results = train_all([Member(rich(), recipe(**LIFE))], [data], on_event=watch)
    assert Interrupted in seen
    assert results[0].code == "interrupted"


def test_ctrl_c_from_the_keyboard(data, short_calls, monkeypatch):
    """A real signal, sent by the training thread while the caller waits for news."""
    advance, count = loop._Run._advance, []

    def struck(self, tile, device):
        count.append(tile.epoch)
        if len(count) % 200 == 3:  # again if it was lost: Python drops what strikes inside a destructor
            signal.raise_signal(signal.SIGINT)
        advance(self, tile, device)

    monkeypatch.setattr(loop._Run, "_advance", struck)
    told = events_of([Member(rich(), recipe(**{**LIFE, "epochs": 5000, "patience": 0}))], data)
    assert sum(isinstance(event, Interrupted) for event in told) == 1
    assert 2 <= told[-1].results[0].epochs < 5000


def test_closing_the_stream_ends_the_threads(data, short_calls):
    before = threading.active_count()
    events = train(shoal(RATES, rich(), epochs=100_000), [data], tile=4)
    for event in events:
        if isinstance(event, EpochsDone):
            break
    assert threading.active_count() > before
    events.close()
    assert threading.active_count() == before


def test_ctrl_c_after_the_last_epoch_loses_nothing(data):
    """The watcher is behind: all is trained when he is struck, and the results still come."""
    behind = threading.Event()
    seen = []

    def watch(event):
        seen.append(type(event))
        if isinstance(event, EpochsDone):
            behind.wait(0.5)  # by then the training is over
            raise KeyboardInterrupt

    members = [Member(rich(), recipe(epochs=2), seed=seed) for seed in (0, 1, 2)]
    results = train_all(members, [data], on_event=watch)
    assert len(results) == 3
    assert seen[-1] is Finished
    assert seen.count(EpochsDone) >= 1


def test_told_events_that_nobody_had_read_are_passed_on_after_ctrl_c(data):
    """Struck while it reads the last news, the stream goes on to its end."""
    events = train([Member(rich(), recipe(epochs=2))], [data])
    for event in events:
        if isinstance(event, EpochsDone):
            break
    time.sleep(0.2)  # by then the training is over
    told = [events.throw(KeyboardInterrupt())]
    told += list(events)
    assert isinstance(told[-1], Finished)
    assert sum(isinstance(event, NetStopped) for event in told) == 1
