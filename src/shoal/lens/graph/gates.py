"""Arithmetic that remembers how it was done: forward values, then gradients gate by gate.

Reverse-mode differentiation in its plainest form: a gate knows its value and the derivative by each of
its sources, and hands back the gradient that arrives times that derivative (Rumelhart, Hinton and
Williams 1986; the gate by gate picture is that of Stanford's CS231n).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shoal.lens.graph.nodes import Edge, Graph, Node

Number = int | float


@dataclass(frozen=True, eq=False)
class Gate:
    """A number, and what it was made of.

    Parameters
    ----------
    value : float
    operation : str
        "input", or what was done.
    sources : tuple of Gate
    locals : tuple of float
        Derivative by each source.
    name : str
        Of an input; other gates are named when the graph is made.
    """

    value: float
    operation: str
    sources: tuple[Gate, ...] = ()
    locals: tuple[float, ...] = ()
    name: str = ""

    def __add__(self, other: Gate | Number) -> Gate:
        if isinstance(other, Gate):
            return Gate(self.value + other.value, "+", (self, other), (1.0, 1.0))
        return Gate(self.value + other, f"+ {other:g}", (self,), (1.0,))

    def __mul__(self, other: Gate | Number) -> Gate:
        if isinstance(other, Gate):
            return Gate(self.value * other.value, "*", (self, other), (other.value, self.value))
        return Gate(self.value * other, f"* {other:g}", (self,), (float(other),))

    def __neg__(self) -> Gate:
        return self * -1

    def exp(self) -> Gate:
        """Return ``e`` to the power of this."""
        value = math.exp(self.value)
        return Gate(value, "exp", (self,), (value,))

    def reciprocal(self) -> Gate:
        """Return 1 divided by this."""
        return Gate(1.0 / self.value, "1/x", (self,), (-1.0 / self.value**2,))

    def graph(self) -> Graph:
        """Return the graph that ends here, with the gradient of this number by every other one."""
        return _graph_of(self)


def inputs(**values: float) -> tuple[Gate, ...]:
    """Return a gate for each named number.

    Examples
    --------
    >>> w, x = inputs(w=2.0, x=-1.0)
    >>> (w * x).value
    -2.0
    """
    return tuple(Gate(float(value), "input", name=name) for name, value in values.items())


def _graph_of(end: Gate) -> Graph:
    order = _in_order(end)
    names = _named(order)
    gradients = dict.fromkeys(map(id, order), 0.0)
    gradients[id(end)] = 1.0
    edges: list[Edge] = []
    for gate in reversed(order):  # all uses of a gate come before it is its turn
        for source, local in zip(gate.sources, gate.locals, strict=True):
            passed = local * gradients[id(gate)]
            gradients[id(source)] += passed  # gradients add at a fork
            edges.append(Edge(names[id(source)], names[id(gate)], local, passed))
    depth = _depths(order)
    nodes = [
        Node(names[id(g)], g.name or g.operation, g.operation, g.value, gradients[id(g)], depth[id(g)])
        for g in order
    ]
    return Graph(tuple(nodes), tuple(reversed(edges)))


def _in_order(end: Gate) -> list[Gate]:
    """Return all gates, each behind its sources."""
    found: dict[int, Gate] = {}

    def visit(gate: Gate) -> None:
        if id(gate) not in found:
            for source in gate.sources:
                visit(source)
            found[id(gate)] = gate

    visit(end)
    return list(found.values())


def _named(order: Sequence[Gate]) -> dict[int, str]:
    counted: dict[str, int] = {}
    names = {}
    for gate in order:
        number = counted[gate.operation] = counted.get(gate.operation, 0) + 1
        names[id(gate)] = gate.name or f"{gate.operation} #{number}"
    return names


def _depths(order: Sequence[Gate]) -> dict[int, int]:
    """Return how far from the start each gate is drawn: an input stands just before its first use."""
    depth: dict[int, int] = {}
    for gate in order:
        depth[id(gate)] = 1 + max((depth[id(source)] for source in gate.sources), default=-1)
    for gate in reversed(order):
        for source in gate.sources:
            if not source.sources:
                used = [depth[id(g)] for g in order if source in g.sources]
                depth[id(source)] = min(used) - 1
    return depth
