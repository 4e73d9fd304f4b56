"""A network in words: one sentence that a person can check against what was asked for."""

from __future__ import annotations

from shoal.nets.layers import Activation, BatchNorm, Dense, Dropout, Layer, LayerNorm, Residual
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
    entrance, outputs = spec.inputs, spec.outputs
    numbers = _count(entrance.numbers, "number")
    codes = _count(len(entrance.levels), "embedded category", "embedded categories")
    parts = [f"{numbers} and {codes} in" if entrance.levels else f"{numbers} in"]
    parts.append(_hidden(spec))
    parts.append(f"{outputs} {spec.head} {'output' if outputs == 1 else 'outputs'}")
    what = "values" if spec.head == "linear" else "probabilities"
    several = (
        f"An ensemble of {networks} networks whose {what} are averaged, each of " if networks > 1 else ""
    )
    return several + ", ".join(parts)


def _hidden(spec: NetSpec) -> str:
    units = [str(count) for count in spec.units()]
    if not units:
        return "no hidden layer"
    kinds = _ways(spec)
    widths = units[0] if len(units) == 1 else f"{', '.join(units[:-1])} and {units[-1]}"
    layers = "one hidden layer" if len(units) == 1 else "hidden layers"
    return f"{layers} of {widths} units" + (f" ({', '.join(kinds)})" if kinds else "")


def _ways(spec: NetSpec) -> list[str]:
    """Return what the hidden layers do besides multiplying, each said once, in order."""
    found = [_way(layer) for _, layer, _ in spec.walk()]
    return list(dict.fromkeys(way for way in found if way))


def _way(layer: Layer) -> str:
    if isinstance(layer, Activation):
        return layer.name
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    words: dict[type[Layer], str] = {BatchNorm: "batch norm", LayerNorm: "layer norm", Residual: "residual"}
    return words.get(type(layer), "") if not isinstance(layer, Dense) else ""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
