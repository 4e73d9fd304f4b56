"""``shoal info``: what a model is, what it was trained on, how well it does; JAX is not woken for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.model.contents import Contents


@click.command()
@click.argument("model", type=click.Path(path_type=str))
@as_json
def info(model: str, as_json: bool) -> None:
    """Show what MODEL is, what it was trained on, and how well it does."""
    from shoal.model.archive import read_archive
    from shoal.model.contents import from_members

    contents = from_members(read_archive(model), model)
    if as_json:
        write_json(_plain(model, contents))
    elif sys.stdout.isatty():
        _show(contents.card)
    else:
        click.echo(contents.card)


def _plain(path: str, contents: Contents) -> dict[str, Any]:
    from shoal.model.zeros import Zeros

    document, history = contents.document, contents.history
    told = ("target", "columns", "spec", "precision", "scores", "provenance")
    return {
        "model": path,
        "task": document["target"]["task"],
        **{name: document[name] for name in told},
        "networks": 1 + len(contents.others),
        "weights": sum(a.size for net in (contents, *contents.others) for a in net.params.values()),
        "zeros": Zeros.of(net.params for net in (contents, *contents.others)).to_json(),
        "temperature": document.get("temperature", 1.0),
        "epochs": len(history),
        "best_epoch": history.best_epoch,
        "stop_reason": history.stop_reason,
    }


def _show(card: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(card))
