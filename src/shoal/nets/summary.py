"""A network layer by layer: shapes, parameters, and the computations of a row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from shoal.nets import network
from shoal.nets.forms import FORMS
from shoal.nets.layers import Block, Layer, Repeat, Shape, SharedDense
from shoal.nets.spec import NetSpec


@dataclass(frozen=True)
class Line:
    """One layer of a summary.

    Parameters
    ----------
    path : str
        Where its parameters are found: ``"layers.0"``.
    layer : str
        Its kind and what is set.
    shape : tuple of int
        Of one row's values behind it.
    parameters : int
        Numbers that are learned; those of a block's inner layers are in their own lines.
    multiply_adds : int
        For one row forward, every repetition counted; a training step does three times as much.
    depth : int
        Blocks around it.
    """

    path: str
    layer: str
    shape: Shape
    parameters: int
    multiply_adds: int
    depth: int = 0


@dataclass(frozen=True)
class Summary:
    """What a network is made of; ``print`` shows it as a table.

    Parameters
    ----------
    lines : tuple of Line
        Entrance, layers, head.
    parameters, multiply_adds : int
        Totals.
    """

    lines: tuple[Line, ...]
    parameters: int
    multiply_adds: int

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        lines = [{**asdict(line), "shape": list(line.shape)} for line in self.lines]
        return {"layers": lines, "parameters": self.parameters, "multiply_adds": self.multiply_adds}

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return the table in words: layer, shape behind it, parameters, multiply-adds."""
        return [
            (
                "  " * line.depth + line.layer,
                shape_in_words(line.shape),
                _count(line.parameters),
                _count(line.multiply_adds),
            )
            for line in self.lines
        ]

    def __str__(self) -> str:
        heads = ("layer", "shape", "parameters", "multiply-adds")
        total = ("total", "", _count(self.parameters), _count(self.multiply_adds))
        rows = [heads, *self.rows(), total]
        wide = [max(len(row[i]) for row in rows) for i in range(4)]
        return "\n".join(
            f"{a:<{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}  {d:>{wide[3]}}".rstrip() for a, b, c, d in rows
        )


def summary_of(spec: NetSpec) -> Summary:
    """Return the layers of a network with shapes, parameters and multiply-adds of a row.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> print(summary_of(mlp(TableInput(numbers=4), (16,), "softmax", 3)))
    layer          shape  parameters  multiply-adds
    table of 4         4           0              0
    dense 16          16          80             64
    activation relu   16           0              0
    softmax head       3          51             48
    total                        131            112
    """
    sizes = {name: prod(shape) for name, shape in network.shapes(spec.structure())[0].items()}
    lines = [Line("inputs", _entrance(spec), spec.entry(), _total(sizes, "inputs"), 0)]
    lines += _lines(spec.layers, "layers", spec.entry(), sizes, times=1, depth=0)
    head = prod(lines[-1].shape) * spec.outputs
    lines.append(Line("head", f"{spec.head} head", (spec.outputs,), _total(sizes, "head"), head))
    return Summary(tuple(lines), sum(sizes.values()), sum(line.multiply_adds for line in lines))


def shape_in_words(shape: Shape) -> str:
    """Return a shape as people write it.

    Examples
    --------
    >>> shape_in_words((28, 28, 1))
    '28 x 28 x 1'
    """
    return " x ".join(map(str, shape))


def _lines(layers, path: str, shape: Shape, sizes, times: int, depth: int) -> list[Line]:
    found: list[Line] = []
    for i, layer in enumerate(layers):
        here, behind = f"{path}.{i}", layer.shape(shape)
        inner: list[Line] = []
        if isinstance(layer, Block):
            again = times * (layer.times if isinstance(layer, Repeat) else 1)
            inner = _lines(layer.layers, f"{here}.layers", shape, sizes, again, depth + 1)
        own = _total(sizes, here) - sum(line.parameters for line in inner)
        work = times * layer.multiply_adds(shape) - sum(line.multiply_adds for line in inner)
        found += [Line(here, layer_in_words(layer), behind, own, work, depth), *inner]
        shape = behind
    return found


def _total(sizes: dict[str, int], path: str) -> int:
    return sum(size for name, size in sizes.items() if name.startswith(f"{path}."))


def _entrance(spec: NetSpec) -> str:
    entrance = spec.inputs
    if entrance.kind != "table":
        return f"images of {shape_in_words(entrance.shape())}"
    codes = f" and {len(entrance.levels)} embedded" if entrance.levels else ""
    shared = f", for each of {spec.members} members" if spec.members else ""
    return f"table of {entrance.numbers}{codes}{shared}"


def layer_in_words(layer: Layer) -> str:
    """Return kind and settings, ``"conv2d 32 kernel=5x5"``, without how weights start and what they cost."""
    name, form = next((name, form) for name, form in FORMS.items() if isinstance(layer, form.layer))
    beside = f" {_word(getattr(layer, form.value))}" if form.value and form.value != "layers" else ""
    silent = {form.value, "layers", "initializer", "bias", "constraint", "scales"}
    rest = {k: v for k, v in form.settings(layer).items() if k not in silent and "_l" not in k}
    shared = "shared " if isinstance(layer, SharedDense) else ""
    return shared + name + beside + "".join(f" {word}={_word(value)}" for word, value in rest.items())


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(number: int) -> str:
    return f"{number:,}"
