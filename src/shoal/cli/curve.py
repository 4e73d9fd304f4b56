"""``shoal curve``: bias, variance, double descent, and what more rows would bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shoal.cli.say import write_json
from shoal.cli.study import heading, keep, question, refuse_other_ending, say, study, write_csv

DONE, INTERRUPTED = 0, 130


@click.command()
@study(seeds=5)
@click.option(
    "--over",
    default="width",
    show_default=True,
    metavar="NAME[=VALUES]",
    help="width, depth, rows, epochs or a setting; values as 1:1024 or 1,8,64.",
)
@click.option("--out", metavar="FILE.svg", help="Draw the curve into a file.")
def curve(table: str, **options: Any) -> int:
    """Tell how the error on TABLE goes with the width, the depth, the rows or the epochs.

    Every value trains on every fold from every seed, all at once. What the seeds have in common is bias, what
    they differ by is variance; a peak between two valleys is double descent.
    """
    from shoal.cli.progress import Bar
    from shoal.sweep.curves.levels import parsed

    over, values = parsed(options["over"])
    refuse_other_ending(options["out"], "--out", ".svg")
    asked = question(table, options)

    from shoal.sweep.curves.study import designed, drawn

    design = designed(asked, over, values)
    say(f"{heading(table, asked, options)}\n{design.told()}", options)
    with Bar(asked.problem.task) as bar:
        done = drawn(design, on_event=bar.show)
    write_csv(done.to_frame(), options["csv"])
    if options["out"]:
        _draw(done.to_json(), options["out"])
    folder = keep("curve", table, asked, done.to_json(), options)
    if options["as_json"]:
        targets = list(options["targets"])
        where = {"run": str(folder.path), "report": str(folder.report), "out": options["out"]}
        write_json({"table": table, "targets": targets, **done.to_json(), **where})
    else:
        print(done)
        print(f"{done.seconds:.1f} s.")
        print(f"report  {folder.report}")
    return INTERRUPTED if done.interrupted else DONE


def _draw(found: dict[str, Any], out: str) -> None:
    from shoal.report.error_curve import error_curve

    Path(out).write_text(error_curve(found), encoding="utf-8")
