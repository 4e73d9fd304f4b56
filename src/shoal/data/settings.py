"""The settings of the encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from shoal.data.components import check_pca
from shoal.data.expectation import mixture_setting
from shoal.data.rules import MANY_LEVELS
from shoal.data.scaling import SCALINGS
from shoal.errors import SettingError, did_you_mean


@dataclass(frozen=True)
class Encoding:
    """How a table becomes numbers.

    Attributes
    ----------
    scaling : str
        Of numbers: ``standard``, ``minmax``, ``symmetric``, ``robust``, ``quantile`` or ``none``;
        see `shoal.data.scaling.Scaling`.
    smooth_clip : bool
        Whether scaled numbers are drawn into (-3, 3) by ``x / sqrt(1 + (x / 3)^2)``.
    one_hot_levels : int
        Categories with at most this many levels become one number per level; larger are embedded.
    max_levels : int
        Levels kept of one category; the rarer share one place.
    missing_indicators : bool
        Whether a number column with gaps in the training rows gets a second number that marks them.
    bins : int
        Bins of the piecewise-linear encoding added to every number column; 0 for none.
    pca : None, "all", int or float
        Principal components that take the place of all encoded numbers: all, so many, or as many as hold
        that share of the variance. Bins are then those of the components.
    whiten : bool
        Whether the components are scaled to variance 1; alone it means ``pca="all"``.
    mixture : None, int or dict
        Gaussians fitted to the encoded training rows, such as ``{"components": 4, "covariance": "full"}``,
        which say how unlike them a row is.

    Examples
    --------
    >>> Encoding(scaling="robust", smooth_clip=True).max_levels
    256
    """

    scaling: str = "standard"
    smooth_clip: bool = False
    one_hot_levels: int = 8
    max_levels: int = MANY_LEVELS
    missing_indicators: bool = True
    bins: int = 0
    pca: Any = None
    whiten: bool = False
    mixture: Any = None

    def __post_init__(self) -> None:
        if self.scaling not in SCALINGS:
            raise SettingError(
                f"The 'scaling' setting must be one of {', '.join(SCALINGS)}. "
                f"Got '{self.scaling}' instead.{did_you_mean(str(self.scaling), SCALINGS)}"
            )
        for name, least in (("one_hot_levels", 0), ("max_levels", 1), ("bins", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise SettingError(
                    f"The '{name}' setting must be an int in the range [{least}, inf). Got {value!r} instead."
                )
        check_pca(self.pca)
        mixture_setting(self.mixture)

    @property
    def rotates(self) -> bool:
        """Whether numbers become principal components."""
        return self.pca is not None or self.whiten

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Encoding:
        """Return the settings that `to_json` wrote; a name that is not known is refused."""
        known = [field.name for field in fields(cls)]
        for name in data:
            if name not in known:
                raise SettingError(f"There is no encoding setting '{name}'.{did_you_mean(name, known)}")
        return cls(**data)
