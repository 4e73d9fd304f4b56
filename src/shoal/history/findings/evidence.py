"""What the rules look at: the record of a training, its settings, and a few facts about the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shoal.history.record import History


@dataclass(frozen=True)
class Evidence:
    """All that is known of one training.

    Parameters
    ----------
    history : History
    settings : mapping
        As resolved; as given where training has not come that far.
    facts : mapping
        What is known beside the record; every key may be absent, and rules that need it are silent then.

        ========================  ==============================================================
        ``task``                  "regression", "binary", "multiclass" or "multilabel"
        ``rows``                  ``{"train", "valid"}``: how many rows
        ``classes``               class -> training rows of it
        ``baseline_loss``         loss of the training rows where one constant is predicted
        ``val_baseline_loss``     the same for the validation rows
        ``reference``             what a crude model reaches on rows that it left out: ``{"score"}``
        ``spread``                scales of the inputs as the network sees them: ``{"largest",
                                  "smallest", "column"}``
        ``one_column``            how well one column alone tells the target: ``{"column", "score",
                                  "second"}``
        ``shared_rows``           validation rows that also train: ``{"count", "share"}``
        ``target_outlier``        largest distance of a target from the median, in quartile distances
        ``usual``                 settings that "auto" would take for this table
        ``scores``                figures on rows kept aside, as `shoal.history.judged` gives them
        ``running``               True while training still runs
        ========================  ==============================================================

    Examples
    --------
    >>> seen = Evidence(History([{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": None}]), {"hidden": [8]})
    >>> seen.curve("loss"), seen.setting("hidden"), seen.curve("val_loss")
    (array([0.9, nan]), [8], array([], dtype=float64))
    """

    history: History
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def curve(self, name: str) -> np.ndarray:
        """Return a column as floats, (epochs,); NaN where it was not measured, empty if it never was."""
        if name not in self.history:
            return np.zeros(0)
        return np.array([np.nan if cell is None else float(cell) for cell in self.history[name]], float)

    def measured(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the epochs in which a column was measured and what came out, both (n,)."""
        values = self.curve(name)
        epochs = self.epochs()[: len(values)]
        known = np.array([cell is not None for cell in self.history[name]]) if len(values) else []
        return (epochs[known], values[known]) if len(values) else (np.zeros(0, int), values)

    def epochs(self) -> np.ndarray:
        """Return the numbers of the epochs, (epochs,)."""
        if "epoch" in self.history:
            return np.array(self.history["epoch"], int)
        return np.arange(1, len(self.history) + 1)

    def layers(self, quantity: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return a quantity of every layer as `measured` gives it, from the entrance to the head."""
        names = [name for name in self.history.names if name.startswith(f"{quantity}/")]
        return {name.partition("/")[2]: self.measured(name) for name in names}

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting, or `default` where it is not known or left to shoal."""
        value = self.settings.get(name, default)
        return default if isinstance(value, str) and value in ("auto", "default") else value

    def number(self, name: str) -> float | None:
        """Return a setting that is a number, else None."""
        value = self.setting(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def fact(self, *path: str) -> Any:
        """Return a fact, or one inside it; None where it is not known."""
        found: Any = self.facts
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    @property
    def running(self) -> bool:
        """Whether training still runs."""
        return bool(self.facts.get("running"))
