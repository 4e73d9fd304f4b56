"""Which columns the record of a network has: one for each quantity of each layer, and those of the whole.

A layer that is repeated thousands of times is shown by at most `MOST_TURNS` of its repetitions, spread evenly
from the first to the last: ``gradient_norm/dense_1[0]``, ``gradient_norm/dense_1[2500]``, ...
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from shoal.nets import network
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads import HEADS
from shoal.nets.layers import Activation, Repeat, Shape
from shoal.nets.naming import activation_names, layer_names
from shoal.nets.spec import NetSpec

MOST_TURNS = 5
OF_WEIGHTS = ("gradient_norm", "weight_norm", "update_ratio")
"""Quantities of every layer with weights, and of the whole network."""
OF_ACTIVATIONS = ("activation_mean", "activation_std", "zero_share", "dead_share", "saturated_share")
"""Quantities of every activation; the last one of those with bounds."""


@dataclass(frozen=True)
class Weights:
    """A layer with weights.

    Parameters
    ----------
    name : str
    parameters : tuple of str
    times : int
        Repetitions, which lie along leading axes of the parameters.
    turns : tuple of int
        Those that are shown.
    """

    name: str
    parameters: tuple[str, ...]
    times: int
    turns: tuple[int, ...]


@dataclass(frozen=True)
class Values:
    """The values of an activation.

    Parameters
    ----------
    name, path : str
    times : int
    turns : tuple of int
    units : int
        Along the last axis; with members, of all members.
    places : int
        Of an image, else 1.
    bounds : pair of float, optional
        Ends of the range, where a unit is saturated.
    """

    name: str
    path: str
    times: int
    turns: tuple[int, ...]
    units: int
    places: int
    bounds: tuple[float, float] | None

    @property
    def quantities(self) -> tuple[str, ...]:
        """What is measured of it."""
        return OF_ACTIVATIONS if self.bounds else OF_ACTIVATIONS[:-1]


@dataclass(frozen=True)
class Layout:
    """What of a network is measured, in the order of the numbers.

    Parameters
    ----------
    weights : tuple of Weights
    values : tuple of Values
    answers : tuple of str
        What is measured of the outputs.
    """

    weights: tuple[Weights, ...]
    values: tuple[Values, ...]
    answers: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The name of each number: those of weights by quantity, from entrance to head, come first."""
        layers = [turn for one in self.weights for turn in _turns(one)]
        of_weights = [f"{q}/{name}" if name else q for q in OF_WEIGHTS for name in (*layers, "")]
        of_values = [f"{q}/{turn}" for one in self.values for turn in _turns(one) for q in one.quantities]
        return (*of_weights, *of_values, *self.answers)


@lru_cache(maxsize=64)
def layout_of(spec: NetSpec) -> Layout:
    """Return what of a network is measured.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> layout_of(mlp(TableInput(4), (8,), "linear", 1)).columns  # doctest: +NORMALIZE_WHITESPACE
    ('gradient_norm/dense_0', 'gradient_norm/head', 'gradient_norm',
     'weight_norm/dense_0', 'weight_norm/head', 'weight_norm',
     'update_ratio/dense_0', 'update_ratio/head', 'update_ratio',
     'activation_mean/dense_0', 'activation_std/dense_0', 'zero_share/dense_0', 'dead_share/dense_0',
     'train_metric')
    """
    confident = HEADS[spec.head].metric == "accuracy"
    answers = ("train_metric", "confidence") if confident else ("train_metric",)
    return Layout(_weights(spec), _values(spec), answers)


def _weights(spec: NetSpec) -> tuple[Weights, ...]:
    names, owned = layer_names(spec), {}
    for parameter in network.shapes(spec.structure())[0]:
        path = "inputs" if parameter.startswith("inputs.") else parameter.rpartition(".")[0]
        owned.setdefault(path, []).append(parameter)
    return tuple(
        Weights(name, tuple(owned[path]), _times(spec, path), _shown(_times(spec, path)))
        for path, name in names.items()
        if path in owned
    )


def _values(spec: NetSpec) -> tuple[Values, ...]:
    names = activation_names(spec)
    return tuple(
        Values(
            names[path],
            path,
            _times(spec, path),
            _shown(_times(spec, path)),
            units_of(spec, shape),
            prod(shape) // units_of(spec, shape),
            ACTIVATIONS[layer.name].bounds,
        )
        for path, layer, shape in spec.walk()
        if isinstance(layer, Activation)
    )


def units_of(spec: NetSpec, shape: Shape) -> int:
    """Return how many units values have: channels of an image, features of all members."""
    return prod(shape) if spec.members else shape[-1]


def _times(spec: NetSpec, path: str) -> int:
    """Return how often the layer at `path` is repeated."""
    repeats = {here: layer.times for here, layer, _ in spec.walk() if isinstance(layer, Repeat)}
    return prod(times for here, times in repeats.items() if path.startswith(f"{here}."))


def _shown(times: int) -> tuple[int, ...]:
    return tuple(np.unique(np.linspace(0, times - 1, MOST_TURNS).round().astype(int)).tolist())


def _turns(one: Weights | Values) -> list[str]:
    return [one.name] if one.times == 1 else [f"{one.name}[{turn}]" for turn in one.turns]
