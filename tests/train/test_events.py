"""The stream of events: well-formed, complete, and the same story as the results."""

from __future__ import annotations

import numpy as np
import pytest
from populations import events_of, recipe, rich, same_bits, shoal, spec, view

from shoal.train import loop
from shoal.train.events import COLUMNS, Compiled, EpochsDone, Finished, NetStopped, Started
from shoal.train.population import Member
from shoal.train.schedules import Schedule

COSINE = Schedule("cosine", warmup=1.0)


@pytest.fixture(scope="module")
def told() -> list:
    """Seven nets, some of which stop early, and one of another kind; a call trains one epoch."""
    members = shoal([0.01, 0.6, 0.3, 0.02, 0.9, 0.05, 1.2], rich(), epochs=12, patience=3, schedule=COSINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_CALL_SECONDS", 0.0)
        return events_of([*members, Member(spec(), recipe(epochs=5))], view(), tile=4)


def of(told, kind) -> list:
    return [event for event in told if isinstance(event, kind)]


def test_it_starts_once_and_finishes_once(told):
    assert isinstance(told[0], Started)
    assert isinstance(told[-1], Finished)
    assert len(of(told, Started)) == len(of(told, Finished)) == 1
    started = told[0]
    assert (started.nets, started.tiles, started.programs, started.epochs, started.steps) == (8, 3, 2, 12, 3)


def test_each_program_is_announced_when_it_is_compiled(told):
    assert len(of(told, Compiled)) <= told[0].programs
    assert all(event.seconds > 0 for event in of(told, Compiled))


def test_every_net_stops_once_with_the_words_of_its_result(told):
    stopped = of(told, NetStopped)
    assert sorted(event.net for event in stopped) == list(range(8))
    for event in stopped:
        net = told[-1].results[event.net]
        assert (event.epoch, event.best_epoch) == (net.epochs, net.best_epoch)
        assert (event.code, event.reason) == (net.code, net.reason)
    assert {event.code for event in stopped} == {"early", "complete"}


def test_reasons_are_sentences(told):
    nets = told[-1].results
    assert nets[7].reason == f"All 5 epochs done; the best was epoch {nets[7].best_epoch}."
    early = next(net for net in nets if net.code == "early")
    assert early.reason == (
        f"No improvement of val_loss for 3 epochs; the best was epoch {early.best_epoch}."
    )
    assert early.epochs == early.best_epoch + 3


def test_news_of_a_net_come_before_the_news_that_it_stopped(told):
    for net in range(8):
        news = [i for i, e in enumerate(told) if isinstance(e, EpochsDone) and net in e.nets]
        stop = [i for i, e in enumerate(told) if isinstance(e, NetStopped) and e.net == net]
        assert news[-1] < stop[0]


def test_the_epochs_told_are_the_history_of_the_result(told):
    histories: dict[int, list] = {net: [] for net in range(8)}
    for event in of(told, EpochsDone):
        assert event.values.shape[0] == len(event.nets) > 0
        assert event.values.shape[2] == len(COLUMNS) == 4
        assert event.seconds > 0
        for net, values in zip(event.nets, event.values, strict=True):
            assert event.first_epoch == len(histories[net]) + 1
            histories[net] += [row for row in values if not np.isnan(row).all()]
    for net, result in enumerate(told[-1].results):
        assert len(result.history) == result.epochs
        np.testing.assert_array_equal(histories[net], result.history)


def test_the_rates_recorded_are_those_of_the_last_step_of_each_epoch(told):
    for rate, net in zip([0.01, 0.6, 0.3, 0.02], told[-1].results, strict=False):
        expected = rate * COSINE.factors(12, 3, 12)[: net.epochs, -1]
        np.testing.assert_allclose(net.history[:, 3], expected, rtol=1e-12)


def test_the_best_score_is_the_lowest_of_the_monitored_column(told):
    for net in told[-1].results:
        assert net.best_score == net.history[:, 1].min()
        assert net.best_epoch == 1 + np.flatnonzero(net.history[:, 1] == net.best_score)[-1]


def test_time_is_shared_out_among_the_nets(told):
    seconds = sum(net.seconds for net in told[-1].results)
    assert seconds == pytest.approx(sum(event.seconds for event in of(told, EpochsDone)), rel=1e-6)


def test_a_diverged_epoch_is_recorded_with_its_rate():
    net = events_of([Member(spec(), recipe(learning_rate=1e30))], view())[-1].results[0]
    assert net.code == "diverged"
    assert len(net.history) == net.epochs == 1
    assert net.history[0, 3] == 1e30
    assert not np.isfinite(net.history[0, :2]).all()


def test_without_validation_rows_its_columns_are_empty():
    net = events_of([Member(spec(), recipe(monitor="loss"))], view(23, 0))[-1].results[0]
    assert np.isnan(net.history[:, 1:3]).all()
    assert np.isfinite(net.history[:, [0, 3]]).all()


def test_each_result_comes_with_the_news_that_its_net_stopped(told):
    for event in of(told, NetStopped):
        assert event.result is told[-1].results[event.net]


def test_nothing_is_kept_of_a_net_that_has_ended_unless_asked(told):
    """What a watcher is given is the same; the loop itself holds no result, history or state."""
    members = shoal([0.01, 0.6, 0.3, 0.02, 0.9, 0.05, 1.2], rich(), epochs=12, patience=3, schedule=COSINE)
    news = events_of(members, view(), tile=4, keep=False)
    assert news[-1].results == []
    for event in of(news, NetStopped):
        assert same_bits(event.result, told[-1].results[event.net])
