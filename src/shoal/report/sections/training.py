"""How training went: loss, metric and learning rate by epoch."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.history.metrics import METRICS
from shoal.report.curves import Line, chart
from shoal.report.facts import Facts
from shoal.report.markup import Markup, tag
from shoal.report.sheet import Section, section
from shoal.report.words import capital, course, portions

_PROBED = {"regression": "rmse", "binary": "accuracy", "multiclass": "accuracy", "multilabel": "accuracy"}
"""What ``train_metric`` is, by the task."""

_OF_THE_WHOLE = (
    ("clipped_share", "Share of steps whose gradient was clipped"),
    ("confidence", "Mean largest class probability"),
)


def training(facts: Facts) -> Section | None:
    """Return the curves of a training."""
    charts = [_loss(facts), *_metrics(facts), _rate(facts), *_others(facts)]
    notes = [tag("li", note) for note in facts.history.notes]
    return section(
        "How training went",
        tag("p", course(facts), " ", portions(facts)),
        tag("div", charts, class_="charts"),
        tag("ul", notes) if notes else None,
        short="Training",
    )


def epochs_of(facts: Facts) -> list[int]:
    """Return the number of each epoch."""
    history = facts.history
    if "epoch" in history:
        return [int(epoch) for epoch in history["epoch"]]
    return list(range(1, len(history) + 1))


def _loss(facts: Facts) -> Markup:
    named = (("loss", "training rows", 0), ("val_loss", "validation rows", 1))
    return _chart(facts, "Loss", named)


def _metrics(facts: Facts) -> list[Markup]:
    history = facts.history
    probed = {_PROBED.get(facts.task)} if "train_metric" in history else set()
    shown = [n for n in METRICS if n in history or f"val_{n}" in history or n in probed]
    return [
        _chart(
            facts,
            capital(METRICS[name].title),
            (
                (name, "training rows", 0),
                *((("train_metric", "training rows (a probe)", 0),) if name in probed else ()),
                (f"val_{name}", "validation rows", 1),
            ),
        )
        for name in shown
    ]


def _rate(facts: Facts) -> Markup | None:
    name = "learning_rate"
    constant = name in facts.history and len(set(facts.history[name])) < 2  # which the settings tell
    if constant or name not in facts.history:
        return None
    return _chart(facts, "Learning rate", ((name, "", 0),), straight=True)


def _others(facts: Facts) -> list[Markup]:
    history = facts.history
    shown = []
    for name, heading in _OF_THE_WHOLE:
        if name in history and any(value for value in history[name]):
            shown.append(_chart(facts, heading, ((name, "", 0),), straight=True))
    return shown


def _chart(
    facts: Facts, heading: str, named: tuple[tuple[str, str, int], ...], *, straight: bool = False
) -> Markup:
    """Draw columns of the history over the epochs in which any of them was measured."""
    history = facts.history
    there = [(history[name], said, style) for name, said, style in named if name in history]
    full = [values for values, _, _ in there if None not in values]
    places = range(len(history)) if full else _measured([values for values, _, _ in there])
    lines = [Line(said, [values[i] for i in places], style) for values, said, style in there]
    epochs = epochs_of(facts)
    return chart(heading, lines, [epochs[i] for i in places], history.best_epoch, straight=straight)


def _measured(columns: Sequence[Sequence[float | None]]) -> list[int]:
    return [
        place for place, cells in enumerate(zip(*columns, strict=True)) if any(c is not None for c in cells)
    ]
