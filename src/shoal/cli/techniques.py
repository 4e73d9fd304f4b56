"""``shoal techniques``: what there is, and how to switch it on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json


@click.command()
@click.argument("words", nargs=-1)
@as_json
def techniques(words: tuple[str, ...], as_json: bool) -> int:
    r"""List every technique, or explain those whose id or name holds WORDS.

    \b
    shoal techniques              all of them, page by page
    shoal techniques dropout      what it does, its formula, when to use it, how to switch it on
    shoal techniques E7           all of one kind
    """
    from shoal.techniques import techniques as known

    wanted = " ".join(words).lower()
    found = [t for t in known() if wanted in t.name.lower() or wanted == t.id.lower()]
    if not found:
        raise click.UsageError(f"No technique is called '{wanted}'.{_hint(wanted, known())}")
    if as_json:
        ways = [{**asdict(t), "python": t.python, "file": t.file, "shell": t.shell} for t in found]
        write_json({"techniques": ways})
    elif wanted:
        click.echo("\n\n".join(_explained(t) for t in found))
    else:
        click.echo("\n".join(_listed(found)))
    return 0


def _hint(wanted: str, known: Any) -> str:
    from shoal.errors import did_you_mean

    return did_you_mean(wanted, [t.name for t in known])


def _listed(found: Any) -> list[str]:
    from shoal.techniques import PAGES

    lines: list[str] = []
    for page, title in PAGES.items():
        lines += ["", title] + [f"  {t.id:<4}{t.name}" for t in found if t.page == page]
    return [*lines[1:], "", "'shoal techniques NAME' explains one."]


def _explained(t: Any) -> str:
    ways = {
        "formula": t.formula,
        "when": t.when,
        "Python": t.python,
        "settings": t.file.replace("\n", "; "),
        "shell": t.shell,
        "source": t.source,
    }
    told = [f"  {name:<9} {text}" for name, text in ways.items() if text]
    return "\n".join([f"{t.id}  {t.name}", f"  {t.what}", *told])
