"""Explanations as tables and bars on a terminal of 80 columns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.cli.say import number
from shoal.history.wording import with_bounds

if TYPE_CHECKING:
    from rich.console import Console

    from shoal.history.confusion import Confusion
    from shoal.history.residuals import Residuals
    from shoal.history.thresholds import ThresholdChoice
    from shoal.history.worst import WorstRow
    from shoal.lens.explaining.dependence import Dependence
    from shoal.lens.explaining.importance import Importances
    from shoal.lens.explaining.row import Explanation

_BAR, _MOST = 20, 15


def show(found: dict[str, Any]) -> None:
    """Print all that was found, one part below the other."""
    console = _console()
    parts = {
        "row": _show_row,
        "importance": _show_importance,
        "dependence": _show_dependence,
        "confusion": _show_confusion,
        "residuals": _show_residuals,
        "worst": _show_worst,
        "threshold": _show_threshold,
    }
    shown = [name for name in parts if name in found]
    for place, name in enumerate(shown):
        if place:
            console.print()
        parts[name](console, found[name])


def _show_row(console: Console, told: Explanation) -> None:
    console.print(f"row {told.row}: {told.prediction}")
    if told.unlikeness is not None:
        share = f"{100 * told.unlikeness:.0f} %"
        console.print(f"{share} of the training rows are likelier than this one")
    console.print(
        f"{told.of}: {number(told.answer)}, against {number(told.baseline)} for {told.compared_with}\n"
    )
    largest = max((abs(one.amount) for one in told.contributions), default=0.0) or 1.0
    table = _table("column", "value", "usual", "moved it by", "")
    for one in told.contributions[:_MOST]:
        table.add_row(one.column, one.value, one.usual, f"{one.amount:+.4g}", _bar(one.amount / largest))
    rest = told.contributions[_MOST:]
    if rest:
        table.add_row(f"{len(rest)} others", "", "", f"{sum(one.amount for one in rest):+.4g}", "")
    console.print(table)
    if told.layers:
        _show_layers(console, told)


def _show_layers(console: Console, told: Explanation) -> None:
    console.print("\nits way through the network")
    table = _table("layer", "units", "smallest", "mean", "largest", "zeros")
    rows = [("inputs", "encoded row", tuple(told.encoded.values()))]
    rows += [(one.path, one.words, one.values) for one in told.layers]
    for path, words, values in rows:
        array = np.array(values)
        if not array.size:
            continue
        figures = [number(float(one)) for one in (array.min(), array.mean(), array.max())]
        table.add_row(f"{path}  {words}", str(len(array)), *figures, f"{100 * (array == 0).mean():.0f} %")
    console.print(table)


def _show_importance(console: Console, told: Importances) -> None:
    metric = told.metric.replace("_", " ")
    console.print(
        f"loss of {metric} when a column is shuffled ({number(told.score)} with all as they are; "
        f"{told.rows:,} rows, {told.repeats} shuffles)"
    )
    largest = max((abs(one.mean) for one in told.columns), default=0.0) or 1.0
    table = _table("column", "loss", "95 % interval", "")
    for one in told.columns[:_MOST]:
        table.add_row(one.name, *with_bounds(one.mean, one.low, one.high), _bar(one.mean / largest))
    console.print(table)
    if len(told.columns) > _MOST:
        console.print(f"{len(told.columns) - _MOST} more columns: --json tells all")


def _show_dependence(console: Console, found: Sequence[Dependence]) -> None:
    for place, told in enumerate(found):
        if place:
            console.print()
        console.print(f"mean {told.of} when {told.column} is set to a value, over {told.rows:,} rows")
        low, high = min(told.mean), max(told.mean)
        table = _table(told.column, "mean", "10 % to 90 % of rows", "")
        for i, value in enumerate(told.values):
            share = (told.mean[i] - low) / (high - low) if high > low else 0.0
            ends = f"{number(told.low[i])} to {number(told.high[i])}"
            shown = value if isinstance(value, str) else number(value)
            table.add_row(shown, number(told.mean[i]), ends, _bar(share))
        console.print(table)


def _show_confusion(console: Console, found: Sequence[Confusion]) -> None:
    for told in found:
        if told.title:
            console.print(f"label {told.title}")
        table = _table("class", "rows", "found", "of those called so", "F1", "most often taken for")
        for one in sorted(told.classes(), key=lambda one: one.recall if one.recall is not None else 2.0):
            shares = [_percent(one.recall), _percent(one.precision), number(one.f1)]
            table.add_row(one.name, f"{one.rows:g}", *shares, one.taken_for or "-")
        console.print(table)
        if len(told.names) <= 8:
            _show_counts(console, told)


def _show_counts(console: Console, told: Confusion) -> None:
    table = _table("truth / called", *told.names)
    for name, row in zip(told.names, told.counts, strict=True):
        table.add_row(name, *(f"{count:g}" for count in row))
    console.print(table)


def _show_residuals(console: Console, found: Sequence[Residuals]) -> None:
    for told in found:
        console.print(
            f"{told.name}: truth less prediction, mean {number(told.mean)}, "
            f"standard deviation {number(told.spread)}"
        )
        console.print("quantiles  " + "  ".join(f"{100 * q:g} %: {number(v)}" for q, v in told.quantiles))
        table = _table("predicted", "rows", "mean residual", "5 % to 95 %")
        for band in told.bands:
            span, ends = (
                f"{number(a)} to {number(b)}" for a, b in ((band.low, band.high), (band.lower, band.upper))
            )
            table.add_row(span, str(band.rows), number(band.mean), ends)
        console.print(table)


def _show_worst(console: Console, found: Sequence[WorstRow]) -> None:
    console.print("the rows that it got most wrong")
    sure = any(one.confidence is not None for one in found)
    table = _table("row", "truth", "said", *(["how sure"] if sure else []), "loss")
    for one in found:
        table.add_row(
            str(one.row), one.truth, one.said, *([_percent(one.confidence)] if sure else []), number(one.loss)
        )
    console.print(table)


def _show_threshold(console: Console, told: ThresholdChoice) -> None:
    cut, bounds = with_bounds(told.threshold, told.low, told.high)
    console.print(
        f"call a row {told.of} from a probability of {cut} on (95 % interval {bounds}):\n"
        f"with {told.false_positive:g} for a false alarm and {told.false_negative:g} for a miss that costs "
        f"{number(told.cost)} a row, against {number(told.cost_at_half)} from 0.5 on"
    )
    console.print(
        f"{_percent(told.recall)} of them are found, {_percent(told.precision)} of those called so are; "
        f"calibrated probabilities would be cut at {number(told.theory)}"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _bar(share: float) -> Any:
    from rich.text import Text

    return Text("█" * max(round(abs(share) * _BAR), 0), "cyan" if share >= 0 else "yellow")


def _table(*heads: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, head in enumerate(heads):
        words = i == 0 or not head or head in ("value", "usual", "truth", "said", "most often taken for")
        table.add_column(head, justify="left" if words else "right")
    return table


def _console() -> Console:
    from rich.console import Console

    # A pipe has no width of its own; lines are for grep there, so they are not folded.
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 120)
