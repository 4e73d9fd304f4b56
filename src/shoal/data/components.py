"""Principal components: a rotation of the encoded numbers, and whitening, which scales them as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.data.blocks import in_blocks
from shoal.errors import InputError, SettingError, did_you_mean

NOISE = 1e-10
"""Share of the largest variance below which a component is rounding noise: that of a column that is a sum
of others, say. It is left out, because whitening would blow it up to the size of the rest."""


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The map ``y = (x - mean) E``, divided by the standard deviations where it whitens.

    The weighted covariance of the training rows is ``Sigma = E D E'``, with variances ``D`` that fall.
    The rotation ``y = E' (x - mean)`` makes the components uncorrelated; whitening,
    ``y = D^(-1/2) E' (x - mean)``, gives each variance 1 as well. The sign of a component is such that
    its largest coefficient is positive.

    Attributes
    ----------
    mean : float64 array (numbers,)
    axes : float64 array (numbers, components)
        The columns of ``E`` that were kept.
    variance : float64 array (components,)
        Variance of each component in the training rows (divisor: the sum of the weights).
    share : float
        Share of the whole variance that the components hold.
    whiten : bool

    References
    ----------
    Pearson, "On lines and planes of closest fit to systems of points in space" (1901).
    """

    mean: np.ndarray
    axes: np.ndarray
    variance: np.ndarray
    share: float = 1.0
    whiten: bool = False

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        keep: Any = "all",
        *,
        whiten: bool = False,
        weight: np.ndarray | None = None,
    ) -> PrincipalComponents:
        """Learn the components of training rows.

        Parameters
        ----------
        values : float64 array (rows, numbers)
        keep : "all", int or float
            All components, so many, or as many as hold more than this share of the variance. Components
            whose variance is below `NOISE` of the largest are never kept.
        whiten : bool
        weight : array (rows,), optional
            A row of weight 2 is learnt from as if it were there twice.

        Raises
        ------
        SettingError
            If more components are asked for than there are.
        InputError
            If there is nothing to rotate: no numbers, or no two rows that differ.

        Examples
        --------
        >>> rows = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
        >>> found = PrincipalComponents.fit(rows)
        >>> found.variance.round(6).tolist()
        [5.333333]
        >>> found(rows).round(6).tolist()
        [[-2.828427], [0.0], [2.828427]]
        """
        heavy = np.ones(len(values)) if weight is None else np.asarray(weight, np.float64)
        mean, covariance = _moments(values, heavy)
        variance, axes = np.linalg.eigh(covariance)
        variance, axes = variance[::-1].clip(min=0.0), axes[:, ::-1]
        real = int((variance > NOISE * variance[:1].sum()).sum())
        kept = _count(keep, variance, real)
        axes = axes[:, :kept] * _signs(axes[:, :kept])[None, :]
        share = float(variance[:kept].sum() / variance.sum())
        return cls(mean, np.ascontiguousarray(axes), variance[:kept], share, whiten)

    @property
    def size(self) -> int:
        """Components kept."""
        return len(self.variance)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each component."""
        return tuple(f"pc{i + 1}" for i in range(self.size))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return the components (rows, components) of rows; each row's depend on that row alone."""
        axes = self.axes / np.sqrt(self.variance)[None, :] if self.whiten else self.axes
        return in_blocks(lambda block: (block - self.mean[None, :]) @ axes, values)

    def __eq__(self, other: object) -> bool:
        """Tell whether two are the same map, to the last digit."""
        if not isinstance(other, PrincipalComponents):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def to_json(self) -> dict[str, Any]:
        """Return the map as JSON data; floats keep their last digit."""
        arrays = {"mean": self.mean, "axes": self.axes, "variance": self.variance}
        plain = {name: array.tolist() for name, array in arrays.items()}
        return {**plain, "share": self.share, "whiten": self.whiten}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PrincipalComponents:
        """Return the map that `to_json` wrote."""
        arrays = [np.array(data[name], np.float64) for name in ("mean", "axes", "variance")]
        return cls(*arrays, share=data["share"], whiten=data["whiten"])


def check_pca(value: Any) -> None:
    """Refuse a ``pca`` setting that says no number of components.

    Raises
    ------
    SettingError
    """
    if value is None or value == "all":
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and (value >= 1 if isinstance(value, int) else 0 < value < 1):
        return
    hint = did_you_mean(value, ["all"]) if isinstance(value, str) else ""
    raise SettingError(
        "The 'pca' setting must be None, 'all', a number of components from 1 on, or a share of the variance "
        f"in the range (0, 1). Got {value!r} instead.{hint}"
    )


def _moments(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and covariance (divisor: the sum of the weights)."""
    if not values.shape[1]:
        raise InputError(
            "Expected numbers to take principal components of. Got only columns that are embedded; set pca "
            "and whiten back, or raise one_hot_levels."
        )
    share = weight / weight.sum()
    mean = share @ values
    centered = (values - mean[None, :]) * np.sqrt(share)[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        covariance = centered.T @ centered
    if not np.isfinite(covariance).all():
        raise InputError(
            "Expected numbers whose squares are finite, for principal components. Got larger ones; "
            "set scaling to 'standard'."
        )
    if not covariance.any():
        raise InputError(
            "Expected training rows that differ in their numbers, for principal components. Got none; "
            "set pca and whiten back."
        )
    return mean, covariance


def _count(keep: Any, variance: np.ndarray, real: int) -> int:
    """Return how many components to keep of the `real` ones that are more than rounding noise."""
    check_pca(keep)
    if keep is None or keep == "all":
        return real
    if isinstance(keep, float):
        # As scikit-learn counts: the fewest that hold more than this share.
        reached = np.cumsum(variance) / variance.sum()
        return min(int(np.searchsorted(reached, keep, side="right")) + 1, real)
    if keep > real:
        alike = f", of which {len(variance) - real} follow from the others" if real < len(variance) else ""
        raise SettingError(
            f"The 'pca' setting asks for {keep} components. The columns give {len(variance)} "
            f"number{'s' if len(variance) > 1 else ''}{alike}: take at most {real}, or 'all'."
        )
    return keep


def _signs(axes: np.ndarray) -> np.ndarray:
    """Return the sign that makes the largest coefficient of each column positive, the first of equals."""
    sizes = np.abs(axes)
    largest = (sizes > 0.999999 * sizes.max(axis=0, keepdims=True)).argmax(axis=0)
    return np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
