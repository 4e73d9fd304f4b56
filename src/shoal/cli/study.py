"""What ``shoal ablate`` and ``shoal curve`` share: their options, and the question they put to a table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, typed_command
from shoal.cli.recipe import ordered, posed, recipe

if TYPE_CHECKING:
    from shoal.cli.run_folder import RunFolder
    from shoal.sweep.question import Question


def study(seeds: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the table, the options of a recipe, and those of folds and seeds."""
    options = (
        click.argument("table", type=TABLE),
        recipe,
        click.option(
            "--folds", default=5, show_default=True, type=click.IntRange(2), help="Parts that judge in turn."
        ),
        click.option(
            "--seeds",
            default=seeds,
            show_default=True,
            type=click.IntRange(1),
            help="Networks for each fold.",
        ),
        click.option("--score", metavar="NAME", help="Measure this instead of log loss or rmse."),
        click.option(
            "--runs", default="runs", show_default=True, metavar="FOLDER", help="Where run folders go."
        ),
        click.option("--csv", "csv", metavar="FILE", help="Write the table of results here as well."),
        as_json,
    )

    def added(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return added


def question(table: str, options: dict[str, Any]) -> Question:
    """Read the table, and return what is asked of it.

    Rows that ``shoal train`` would keep aside to judge a network take no part, so that they can still judge
    what comes of the study.
    """
    refuse_other_ending(options["csv"], "--csv", ".csv")
    order = ordered(table, options)

    from shoal.fitting.judging import folds_of
    from shoal.sweep.question import Question
    from shoal.sweep.scoring import figures
    from shoal.sweep.space import Space

    problem, base = posed(order)
    folds = folds_of(problem, base, options["folds"])
    seeds = tuple(base.seed + i for i in range(options["seeds"]))
    names = (options["score"],) if options["score"] else ()
    return Question(problem, Space(()), base, folds, seeds, figures(problem.task, names))


def refuse_other_ending(path: str | None, option: str, ending: str) -> None:
    """Refuse a file name that does not say what will be in the file."""
    if path is not None and Path(path).suffix.lower() != ending:
        raise click.UsageError(f"{option} expects a name that ends in {ending}. Got '{path}' instead.")


def say(text: str, options: dict[str, Any]) -> None:
    """Print what is said before a study begins; on stderr where the results are for a machine."""
    print(text, file=sys.stderr if options["as_json"] else sys.stdout, flush=True)


def heading(table: str, asked: Question, options: dict[str, Any]) -> str:
    """Return what the table is, in one line."""
    targets = ", ".join(options["targets"]) or "labels"
    return f"{Path(table).name}: {len(asked.problem):,} rows, {targets} ({asked.problem.task})"


def keep(kind: str, table: str, asked: Question, found: dict[str, Any], options: dict[str, Any]) -> RunFolder:
    """Leave a run folder with the results, the command and the page of a study.

    Parameters
    ----------
    kind : {"ablation", "curve"}
        The file is called ``<kind>.json``.
    """
    from shoal.cli.reporting import write_page
    from shoal.cli.run_folder import RunFolder, write_json_file
    from shoal.model.provenance import versions

    targets = list(options["targets"])
    folder = RunFolder.create(options["runs"], table, targets, datetime.now(), f"-{kind}")
    command = typed_command()
    folder.note_command(command)
    told = {"table": Path(table).name, "targets": targets or ["labels"], "task": asked.problem.task}
    whole = {**found, **told, "rows": len(asked.problem), "command": command, "versions": versions()}
    write_json_file(folder.path / f"{kind}.json", whole)
    write_page(folder.path)
    return folder


def write_csv(frame: Any, path: str | None) -> None:
    """Write a table of results, if a file is named."""
    if path is not None:
        frame.write_csv(path)
