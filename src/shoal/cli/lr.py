"""``shoal lr``: a learning rate for a recipe, found before training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json
from shoal.cli.recipe import ordered, posed, recipe
from shoal.cli.say import number, write_json

if TYPE_CHECKING:
    from shoal.history.rate_finding import RateFinding

_POINTS = ("suggestion", "steepest", "valley")
_COLUMNS, _LINES = 72, 12
"""Size of the curve in characters."""


@click.command()
@click.argument("table", type=TABLE)
@recipe
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="Networks that search.")
@click.option("--lowest", default=1e-7, show_default=True, type=float, help="First rate of the range test.")
@click.option("--highest", default=10.0, show_default=True, type=float, help="Last rate of the range test.")
@click.option("--steps", default=100, show_default=True, type=int, help="Batches of the range test.")
@click.option("--no-trials", is_flag=True, help="Only the range test: quick, and suggests its valley.")
@click.option("--out", metavar="FILE.svg", help="Draw the curve into a file.")
@as_json
def lr(table: str, **options: Any) -> None:
    """Find a learning rate for training on TABLE.

    The rate rises with every batch until the loss runs away; then rates around what that shows are
    trained, and the one that ends with the lowest validation loss is suggested. Several networks search
    at once, so every rate comes with the lowest and highest of theirs.
    """
    _refuse_other_ending(options["out"])
    order = ordered(table, options)

    from shoal.fitting.learning_rate import find_rate, refuse_wrong_range

    refuse_wrong_range("shoal lr", options["lowest"], options["highest"], options["steps"])
    problem, settings = posed(order)
    found = find_rate(
        problem,
        settings,
        seeds=range(settings.seed, settings.seed + options["seeds"]),
        lowest=options["lowest"],
        highest=options["highest"],
        steps=options["steps"],
        try_out=not options["no_trials"],
    )
    if options["out"]:
        _draw(found, options["out"])
    if options["as_json"]:
        write_json({"table": table, "targets": list(order.targets), **found.to_json(), "out": options["out"]})
    else:
        _show(found, table, tuple(order.targets), problem.task, len(problem))


def _refuse_other_ending(out: str | None) -> None:
    if out is not None and Path(out).suffix.lower() != ".svg":
        raise click.UsageError(f"--out expects a name that ends in .svg. Got '{out}' instead.")


def _draw(found: RateFinding, out: str) -> None:
    from shoal.report.rate_curve import rate_curve

    Path(out).write_text(rate_curve(found.to_json()), encoding="utf-8")


def _show(found: RateFinding, table: str, targets: tuple[str, ...], task: str, rows: int) -> None:
    print(f"{Path(table).name}: {rows:,} rows, {', '.join(targets)} ({task})")
    print("\n".join(curve(found)))
    seeds = len(found.seeds)
    for name in _POINTS:
        rate = getattr(found, name)
        low, high = found.interval if name == "suggestion" else getattr(found, f"{name}_interval")
        line = f"{name:<11} {rate:<9.2g} {low:.2g} to {high:.2g} over {seeds} seed{'s' * (seeds > 1)}"
        loss = found.loss_at(rate)
        print(line + (f"; training ends at loss {number(loss)}" if loss == loss else ""))
    print(_cost(found))
    print(f"shoal train {table} ... --learning-rate {found.suggestion:g}")


def _cost(found: RateFinding) -> str:
    if not len(found.trial_rates):
        return f"No trials; {found.seconds:.1f} s."
    low, high = found.trial_rates[0], found.trial_rates[-1]
    return (
        f"{len(found.trial_rates)} rates from {low:g} to {high:g} were trained to the end: as much as "
        f"{found.trainings:.0f} trainings, {found.seconds:.1f} s."
    )


def curve(found: RateFinding) -> list[str]:
    """Return the mean smoothed loss over the logarithm of the rate, drawn with characters.

    A letter below the axis marks each point: S the suggestion, s the steepest, v the valley.
    """
    import numpy as np

    mean = found.losses.mean(axis=0)  # as long as all seeds run
    runs = np.isfinite(mean)
    if not runs.any():
        return []
    low, first = float(np.min(mean[runs])), float(mean[0])
    high = max(first + 0.6 * (first - low), low + 1e-9)
    grid = [[" "] * _COLUMNS for _ in range(_LINES)]
    for i in np.flatnonzero(runs):
        height = min((float(mean[i]) - low) / (high - low), 1.0)
        grid[_LINES - 1 - round(height * (_LINES - 1))][round(i / (len(mean) - 1) * (_COLUMNS - 1))] = "·"
    labels = {0: number(high), _LINES - 1: number(low)}
    drawn = [f"{labels.get(i, ''):>9} │{''.join(line).rstrip()}" for i, line in enumerate(grid)]
    return [*drawn, f"{'':>9} └{_axis(found)}", f"{'':>10} {_scale(found)}"]


def _axis(found: RateFinding) -> str:
    axis = ["─"] * _COLUMNS
    for name, letter in (("valley", "v"), ("steepest", "s"), ("suggestion", "S")):
        axis[_place(found, getattr(found, name))] = letter
    return "".join(axis)


def _scale(found: RateFinding) -> str:
    left, right = f"{found.rates[0]:g}", f"{found.rates[-1]:g}"
    said = "loss by learning rate: S suggestion, s steepest, v valley"
    return left + said.center(_COLUMNS - len(left) - len(right)) + right


def _place(found: RateFinding, rate: float) -> int:
    import math

    first, last = math.log(found.rates[0]), math.log(found.rates[-1])
    share = (math.log(rate) - first) / (last - first)
    return round(min(max(share, 0.0), 1.0) * (_COLUMNS - 1))
