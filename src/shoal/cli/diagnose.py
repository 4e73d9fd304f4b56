"""``shoal diagnose``: what went wrong in a training, in words, and which setting to turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.cli.diagnosis import Diagnosis

EXIT = {None: 0, "note": 0, "warning": 3, "error": 4}
"""Worst severity -> exit code; 1 and 2 say that the command itself was refused."""


@click.command()
@click.argument("run", type=click.Path(path_type=str))
@click.option("--ignore", multiple=True, metavar="CODE", help="Be silent about this finding; repeatable.")
@as_json
def diagnose(run: str, ignore: tuple[str, ...], as_json: bool) -> int:
    """Say what went wrong in the training of RUN, and which setting to turn.

    RUN is a run folder, finished or not, or a model file. The exit code is 0 where nothing or only
    notes were found, 3 for warnings and 4 for errors.
    """
    from shoal.cli.diagnosis import diagnose_path
    from shoal.history.findings import worst

    found = diagnose_path(run, ignore)
    if as_json:
        write_json(found.to_json())
    else:
        _show(found)
    return EXIT[worst(found.findings)]


def _show(found: Diagnosis) -> None:
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if not found.findings:
        click.echo(f"Nothing looks wrong in {found.epochs:,} epochs.")
    for line in told(found.findings):
        click.echo(line)


def told(findings: list) -> list[str]:
    """Return findings as lines: what, by which numbers, what to do."""
    lines = []
    for one in findings:
        place = f" ({one.where})" if one.where else ""
        lines += [f"{one.severity} {one.code} {one.title}{place}", f"  {one.evidence}"]
        lines += [f"  {one.remedy}"] if one.remedy else []
    return lines
