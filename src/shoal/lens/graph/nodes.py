"""A computation graph as plain data: nodes with values and gradients, and what flows along each edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """One quantity of a computation.

    Parameters
    ----------
    name : str
        Unique in its graph.
    label : str
        What a drawing calls it.
    operation : str
        What makes it of its sources: "input", "*", "dense", "relu", "loss".
    value, gradient : float
        The quantity, and the derivative of the end of the graph by it.
    column : int
        How many steps from the start it lies.
    net, net_gradient : float, optional
        Of a unit its net input ``b + sum w x`` before what is done to each unit by itself, and the gradient
        by that; minus the latter is the *delta* of textbooks.
    """

    name: str
    label: str
    operation: str
    value: float
    gradient: float
    column: int
    net: float | None = None
    net_gradient: float | None = None


@dataclass(frozen=True)
class Edge:
    """One use of a quantity by another.

    Parameters
    ----------
    source, target : str
        Names of nodes.
    local : float
        Derivative of the target (of a unit: of its net input) by the source.
    gradient : float
        What flows back along the edge: `local` times the gradient at the target. A source's gradient is the
        sum over all edges that leave it.
    weight, weight_gradient : float, optional
        The weight of a connection between units, and the gradient by it.
    """

    source: str
    target: str
    local: float
    gradient: float
    weight: float | None = None
    weight_gradient: float | None = None


@dataclass(frozen=True)
class Graph:
    """A computation, from its inputs to the one number at its end.

    Parameters
    ----------
    nodes : tuple of Node
        In the order in which they are computed.
    edges : tuple of Edge
    captions : tuple of str
        What each column is, where columns are layers: "dense 16, relu: 8 of 16 units".

    Examples
    --------
    >>> from shoal.lens.graph.gates import inputs
    >>> x, y = inputs(x=3.0, y=4.0)
    >>> graph = (x * y + x).graph()
    >>> graph["x"].gradient, [edge.gradient for edge in graph.leaving("x")]  # 4 + 1: gradients add at a fork
    (5.0, [4.0, 1.0])
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    captions: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def leaving(self, name: str) -> tuple[Edge, ...]:
        """Return the edges along which a node is used."""
        return tuple(edge for edge in self.edges if edge.source == name)

    def entering(self, name: str) -> tuple[Edge, ...]:
        """Return the edges of which a node is made."""
        return tuple(edge for edge in self.edges if edge.target == name)

    def forks(self) -> tuple[Node, ...]:
        """Return the nodes that are used more than once, where gradients add."""
        return tuple(node for node in self.nodes if len(self.leaving(node.name)) > 1)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [asdict(edge) for edge in self.edges],
            "captions": list(self.captions),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Graph:
        """Return the graph that `to_json` wrote."""
        nodes = tuple(Node(**node) for node in values["nodes"])
        edges = tuple(Edge(**edge) for edge in values["edges"])
        return cls(nodes, edges, tuple(values["captions"]))
