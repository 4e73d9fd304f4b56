"""The graph of a traced network, unit by unit: what people draw when they draw a network.

A unit's node holds its net input and its value: layers that treat each unit by itself (activations, scales,
batch statistics) do not make nodes of their own. An edge is a connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shoal.lens.graph.nodes import Edge, Graph, Node
from shoal.lens.graph.trace import Link, Stage, Trace


@dataclass(frozen=True, eq=False)
class Column:
    """Stages that are one column of units: the first, and those that follow unit by unit.

    Parameters
    ----------
    first, last : Stage
    words : str
        "dense 16, relu".
    """

    first: Stage
    last: Stage
    words: str


def columns_of(trace: Trace) -> tuple[Column, ...]:
    """Return the columns of units, from the inputs on.

    Examples
    --------
    >>> from shoal.lens.graph.examples import neuron
    >>> [column.words for column in columns_of(neuron())]
    ['inputs', 'dense 2, sigmoid', 'dense 1, sigmoid']
    """
    found: list[list[Stage]] = []
    for stage in trace.stages:
        if found and _follows(stage, found[-1][-1], trace):
            found[-1].append(stage)
        else:
            found.append([stage])
    return tuple(Column(one[0], one[-1], ", ".join(s.words for s in one)) for one in found)


def _follows(stage: Stage, before: Stage, trace: Trace) -> bool:
    """Return whether a stage does to each unit of the one before what concerns no other unit."""
    if before.path == "inputs" or len(stage.links) != 1 or stage.links[0].source != before.path:
        return False
    return stage.local(stage.links[0]).ndim == 1 and len(trace.users(before.path)) == 1


def graph_of(
    trace: Trace, labels: Mapping[str, Sequence[str]] | None = None, most: int | None = None
) -> Graph:
    """Return the graph of units, with the loss at its end.

    Parameters
    ----------
    trace : Trace
    labels : mapping, optional
        Labels of the units behind a stage, by its path; units are numbered where there are none.
    most : int, optional
        Units of a column that are shown: those that matter most. With all of them, the gradients that leave a
        node add up to its own.

    Examples
    --------
    >>> from shoal.lens.graph.examples import LABELS, neuron
    >>> graph = graph_of(neuron(), LABELS)
    >>> [(edge.target, round(edge.gradient, 6)) for edge in graph.leaving("inputs/0")]
    [('layers.1/0', 0.000737), ('layers.1/1', 0.000991)]
    >>> round(graph["inputs/0"].gradient, 6)
    0.001728
    """
    columns = columns_of(trace)
    shown = {c.last.path: shown_units(c, most or len(c.last.values)) for c in columns}
    behind = {stage.path: column for column in columns for stage in (column.first, column.last)}
    nodes = [
        node for i, c in enumerate(columns) for node in _nodes(c, i, trace, labels or {}, shown[c.last.path])
    ]
    edges = [e for c in columns for link in c.first.links for e in _edges(c, link, behind, shown)]
    end = Node("loss", "loss", trace.loss_kind, trace.loss, 1.0, len(columns))
    last = columns[-1].last
    edges += [
        Edge(unit_name(last.path, i), "loss", float(last.gradient[i]), float(last.gradient[i]))
        for i in shown[last.path].tolist()
    ]
    captions = [_caption(c, len(shown[c.last.path])) for c in columns]
    return Graph((*nodes, end), tuple(edges), (*captions, trace.loss_kind.replace("_", " ")))


def unit_name(path: str, unit: int) -> str:
    """Return the name of a unit's node."""
    return f"{path}/{unit}"


def shown_units(column: Column, most: int) -> np.ndarray:
    """Return the units of a column that matter most for the loss of the row, in their order.

    What a unit matters is ``|a dL/da|``, by about which the loss would change if it fell silent (the
    first-order Taylor criterion of Molchanov et al., arXiv 1611.06440).
    """
    score = np.abs(column.last.values * column.last.gradient)
    chosen = np.argsort(-score, kind="stable")[:most]
    return np.sort(chosen)


def labels_of(column: Column, trace: Trace) -> tuple[str, ...]:
    """Return what the units of a column are called: inputs and outputs by their names, others by number."""
    if column.first.path == "inputs":
        return trace.names
    if column.last is trace.stages[-1] and len(trace.outputs) == len(column.last.values):
        return trace.outputs
    return tuple(f"unit {i + 1}" for i in range(len(column.last.values)))


def _caption(column: Column, shown: int) -> str:
    units = len(column.last.values)
    return column.words if shown == units else f"{column.words}: {shown} of {units:,}"


def _nodes(column: Column, place: int, trace: Trace, labels, shown: np.ndarray) -> list[Node]:
    first, last = column.first, column.last
    names = labels.get(last.path) or labels_of(column, trace)
    merged = first is not last
    return [
        Node(
            name=unit_name(last.path, i),
            label=names[i],
            operation=column.words,
            value=float(last.values[i]),
            gradient=float(last.gradient[i]),
            column=place,
            net=float(first.values[i]) if merged else None,
            net_gradient=float(first.gradient[i]) if merged else None,
        )
        for i in shown.tolist()
    ]


def _edges(column: Column, link: Link, behind: Mapping[str, Column], shown) -> list[Edge]:
    local, first = column.first.local(link), column.first
    kernel = first.parameter("kernel") if link.local is None else None
    source, target = behind[link.source].last.path, column.last.path
    found = []
    for j in shown[target].tolist():
        for i in [j] if local.ndim == 1 else shown[source].tolist():
            if i not in shown[source]:
                continue
            slope = float(local[j] if local.ndim == 1 else local[j, i])
            flow, weights = slope * float(first.gradient[j]), (None, None)
            if kernel is not None:
                weights = (float(kernel.value[i, j]), float(kernel.gradient[i, j]))
            found.append(Edge(unit_name(source, i), unit_name(target, j), slope, flow, *weights))
    return found
