"""A computation graph as a picture: every value forward, every gradient backward, what flows at forks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.markup import Markup, joined, tag
from shoal.report.pictures.paper import picture

MOST_LABELS = 14
"""So many edges have what flows along them written beside; with more, their width says it."""
_TOP, _MARGIN, _ROW = 46, 8, 96
_STYLE = """
.gate rect { fill: var(--panel); stroke: var(--rule); }
.gate text, .wire text { font-size: 12.5px; font-variant-numeric: tabular-nums; }
.gate .name { fill: var(--ink); font-weight: 600; } .gate .forth { fill: var(--line-0); }
.gate .back, .wire .back { fill: var(--line-1); } .wire .weight { fill: var(--soft); }
.wire line { stroke: var(--soft); }
.wire text { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.captions { fill: var(--soft); font-size: 13px; text-anchor: middle; }
"""


def computation_graph(graph: Mapping[str, Any], title: str = "Forward and backward") -> Markup:
    """Draw nodes in columns, from the inputs on the left to the end on the right.

    Each box has a name, the value (of a unit: net input, then value) and the gradient of the end by it.
    Beside an edge stand its weight, if it has one, and what flows back along it: the edges that leave a node
    add up to its gradient.

    Parameters
    ----------
    graph : mapping
        As ``Graph.to_json`` of `shoal.lens.graph.nodes` gives it.
    title : str

    Examples
    --------
    >>> node = {"operation": "input", "net": None, "net_gradient": None}
    >>> x = {**node, "name": "x", "label": "x", "value": 3.0, "gradient": 2.0, "column": 0}
    >>> f = {**node, "name": "f", "label": "* 2", "value": 6.0, "gradient": 1.0, "column": 1}
    >>> edge = {"source": "x", "target": "f", "local": 2.0, "gradient": 2.0, "weight": None}
    >>> "x: value 3, gradient 2" in computation_graph({"nodes": [x, f], "edges": [edge], "captions": []})
    True
    """
    nodes, edges = graph["nodes"], graph["edges"]
    wide = any(node["net"] is not None for node in nodes)
    box, gap = (156, 176) if wide else (80, 66)
    columns = _columns(nodes)
    rows = max(len(column) for column in columns)
    top = _TOP if graph["captions"] else _MARGIN
    height = top + rows * _ROW - 24
    places = {
        node["name"]: (_MARGIN + c * (box + gap), top + height_of(i, len(column), rows))
        for c, column in enumerate(columns)
        for i, node in enumerate(column)
    }
    size = 2 * _MARGIN + len(columns) * (box + gap) - gap, height
    return picture(
        title,
        _spoken(graph),
        size,
        tag("style", Markup(_STYLE)),
        _captions(graph["captions"], box, gap),
        _wires(edges, places, box),
        [_gate(node, places[node["name"]], box) for node in nodes],
    )


def height_of(place: int, count: int, rows: int) -> float:
    """Return how far below the top a node of a column stands, so that columns are centred."""
    return (place + (rows - count) / 2) * _ROW


def _columns(nodes: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    found: dict[int, list[Mapping[str, Any]]] = {}
    for node in nodes:
        found.setdefault(node["column"], []).append(node)
    return [found[number] for number in sorted(found)]


def _gate(node: Mapping[str, Any], place: tuple[float, float], box: float) -> Markup:
    x, y = place
    middle = x + box / 2
    value, gradient = _boxed(node["value"]), _boxed(node["gradient"])
    net = node["net"]
    forth = value if net is None else f"{_boxed(net)} → {value}"
    back = gradient if node["net_gradient"] is None else f"{_boxed(node['net_gradient'])} ← {gradient}"
    lines = ((node["label"], "name", 18), (forth, "forth", 36), (back, "back", 54))
    return tag(
        "g",
        tag("title", _told(node)),
        tag("rect", x=x, y=y, width=box, height=64, rx=7),
        [
            tag("text", _short(text, box), x=middle, y=y + down, class_=style, text_anchor="middle")
            for text, style, down in lines
        ],
        class_="gate",
    )


def _boxed(value: float) -> str:
    """Return a number for a box, in which two stand side by side: with a power of ten, shorter."""
    text = compact(value)
    return text if "e" not in text else f"{value:.1e}"


def _short(text: str, box: float) -> str:
    most = int(box / 7.2)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _told(node: Mapping[str, Any]) -> str:
    said = f"{node['label']}: value {compact(node['value'])}, gradient {compact(node['gradient'])}"
    if node["net"] is None:
        return said
    return f"{said}; net input {compact(node['net'])}, gradient by it {compact(node['net_gradient'])}"


def _wires(
    edges: Sequence[Mapping[str, Any]], places: Mapping[str, tuple[float, float]], box: float
) -> Markup:
    most: dict[float, float] = {}  # by column: gradients of layers may differ by orders of magnitude
    for edge in edges:
        at = places[edge["target"]][0]
        most[at] = max(most.get(at, 0.0), abs(edge["gradient"]))
    shares = [abs(edge["gradient"]) / (most[places[edge["target"]][0]] or 1.0) for edge in edges]
    named = len(edges) <= MOST_LABELS
    return joined(
        *(_wire(edge, places, box, share, named) for edge, share in zip(edges, shares, strict=True))
    )


def _wire(edge: Mapping[str, Any], places, box: float, share: float, named: bool) -> Markup:
    (x1, y1), (x2, y2) = places[edge["source"]], places[edge["target"]]
    x1, y1, y2 = x1 + box, y1 + 32, y2 + 32
    told = f"{edge['source']} to {edge['target']}: {compact(edge['gradient'])} flows back"
    words = []
    if named:
        at = 0.5 if edge["weight"] is None else 0.3
        words.append(_beside(_brief(edge["gradient"]), at, (x1, y1, x2, y2), "back"))
        if edge["weight"] is not None:
            words.append(_beside(_brief(edge["weight"]), 0.74, (x1, y1, x2, y2), "weight"))
    stroke = tag(
        "line",
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        stroke_width=f"{0.75 + 3 * share:.2f}",
        opacity=f"{0.25 + 0.6 * share:.2f}",
    )
    return tag("g", tag("title", told), stroke, words, class_="wire")


def _brief(value: float) -> str:
    return f"{value:.3g}"


def _beside(text: str, share: float, ends: tuple[float, float, float, float], style: str) -> Markup:
    x1, y1, x2, y2 = ends
    x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
    return tag("text", text, x=f"{x:.1f}", y=f"{y - 4:.1f}", class_=style, text_anchor="middle")


def _captions(captions: Sequence[str], box: float, gap: float) -> Markup:
    parts = []
    for c, caption in enumerate(captions):
        x = _MARGIN + c * (box + gap) + box / 2
        words, _, count = caption.partition(": ")
        parts.append(tag("text", words, x=x, y=16, class_="captions"))
        if count:
            parts.append(tag("text", f"{count} units", x=x, y=33, class_="captions"))
    return joined(*parts)


def _spoken(graph: Mapping[str, Any]) -> str:
    end = graph["nodes"][-1]
    inputs = [node for node in graph["nodes"] if node["column"] == 0]
    told = ", ".join(f"{node['label']} {compact(node['gradient'])}" for node in inputs[:12])
    return f"{end['label']} is {compact(end['value'])}. Gradients by the first column: {told}."
