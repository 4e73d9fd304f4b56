"""``shoal ablate``: what helps on a table."""

from __future__ import annotations

from typing import Any

import click

from shoal.cli.options import pairs
from shoal.cli.say import write_json
from shoal.cli.study import heading, keep, question, say, study, write_csv

DONE, INTERRUPTED = 0, 130


@click.command()
@study(seeds=3)
@click.option("--only", metavar="NAME,...", help="Techniques to switch, as dropout,batch_norm; else all.")
@click.option("--try", "tries", multiple=True, metavar="NAME=VALUE", help="A change of your own; repeatable.")
@click.option("--combine", is_flag=True, help="Train all that helps at once, too.")
@click.option("--budget", metavar="TIME", help="Time for it, as 90, 10m: drops seeds, then folds.")
def ablate(table: str, **options: Any) -> int:
    """Tell which techniques help on TABLE.

    What the settings have is taken out, what they lack is put in, one technique at a time. All of it trains
    at once, over the same folds from the same seeds, and every effect comes with its interval.
    """
    from shoal.cli.progress import Bar
    from shoal.sweep.durations import seconds_of

    budget = seconds_of(options["budget"], "--budget")
    tried = _tried(options["tries"])
    asked = question(table, options)

    from shoal.sweep.ablation.study import ablated, designed
    from shoal.sweep.ablation.variants import variants_of

    found = variants_of(asked.base, asked.facts, _names(options["only"]), tried)
    design = designed(asked, found, budget)
    say(f"{heading(table, asked, options)}\n{design.told()}", options)
    with Bar(asked.problem.task) as bar:
        done = ablated(design, combine=options["combine"], budget=budget, on_event=bar.show)
    write_csv(done.to_frame(), options["csv"])
    folder = keep("ablation", table, asked, done.to_json(), options)
    if options["as_json"]:
        where = {"run": str(folder.path), "report": str(folder.report)}
        write_json({"table": table, "targets": list(options["targets"]), **done.to_json(), **where})
    else:
        print(done)
        print(f"{done.seconds:.1f} s.")
        print(f"report  {folder.report}")
    return INTERRUPTED if done.interrupted else DONE


def _names(only: str | None) -> list[str] | None:
    return None if only is None else [name.strip() for name in only.split(",") if name.strip()]


def _tried(tries: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return changes as they were typed, each by its own words."""
    from shoal.rules import parse, refuse_unknown
    from shoal.settings import RULES, Settings

    found = {}
    for text in tries:
        [(name, value)] = pairs([text], "--try").items()
        refuse_unknown("shoal", [name], Settings.known())
        found[text] = {name: parse(name, value, RULES[name])}
    return found
