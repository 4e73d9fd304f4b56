"""What a sweep will take, said before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shoal.cli.sweep.order import SweepOrder
from shoal.sweep.durations import said
from shoal.sweep.plan import Outlook, outlook
from shoal.sweep.question import Question
from shoal.sweep.strategy import Strategy

_LOOKED_AT = 128  # trials of the first batch that are laid out; the others are like them


@dataclass(frozen=True)
class Forecast:
    """What a search will take.

    Parameters
    ----------
    order : SweepOrder
    first : Outlook
        Its first batch, or the beginning of it.
    trials : int
        Of the first batch.
    size : int or None
        Settings in the space.
    folds, seeds : int
    names : tuple of str
        What varies.
    """

    order: SweepOrder
    first: Outlook
    trials: int
    size: int | None
    folds: int
    seeds: int
    names: tuple[str, ...]

    @property
    def method(self) -> str:
        """The name of the strategy."""
        return self.order.kind

    @property
    def scale(self) -> float:
        """How many times what was looked at the first batch is."""
        return self.trials / max(self.first.trials, 1)

    def told(self) -> list[str]:
        """Return the plan in sentences."""
        order, one = self.order, self.first
        each = f"{self.folds} folds" + (f", {self.seeds} seeds" if self.seeds > 1 else "")
        return [
            f"Searches {_names(self.names)} by {order.scores[0]}, {each}"
            + (f"; nested in {order.nested} outer folds" if order.nested else "")
            + ".",
            f"Method {self.method}: {order.reason}.",
            f"{self._whole()}; first batch: {self.trials:,} settings, {round(one.nets * self.scale):,} "
            f"networks, {one.programs} program{'s' * (one.programs != 1)}, about "
            f"{said(one.seconds * self.scale)}, {_bytes(one.bytes)}.",
        ]

    def _whole(self) -> str:
        order = self.order
        ends = []
        if order.trials is not None:
            ends.append(f"{order.trials:,} trials")
        elif self.size is not None and self.method == "grid":
            ends.append(f"all {self.size:,} settings")
        if order.budget is not None:
            ends.append(f"{said(order.budget)} of time")
        return " or ".join(ends) if ends else "Until nothing is left to try"

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        order, one = self.order, self.first
        return {
            "method": order.method,
            "reason": order.reason,
            "varies": list(self.names),
            "settings_in_space": self.size,
            "folds": self.folds,
            "seeds": self.seeds,
            "scores": list(order.scores),
            "trials": order.trials,
            "budget": order.budget,
            "nested": order.nested,
            "first_batch": {
                "trials": self.trials,
                "networks": round(one.nets * self.scale),
                "programs": one.programs,
                "seconds": one.seconds * self.scale,
                "bytes": one.bytes,
            },
        }


def forecast(question: Question, strategy: Strategy, order: SweepOrder) -> Forecast:
    """Return what a search will take; nothing is trained."""
    asks = strategy.ask()
    first = outlook(question, asks[:_LOOKED_AT])
    space = question.space
    names = tuple(dict.fromkeys(space.names))
    return Forecast(order, first, len(asks), space.size, len(question.folds), len(question.seeds), names)


def _names(names: tuple[str, ...]) -> str:
    from shoal.history.wording import listed

    return listed(names, 8) if names else "nothing that varies"


def _bytes(count: float) -> str:
    """Return an amount of memory in words.

    Examples
    --------
    >>> _bytes(3_500_000), _bytes(2e9)
    ('3.5 MB of memory', '2 GB of memory')
    """
    amount, unit = (count / 1e9, "GB") if count >= 1e9 else (count / 1e6, "MB")
    return f"{amount:.2g} {unit} of memory" if amount < 10 else f"{amount:,.0f} {unit} of memory"
