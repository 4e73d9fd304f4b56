"""What every strategy promises: it is asked for a batch of trials, and told what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Ask:
    """One trial that a strategy wants trained.

    Parameters
    ----------
    trial : int
        Its number. Asked for again with more epochs, it goes on from where it stood.
    values : dict
        Names of settings and what they shall be; dimensions whose condition is false are absent.
    epochs : int or None
        Train on until so many epochs in all; None is as long as the settings say.
    parent : int or None
        Start from the last state of that trial, as it was at the end of the batch before.

    Examples
    --------
    >>> Ask(0, {"learning_rate": 0.01}, epochs=3).to_json()
    {'trial': 0, 'values': {'learning_rate': 0.01}, 'epochs': 3, 'parent': None}
    """

    trial: int
    values: dict[str, Any]
    epochs: int | None = None
    parent: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Ask:
        """Return what `to_json` was made of."""
        return cls(**values)


@dataclass(frozen=True)
class Told:
    """What came of a trial.

    Parameters
    ----------
    trial : int
    score : float or None
        Mean over folds and seeds, higher is better; None if it came to nothing (it diverged).
    epochs : int
        Epochs trained in all; fewer than asked for where training stopped early.
    spread : float or None
        Standard deviation of the parts.
    parts : tuple of float
        The scores that the mean is of, fold by fold, seed by seed, in the same order for every trial.

    Examples
    --------
    >>> Told.from_json(Told(0, 0.9, 12, 0.1, (0.8, 1.0)).to_json())
    Told(trial=0, score=0.9, epochs=12, spread=0.1, parts=(0.8, 1.0))
    """

    trial: int
    score: float | None
    epochs: int
    spread: float | None = None
    parts: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "parts": list(self.parts)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Told:
        """Return what `to_json` was made of."""
        return cls(**{**values, "parts": tuple(values.get("parts", ()))})


@runtime_checkable
class Strategy(Protocol):
    """Decides which settings to try next.

    Every strategy keeps this contract, and the tests hold all of them to it:

    - It is a pure function of its arguments and of what it was told: one that is told the same batches
      asks the same, whether it was asked in between or not. A search is resumed by telling again.
    - Asked twice without being told in between, it answers the same batch.
    - No trial has the number of another one. A number that comes again is the same trial, with more
      epochs and the same values.
    - What it asks is allowed by the space. In a finite space nothing is asked twice, save by
      population-based training, whose networks differ in where they start from.
    - It asks for exactly as many trials as it was given, fewer only where a finite space holds no more (or
      where coordinate search finds nothing better). Population-based training counts the networks
      in training, not the settings that each of them goes through.
    - The size of a batch depends on the plan only, never on the machine.
    - A score of None is worse than every number, and no reason to stop while others go on.

    Attributes
    ----------
    name : str
        What it is called, such as "tpe"; never "auto" or "bayes", which stand for another one.
    reason : str
        Why it is used, in words.
    resolved : dict
        Name and every option as decided, plain JSON. `shoal.sweep.strategy.strategy` makes the same
        strategy of it again, whatever is installed and however fast the machine: this belongs in the plan.
    """

    name: str
    reason: str
    resolved: dict[str, Any]

    def ask(self) -> list[Ask]:
        """Return the next batch; an empty one when the search is over."""
        ...

    def tell(self, told: Sequence[Told]) -> None:
        """Take note of what came of the whole batch that was asked, in the order asked."""
        ...
