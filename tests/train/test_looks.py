"""What a look sees agrees with PyTorch, and looks come when they are due."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import events_of, recipe, rows, spec, trained, view

from shoal.errors import SettingError
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, Dense, Repeat
from shoal.nets.spec import NetSpec
from shoal.train import looks
from shoal.train.columns import layout_of
from shoal.train.events import EpochsDone
from shoal.train.looks import as_record, next_look, probed_rows, rows_looked_at, usual_distance
from shoal.train.population import Member, program_key
from shoal.train.probe import ProbeKey
from shoal.train.view import View

ALWAYS = ("layers", 1)
EXACT = {"precision": "float64", "record": ALWAYS, "monitor": "loss"}


def in_torch(member, data, result):
    """Return the net as PyTorch computes it on the probed rows: parameters, activations, outputs, loss."""
    key = program_key(member, data, 1)
    asked = [-(-n // 32) * 32 for n in rows_looked_at(data, key)]
    probe = ProbeKey.of(key, *asked)
    seen = probed_rows(data, probe)
    there = seen["probed"] > 0
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(seen[name][: probe.rows][there]) for name in ("numbers", "target"))
    params = {n: torch.tensor(v, requires_grad=True) for n, v in result.state["params"].items()}
    values, depth = [], 0
    while f"layers.{depth}.kernel" in params:
        x = x @ params[f"layers.{depth}.kernel"] + params[f"layers.{depth}.bias"]
        x = torch.relu(x) if "relu" in repr(member.spec) else torch.tanh(x)
        values.append(x)
        depth += 2
    out = x @ params["head.kernel"] + params["head.bias"]
    return params, values, out, y


def test_norms_and_updates_are_those_of_pytorch():
    member = Member(spec((5, 4), "softmax", 3), recipe(loss="cross_entropy", optimizer="sgd", **EXACT))
    data = View(rows(23, "multiclass"))
    [result] = trained([member], data)
    params, _, out, y = in_torch(member, data, result)
    torch = pytest.importorskip("torch")
    torch.nn.functional.cross_entropy(out, y.long()).backward()
    seen, rate = result.record[4], result.history[-1, 3]
    for name, path in (("dense_0", "layers.0"), ("dense_1", "layers.2"), ("head", "head"), ("", "")):
        own = [p for n, p in params.items() if n.startswith(path)]
        gradient, weight = (
            torch.cat([t.flatten() for t in ts]).norm().item()
            for ts in ([p.grad for p in own], [p.detach() for p in own])
        )
        end = f"/{name}" if name else ""
        assert seen[f"gradient_norm{end}"] == pytest.approx(gradient, rel=1e-9)
        assert seen[f"weight_norm{end}"] == pytest.approx(weight, rel=1e-9)
        assert seen[f"update_ratio{end}"] == pytest.approx(rate * gradient / weight, rel=1e-6)
    assert seen["train_metric"] == pytest.approx((out.argmax(1) == y).double().mean().item())
    assert seen["confidence"] == pytest.approx(out.softmax(1).max(1).values.mean().item(), rel=1e-9)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_activations_are_those_of_pytorch(activation):
    net = spec((6, 4), activation=activation)
    settings = EXACT | ({"learning_rate": 3.0} if activation == "relu" else {"learning_rate": 0.5})
    member, data = Member(net, recipe(optimizer="sgd", **settings)), View(rows(23))
    [result] = trained([member], data)
    _, values, _, _ = in_torch(member, data, result)
    epoch = max(result.record)
    for name, x in zip(("dense_0", "dense_1"), values, strict=True):
        seen = {q: result.record[epoch].get(f"{q}/{name}") for q in ("activation_mean", "activation_std")}
        assert seen["activation_mean"] == pytest.approx(x.mean().item(), rel=1e-7, nan_ok=True)
        assert seen["activation_std"] == pytest.approx(
            x.std(correction=0).item(), rel=1e-5, abs=1e-7, nan_ok=True
        )
        zero, dead = (x == 0).double(), (x == 0).all(0).double()
        assert result.record[epoch][f"zero_share/{name}"] == pytest.approx(zero.mean().item())
        assert result.record[epoch][f"dead_share/{name}"] == pytest.approx(dead.mean().item())
        if activation == "tanh":
            far = (x.abs() > 0.98).double().mean().item()
            assert result.record[epoch][f"saturated_share/{name}"] == pytest.approx(far)
        else:
            assert f"saturated_share/{name}" not in result.record[epoch]


def test_confidence_is_that_of_the_validation_rows_where_there_are_any():
    member = Member(spec((4,), "softmax", 3), recipe(loss="cross_entropy", **EXACT))
    data = view(task="multiclass")
    [result] = trained([member], data)
    [alone] = trained([member], View(data.train))
    assert result.record[4]["confidence"] != alone.record[4]["confidence"]
    assert result.record[4]["gradient_norm"] == pytest.approx(alone.record[4]["gradient_norm"], rel=1e-9)


def test_rows_of_weight_zero_are_never_looked_at():
    weight = np.r_[np.ones(12), np.zeros(11)]
    data = View(rows(23, weight=weight))
    member = Member(spec(), recipe(**EXACT))
    [result], [without] = trained([member], data), trained([member], View(data.train.take(np.arange(12))))
    first = layout_of(member.spec).columns
    assert list(result.record[1]) == list(first)
    assert result.record[1]["activation_mean/dense_0"] != 0
    assert rows_looked_at(data, program_key(member, data, 1)) == (12, 0)
    assert sorted(result.record) == sorted(without.record)


def test_clipped_steps_are_counted_in_every_epoch():
    often, never = (
        Member(spec(), recipe(optimizer="sgd", clip_norm=c, epochs=9, record=("layers", 4)))
        for c in (1e-3, 1e6)
    )
    for member, share in ((often, 1.0), (never, 0.0)):
        [result] = trained([member], view())
        assert sorted(result.record) == list(range(1, 10))
        assert {columns["clipped_share"] for columns in result.record.values()} == {share}
        assert [epoch for epoch, columns in result.record.items() if "gradient_norm" in columns] == [
            *(1, 2, 3, 5, 8, 9)
        ]


def test_the_last_epoch_is_looked_at_however_it_ends():
    data = view()
    [early] = trained(
        [Member(spec(), recipe(epochs=50, patience=1, learning_rate=1.0, record=("layers", 40)))], data
    )
    assert early.code == "early"
    assert max(early.record) == early.epochs
    [lost] = trained(
        [Member(spec(activation="relu"), recipe(learning_rate=1e30, optimizer="sgd", record=ALWAYS))], data
    )
    assert lost.code == "diverged"
    assert not np.isfinite(lost.record[lost.epochs]["weight_norm"])


def test_events_carry_what_was_seen_in_the_order_of_epochs():
    told = events_of([Member(spec(), recipe(record=ALWAYS))], view())
    seen = [epoch for event in told if isinstance(event, EpochsDone) for epoch in event.record[0]]
    assert seen == [1, 2, 3, 4]


def test_a_deep_stack_shows_some_of_its_turns():
    deep = NetSpec(TableInput(3), (Dense(4), Repeat((Dense(4), Activation("tanh")), times=100)), "linear", 1)
    shown = [name for name in layout_of(deep).columns if name.startswith("gradient_norm/dense_1")]
    assert shown == [f"gradient_norm/dense_1[{turn}]" for turn in (0, 25, 50, 74, 99)]


@given(st.integers(1, 400), st.integers(1, 50))
def test_looks_are_never_further_apart_than_asked(epoch, apart):
    following = next_look(epoch, apart)
    assert epoch < following <= epoch + apart
    # whoever begins in the middle meets the same epochs
    assert all(next_look(inside, apart) == following for inside in range(epoch, following))


def test_looks_cost_less_than_their_share(monkeypatch):
    data = View(rows(4096))
    key = program_key(Member(spec(), recipe()), data, 1)
    near, far = (usual_distance(key, n) for n in (32, 100_000_000))
    assert 1 <= near < far
    monkeypatch.setattr(looks, "SHARE", 1e9)
    assert usual_distance(key, 32) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"kind": "layers", "evry": 2}, "no setting 'evry'. Did you mean 'every'"),
        ({"kind": "losses", "every": 2}, "The record of losses"),
        ({"kind": "layers", "every": 0}, r"must be an int in the range \[1, inf\). Got 0"),
    ],
)
def test_a_record_that_cannot_be_is_refused(value, words):
    with pytest.raises(SettingError, match=words):
        as_record(value)
