"""A network as a picture: a column of units for each layer, from the table's columns to the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from shoal.report.markup import Markup, tag

MOST_UNITS = 9
"""So many units of a layer are drawn; more are three dots, with the number below."""
MOST_LAYERS = 9
_HEIGHT, _TOP, _STEP, _RADIUS, _FOOT = 320, 16, 28, 7.0, 64
_LONGEST = 18  # characters of a name beside a unit
_LETTER = 8  # its width, in the widest of the usual fonts


@dataclass(frozen=True)
class Layer:
    """A layer as it is drawn.

    Attributes
    ----------
    kind : str
        "inputs", "dense", "conv2d", "head", ...
    units : int
    words : str
        Below the column of units.
    parameters : int
    names : tuple of str
        Beside the units, where they have names.
    """

    kind: str
    units: int
    words: str
    parameters: int = 0
    names: tuple[str, ...] = ()


def layers_of(
    spec: Mapping[str, Any],
    shapes: Mapping[str, Sequence[int]],
    columns: Sequence[str] = (),
    answers: Sequence[str] = (),
) -> list[Layer]:
    """Return what is drawn of a network: its entrance, the layers with weights, and its head.

    Parameters
    ----------
    spec : mapping
        As ``NetSpec.to_json`` gives it.
    shapes : mapping of str to shape
        Of every array of weights, by its name.
    columns, answers : sequence of str
        Names beside the first and the last units.

    Examples
    --------
    >>> spec = {
    ...     "inputs": {"numbers": 2},
    ...     "layers": [{"kind": "dense", "units": 8}, {"kind": "activation", "name": "relu"}],
    ...     "head": "softmax",
    ...     "outputs": 3,
    ... }
    >>> shapes = {"layers.0.kernel": (2, 8), "layers.0.bias": (8,), "head.kernel": (8, 3), "head.bias": (3,)}
    >>> [(layer.words, layer.units, layer.parameters) for layer in layers_of(spec, shapes)]
    [('in', 2, 0), ('dense, relu', 8, 24), ('softmax', 3, 27)]
    """
    counts = {name: prod(shape) for name, shape in shapes.items()}
    inputs = spec["inputs"]
    entering = int(inputs.get("numbers", 0)) + len(inputs.get("levels", ()))
    words = "in" if entering else " x ".join(str(inputs[k]) for k in ("height", "width", "channels"))
    found = [
        Layer("inputs", entering or int(inputs["channels"]), words, _own(counts, "inputs"), tuple(columns))
    ]
    found += _hidden(spec["layers"], "layers", counts)
    outputs = int(spec["outputs"])
    found.append(Layer("head", outputs, spec["head"], _own(counts, "head"), tuple(answers)))
    return found


def _hidden(layers: Sequence[Mapping[str, Any]], path: str, counts: Mapping[str, int]) -> list[Layer]:
    found: list[Layer] = []
    for place, layer in enumerate(layers):
        here = f"{path}.{place}"
        size = layer.get("units") or layer.get("filters")
        if layer.get("layers"):
            again = f" {layer['times']} times" if layer.get("times", 1) > 1 else ""
            inner = _hidden(layer["layers"], f"{here}.layers", counts)
            block = f"{layer['kind']}{again}"
            found += [Layer(one.kind, one.units, f"{one.words}, {block}", one.parameters) for one in inner]
        elif size:
            found.append(Layer(layer["kind"], int(size), layer["kind"], _own(counts, here)))
        elif found and layer["kind"] in ("activation", "dropout"):
            said = layer["name"] if layer["kind"] == "activation" else f"dropout {layer['rate']:g}"
            last = found[-1]
            found[-1] = Layer(last.kind, last.units, f"{last.words}, {said}", last.parameters)
    return found


def _own(counts: Mapping[str, int], path: str) -> int:
    return sum(size for name, size in counts.items() if name.startswith(f"{path}."))


def network_drawing(layers: Sequence[Layer]) -> Markup:
    """Draw layers as columns of units, joined where each unit sees each of the layer before.

    Examples
    --------
    >>> drawn = network_drawing([Layer("inputs", 2, "in"), Layer("head", 1, "linear", 3)])
    >>> drawn.count("<circle")
    3
    """
    shown = list(layers) if len(layers) <= MOST_LAYERS else [*layers[: MOST_LAYERS - 2], *layers[-2:]]
    names = [_beside(layers[0]), _beside(layers[-1])]
    left = 24 + _LETTER * max((len(name) for name in names[0]), default=0)
    right = 24 + _LETTER * max((len(name) for name in names[1]), default=0)
    gap = max(96, min(190, (760 - left - right) // max(len(shown) - 1, 1)))
    width = left + gap * (len(shown) - 1) + right
    columns = [_places(layer.units) for layer in shown]
    xs = [left + gap * i for i in range(len(shown))]
    links = [
        _links(xs[i], columns[i], xs[i + 1], columns[i + 1], skipped=_is_skip(i, layers))
        for i in range(len(shown) - 1)
    ]
    units = [_units(x, column, layer) for x, column, layer in zip(xs, columns, shown, strict=True)]
    return tag(
        "svg",
        tag("title", "The network"),
        tag("desc", "; ".join(f"{layer.units:,} {layer.words}" for layer in layers)),
        links,
        units,
        _labels(names[0], xs[0] - 14, columns[0], "end"),
        _labels(names[1], xs[-1] + 14, columns[-1], "start"),
        viewbox=f"0 0 {width} {_HEIGHT + _FOOT}",
        role="img",
        class_="network",
        style=f"max-width: {width}px",
    )


def _is_skip(place: int, layers: Sequence[Layer]) -> bool:
    return len(layers) > MOST_LAYERS and place == MOST_LAYERS - 3


def _beside(layer: Layer) -> list[str]:
    """Return the names beside the units that are drawn; none where units and names are not one to one."""
    names = layer.names if len(layer.names) == layer.units else ()
    kept = list(names)
    if len(names) > MOST_UNITS:
        kept[MOST_UNITS - 2 : -1] = [""]
    return [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in kept]


def _places(units: int) -> list[float | None]:
    """Return the heights of the units that are drawn; None where dots stand for the others."""
    count = min(units, MOST_UNITS)
    first = _TOP + (_HEIGHT - _TOP) / 2 - _STEP * (count - 1) / 2
    heights: list[float | None] = [first + _STEP * i for i in range(count)]
    if units > MOST_UNITS:
        heights[-2] = None
    return heights


def _links(
    x: float, before: Sequence[float | None], to: float, behind: Sequence[float | None], *, skipped: bool
) -> Markup:
    if skipped:
        return tag("text", "…", x=(x + to) / 2, y=(_TOP + _HEIGHT) / 2, class_="tick")
    lines = [
        f"M{x + _RADIUS:g} {a:g}L{to - _RADIUS:g} {b:g}"
        for a in before
        for b in behind
        if a is not None and b is not None
    ]
    return tag("path", d="".join(lines), class_="link")


def _units(x: float, column: Sequence[float | None], layer: Layer) -> Markup:
    known = [y for y in column if y is not None]
    drawn = [tag("circle", cx=f"{x:g}", cy=f"{y:g}", r=_RADIUS, class_=f"unit {layer.kind}") for y in known]
    if None in column:
        middle = (known[-1] + known[-2]) / 2
        drawn += [tag("circle", cx=f"{x:g}", cy=f"{middle + d:g}", r=1.6, class_="more") for d in (-6, 0, 6)]
    below = [(f"{layer.units:,}", "count"), *((part, "tick") for part in _folded(layer.words))]
    told = [
        tag("text", text, x=f"{x:g}", y=_HEIGHT + 18 + 15 * i, class_=style)
        for i, (text, style) in enumerate(below)
    ]
    return tag("g", drawn, told)


def _folded(words: str) -> list[str]:
    """Return words on at most three lines, parted at commas."""
    parts = words.split(", ")
    return parts if len(parts) <= 3 else [*parts[:2], f"{parts[2]}, …"]


def _labels(names: Sequence[str], x: float, column: Sequence[float | None], anchor: str) -> Markup | None:
    if len(names) != len(column):
        return None
    return tag(
        "g",
        [
            tag("text", name, x=f"{x:g}", y=f"{y + 4:g}", class_="name", text_anchor=anchor)
            for name, y in zip(names, column, strict=True)
            if name and y is not None
        ],
    )
