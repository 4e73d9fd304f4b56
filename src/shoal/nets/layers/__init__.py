"""The layers: one frozen dataclass and one line in `LAYERS` each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.nets.layers.activation import Activation
from shoal.nets.layers.base import CONSTRAINTS, Block, Layer, Pass, Shape, Values, Weighted
from shoal.nets.layers.convolution import Conv2D
from shoal.nets.layers.dense import Dense
from shoal.nets.layers.dropout import Dropout
from shoal.nets.layers.norms import BatchNorm, LayerNorm, Scale
from shoal.nets.layers.pooling import AveragePool, Flatten, GlobalAveragePool, GlobalMaxPool, MaxPool
from shoal.nets.layers.repeat import Repeat
from shoal.nets.layers.residual import Residual
from shoal.nets.layers.shared import MemberBatchNorm, SharedDense

__all__ = [
    "CONSTRAINTS",
    "LAYERS",
    "Activation",
    "AveragePool",
    "BatchNorm",
    "Block",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Layer",
    "LayerNorm",
    "MaxPool",
    "MemberBatchNorm",
    "Pass",
    "Repeat",
    "Residual",
    "Scale",
    "Shape",
    "SharedDense",
    "Values",
    "Weighted",
    "layer_from_json",
    "layer_to_json",
]

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (
        *(Dense, SharedDense, Activation, Dropout, BatchNorm, LayerNorm, Scale, Residual, Repeat),
        MemberBatchNorm,
        *(Conv2D, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, Flatten),
    )
}
"""Kind -> layer."""


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """Return a layer as plain JSON values; options that are not given are left out."""
    given = {name: value for name, value in vars(layer).items() if value is not None}
    values: dict[str, Any] = {"kind": layer.kind, **given}
    if "constraint" in values:
        values["constraint"] = list(values["constraint"])
    if isinstance(layer, Block):
        values["layers"] = [layer_to_json(inner) for inner in layer.layers]
    return values


def layer_from_json(values: Mapping[str, Any]) -> Layer:
    """Return the layer that `layer_to_json` wrote."""
    rest = dict(values)
    kind = LAYERS[rest.pop("kind")]
    if "layers" in rest:
        rest["layers"] = tuple(layer_from_json(inner) for inner in rest["layers"])
    if "constraint" in rest:
        rest["constraint"] = tuple(rest["constraint"])
    return kind(**rest)
