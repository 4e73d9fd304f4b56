"""What is told of one row, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Contribution:
    """What a column did to the answer.

    Parameters
    ----------
    column : str
    value, usual : str
        What the row has there, and what it was compared with.
    amount : float
        The column's part of the way from the baseline's answer to the row's, by integrated gradients.
    slope : float
        Gradient times difference at the row itself: what it would be if the network were a straight line.
    """

    column: str
    value: str
    usual: str
    amount: float
    slope: float


@dataclass(frozen=True)
class LayerValues:
    """What a layer of the network held.

    Parameters
    ----------
    path, words : str
    values : tuple of float
    """

    path: str
    words: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Explanation:
    """One row through a network, and what moved the answer.

    Parameters
    ----------
    row : int
        Its number in the table, from 0.
    prediction : str
        In words.
    answers : dict of str to float
        The probability of each class or label, or the quantities.
    of : str
        Which of the answers is explained.
    answer, baseline : float
        That answer, and the same for the baseline.
    compared_with : str
        What the baseline is.
    contributions : tuple of Contribution
        Largest first; their amounts add up to ``answer - baseline`` but for `gap`.
    gap : float
        What the quadrature leaves over.
    points : int
        Points of the quadrature.
    encoded : dict of str to float
        The numbers that enter the network.
    layers : tuple of LayerValues
        Of the first network of an ensemble; empty where layers are no rows of units.
    unlikeness : float or None
        The share of the training rows that are likelier than this one; None where the model does not know.
    """

    row: int
    prediction: str
    answers: dict[str, float]
    of: str
    answer: float
    baseline: float
    compared_with: str
    contributions: tuple[Contribution, ...]
    gap: float
    points: int
    encoded: dict[str, float]
    layers: tuple[LayerValues, ...] = ()
    unlikeness: float | None = None

    @property
    def moved(self) -> float:
        """How far the row's answer is from the baseline's."""
        return self.answer - self.baseline

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found = asdict(self)
        lists = {name: [dict(one) for one in found[name]] for name in ("contributions", "layers")}
        for layer in lists["layers"]:
            layer["values"] = list(layer["values"])
        return {**found, **lists}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Explanation:
        """Return the explanation that `to_json` wrote."""
        contributions = tuple(Contribution(**one) for one in values["contributions"])
        layers = tuple(
            LayerValues(one["path"], one["words"], tuple(one["values"])) for one in values["layers"]
        )
        return cls(**{**values, "contributions": contributions, "layers": layers})

    def __str__(self) -> str:
        ends = f"{self.answer:.4g}, from {self.baseline:.4g} for {self.compared_with}"
        parts = [f"{one.amount:+.4g}  {one.column} = {one.value}" for one in self.contributions]
        return "\n".join([f"{self.prediction}; {self.of}: {ends}", *parts])
