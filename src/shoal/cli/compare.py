"""``shoal compare``: runs side by side, what differs, and whether the difference is real."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.report.comparison import Compared


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=str))
@click.option(
    "--out", default="compare.html", show_default=True, metavar="FILE.html", help="Write the page here."
)
@as_json
def compare(runs: tuple[str, ...], out: str, as_json: bool) -> None:
    """Compare the runs RUNS: their settings, their curves, and whether one is really better.

    A run is the folder that 'shoal train' or 'shoal sweep' left, or a model file. All are compared with the
    first: row by row where the same rows judged both, else from their intervals; where it cannot be told, it
    says so.
    """
    if len(runs) < 2:
        raise click.UsageError("Expected at least two runs to compare. Got one.")
    for run in runs:
        if sum(Path(run).resolve() == Path(other).resolve() for other in runs) > 1:
            raise click.UsageError(f"Expected different runs to compare. Got '{run}' twice.")
    from shoal import __version__
    from shoal.cli.comparing import compared
    from shoal.report.compare_page import compare_page

    found = compared(runs)
    Path(out).write_text(compare_page(found, __version__), encoding="utf-8")
    if as_json:
        write_json({**found.to_json(), "page": out})
    else:
        _show(found)
        print(f"page  {out}")


def _show(found: Compared) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    for run in found.runs:
        console.print(Text(f"{run.letter}  {run.path}"))
    console.print()
    for line in [*found.verdicts(), *dict.fromkeys(found.reasons.values())]:
        console.print(Text(line))
    for run in found.runs[1:]:
        if found.found[run.letter]:
            console.print()
            console.print(_figures(found, run.letter))
    console.print()
    names = found.differing()
    console.print(_settings(found, names) if names else Text("Their settings are the same."))


def _figures(found: Compared, letter: str) -> Any:
    from shoal.history.metrics import METRICS
    from shoal.history.wording import compact
    from shoal.report.comparison import difference_said, seen_said

    first = found.runs[0].letter
    shown = _table("figure", first, letter, f"{letter} less {first} (95 %)")
    for one in found.found[letter]:
        title = METRICS[one.metric].title
        figures = (compact(one.first), compact(one.second), difference_said(one))
        shown.add_row(title, *figures, seen_said(one, first, letter))
    return shown


def _settings(found: Compared, names: list[str]) -> Any:
    from rich.text import Text

    from shoal.report.sections.findings import written

    shown = _table("setting", *(run.letter for run in found.runs), numbers=False)
    for name in names:
        values = [written(run.settings[name]) if name in run.settings else "–" for run in found.runs]
        shown.add_row(name, *map(Text, values))
    return shown


def _table(*heads: str, numbers: bool = True) -> Any:
    from rich import box
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column(heads[0], no_wrap=True)
    for head in heads[1:]:
        shown.add_column(head, justify="right" if numbers else "left")
    if numbers:
        shown.add_column("")
    return shown
