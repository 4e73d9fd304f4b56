"""``shoal check``: what can be known of a recipe before it is trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json
from shoal.cli.recipe import ordered, posed, recipe
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.lens.verdict import CheckReport

PASSED, FAILED = 0, 1


@click.command()
@click.argument("table", type=TABLE)
@recipe
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1), help="Networks to check.")
@as_json
def check(table: str, **options: Any) -> int:
    """Check a recipe on TABLE before it is trusted.

    The loss at the start is what theory says, rows of a batch keep apart, every layer learns, one batch can
    be learnt by heart, inputs beat zeros, and more. The exit code is 1 where a check fails.
    """
    order = ordered(table, options)

    from shoal.lens.checks import checked_recipe

    problem, settings = posed(order)
    seeds = range(settings.seed, settings.seed + options["seeds"])
    report = checked_recipe(problem, settings, seeds=seeds)
    if options["as_json"]:
        write_json({"table": table, "targets": list(order.targets), **report.to_json()})
    else:
        print(f"{Path(table).name}: {len(problem):,} rows, {', '.join(order.targets)} ({problem.task})")
        _show(report)
    return PASSED if report.passed else FAILED


def _show(report: CheckReport) -> None:
    print(report)
    failed = report.failed()
    count, seeds = len(report.checks), len(report.seeds)
    told = f"{count - len(failed)} of {count} checks passed, with {seeds} seed{'s' * (seeds > 1)}"
    print(f"{told}; {report.seconds:.1f} s.")
    if failed:
        print(f"shoal: Failed: {', '.join(failed)}.", file=sys.stderr)
