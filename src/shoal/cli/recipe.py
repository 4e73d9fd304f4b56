"""What commands share that look at a recipe without keeping a run: its options, and the problem they set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import labels_in, layout, pairs, reading
from shoal.cli.train import TASKS, shortcuts, typed_settings

if TYPE_CHECKING:
    from shoal.cli.order import Order
    from shoal.fitting.problem import Problem
    from shoal.settings import Settings


def recipe(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of ``shoal train`` that say what is trained on which table."""
    options = (
        click.option("--target", "-t", "targets", multiple=True, help="Column to predict; repeatable."),
        click.option(
            "--task", type=click.Choice(TASKS), help="What the target is, where it is not recognised."
        ),
        shortcuts,
        click.option(
            "--set", "sets", multiple=True, metavar="NAME=VALUE", help="Set any setting; repeatable."
        ),
        click.option("--config", metavar="FILE", help="Settings from a YAML or JSON file."),
        click.option(
            "--group", metavar="COLUMN", help="Rows with the same value stay on one side of a split."
        ),
        click.option("--time", metavar="COLUMN", help="Earlier rows train, later rows judge."),
        click.option("--weight", metavar="COLUMN", help="Weight of each row; 2 counts as the row twice."),
        click.option("--drop", multiple=True, metavar="COLUMN", help="Leave this column out; repeatable."),
        click.option(
            "--kind", "kinds", multiple=True, metavar="COLUMN=KIND", help="Read a column as this kind."
        ),
        reading,
    )
    for option in reversed(options):
        command = option(command)
    return command


def ordered(table: str, options: dict[str, Any]) -> Order:
    """Return what was typed as the order that ``shoal train`` would carry out."""
    settings, targets = typed_settings(options), options["targets"] or labels_in(table)
    if not targets:
        raise click.UsageError("Missing --target, the column to predict.")
    from shoal.cli.order import Order, settings_file

    if options["config"]:
        settings = {**settings_file(options["config"]), **settings}
    return Order(
        table=table,
        targets=targets,
        settings=settings,
        kinds=pairs(options["kinds"], "--kind"),
        reading=layout(*(options[name] for name in ("encoding", "delimiter", "decimal", "image_size"))),
        **{name: options[name] for name in ("task", "group", "time", "weight", "drop")},
    )


def posed(order: Order) -> tuple[Problem, Settings]:
    """Read the table, and return the problem that training would learn from, with the checked settings.

    Rows that ``shoal train`` would keep aside to judge the network are left out here too.
    """
    from shoal.data import read_table
    from shoal.fitting.judging import judging_plan
    from shoal.fitting.outcome import task_named_by
    from shoal.fitting.problem import problem_of

    settings = order.parsed_settings()
    targets = order.targets[0] if len(order.targets) == 1 else list(order.targets)
    problem = problem_of(
        read_table(order.table, **order.reading),
        targets,
        task=order.task or task_named_by(settings),
        kinds=dict(order.kinds),
        drop=tuple(order.drop),
        weight=order.weight,
        group=order.group,
        time_column=order.time,
    )
    return judging_plan(problem, settings, order.arguments()["test"]).problem, settings
