"""A network in words: one sentence that a person can check against what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from shoal.nets.heads import HEADS
from shoal.nets.inputs import Input, TableInput
from shoal.nets.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    MaxPool,
    MemberBatchNorm,
    Repeat,
    Residual,
)
from shoal.nets.spec import NetSpec


def network_in_words(spec: NetSpec, networks: int = 1) -> str:
    """Return what a network is, or an ensemble of some networks, in one sentence without its full stop.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> network_in_words(mlp(TableInput(numbers=4), (16, 8), "softmax", 3, dropout=0.1))
    '4 numbers in, hidden layers of 16 and 8 units (relu, dropout 0.1), 3 softmax outputs'
    """
    outputs = spec.outputs
    parts = [_entrance(spec.inputs), _hidden(spec)]
    parts.append(f"{outputs} {spec.head} {'output' if outputs == 1 else 'outputs'}")
    if spec.members:
        parts.append(f"{_count(spec.members, 'member')} that share kernels and are averaged")
    what = "values" if HEADS[spec.head].task == "regression" else "probabilities"
    several = (
        f"An ensemble of {networks} networks whose {what} are averaged, each of " if networks > 1 else ""
    )
    return several + ", ".join(parts)


def _entrance(entrance: Input) -> str:
    if not isinstance(entrance, TableInput):
        return f"images of {' x '.join(map(str, entrance.shape()))} in"
    numbers = _count(entrance.numbers, "number")
    codes = _count(len(entrance.levels), "embedded category", "embedded categories")
    return f"{numbers} and {codes} in" if entrance.levels else f"{numbers} in"


def _hidden(spec: NetSpec) -> str:
    convolutions, layers = _sizes(spec, Conv2D, "filters"), _sizes(spec, Dense, "units")
    told = []
    if convolutions:
        told.append(f"{_plural(convolutions, 'convolution')} of {_listed(convolutions)} filters")
    if layers:
        told.append(f"{_plural(layers, 'hidden layer')} of {_listed(layers)} units")
    kinds = _ways(spec)
    return (" and ".join(told) or "no hidden layer") + (f" ({', '.join(kinds)})" if kinds else "")


def _sizes(spec: NetSpec, kind: type[Layer], field: str) -> list[str]:
    """Return the sizes of the layers of a kind; those that repeat with how often."""
    repeats = {f"{path}.": layer.times for path, layer, _ in spec.walk() if isinstance(layer, Repeat)}
    found = []
    for path, layer, _ in spec.walk():
        if isinstance(layer, kind):
            times = prod(n for start, n in repeats.items() if path.startswith(start))
            found.append(f"{getattr(layer, field)}" + (f" ({times:,} times)" if times > 1 else ""))
    return found


def _plural(sizes: Sequence[str], one: str) -> str:
    return f"{one}s" if len(sizes) > 1 or "times" in sizes[0] else f"one {one}"


def _listed(sizes: Sequence[str]) -> str:
    return sizes[0] if len(sizes) == 1 else f"{', '.join(sizes[:-1])} and {sizes[-1]}"


def _ways(spec: NetSpec) -> list[str]:
    """Return what the hidden layers do besides multiplying, each said once, in order."""
    found = [_way(layer) for _, layer, _ in spec.walk()]
    return list(dict.fromkeys(way for way in found if way))


def _way(layer: Layer) -> str:
    if isinstance(layer, Activation):
        return layer.name
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    return _WORDS.get(type(layer), "")


_WORDS: dict[type[Layer], str] = {
    BatchNorm: "batch norm",
    MemberBatchNorm: "batch norm",
    LayerNorm: "layer norm",
    Residual: "residual",
    MaxPool: "max pooling",
    AveragePool: "average pooling",
    GlobalAveragePool: "global average pooling",
    GlobalMaxPool: "global max pooling",
}


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
