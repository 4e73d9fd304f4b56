"""Descriptions of networks: refusals in one sentence, widths, and what a program depends on."""

from __future__ import annotations

import pytest
from populations import spec

from shoal.errors import SettingError
from shoal.nets.inputs import TableInput
from shoal.nets.layers import CONSTRAINTS, Activation, BatchNorm, Dense, Dropout, Repeat, Residual, Scale
from shoal.nets.network import init
from shoal.nets.spec import NetSpec, mlp
from shoal.train.constraints import CONSTRAINTS as PROJECTIONS

INPUTS = TableInput(numbers=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "relo"}, r"Unknown activation 'relo'\. Did you mean 'relu'\?"),
        ({"head": "softmaks"}, r"Unknown head 'softmaks'\. Did you mean 'softmax'\?"),
        ({"initializer": "he"}, r"Unknown initializer 'he'\."),
        (
            {"norm_position": "behind"},
            r"Expected norm_position to be 'before' or 'after'\. Received: .*'behind'",
        ),
        ({"norm": "group"}, r"Expected norm to be None, 'batch' or 'layer'\. Received: norm='group'"),
        (
            {"dropout": (0.1,)},
            r"one for each of the 2 hidden layers\. Received: dropout=\[0\.1\] \(1 values\)",
        ),
        ({"activation": ["relu"] * 3}, r"Received: activation=.* \(3 values\)"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_sentence(options, message):
    with pytest.raises(SettingError, match=message):
        mlp(INPUTS, (4, 4), options.pop("head", "linear"), 1, **options)


def test_layers_come_in_the_order_that_is_documented():
    net = mlp(INPUTS, (8, 4), "linear", 1, dropout=0.2, input_dropout=0.1, norm="batch", input_scale=True)
    kinds = [layer.kind for layer in net.layers]
    block = ["dense", "batch_norm", "activation", "dropout"]
    assert kinds == ["scale", "dropout", *block, *block]
    after = [
        layer.kind for layer in mlp(INPUTS, (8,), "linear", 1, norm="layer", norm_position="after").layers
    ]
    assert after == ["dense", "activation", "layer_norm"]
    assert net.units() == (8, 4)
    assert net.rates() == {"layers.1": 0.1, "layers.5": 0.2, "layers.9": 0.2}


def test_widths_and_activations_may_differ_per_layer():
    net = mlp(INPUTS, (8, 4), "linear", 1, activation=("relu", "tanh"), dropout=(0.0, 0.5))
    assert [layer.kind for layer in net.layers] == ["dense", "activation", "dense", "activation", "dropout"]
    assert net.features_out() == 4


def test_structure_forgets_rates_also_inside_blocks():
    a, b = (spec((4, 4), dropout=rate, residual=True) for rate in (0.1, 0.6))
    assert a != b
    assert a.structure() == b.structure()
    assert isinstance(a.layers[0], Residual)
    assert a.rates().keys() == {"layers.0.layers.2", "layers.1.layers.2"}


def test_with_units_changes_widths_and_nothing_else():
    net = spec((4, 6), norm="batch", residual=True)
    wide = net.with_units((8, 16))
    assert wide.units() == (8, 16)
    assert wide.with_units((4, 6)) == net


def test_no_hidden_layer_is_a_linear_model():
    params, running = init(mlp(INPUTS, (), "softmax", 3), 0)
    assert {name: value.shape for name, value in params.items()} == {"head.kernel": (3, 3), "head.bias": (3,)}
    assert running == {}


def test_a_head_can_start_neutral():
    params, _ = init(mlp(INPUTS, (4,), "softmax", 3, zero_head=True), 0)
    assert not params["head.kernel"].any()
    assert params["layers.0.kernel"].any()


def test_inner_layers_are_named_after_their_block():
    params, running = init(spec((4,), norm="batch", residual=True), 0)
    assert "layers.0.layers.0.kernel" in params
    assert "layers.0.shortcut" in params
    assert set(running) == {"layers.0.layers.1.mean", "layers.0.layers.1.var"}


def test_layers_are_values():
    assert Dense(3) == Dense(3) != Dense(4)
    assert len({Scale(), Scale(), BatchNorm(), Dropout(0.1), Dropout(0.2)}) == 4


def test_a_layer_before_batch_norm_has_no_bias():
    """Its gradient is rounding noise; Adam would follow it, and two runs that round otherwise would part."""
    biases = {norm: "layers.0.bias" in init(spec((4,), norm=norm), 0)[0] for norm in (None, "layer", "batch")}
    assert biases == {None: True, "layer": True, "batch": False}
    assert "layers.0.bias" in init(spec((4,), norm="batch", norm_position="after"), 0)[0]


def test_a_head_reads_a_list_of_features():
    with pytest.raises(
        SettingError, match=r"values of shape \(2, 3\) after the last layer; end with 'flatten'"
    ):
        NetSpec(Grid(numbers=3), (), "linear", 1).features_out()


class Grid(TableInput):
    """Rows that enter with two axes."""

    def shape(self):
        return (2, 3)


def test_layers_that_repeat_or_branch_keep_their_widths():
    assert spec((4,), norm="batch", dropout=0.1).paddable()
    assert not spec((4,), residual=True).paddable()
    deep = NetSpec(INPUTS, (Dense(4), Repeat((Dense(4), Activation("tanh")), 3)), "linear", 1)
    assert not deep.paddable()
    assert NetSpec.from_json(deep.to_json()) == deep


def test_the_kinds_of_constraints_are_those_of_the_engine():
    assert set(CONSTRAINTS) == set(PROJECTIONS)


OWN = NetSpec(
    INPUTS,
    (
        Dense(4, kernel_l2=0.1, bias_l1=0.0, constraint=("max_norm", 3.0)),
        Activation("relu", activity_l1=0.5),
        Residual((Dense(4, kernel_l1=0.2), Activation("tanh"))),
    ),
    "linear",
    1,
)


def test_a_layer_may_have_penalties_and_a_constraint_of_its_own():
    """E1, E4: per layer, and for kernels and biases separately."""
    assert OWN.penalties() == {
        "layers.0.kernel": {"l2": 0.1},
        "layers.0.bias": {"l1": 0.0},
        "layers.2.layers.0.kernel": {"l1": 0.2},
    }
    assert OWN.constraints() == {"layers.0.kernel": ("max_norm", 3.0)}
    assert OWN.activity() == {"layers.1": (0.5, 0.0)}
    assert OWN.activity(0.3, 0.1) == {"layers.1": (0.5, 0.1), "layers.2.layers.1": (0.3, 0.1)}


def test_the_numbers_of_penalties_are_no_part_of_the_structure():
    blank = OWN.structure()
    assert blank.penalties() == blank.activity() == {}
    assert blank.constraints() == {"layers.0.kernel": ("max_norm", 0.0)}
    assert NetSpec.from_json(OWN.to_json()) == OWN
    assert "kernel_l1" not in OWN.to_json()["layers"][0]
