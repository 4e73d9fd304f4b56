"""A row's way through a network and back, as tables on a terminal of 80 columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from shoal.cli.say import number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from shoal.lens.graph.nodes import Graph
    from shoal.lens.graph.trace import Trace
    from shoal.lens.graph.units import Column

_FORTH, _BACK, _SOFT = "cyan", "yellow", "dim"
_MOST_PARTS = 3  # of a sum over a fork that are written out


def show_trace(trace: Trace, labels: Mapping[str, Sequence[str]], units: int) -> None:
    """Print a trace: layer by layer the units that matter most, and their weights before and after a step.

    Parameters
    ----------
    trace : Trace
    labels : mapping
        Names of units by the path of their layer.
    units : int
        Units of a layer that are told of.
    """
    from shoal.lens.graph.units import columns_of, labels_of, shown_units

    console = _console()
    kind = trace.loss_kind.replace("_", " ")
    console.print(f"target {trace.target}, the network says {trace.said}; loss {trace.loss:.6g} ({kind})")
    console.print(
        "forward, from top to bottom: [cyan]values[/]; backward, from bottom to top: [yellow]dL/d...[/]\n"
        "(the delta of a unit in textbooks is -dL/dnet)"
    )
    columns = columns_of(trace)
    names = {c.last.path: labels.get(c.last.path) or labels_of(c, trace) for c in columns}
    for column in columns:
        shown = shown_units(column, units)
        console.print(f"\n[bold]{_heading(column, len(shown))}[/]")
        console.print(_units_table(trace, column, names, columns, shown))
        if column.first.parameters:
            _print_weights(console, trace, column, names, columns, units)


def _heading(column: Column, shown: int) -> str:
    total = len(column.last.values)
    path = "" if column.first.path == "inputs" else f"  {column.first.path}"
    told = "" if shown == total else f": the {shown} of {total:,} units that matter most"
    return f"{column.words}{path}{told}"


def _units_table(trace: Trace, column: Column, names, columns, shown: np.ndarray) -> Table:
    from rich.text import Text

    first, last = column.first, column.last
    merged = first is not last
    table = _table(
        "unit", *(["net"] if merged else []), "value", "dL/dvalue", *(["dL/dnet"] if merged else [])
    )
    flows = _flows(trace, column, names, columns)
    forked = max((len(parts) for parts in flows.values()), default=0) > 1
    if forked:
        table.add_column("= sum of what comes back from", style=_SOFT)
    for i in shown.tolist():
        cells = [Text(str(names[last.path][i]))]
        cells += [Text(_said(first.values, i), _FORTH)] if merged else []
        cells += [Text(_said(last.values, i), _FORTH), Text(_said(last.gradient, i), _BACK)]
        cells += [Text(_said(first.gradient, i), _BACK)] if merged else []
        if forked:
            cells.append(Text(_sum(flows[i])))
        table.add_row(*cells)
    return table


def _said(values: np.ndarray, unit: int) -> str:
    return number(float(values[unit]))


def _flows(trace: Trace, column: Column, names, columns) -> dict[int, list[tuple[str, float]]]:
    """Return what comes back to each unit, and from which units."""
    found: dict[int, list[tuple[str, float]]] = {i: [] for i in range(len(column.last.values))}
    behind = {stage.path: one for one in columns for stage in (one.first, one.last)}
    for stage, link in trace.users(column.last.path):
        local = stage.local(link)
        labels = names[behind[stage.path].last.path] if stage.path in behind else None
        for i in found:
            users = [i] if local.ndim == 1 else range(len(local))
            for j in users:
                slope = local[j] if local.ndim == 1 else local[j, i]
                found[i].append((labels[j] if labels else str(j + 1), float(slope * stage.gradient[j])))
    return found


def _sum(parts: list[tuple[str, float]]) -> str:
    ordered = sorted(parts, key=lambda part: -abs(part[1])) if len(parts) > _MOST_PARTS else parts
    told = [f"{name}: {value:.3g}" for name, value in ordered[:_MOST_PARTS]]
    return ", ".join(told) + (f", {len(parts) - _MOST_PARTS} more" if len(parts) > _MOST_PARTS else "")


def _print_weights(console: Console, trace: Trace, column: Column, names, columns, units: int) -> None:
    """Print the weights with the largest gradients, and what one step makes of them."""
    rows = [
        row for stage in _stages(trace, column) for row in _weight_rows(trace, stage, column, names, columns)
    ]
    most = max(units, 12)
    if len(rows) > most:
        rows.sort(key=lambda row: -abs(row[2]))
        console.print(f"[dim]{most} of {len(rows):,} weights, those with the largest gradients[/]")
    table = _table("weight", "value", "dL/dw", f"after a step of {trace.learning_rate:g}")
    for name, value, gradient, after in rows[:most]:
        table.add_row(name, f"{value:.6g}", f"[yellow]{gradient:.4g}[/]", f"{after:.6g}")
    console.print(table)


def _stages(trace: Trace, column: Column):
    paths = [stage.path for stage in trace.stages]
    return trace.stages[paths.index(column.first.path) : paths.index(column.last.path) + 1]


def _weight_rows(
    trace: Trace, stage, column: Column, names, columns
) -> list[tuple[str, float, float, float]]:
    behind = {one.path: c for c in columns for one in (c.first, c.last)}
    sources = names[behind[stage.links[0].source].last.path] if stage.links[0].source in behind else None
    targets = names[column.last.path]
    found = []
    for one in stage.parameters:
        after = one.after(trace.learning_rate)
        for place in np.ndindex(*one.value.shape):
            if one.name == "kernel" and sources:
                words = (
                    f"{sources[place[0]]} to {targets[place[1]] if place[1] < len(targets) else place[1] + 1}"
                )
            else:
                unit = targets[place[0]] if place and place[0] < len(targets) else ""
                words = f"{one.name} of {unit}" if unit else one.name
            found.append((words, float(one.value[place]), float(one.gradient[place]), float(after[place])))
    return found


def show_gates(graph: Graph) -> None:
    """Print a graph of gates, in the order in which it is computed."""
    from rich.text import Text

    console = _console()
    console.print(
        "f = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))), gate by gate: [cyan]values[/], [yellow]df/d...[/]"
    )
    table = _table("gate", "of", "value", "gradient", "sent back")
    for node in graph.nodes:
        sources = graph.entering(node.name)
        back = ", ".join(f"{edge.source}: {edge.gradient:.3g}" for edge in sources)
        table.add_row(
            Text(node.name),
            Text(", ".join(edge.source for edge in sources)),
            Text(number(node.value), _FORTH),
            Text(number(node.gradient), _BACK),
            Text(back, _SOFT),
        )
    console.print(table)


def _table(*heads: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, head in enumerate(heads):
        table.add_column(
            head, justify="left" if i == 0 or head in ("of", "sent back") else "right", no_wrap=i > 0
        )
    return table


def _console() -> Console:
    from rich.console import Console

    # A pipe has no width of its own; lines are for grep there, so they are not folded.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)
