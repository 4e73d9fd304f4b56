"""Gaussian mixtures by expectation and maximisation, exact under row weights.

scikit-learn's `GaussianMixture` knows no weights of rows, and the command line does without
scikit-learn; so the few formulas stand here, and the tests hold them against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import SettingError, did_you_mean

COVARIANCES = ("full", "diagonal", "spherical")
MOST_ROWS = 20_000
"""Different rows that a mixture is fitted to; of more, so many are taken at even distances of weight."""

FLOOR = 1e-6  # added to every variance, in units of the mean variance, as scikit-learn does for unit variance
TOLERANCE = 1e-3  # gain of the mean log density below which the search ends, and
ROUNDS = 100  # rounds at most: both are those of scikit-learn


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Weighted Gaussians.

    Attributes
    ----------
    weights : float64 array (components,)
    means : float64 array (components, numbers)
    covariances : float64 array
        (components, numbers, numbers) for full, (components, numbers) for diagonal, (components,) for
        spherical.
    covariance : {"full", "diagonal", "spherical"}
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    covariance: str

    def log_densities(self, values: np.ndarray) -> np.ndarray:
        """Return ``log(w_k N(x; mu_k, Sigma_k))`` of shape (rows, components)."""
        parts = zip(self.weights, self.means, self.covariances, strict=True)
        each = [np.log(w) + _log_normal(values - mean[None, :], np.asarray(cov)) for w, mean, cov in parts]
        return np.column_stack(each)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Return the log density of the mixture, of shape (rows,)."""
        return _log_sum(self.log_densities(values))

    def to_json(self) -> dict[str, Any]:
        """Return the Gaussians as JSON data; floats keep their last digit."""
        arrays = {name: getattr(self, name).tolist() for name in ("weights", "means", "covariances")}
        return {**arrays, "covariance": self.covariance}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Gaussians:
        """Return the Gaussians that `to_json` wrote."""
        arrays = {name: np.array(data[name], np.float64) for name in ("weights", "means", "covariances")}
        return cls(**arrays, covariance=data["covariance"])


def mixture_setting(value: Any) -> tuple[int, str]:
    """Return components and covariance that a ``mixture`` setting asks for; 0 components for none.

    Raises
    ------
    SettingError

    Examples
    --------
    >>> mixture_setting(4), mixture_setting({"components": 2, "covariance": "diagonal"})
    ((4, 'full'), (2, 'diagonal'))
    """
    if value is None:
        return 0, "full"
    given = {"components": value} if not isinstance(value, Mapping) else dict(value)
    components, covariance = given.pop("components", None), given.pop("covariance", "full")
    whole = isinstance(components, int) and not isinstance(components, bool)
    if given or not whole or components < 1:
        raise SettingError(
            "The 'mixture' setting must be None, a number of Gaussians from 1 on, or a mapping such as "
            f"{{'components': 4, 'covariance': 'full'}}. Got {value!r} instead."
        )
    if covariance not in COVARIANCES:
        raise SettingError(
            f"The covariance of the 'mixture' setting must be one of {', '.join(COVARIANCES)}. "
            f"Got {covariance!r} instead.{did_you_mean(str(covariance), COVARIANCES)}"
        )
    return components, covariance


def fit_gaussians(
    values: np.ndarray,
    components: int,
    covariance: str = "full",
    weight: np.ndarray | None = None,
    seed: int = 0,
) -> Gaussians:
    """Fit Gaussians by expectation and maximisation (Dempster, Laird and Rubin 1977).

    Responsibilities ``r_ik = w_k N(x_i; mu_k, Sigma_k) / p(x_i)``, multiplied by the row weights, give new
    weights, means and covariances until the mean log density gains less than 0.001. It starts from
    k-means. The rows are put in order and equal ones merged first, so that a row of weight 2 gives the
    same bits as the row twice, in any order.

    Parameters
    ----------
    values : float64 array (rows, numbers)
    components : int
    covariance : {"full", "diagonal", "spherical"}
    weight : array (rows,), optional
    seed : int

    Raises
    ------
    SettingError
        If there are fewer different rows than components, or no numbers.
    """
    rows, weight = _different(values, weight)
    if not rows.shape[1]:
        raise SettingError(
            "The 'mixture' setting needs numbers. All columns are embedded; raise one_hot_levels."
        )
    if len(rows) < components:
        raise SettingError(
            f"The 'mixture' setting asks for {components} Gaussians. The training rows have {len(rows)} "
            "different values: take fewer."
        )
    rows, weight = _thinned(rows, weight)
    return _climb(rows, weight, _k_means(rows, weight, components, np.random.default_rng(seed)), covariance)


def _climb(rows: np.ndarray, weight: np.ndarray, nearest: np.ndarray, covariance: str) -> Gaussians:
    """Run the rounds, from rows that belong to one component each."""
    share = weight / weight.sum()
    floor = FLOOR * max(float(share @ np.square(rows - share @ rows).mean(axis=1)), np.finfo(float).tiny)
    found = _maximise(rows, np.eye(nearest.max() + 1)[nearest] * share[:, None], covariance, floor)
    before = -np.inf
    for _ in range(ROUNDS):
        logs = found.log_densities(rows)
        density = _log_sum(logs)
        found = _maximise(rows, np.exp(logs - density[:, None]) * share[:, None], covariance, floor)
        after = float(share @ density)
        if abs(after - before) < TOLERANCE:
            break
        before = after
    return found


def _maximise(rows: np.ndarray, held: np.ndarray, covariance: str, floor: float) -> Gaussians:
    """Return the likeliest Gaussians, given how much of each row each component holds."""
    weights = held.sum(axis=0) + 10 * np.finfo(float).eps / len(rows)
    means = held.T @ rows / weights[:, None]
    spreads = []
    for part, total, mean in zip(held.T, weights, means, strict=True):
        away = rows - mean[None, :]
        if covariance == "full":
            spread = (part[:, None] * away).T @ away / total + floor * np.eye(rows.shape[1])
        else:
            spread = part @ np.square(away) / total + floor
        spreads.append(spread.mean() if covariance == "spherical" else spread)
    return Gaussians(weights / weights.sum(), means, np.array(spreads), covariance)


def _log_normal(away: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the log density of rows that lie `away` from the mean."""
    numbers = away.shape[1]
    if spread.ndim == 2:
        root = np.linalg.cholesky(spread)
        scaled, log_scale = away @ np.linalg.inv(root).T, np.log(np.diag(root)).sum()
    else:
        wide = np.broadcast_to(np.sqrt(spread), (numbers,))
        scaled, log_scale = away / wide[None, :], np.log(wide).sum()
    return -0.5 * (numbers * np.log(2 * np.pi) + np.square(scaled).sum(axis=1)) - log_scale


def _log_sum(logs: np.ndarray) -> np.ndarray:
    top = logs.max(axis=1, keepdims=True)
    return (top + np.log(np.exp(logs - top).sum(axis=1, keepdims=True)))[:, 0]


def _different(values: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return each different row once, in order, with the weight of all its copies."""
    weight = np.ones(len(values)) if weight is None else np.asarray(weight, np.float64)
    rows, weight = values[weight > 0], weight[weight > 0]
    if not rows.size:
        return rows, weight
    order = np.lexsort(rows.T)
    rows, weight = rows[order], weight[order]
    starts = np.flatnonzero(np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)]))
    return rows[starts], np.add.reduceat(weight, starts)


def _thinned(rows: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(rows) <= MOST_ROWS:
        return rows, weight
    reached = np.cumsum(weight)
    marks = (np.arange(MOST_ROWS) + 0.5) / MOST_ROWS * reached[-1]
    return rows[np.searchsorted(reached, marks)], np.ones(MOST_ROWS)


def _k_means(rows: np.ndarray, weight: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the cluster of each row: Lloyd's rounds from starts that lie apart, as k-means++ draws them."""
    centers = rows[_chosen(weight, rng)][None, :]
    away = _distances(rows, centers)[:, 0]
    for _ in range(count - 1):
        centers = np.vstack([centers, rows[_chosen(weight * away, rng)]])
        away = np.minimum(away, _distances(rows, centers[-1:])[:, 0])
    nearest = _distances(rows, centers).argmin(axis=1)
    for _ in range(ROUNDS):
        held = np.eye(count)[nearest] * weight[:, None]
        total = held.sum(axis=0)[:, None]
        centers = np.where(total > 0, held.T @ rows / np.where(total > 0, total, 1.0), centers)
        moved = _distances(rows, centers).argmin(axis=1)
        if (moved == nearest).all():
            break
        nearest = moved
    return nearest


def _chosen(weight: np.ndarray, rng: np.random.Generator) -> int:
    """Draw a row, each with a chance in proportion to its weight."""
    reached = np.cumsum(weight)
    return int(np.searchsorted(reached, rng.random() * reached[-1], side="right").clip(max=len(weight) - 1))


def _distances(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the squared distances (rows, centers)."""
    return np.column_stack([np.square(rows - center[None, :]).sum(axis=1) for center in centers])
