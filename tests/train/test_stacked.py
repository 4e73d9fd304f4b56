"""Parameters with an axis more, of repeated layers and of members: the engine's laws hold for them too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import FEATURES, largest_difference, recipe, rows, same_bits, shoal, spec, trained, view

from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, BatchNorm, Dense, Dropout, Repeat
from shoal.nets.spec import NetSpec
from shoal.train.population import Member
from shoal.train.view import Batchable, View
from shoal.train.widths import with_widths

# No bias in front of batch norm: its gradient is rounding noise, which Adam would follow.
LAYER = (Dense(4, "orthogonal", bias=False), BatchNorm(), Activation("tanh"), Dropout(0.2))
DEEP = NetSpec(TableInput(FEATURES), (Dense(4, bias=False), Repeat(LAYER, 6)), "linear", 1)
SHARED = spec((4,), dropout=0.2).with_members(3)
NETS = {"repeated": DEEP, "shared": SHARED}


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_together_they_are_as_alone(net):
    members = shoal([0.01, 0.03], net, l2=1e-3, clip_norm=1.0)
    alone = [trained([member], view())[0] for member in members]
    together = trained(members, view(), tile=2)
    assert max(largest_difference(a, b) for a, b in zip(together, alone, strict=True)) < 1e-5
    exact = trained(members, view(), exact=True)
    assert all(same_bits(a, b) for a, b in zip(exact, alone, strict=True))


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_what_is_paused_goes_on_as_if_it_had_not_been(net):
    member = Member(net, recipe())
    whole = trained([member], view())[0]
    half = trained([replace(member, until=2)], view())[0]
    again = trained([replace(member, start=half.state)], view())[0]
    assert largest_difference(whole, again) == 0.0


def test_a_constraint_holds_for_each_repetition_and_each_member():
    """E4: per unit, and never over repetitions or members together."""
    held = recipe(constraint=("max_norm", 0.3), learning_rate=0.5, optimizer="sgd")
    deep, shared = (trained([Member(net, held)], view())[0].state["params"] for net in NETS.values())
    norms = np.linalg.norm(deep["layers.1.layers.0.kernel"], axis=1)
    assert norms.shape == (6, 4)
    assert norms.max() <= 0.3 + 1e-6
    assert (norms > 0.25).sum() > 12  # held, one by one, and not pressed down by the others
    heads = np.linalg.norm(shared["head.kernel"], axis=1)
    assert heads.shape == (3, 1)
    assert heads.max() <= 0.3 + 1e-6
    assert heads.min() > 0.25


def test_members_of_weight_two_are_rows_twice():
    plain = spec((4,)).with_members(3)
    once = rows(6, weight=[2.0, 1.0, 1.0, 0.0, 1.0, 3.0])
    twice = once.take(np.array([0, 0, 1, 2, 4, 5, 5, 5]))
    twice = Batchable(twice.numbers, twice.codes, twice.target, np.ones(8))
    settings = recipe(batch_size=8, optimizer="sgd", precision="float64", monitor="loss")
    a, b = (trained([Member(plain, settings)], View(part))[0] for part in (once, twice))
    assert largest_difference(a, b) < 1e-12


def test_padded_members_train_like_their_narrow_selves():
    net = spec((3, 5), activation="sigmoid", dropout=0.3, norm="layer").with_members(2)
    member = Member(net, recipe(precision="float64", l2=0.01, weight_decay=0.1))
    narrow, wide = (trained([m], view())[0] for m in (member, replace(member, padded=(8, 8))))
    assert largest_difference(narrow, wide) < 1e-12
    assert {k: v.shape for k, v in wide.params.items()} == {k: v.shape for k, v in narrow.params.items()}


def test_repeated_layers_keep_their_widths():
    deep = [
        Member(NetSpec(TableInput(FEATURES), (Dense(n), Repeat((Dense(n),), 2)), "linear", 1), recipe())
        for n in range(3, 12)
    ]
    assert with_widths(deep, [view()]) == deep
