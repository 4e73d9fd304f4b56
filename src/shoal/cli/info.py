"""``shoal info``: what a model is, what it was trained on, how well it does."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.model.model import Model


@click.command()
@click.argument("model", type=click.Path(path_type=str))
@as_json
def info(model: str, as_json: bool) -> None:
    """Show what MODEL is, what it was trained on, and how well it does."""
    from shoal.model.artefact import load

    kept = load(model)
    if as_json:
        write_json(_plain(model, kept))
    else:
        click.echo(kept.card())


def _plain(path: str, model: Model) -> dict[str, Any]:
    return {
        "model": path,
        "task": model.target.task,
        "target": model.target.to_json(),
        "columns": [asdict(column) for column in model.columns],
        "spec": model.spec.to_json(),
        "precision": model.precision,
        "scores": model.scores,
        "epochs": len(model.history),
        "best_epoch": model.history.best_epoch,
        "stop_reason": model.history.stop_reason,
        "provenance": model.provenance,
    }
