"""``shoal columns``: how each column of a table will be read, before anything is trained."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, labels_in, layout, pairs, reading, refuse_unknown_columns
from shoal.cli.say import write_json

if TYPE_CHECKING:
    import polars as pl

    from shoal.data.columns import Column


@click.command()
@click.argument("table", type=TABLE)
@click.option("--target", "-t", "targets", multiple=True, help="Column to predict; repeat it for several.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave this column out; repeatable.")
@click.option("--kind", "kinds", multiple=True, metavar="COLUMN=KIND", help="Read a column as this kind.")
@reading
@as_json
def columns(
    table: str,
    targets: tuple[str, ...],
    drop: tuple[str, ...],
    kinds: tuple[str, ...],
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    image_size: str | None,
    as_json: bool,
) -> None:
    """Show how each column of TABLE will be read, before training.

    With --target the task is told as well. A column that is read wrongly can be set right with
    --kind, here and for 'shoal train', for example --kind zip=category.
    """
    from shoal.data.columns import know_columns
    from shoal.data.read import read_table

    frame = read_table(table, **layout(encoding, delimiter, decimal, image_size))
    targets = targets or labels_in(table)
    refuse_unknown_columns(frame, targets)
    known = know_columns(frame.drop(targets), kinds=pairs(kinds, "--kind"), drop=drop)
    task = _task(frame, targets) if targets else None
    if as_json:
        write_json(_plain(table, frame.height, known, targets, task))
    else:
        _show(table, frame.height, known, targets, task)


def _task(frame: pl.DataFrame, targets: tuple[str, ...]) -> str:
    from shoal.data.tasks import infer_task

    return infer_task(frame[targets[0]] if len(targets) == 1 else frame.select(targets))


def _plain(
    table: str, rows: int, known: tuple[Column, ...], targets: tuple[str, ...], task: str | None
) -> dict[str, Any]:
    return {
        "table": table,
        "rows": rows,
        "targets": list(targets),
        "task": task,
        "columns": [asdict(column) for column in known],
    }


def _show(
    table: str, rows: int, known: tuple[Column, ...], targets: tuple[str, ...], task: str | None
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # A pipe has no width of its own; lines are for grep there, so they are not folded.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in ("column", "read as"):
        shown.add_column(head)
    for head in ("missing", "distinct"):
        shown.add_column(head, justify="right")
    shown.add_column("examples", overflow="ellipsis", no_wrap=True, max_width=40)
    shown.add_column("notice")
    for column in known:
        shown.add_row(
            Text(column.name),
            Text(str(column.kind) if column.used else f"{column.kind} (not used)"),
            f"{column.missing:,}" if column.missing else "",
            f"{column.distinct:,}",
            Text(", ".join(column.examples)),
            Text(column.notice),
            style="" if column.used else "dim",
        )
    used = sum(column.used for column in known)
    console.print(Text(f"{table}: {rows:,} rows, {len(known)} columns, of which {used} are used"))
    if task:
        console.print(Text(f"target {', '.join(targets)}: {task}"))
    console.print(shown)
