"""A sweep file as the order that it amounts to: ours, or that of W&B."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shoal.sweep.durations import seconds_of

if TYPE_CHECKING:
    from shoal.sweep.space.sweep_file import SweepFile

_LEADS = ("val_", "valid_", "validation_", "test_", "best_", "val/", "test/", "eval/", "eval_", "dev_")
_WORDS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "f1": "f1_macro",
    "mean_absolute_error": "mae",
    "mse": "rmse",
    "mean_squared_error": "rmse",
    "r2_score": "r2",
}
_LOSS = ("loss", "cross_entropy", "epoch/val_loss")


def options_of(read: SweepFile) -> dict[str, Any]:
    """Return what a sweep file orders beside its space, under the names of the command's options."""
    own = read.own
    scoring = own.scoring
    found = {
        "method": _method(read),
        "trials": read.run_cap,
        "budget": seconds_of(own.budget),
        "folds": own.folds,
        "seeds": own.seeds,
        "nested": own.nested,
        "scores": (scoring,) if isinstance(scoring, str) else tuple(scoring or ()),
        "metric": read.metric.name if read.metric else None,
    }
    return {name: value for name, value in found.items() if value not in (None, ())}


def notices_of(read: SweepFile) -> list[str]:
    """Return what a person should know of how a file was read."""
    told = list(read.notices)
    if read.metric is not None and read.metric.target is not None:
        told.append("A search does not end at a target of its metric; give it trials or a budget.")
    return told


def score_of_metric(name: str, known: tuple[str, ...], loss: str) -> str | None:
    """Return the score that another tool's name of a metric means; None where there is none.

    Examples
    --------
    >>> score_of_metric("val_acc", ("log_loss", "accuracy"), "log_loss")
    'accuracy'
    >>> score_of_metric("validation_loss", ("rmse", "mae"), "rmse")
    'rmse'
    """
    word = name.lower().replace("-", "_").replace(" ", "_")
    for lead in _LEADS:
        word = word.removeprefix(lead)
    word = _WORDS.get(word, word)
    if word in known:
        return word
    return loss if word in _LOSS else None


def _method(read: SweepFile) -> str | Mapping[str, Any] | None:
    early = read.early_terminate
    if early is None:
        return read.method
    options = {name: value for name, value in asdict(early).items() if value is not None}
    if read.method in (None, "auto", "halving", "hyperband"):
        return read.method if read.method in ("halving", "hyperband") else "hyperband"
    return {"kind": read.method, "early_terminate": {"type": "hyperband", **options}}
