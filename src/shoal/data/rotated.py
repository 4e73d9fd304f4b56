"""The encoder's second step, where it is asked for: numbers become principal components.

The order is: scale, clip, rotate (and whiten), bin. Clipping comes before, so that a few outliers do not
turn the axes; bins come after and are those of the components, because a rotation would mix the bins of
different columns into numbers that mean nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.data.bins import bin_edges, bin_names, piecewise_linear
from shoal.data.components import PrincipalComponents
from shoal.data.distribution import Distribution
from shoal.data.settings import Encoding


@dataclass(frozen=True)
class RotatedNumbers:
    """Principal components of all encoded numbers, each with its bins if asked.

    Attributes
    ----------
    components : PrincipalComponents
    edges : tuple of tuple of float
        Edges of the bins of each component; empty for none.
    """

    components: PrincipalComponents
    edges: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(cls, numbers: np.ndarray, encoding: Encoding, weight: np.ndarray | None) -> RotatedNumbers:
        """Learn components and bins from the encoded training rows, of shape (rows, numbers)."""
        components = PrincipalComponents.fit(numbers, encoding.pca, whiten=encoding.whiten, weight=weight)
        rotated = components(numbers) if encoding.bins else np.zeros((0, components.size))
        columns = (Distribution.of(column, weight) for column in rotated.T)
        return cls(components, tuple(bin_edges(found, encoding.bins) for found in columns))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers: the components, then their bins."""
        names = self.components.names
        bins = [bin_names(name, edges) for name, edges in zip(names, self.edges, strict=True)]
        return (*names, *(name for column in bins for name in column))

    @property
    def sources(self) -> tuple[str, ...]:
        """The component from which each number comes."""
        names = self.components.names
        bins = [name for name, edges in zip(names, self.edges, strict=True) for _ in edges[1:]]
        return (*names, *bins)

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Return the components of rows, and their bins behind them."""
        rotated = self.components(numbers)
        bins = [
            filled
            for column, edges in zip(rotated.T, self.edges, strict=True)
            for filled in piecewise_linear(column, edges)
        ]
        return np.column_stack([rotated, *bins]) if bins else rotated

    def to_json(self) -> dict[str, Any]:
        """Return the step as JSON data."""
        return {"components": self.components.to_json(), "edges": [list(edges) for edges in self.edges]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RotatedNumbers:
        """Return the step that `to_json` wrote."""
        edges = tuple(tuple(one) for one in data["edges"])
        return cls(PrincipalComponents.from_json(data["components"]), edges)
