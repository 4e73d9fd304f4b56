"""Losses, one value per row, computed from raw outputs (logits) for numerical stability.

The weighted mean over rows is taken in one place (`weighted_mean`), normalised by the sum of weights, so that
weight 2 equals the row twice and weight 0 the row absent.
"""

from __future__ import annotations

from shoal.nets.losses import classes, quantities
from shoal.nets.losses.kind import LossFunction, LossKind, LossNumber, weighted_mean
from shoal.rules import Number

__all__ = ["LOSSES", "LossFunction", "LossKind", "LossNumber", "weighted_mean"]

_ABOVE_ZERO = Number(0, low_open=True)
_SHARE = Number(0, 1, low_open=True, high_open=True)
_SHARES = Number(0, 1, low_open=True, high_open=True, many=True)
_LINEAR = ("linear",)
_DELTA = LossNumber(1.0, _ABOVE_ZERO)

LOSSES: dict[str, LossKind] = {
    "squared_error": LossKind(quantities.squared_error, _LINEAR),
    "half_squared_error": LossKind(quantities.half_squared_error, _LINEAR),
    "absolute_error": LossKind(quantities.absolute_error, _LINEAR),
    "smooth_l1": LossKind(quantities.smooth_l1, _LINEAR, {"beta": LossNumber(1.0, _ABOVE_ZERO)}),
    "huber": LossKind(quantities.huber, _LINEAR, {"delta": _DELTA}),
    "asymmetric_huber": LossKind(
        quantities.asymmetric_huber, _LINEAR, {"delta": _DELTA, "omega": LossNumber(0.5, _SHARE)}
    ),
    "quantile": LossKind(
        quantities.quantile, ("linear", "quantiles"), {"levels": LossNumber((0.5,), _SHARES)}
    ),
    "wing": LossKind(
        quantities.wing,
        _LINEAR,
        {"width": LossNumber(1.0, _ABOVE_ZERO), "curvature": LossNumber(0.2, _ABOVE_ZERO)},
    ),
    "poisson": LossKind(quantities.poisson, ("poisson",)),
    "gaussian": LossKind(quantities.gaussian, ("gaussian",)),
    "cross_entropy": LossKind(classes.cross_entropy, ("softmax",), smooths=True),
    "binary_cross_entropy": LossKind(classes.binary_cross_entropy, ("sigmoid", "multilabel"), smooths=True),
    "focal": LossKind(
        classes.focal, ("softmax", "sigmoid", "multilabel"), {"gamma": LossNumber(2.0, Number(0))}
    ),
    "squared_emd": LossKind(classes.squared_emd, ("softmax",)),
    "ordinal": LossKind(classes.ordinal, ("ordinal",)),
}
"""Name -> loss."""
