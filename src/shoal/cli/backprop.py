"""``shoal backprop``: one row forward and backward through a network, with every value in between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, layout, pairs, reading, refuse_unknown_columns
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.lens.graph.nodes import Graph
    from shoal.lens.graph.trace import Trace

_DRAWN = 8  # units of a layer in a picture


@click.command()
@click.argument("model", type=click.Path(path_type=str), required=False)
@click.option(
    "--example",
    is_flag=False,
    flag_value="neuron",
    type=click.Choice(["neuron", "graph"]),
    help="A worked example: a network of three neurons, or a graph of gates.",
)
@click.option("--data", "table", type=TABLE, help="Table with the row.")
@click.option("--row", default=0, show_default=True, type=click.IntRange(0), help="Its number, from 0.")
@click.option(
    "--target", "-t", "targets", multiple=True, help="Column with the answers, if not that of MODEL."
)
@click.option(
    "--set", "sets", multiple=True, metavar="NAME=VALUE", help="Settings of a network drawn anew; repeatable."
)
@click.option("--member", default=0, type=click.IntRange(0), help="Which network of an ensemble, from 0.")
@click.option(
    "--learning-rate",
    default=0.1,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Of the one step of gradient descent that is shown.",
)
@click.option(
    "--units", default=8, show_default=True, type=click.IntRange(1), help="Units of a layer to tell of."
)
@click.option("--svg", metavar="FILE", help="Write the graph as a picture.")
@reading
@as_json
def backprop(model: str | None, **options: Any) -> None:
    """Run one row forward and backward through a network, and show every value.

    The network is MODEL, a file or the folder of a run; a run knows its table, and its report shows the row
    from then on. Without MODEL one is drawn anew for the table, as training would begin (with four hidden
    units unless --set says otherwise). --example needs neither.
    """
    if options["example"] and (model or options["table"]):
        raise click.UsageError("--example brings its own network and row; leave out MODEL and --data.")
    options["run"] = _run(model, options)
    if not options["example"] and not options["table"] and not options["run"]:
        raise click.UsageError("Give --data TABLE with the row, or --example for a worked one.")
    if model and options["sets"]:
        raise click.UsageError("--set describes a network drawn anew; leave it out beside MODEL.")
    if options["example"] == "graph":
        from shoal.lens.graph.examples import gates

        _tell_gates(gates(), options)
        return
    _tell_trace(*_traced(model, options), options)


def _traced(model: str | None, options: dict[str, Any]) -> tuple[Trace, dict[str, tuple[str, ...]]]:
    """Return the trace, and the names of units that have any."""
    if options["example"]:
        from shoal.lens.graph.examples import LABELS, neuron

        return neuron(), LABELS
    from shoal.cli.order import Order
    from shoal.data.read import read_table
    from shoal.lens.graph.door import backprop as traced
    from shoal.lens.kept import model_of

    words = (options[name] for name in ("encoding", "delimiter", "decimal", "image_size"))
    if options["run"]:
        order = Order.of_run(model or "", {})
        frame = read_table(order.table, **order.reading)
    else:
        frame = read_table(options["table"], **layout(*words))
    refuse_unknown_columns(frame, options["targets"])
    net = model_of(model) if model else _fresh(frame, options)
    names = list(options["targets"] or net.target.names)
    refuse_unknown_columns(frame, names)
    answers = frame[names[0]] if len(names) == 1 else frame.select(names)
    told = {name: options[name] for name in ("row", "learning_rate", "member")}
    return traced(net, frame.drop(names), answers, **told), {}


def _run(model: str | None, options: dict[str, Any]) -> str | None:
    """Return the folder of the run whose table holds the row; None where a table is named."""
    return model if model and not options["table"] and Path(model).is_dir() else None


def _kept(trace: Trace, drawn: Graph, options: dict[str, Any]) -> Path | None:
    """Keep the row in the folder of the run, and make its page anew."""
    if not options["run"]:
        return None
    from shoal.cli.reporting import write_page
    from shoal.cli.run_folder import RunFolder

    told = {"row": options["row"], "target": trace.target, "said": trace.said, "loss": trace.loss}
    RunFolder(Path(options["run"])).write_look("row", {**told, "graph": drawn.to_json()})
    return write_page(options["run"])


def _fresh(frame: Any, options: dict[str, Any]) -> Any:
    if not options["targets"]:
        raise click.UsageError("Missing --target, the column to predict.")
    from shoal.cli.order import Order
    from shoal.fitting.problem import problem_of
    from shoal.lens.graph.fresh import fresh

    sets = {"hidden": "4", **pairs(options["sets"], "--set")}
    settings = Order(options["table"], options["targets"], settings=sets).parsed_settings()
    targets = list(options["targets"])
    return fresh(problem_of(frame, targets[0] if len(targets) == 1 else targets), settings)


def _tell_trace(trace: Trace, labels: dict[str, tuple[str, ...]], options: dict[str, Any]) -> None:
    from shoal.lens.graph.units import graph_of

    drawn = graph_of(trace, labels, most=_DRAWN)
    _draw(drawn, options["svg"], f"Forward and backward: target {trace.target}")
    page = _kept(trace, drawn, options)
    if options["as_json"]:
        write_json({**_about(options), "trace": trace.to_json(), "graph": drawn.to_json()})
        return
    from shoal.cli.trace_tables import show_trace

    show_trace(trace, labels, options["units"])
    _told_of(options["svg"])
    if page:
        click.echo(f"report   {page}")


def _tell_gates(graph: Graph, options: dict[str, Any]) -> None:
    _draw(graph, options["svg"], "f = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2)))")
    if options["as_json"]:
        write_json({**_about(options), "graph": graph.to_json()})
        return
    from shoal.cli.trace_tables import show_gates

    show_gates(graph)
    _told_of(options["svg"])


def _about(options: dict[str, Any]) -> dict[str, Any]:
    if options["example"]:
        return {"example": options["example"]}
    return {"table": options["table"] or options["run"], "row": options["row"]}


def _draw(graph: Graph, path: str | None, title: str) -> None:
    if path is None:
        return
    from shoal.report.pictures.computation_graph import computation_graph
    from shoal.report.pictures.paper import write_picture

    write_picture(computation_graph(graph.to_json(), title), Path(path))


def _told_of(path: str | None) -> None:
    if path is not None:
        click.echo(f"picture  {path}")
