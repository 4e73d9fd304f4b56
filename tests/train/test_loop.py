"""The loop under attack: failing threads, mixed precisions, interleaved runs, memory, a thousand nets."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import jax
import numpy as np
import pytest
from populations import events_of, recipe, rich, same_bits, shoal, spec, trained, view

from shoal.train import loop
from shoal.train.events import Finished
from shoal.train.loop import train, train_all
from shoal.train.population import Member
from shoal.train.tiles import Tile

RATES = [0.01, 0.02, 0.05, 0.002]


@pytest.fixture(scope="module")
def data():
    return view()


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("failing", ["_advance", "_record"])
def test_an_exception_in_a_thread_reaches_the_caller(data, monkeypatch, two_devices, failing):
    def fail(self, *args):
        raise OSError("the device has gone")

    monkeypatch.setattr(loop._Run, failing, fail)
    with pytest.raises(OSError, match="the device has gone"):
        train_all(shoal(RATES, rich()), [data], tile=1)


def test_an_exception_of_the_watcher_is_his_own_and_ends_the_threads(data):
    def watch(event):
        raise LookupError("no such bar")

    with pytest.raises(LookupError, match="no such bar"):
        train_all(shoal(RATES, rich()), [data], on_event=watch)
    gc.collect()


def test_a_stream_that_is_dropped_ends_its_threads(data, monkeypatch):
    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    events = train([Member(rich(), recipe(epochs=100_000))], [data])
    for _ in range(5):
        next(events)
    del events
    gc.collect()


def test_both_precisions_in_one_call(data):
    narrow, wide = (shoal(RATES, rich(), precision=p) for p in ("float32", "float64"))
    mixed = trained([m for pair in zip(narrow, wide, strict=True) for m in pair], data)
    for nets, members in ((mixed[::2], narrow), (mixed[1::2], wide)):
        apart = trained(members, data)
        assert all(same_bits(a, b) for a, b in zip(nets, apart, strict=True))
    assert mixed[0].params["head.kernel"].dtype == np.float32
    assert mixed[1].params["head.kernel"].dtype == np.float64
    assert mixed[0].params["head.kernel"] == pytest.approx(mixed[1].params["head.kernel"], abs=1e-4)


def test_float64_is_really_computed_in_float64(data):
    """A change of the rate far below float32's resolution must show."""
    rate = 0.02 * (1 + 1e-12)
    a, b = trained(shoal([0.02, rate], rich(), precision="float64"), data)
    assert not np.array_equal(a.params["head.kernel"], b.params["head.kernel"])
    assert jax.config.jax_enable_x64 is False


def test_two_streams_read_in_turns(data, monkeypatch):
    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    alone = [trained(shoal(RATES, rich(), precision=p), data) for p in ("float32", "float64")]
    streams = [train(shoal(RATES, rich(), precision=p), [data]) for p in ("float32", "float64")]
    last = [None, None]
    while not all(isinstance(event, Finished) for event in last):
        for place, stream in enumerate(streams):
            last[place] = next(stream, last[place])
    for event, nets in zip(last, alone, strict=True):
        assert all(same_bits(a, b) for a, b in zip(event.results, nets, strict=True))


def test_two_threads_train_at_once(data):
    alone = [trained(shoal(RATES, rich(), precision=p), data) for p in ("float32", "float64")]
    found = {}

    def work(place, precision):
        found[place] = trained(shoal(RATES, rich(), precision=precision), data)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(("float32", "float64"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in (0, 1):
        assert all(same_bits(a, b) for a, b in zip(found[place], alone[place], strict=True))


def test_nothing_stays_on_the_devices(data):
    members = shoal(RATES, rich())
    trained(members, data)
    gc.collect()
    before = sum(array.nbytes for array in jax.live_arrays())
    results = trained(members, data)
    gc.collect()
    assert sum(array.nbytes for array in jax.live_arrays()) <= before
    assert all(isinstance(leaf, np.ndarray | np.generic) for leaf in jax.tree.leaves(results[0].state))


def test_the_run_and_its_history_are_freed(data, monkeypatch):
    runs = []
    start = loop._Run.__init__

    def seen(self, *args):
        runs.append(weakref.ref(self))
        start(self, *args)

    monkeypatch.setattr(loop._Run, "__init__", seen)
    trained(shoal(RATES, rich()), data)
    gc.collect()
    assert runs[0]() is None


def test_tiles_that_have_ended_are_forgotten_while_others_train(data, monkeypatch):
    """With one net a tile, the memory of a thousand short nets must not wait for one long one."""
    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    living = []
    advance = loop._Run._advance

    def counted(self, tile, device):
        living.append(len(self.board.all()))
        advance(self, tile, device)

    monkeypatch.setattr(loop._Run, "_advance", counted)
    members = [
        replace(m, recipe=replace(m.recipe, epochs=e))
        for m, e in zip(shoal(RATES, rich()), (1, 1, 1, 9), strict=True)
    ]
    trained(members, data, exact=True)
    assert max(living) <= 2, "a tile is made when it is first worked on"
    assert living[-1] == 1


def test_results_own_their_arrays(data):
    a, b = trained(shoal(RATES[:2], rich()), data)
    before = b.params["head.kernel"].copy(), a.state["best_params"]["head.kernel"].copy()
    a.params["head.kernel"][:] = 7.0
    np.testing.assert_array_equal(b.params["head.kernel"], before[0])
    np.testing.assert_array_equal(a.state["best_params"]["head.kernel"], before[1])


@pytest.mark.parametrize("seeds", [1, 1000])
def test_a_thousand_nets_of_one_epoch_take_one_call_a_tile(data, monkeypatch, seeds):
    """A seed each makes tiles of one; none of them is trained twice or fetched row by row."""
    calls, fetched = count_of(monkeypatch, loop._Run, "_advance"), count_of(monkeypatch, Tile, "fetched")
    members = [
        Member(spec(), recipe(learning_rate=1e-3 * (1 + i), epochs=1), seed=i % seeds) for i in range(1000)
    ]
    tile = 32 if seeds == 1 else 1
    trained(members[:40], data, tile=tile)  # compiles
    calls.clear(), fetched.clear()
    told = events_of(members, data, tile=tile)
    tiles = -(-1000 // tile)
    assert len(calls) == len(fetched) == tiles
    assert all(net.code == "complete" for net in told[-1].results)


def count_of(monkeypatch, owner, name: str) -> list:
    """Note every call of a method."""
    method, calls = getattr(owner, name), []

    def counted(self, *given):
        calls.append(self)
        return method(self, *given)

    monkeypatch.setattr(owner, name, counted)
    return calls


def test_many_steps_and_epochs_pass_through_calls_of_bounded_length(data, monkeypatch):
    """A call records no more epochs than the program has room for."""
    monkeypatch.setattr(loop, "_CALL_SECONDS", 1e9)
    told = events_of([Member(spec(), recipe(epochs=300))], data)
    lengths = [event.values.shape[1] for event in told if hasattr(event, "values")]
    assert sum(lengths) == 300
    assert max(lengths) == 128
    assert len(told[-1].results[0].history) == 300
