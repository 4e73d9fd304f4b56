"""What may stand in a list of layers: each layer's words, and what each word may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from shoal.nets.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    MaxPool,
    Repeat,
    Residual,
    Scale,
)
from shoal.rules import Choice, Flag, Number, Rule


@dataclass(frozen=True)
class Form:
    """How a layer is written in a list.

    Parameters
    ----------
    layer : type of Layer
    value : str
        The field that stands beside the layer's name, ``{"dense": 64}``; "" where the name says it all.
    with_block : bool
        Whether norm, activation and dropout may be written in the same entry.
    """

    layer: type[Layer]
    value: str = ""
    with_block: bool = False

    def words(self) -> tuple[str, ...]:
        """Return the names of all that may be set."""
        own = tuple(field.name for field in fields(self.layer))
        return (*own, *BLOCK_WORDS) if self.with_block else own

    def needed(self) -> tuple[str, ...]:
        """Return the names of what has no default."""
        return tuple(field.name for field in fields(self.layer) if field.default is MISSING)

    def settings(self, layer: Layer) -> dict[str, Any]:
        """Return what is set otherwise than by default, and the initializer, whose default depends."""
        found = {field.name: getattr(layer, field.name) for field in fields(self.layer)}
        default = {field.name: field.default for field in fields(self.layer)}
        return {
            name: value
            for name, value in found.items()
            if name == "initializer" or value not in (default[name], (default[name], default[name]))
        }


FORMS: dict[str, Form] = {
    "dense": Form(Dense, "units", with_block=True),
    "conv2d": Form(Conv2D, "filters", with_block=True),
    "max_pool": Form(MaxPool, "size"),
    "average_pool": Form(AveragePool, "size"),
    "global_average_pool": Form(GlobalAveragePool),
    "global_max_pool": Form(GlobalMaxPool),
    "flatten": Form(Flatten),
    "activation": Form(Activation, "name"),
    "dropout": Form(Dropout, "rate"),
    "batch_norm": Form(BatchNorm),
    "layer_norm": Form(LayerNorm),
    "scale": Form(Scale),
    "residual": Form(Residual, "layers"),
    "repeat": Form(Repeat, "times"),
}
"""Name in a list -> form."""

BLOCK_WORDS = ("activation", "slope", "activity_l1", "activity_l2", "norm", "norm_position", "dropout")
"""Words of an entry with units that stand for layers of their own behind it."""

_PENALTY = Number(0, none=True)
RULES: Mapping[str, Rule] = {
    "units": Number(1, integer=True),
    "filters": Number(1, integer=True),
    "times": Number(1, integer=True),
    "rate": Number(0, 1, high_open=True),
    "dropout": Number(0, 1, high_open=True),
    "bias": Flag(),
    "kernel_l1": _PENALTY,
    "kernel_l2": _PENALTY,
    "bias_l1": _PENALTY,
    "bias_l2": _PENALTY,
    "activity_l1": _PENALTY,
    "activity_l2": _PENALTY,
    "slope": Number(-math.inf, none=True),
    "epsilon": Number(0, low_open=True),
    "momentum": Number(0, 1, low_open=True),
    "norm": Choice(("batch", "layer"), none=True),
    "norm_position": Choice(("before", "after")),
}
"""Word -> what it may be; the other words are checked by the layers themselves."""

NAMES = ("name", "padding", "activation", "initializer")
"""Words that are a name; the last two may be a mapping with a name under "kind" and numbers."""

LAYER_ALIASES = {
    "conv": "conv2d",
    "maxpooling2d": "max_pool",
    "averagepooling2d": "average_pool",
    "globalaveragepooling2d": "global_average_pool",
    "globalmaxpooling2d": "global_max_pool",
    "batchnormalization": "batch_norm",
    "layernormalization": "layer_norm",
}
"""Keras' names, in small letters and without underscores."""

WORD_ALIASES = {
    "kernel_size": "kernel",
    "strides": "stride",
    "dilation_rate": "dilation",
    "pool_size": "size",
    "use_bias": "bias",
    "kernel_initializer": "initializer",
    "kernel_constraint": "constraint",
}
"""Keras' words."""


def layer_name(word: Any) -> str:
    """Return the name in `FORMS` that a word means, or the word itself: "BatchNorm" is "batch_norm"."""
    plain = str(word).lower().replace("_", "")
    known = {name.replace("_", ""): name for name in FORMS} | LAYER_ALIASES
    return known.get(plain, str(word))
