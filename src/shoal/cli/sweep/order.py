"""What was ordered with ``shoal sweep``: plain data, all that a later sitting needs to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from shoal.cli.order import Order
from shoal.errors import SettingError

FIXED_AT_THE_START = ("grid", "halving", "hyperband")
"""Methods that divide their trials when they begin, and so cannot take more of them later."""


@dataclass(frozen=True)
class SweepOrder:
    """One search, as it was ordered, with what was decided at its beginning.

    Parameters
    ----------
    recipe : Order
        The table, the roles of its columns, and the settings that do not vary.
    space : mapping or None
        What varies, as `Space.to_json` writes it; None until a default space is chosen.
    method : str or mapping
        As ordered; once the search has begun, its name with every option.
    trials : int or None
    pauses : sequence of int
        Numbers of trials after which earlier sittings were to end.
    budget : float or None
        Seconds in all.
    folds : int or None
        None lets the number of rows decide.
    seeds : int
        Networks for each setting and fold.
    scores : sequence of str
        The first is the one that is searched by; none takes the usual ones.
    metric : str or None
        Another tool's name of the first score, where no score was ordered.
    nested : int or None
        Folds of an outer cross-validation.
    max_epochs : int or None
    store : str or None
        URL of a database; None keeps the search in the run folder.
    reason : str
        Why the method was chosen.
    data : str
        Fingerprint of the table.
    facts : mapping
        Rows and task, for the record.
    """

    recipe: Order
    space: Mapping[str, Any] | None = None
    method: str | Mapping[str, Any] = "auto"
    trials: int | None = None
    pauses: Sequence[int] = ()
    budget: float | None = None
    folds: int | None = None
    seeds: int = 1
    scores: Sequence[str] = ()
    metric: str | None = None
    nested: int | None = None
    max_epochs: int | None = None
    store: str | None = None
    reason: str = ""
    data: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The name of the method."""
        return self.method if isinstance(self.method, str) else self.method["kind"]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "recipe": self.recipe.to_json()}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> SweepOrder:
        """Return the order that `to_json` wrote."""
        return cls(**{**written, "recipe": Order(**written["recipe"])})

    def with_more(self, trials: int | None, budget: float | None) -> SweepOrder:
        """Return the order with more trials or more time; both count from the beginning of the search.

        Raises
        ------
        SettingError
            If there would be fewer than before, or the method cannot take more.
        """
        order = self
        if trials is not None:
            order = replace(order, trials=trials, pauses=self._pauses(trials))
        if budget is not None:
            if self.budget is not None and budget < self.budget:
                raise SettingError(
                    f"Expected a budget of at least the {self.budget:g} s that the sweep had, counted from "
                    f"its beginning. Got {budget:g} s."
                )
            order = replace(order, budget=budget)
        return order

    def _pauses(self, trials: int) -> tuple[int, ...]:
        if self.trials == trials:
            return tuple(self.pauses)
        if self.trials is None or trials < self.trials:
            had = "as many as there is time for" if self.trials is None else str(self.trials)
            raise SettingError(
                f"Expected at least as many trials as the sweep had, counted from its beginning ({had}). Got "
                f"{trials}."
            )
        if self.kind in FIXED_AT_THE_START:
            raise SettingError(
                f"Expected no other number of trials for a sweep by {self.kind}, which divides them at its "
                f"beginning. Got {trials}, it had {self.trials}; start a new sweep."
            )
        return (*self.pauses, self.trials)
