"""Law 2: neighbours do not matter, in no order, alive, stopped or diverged."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
from populations import events_of, recipe, rich, same_bits, shoal, spec, trained, view

from shoal.train import loop
from shoal.train.events import EpochsDone, NetStopped
from shoal.train.population import Member
from shoal.train.schedules import Schedule

RATES = [0.01, 0.02, 0.03, 0.05, 0.001, 0.002, 0.04]


@pytest.fixture(scope="module")
def data():
    return view()


@pytest.fixture(scope="module")
def nets(data):
    return trained(shoal(RATES, rich()), data, tile=4)


def test_permuting_nets_permutes_results(data, nets, seed):
    order = np.random.default_rng(seed).permutation(len(RATES))
    shuffled = trained([shoal(RATES, rich())[i] for i in order], data, tile=4)
    assert all(same_bits(shuffled[place], nets[i]) for place, i in enumerate(order))


@pytest.mark.parametrize("left_out", [0, 3, 6])
def test_dropping_one_changes_no_other(data, nets, left_out):
    members = shoal(RATES, rich())
    rest = trained(members[:left_out] + members[left_out + 1 :], data, tile=4)
    assert all(same_bits(a, b) for a, b in zip(rest, nets[:left_out] + nets[left_out + 1 :], strict=True))


def test_a_net_of_another_kind_changes_nothing(data, nets):
    others = [Member(spec(), recipe()), Member(rich(), recipe(), seed=1)]
    mixed = trained([*others, *shoal(RATES, rich())], data, tile=4)
    assert all(same_bits(a, b) for a, b in zip(mixed[2:], nets, strict=True))


@pytest.mark.parametrize("bad", [{"learning_rate": 1e30}, {"start": np.nan}, {"start": 1e38}])
def test_a_diverging_net_harms_nobody_and_is_told_about(data, nets, bad):
    members = shoal(RATES, rich())
    weights = {k: np.full_like(v, bad.get("start", 1.0)) for k, v in nets[0].params.items()}
    sick = replace(
        members[1], recipe=replace(members[1].recipe, learning_rate=bad.get("learning_rate", 0.02))
    )
    if "start" in bad:
        sick = replace(sick, start={"params": weights, "running": nets[0].running})
    events = events_of([members[0], sick, *members[2:]], data, tile=4)
    results = events[-1].results
    assert all(same_bits(results[i], nets[i]) for i in range(len(RATES)) if i != 1)
    assert results[1].code == "diverged"
    told = [event for event in events if isinstance(event, NetStopped) and event.net == 1]
    assert [event.code for event in told] == ["diverged"]
    assert "became infinite or NaN in epoch" in told[0].reason


def test_a_diverged_net_keeps_its_best_finite_weights(data):
    """Diverging after some good epochs: the best of those comes back."""
    burst = Schedule("step", (("every", 2.0), ("factor", 1e30)))
    net = trained([Member(spec(), recipe(schedule=burst, epochs=8, learning_rate=0.05))], data)[0]
    assert net.code == "diverged"
    assert net.epochs > net.best_epoch >= 1
    assert all(np.isfinite(value).all() for value in net.params.values())
    same = trained([Member(spec(), recipe(epochs=net.best_epoch, learning_rate=0.05))], data)[0]
    assert all(np.array_equal(net.params[name], same.params[name]) for name in net.params)


STOPPING = {"epochs": 30, "patience": 2, "min_epochs": 3}
QUICK = [0.01 * (1 + i * 5 % 16) for i in range(16)]  # quick and slow learners mixed


def lives(data, monkeypatch, *, packed: bool):
    """Train nets that stop at different times, one epoch a call; return what was told, and the calls."""
    calls = []
    advance = loop._Run._advance

    def counted(self, tile, device):
        calls.append(tile)
        advance(self, tile, device)

    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    monkeypatch.setattr(loop._Run, "_advance", counted)
    if not packed:
        monkeypatch.setattr("shoal.train.packing.Board._worth_packing", lambda self, group: False)
    events = events_of(shoal(QUICK, spec(), **STOPPING), data, tile=4)
    return events, calls


def test_packing_saves_calls_and_changes_no_bit(data, monkeypatch):
    with monkeypatch.context() as patch:
        apart, without = lives(data, patch, packed=False)
    with monkeypatch.context() as patch:
        packed, with_packing = lives(data, patch, packed=True)
    ends = [net.epochs for net in packed[-1].results]
    assert len(set(ends)) > 4, "the nets must stop at different times, or nothing is tested"
    needed = sum(-(-sum(end >= epoch for end in ends) // 4) for epoch in range(1, max(ends) + 1))
    assert needed <= len(with_packing) < len(without)
    assert len(with_packing) <= needed + 4  # an epoch may pass before tiles have met
    pairs = zip(packed[-1].results, apart[-1].results, strict=True)
    assert all(same_bits(a, b) for a, b in pairs)


def test_a_stopped_net_never_moves_again(data):
    """Its last state is the one it stopped with, whatever its neighbours trained on."""
    members = shoal(QUICK, spec(), **STOPPING)
    nets = trained(members, data, tile=16)
    early = [i for i, net in enumerate(nets) if net.code == "early"]
    assert early
    for i in early[:3]:
        short = replace(members[i], recipe=replace(members[i].recipe, patience=0, epochs=nets[i].epochs))
        filled = [short, *(m for j, m in enumerate(members) if j != i)]
        same = trained(filled, data, tile=16)[0]
        for part in ("params", "running", "optimizer"):
            jax.tree.map(np.testing.assert_array_equal, same.state[part], nets[i].state[part])


def test_nothing_is_recorded_of_a_stopped_net(data):
    events = events_of(shoal(QUICK, spec(), **STOPPING), data, tile=4)
    ends = {event.net: event.epoch for event in events if isinstance(event, NetStopped)}
    for event in events:
        if isinstance(event, EpochsDone):
            for net, values in zip(event.nets, event.values, strict=True):
                lived = ends[net] - event.first_epoch + 1
                assert np.isfinite(values[:lived]).all()
                assert np.isnan(values[max(lived, 0) :]).all()
