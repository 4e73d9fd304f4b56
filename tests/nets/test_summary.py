"""A network layer by layer: shapes, parameters and multiply-adds, by hand."""

from __future__ import annotations

import json

import pytest

from shoal.nets import network
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import TableInput
from shoal.nets.listing import layers_of
from shoal.nets.spec import NetSpec, mlp
from shoal.nets.summary import summary_of

IMAGES = NetSpec(
    ImageInput(8, 8, 1),
    layers_of(
        [
            {"conv2d": 4, "kernel": 3, "activation": "relu"},
            {"max_pool": 2},
            {"residual": [{"dense": 6}]},
            "flatten",
            {"dense": 5, "norm": "batch"},
            {"repeat": 10, "layers": [{"dense": 5, "activation": "tanh"}]},
        ]
    ),
    "softmax",
    3,
)


def test_every_line_by_hand():
    lines = {line.path: line for line in summary_of(IMAGES).lines}
    by_hand = {
        "inputs": ((8, 8, 1), 0, 0),
        "layers.0": ((8, 8, 4), 9 * 4 + 4, 64 * 9 * 4),
        "layers.1": ((8, 8, 4), 0, 0),
        "layers.2": ((4, 4, 4), 0, 0),
        "layers.3": ((4, 4, 6), 4 * 6, 16 * 4 * 6),  # the shortcut
        "layers.3.layers.0": ((4, 4, 6), 4 * 6 + 6, 16 * 4 * 6),
        "layers.4": ((96,), 0, 0),
        "layers.5": ((5,), 96 * 5, 96 * 5),
        "layers.6": ((5,), 10, 0),
        "layers.7": ((5,), 0, 0),
        "layers.7.layers.0": ((5,), 10 * (25 + 5), 10 * 25),
        "layers.7.layers.1": ((5,), 0, 0),
        "head": ((3,), 5 * 3 + 3, 5 * 3),
    }
    assert {k: (v.shape, v.parameters, v.multiply_adds) for k, v in lines.items()} == by_hand
    assert [line.depth for line in lines.values() if line.depth] == [1, 1, 1]


@pytest.mark.parametrize(
    "spec",
    [
        IMAGES,
        mlp(TableInput(4, levels=(9,), widths=(3,)), (16, 8), "softmax", 3, norm="layer", residual=True),
        mlp(TableInput(4), (16, 8), "linear", 1).with_members(4),
        mlp(TableInput(4), (), "linear", 2),
    ],
)
def test_the_lines_add_up_to_what_the_network_has_and_does(spec):
    found = summary_of(spec)
    params, _ = network.init(spec, 0)
    assert found.parameters == sum(value.size for value in params.values())
    assert found.parameters == sum(line.parameters for line in found.lines)
    assert found.multiply_adds == spec.multiply_adds()
    assert json.loads(json.dumps(found.to_json()))["parameters"] == found.parameters


def test_it_reads_like_a_table():
    found = summary_of(IMAGES)
    text = str(found).splitlines()
    assert text[0].split() == ["layer", "shape", "parameters", "multiply-adds"]
    assert text[1].startswith("images of 8 x 8 x 1")
    assert text[2].startswith("conv2d 4  ")
    assert "  dense 6" in text[6]
    assert text[-1].split() == ["total", f"{found.parameters:,}", f"{found.multiply_adds:,}"]
