"""Law 3, padding of depth: a layer that is left out changes nothing.

A deeper structure is another program, whose sums may be ordered otherwise; in float64 the weights agree to
1e-12 after twelve steps. The width 3 hands its units on through layers of 8, and 16 is cut down to 8.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import largest_difference, recipe, same_bits, spec, trained, view

from shoal.errors import SettingError
from shoal.nets.depth import deepened, depthless
from shoal.nets.layers import Activation, Dense
from shoal.train.population import Member, program_key
from shoal.train.widths import with_widths

DECAYS = {"precision": "float64", "l2": 0.01, "l1": 1e-3, "weight_decay": 0.1, "clip_norm": 1.0}


@pytest.mark.parametrize(
    ("activation", "norm", "padded"),
    [("relu", None, (8, 8, 8)), ("sigmoid", "layer", (16, 8, 8)), ("softplus", "batch", (8, 16, 8))],
)
def test_a_shallow_net_trains_in_a_deep_structure_as_by_itself(activation, norm, padded):
    """Dropout, norms and all that decays; sigmoid and softplus are not zero at zero."""
    for hidden in ((3,), (3, 5)):
        member = Member(spec(hidden, activation=activation, norm=norm, dropout=0.3), recipe(**DECAYS))
        deep = replace(member, padded=padded, shallowest=1)
        alone, within = (trained([m], view())[0] for m in (member, deep))
        assert largest_difference(alone, within) < 1e-12
        np.testing.assert_allclose(within.history, alone.history, rtol=1e-10)
        assert {k: v.shape for k, v in within.params.items()} == {k: v.shape for k, v in alone.params.items()}


def test_the_weights_of_a_layer_left_out_stay_zero():
    member = Member(spec((3,)), recipe(epochs=3), padded=(8, 8), shallowest=1)
    state = trained([member], view())[0].state["params"]
    assert set(state) >= {"layers.2.kernel", "layers.2.bias"}
    assert not state["layers.2.kernel"].any()
    assert not state["layers.2.bias"].any()


def test_depths_share_one_program_in_one_tile():
    members = [Member(spec((4,) * depth), recipe()) for depth in (1, 2, 3)]
    chosen = with_widths(members, [view()])
    assert {program_key(member, view(), 1) for member in chosen} == {program_key(chosen[2], view(), 1)}
    assert [member.shallowest for member in chosen] == [1, 1, 1]
    together, apart = trained(chosen, view(), tile=3), trained(members, view())
    assert max(largest_difference(a, b) for a, b in zip(together, apart, strict=True)) < 1e-5


def test_a_net_in_a_deep_structure_goes_on_bit_for_bit():
    deep = Member(spec((3,)), recipe(epochs=4), padded=(8, 8), shallowest=1)
    whole = trained([deep], view())[0]
    paused = trained([replace(deep, until=2)], view())[0]
    plain = Member(deep.spec, deep.recipe, start=paused.state)
    again = trained([plain], view())[0]
    assert same_bits(replace(again, history=whole.history), whole)


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 10_000_000},
        {"activity_l2": 0.1},
        {"constraint": ("max_norm", 2.0)},
        {"rate_factors": (("layers.0", 0.1),)},
        {"optimizer": "adafactor"},
    ],
)
def test_depths_stay_apart_where_runs_are_long_or_layers_have_settings_of_their_own(settings):
    members = [Member(spec((8,) * depth), recipe(**settings)) for depth in (1, 2)]
    assert [member.shallowest for member in with_widths(members, [view()])] == [0, 0]


def test_what_may_share_a_structure():
    plain, mixed = spec((8, 8)), spec((8, 8), activation=("tanh", "relu"))
    assert depthless(plain) == depthless(spec((16,)))
    assert depthless(plain) != depthless(spec((16,), norm="layer"))
    assert depthless(mixed) is None
    assert depthless(spec(())) is None
    assert depthless(spec((8,), residual=True)) is None


def test_a_deeper_network_repeats_the_last_block():
    deep = deepened(spec((3,), activation="relu"), (4, 5))
    kinds = [(layer.units if isinstance(layer, Dense) else layer.name) for layer in deep.layers]
    assert kinds == [4, "relu", 5, "relu"]
    assert isinstance(deep.layers[3], Activation)


def test_too_few_padded_widths_are_refused():
    with pytest.raises(SettingError, match=r"Expected padded widths of at least \(3, 5\)"):
        trained([Member(spec((3, 5)), recipe(), padded=(8,))], view())


@pytest.mark.parametrize("name", ["label_smoothing", "weight_decay"])
def test_a_part_of_the_step_that_another_net_uses_changes_nothing_at_zero(name):
    net = spec(head="softmax", outputs=3) if name == "label_smoothing" else spec()
    loss = "cross_entropy" if name == "label_smoothing" else "squared_error"
    without, used = (Member(net, recipe(loss=loss, precision="float64", **{name: v})) for v in (0.0, 0.1))
    data = view() if loss == "squared_error" else classes()
    chosen = with_widths([without, used], [data])
    assert chosen[0].shares == (name,)
    assert program_key(chosen[0], data, 1) == program_key(chosen[1], data, 1)
    shared, alone = trained(chosen[:1], data)[0], trained([without], data)[0]
    assert largest_difference(shared, alone) < 1e-12


def classes():
    """Return the rows with classes to tell apart in place of a quantity."""
    data = view()
    train, valid = (
        replace(part, target=(np.arange(len(part)) % 3).astype(np.int32)) for part in (data.train, data.valid)
    )
    return replace(data, train=train, valid=valid)
