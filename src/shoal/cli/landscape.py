"""``shoal landscape``: the loss around a solution, and the way that training took to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, layout, reading, refuse_unknown_columns
from shoal.cli.say import number, write_json

if TYPE_CHECKING:
    from shoal.lens.surface.landscape import Landscape

_SHADES = " ·░▒▓█"


@click.command()
@click.argument("run", type=click.Path(path_type=str))
@click.option("--data", "table", type=TABLE, help="Rows of the training, where RUN is a model file.")
@click.option(
    "--target", "-t", "targets", multiple=True, help="Column with the answers, if not called as in training."
)
@click.option("--line", is_flag=True, help="Look along a line instead of a plane.")
@click.option(
    "--directions",
    type=click.Choice(["random", "path"]),
    default="random",
    show_default=True,
    help="Random ones as long as the weights, or the two main ones of the path.",
)
@click.option("--path", is_flag=True, help="Show the way of the training, which is done anew for it.")
@click.option(
    "--optimizer",
    "optimizers",
    multiple=True,
    metavar="NAME[=RATE]",
    help="Show the way of this one instead; repeatable.",
)
@click.option("--points", default=25, show_default=True, type=click.IntRange(3), help="Along each direction.")
@click.option(
    "--span", default=1.0, show_default=True, type=click.FloatRange(0, min_open=True), help="How far to look."
)
@click.option("--seed", default=0, type=click.IntRange(0), help="Of random directions.")
@click.option("--member", default=0, type=click.IntRange(0), help="Which network of an ensemble, from 0.")
@click.option("--most-rows", default=512, show_default=True, type=click.IntRange(1), help="Rows of the loss.")
@click.option("--svg", metavar="FILE", help="Write the picture here.  [default: landscape.svg in the run]")
@reading
@as_json
def landscape(run: str, **options: Any) -> None:
    """Look at the loss around the network of RUN, the folder of a training or a model file.

    Where a path is wanted, the training is done anew from the settings of the run, in pauses; its network
    stays as it is. The report of the run shows what was seen from then on.
    """
    found = _looked(run, options)
    picture = _picture(run, options["svg"])
    if picture:
        from shoal.report.pictures.landscape import landscape_picture
        from shoal.report.pictures.paper import write_figure_to

        write_figure_to(landscape_picture(found.to_json()), picture)
    page = _kept(run, found)
    if options["as_json"]:
        write_json({"run": run, **({"picture": str(picture)} if picture else {}), **found.to_json()})
        return
    _show(found)
    if picture:
        click.echo(f"picture  {picture}")
    if page:
        click.echo(f"report   {page}")


def _looked(run: str, options: dict[str, Any]) -> Landscape:
    from shoal.lens.kept import model_of
    from shoal.lens.surface.door import landscape as looked

    model = model_of(run)
    frame, answers, weight = _rows(run, model, options)
    names = ("directions", "path", "optimizers", "points", "span", "seed", "member", "most_rows")
    told = {name: options[name] for name in names}
    if options["path"] or options["optimizers"] or options["directions"] == "path":
        print("shoal: training anew for the path, from the settings of the run", file=sys.stderr)
    return looked(model, frame, answers, weight=weight, dimensions=1 if options["line"] else 2, **told)


def _rows(run: str, model: Any, options: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return the rows that the run learnt from, their answers and weights."""
    if options["table"] is None and Path(run).is_dir():
        from shoal.cli.order import Order
        from shoal.cli.recipe import posed

        problem, _ = posed(Order.of_run(run, {}))
        return problem.frame, problem.answers, problem.weight
    if options["table"] is None:
        raise click.UsageError(
            "Give --data TABLE with the rows of the training; a model file does not hold them."
        )
    from shoal.data.read import read_table

    words = (options[name] for name in ("encoding", "delimiter", "decimal", "image_size"))
    frame = read_table(options["table"], **layout(*words))
    names = list(options["targets"] or model.target.names)
    refuse_unknown_columns(frame, names)
    return frame.drop(names), frame[names[0]] if len(names) == 1 else frame.select(names), None


def _kept(run: str, found: Landscape) -> Path | None:
    """Keep the slice in the folder of the run, and make its page anew; nothing for a model file."""
    if not Path(run).is_dir():
        return None
    from shoal.cli.reporting import write_page
    from shoal.cli.run_folder import RunFolder

    RunFolder(Path(run)).write_look("landscape", found.to_json())
    return write_page(run)


def _picture(run: str, asked: str | None) -> Path | None:
    if asked is not None:
        return Path(asked)
    return Path(run) / "landscape.svg" if Path(run).is_dir() else None


def _show(found: Landscape) -> None:
    """Print the slice: a map of shades, or a curve of characters, and the paths."""
    from shoal.cli.plot import plot

    kind = found.loss_kind.replace("_", " ")
    print(f"{kind} of {found.rows:,} rows: {number(found.centre)} at the network")
    values = [value for row in found.losses for value in row]
    if found.dimensions == 1:
        print("\n".join(line for line in plot(values, found.across[-1] - found.across[0])[:-1]))
        print(f"{'':>11}from {number(found.across[0])} to {number(found.across[-1])}; the network lies at 0")
    else:
        print("\n".join(_shades(found)))
    for one in found.paths:
        told = f"{number(one.losses[0])} to {number(one.losses[-1])} in {one.epochs[-1]} epochs"
        print(f"path of {one.name}: loss {told}")
    if found.explained:
        shares = " and ".join(f"{100 * share:.0f} %" for share in found.explained)
        print(f"along the directions shown lie {shares} of the movement")


def _shades(found: Landscape) -> list[str]:
    import numpy as np

    losses = np.array(found.losses)
    ranks = np.argsort(np.argsort(losses, axis=None, kind="stable"), kind="stable").reshape(losses.shape)
    shade = (ranks * len(_SHADES) // losses.size).astype(int)
    rows = []
    for j in reversed(range(len(found.up))):  # the first of the list is the lowest
        line = [_SHADES[one] * 2 for one in shade[j]]
        if found.up[j] == 0:
            line[found.across.index(0.0)] = "><"
        rows.append("".join(line))
    low, high = number(float(losses.min())), number(float(losses.max()))
    return [
        *rows,
        f">< the network; blank: lowest ({low}), full: highest ({high}), steps of equal numbers of places",
    ]
