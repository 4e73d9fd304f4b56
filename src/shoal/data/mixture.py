"""A Gaussian mixture of the training rows, which says how unlike them a new row is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from shoal.data.blocks import in_blocks
from shoal.data.distribution import Distribution
from shoal.data.expectation import Gaussians, fit_gaussians

KNOTS = 1000
"""Training rows whose log density is remembered: with more different ones, evenly spaced ranks of them,
so that a share of unlikeness is off by 1/1000 at most."""


class Unlikeness(NamedTuple):
    """How unlike the training rows some rows are.

    Attributes
    ----------
    share : float64 array (rows,)
        Share of the training rows that are likelier than this one: 0 for one in the thick of them, 1 for
        one less likely than every one of them.
    log_density : float64 array (rows,)
        Logarithm of the mixture's density.
    """

    share: np.ndarray
    log_density: np.ndarray


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture, and the log densities of the rows that it was fitted to.

    The density is ``p(x) = sum_k w_k N(x; mu_k, Sigma_k)`` with ``Sigma_k`` spherical, diagonal or full.

    Attributes
    ----------
    gaussians : Gaussians
    densities, likelier : float64 arrays (knots,)
        Log densities of training rows in rising order, and the share of the rows above each.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(500, 2))
    >>> found = Mixture.fit(rows, 1).unlikeness(np.array([[0.0, 0.0], [9.0, 9.0]]))
    >>> found.share.round(1).tolist()
    [0.0, 1.0]
    """

    gaussians: Gaussians
    densities: np.ndarray
    likelier: np.ndarray

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        components: int,
        covariance: str = "full",
        weight: np.ndarray | None = None,
        seed: int = 0,
    ) -> Mixture:
        """Fit a mixture to training rows; see `shoal.data.expectation.fit_gaussians`.

        Parameters
        ----------
        values : float64 array (rows, numbers)
        components : int
        covariance : {"full", "diagonal", "spherical"}
        weight : array (rows,), optional
            A row of weight 2 is learnt from as if it were there twice, of weight 0 as if it were absent.
        seed : int
            Decides where the search for the components starts.

        Raises
        ------
        SettingError
            If there are fewer different rows than components, or no numbers.
        """
        gaussians = fit_gaussians(values, components, covariance, weight, seed)
        found = Distribution.of(in_blocks(gaussians.log_density, values), weight)
        likelier = 1.0 - np.cumsum(found.weights) / found.total
        likelier[-1] = 0.0  # nothing is above the last, whatever the rounding says
        kept = np.unique(np.linspace(0, len(likelier) - 1, KNOTS).round().astype(np.int64))
        return cls(gaussians, found.values[kept], likelier[kept])

    def unlikeness(self, values: np.ndarray) -> Unlikeness:
        """Return how unlike the training rows these are; each row's answer depends on that row alone.

        Parameters
        ----------
        values : float64 array (rows, numbers)
        """
        density = in_blocks(self.gaussians.log_density, values)
        below = np.searchsorted(self.densities, density, side="right")
        return Unlikeness(np.concatenate([[1.0], self.likelier])[below], density)

    def __eq__(self, other: object) -> bool:
        """Tell whether two are the same mixture, to the last digit."""
        if not isinstance(other, Mixture):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """Return the mixture as JSON data; floats keep their last digit."""
        knots = {"densities": self.densities.tolist(), "likelier": self.likelier.tolist()}
        return {"gaussians": self.gaussians.to_json(), **knots}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Mixture:
        """Return the mixture that `to_json` wrote."""
        knots = (np.array(data[name], np.float64) for name in ("densities", "likelier"))
        return cls(Gaussians.from_json(data["gaussians"]), *knots)
