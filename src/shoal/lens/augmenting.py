"""Augmentation looked at before training, for estimators."""

from __future__ import annotations

from typing import Any

from shoal.estimators.base import NetEstimator
from shoal.fitting.samples import AugmentedSamples, samples_of
from shoal.lens.asked import asked
from shoal.rules import Number, check


def augmented_samples(
    net: NetEstimator, X: Any, y: Any, sample_weight: Any = None, *, rows: int = 8, samples: int = 4
) -> AugmentedSamples:
    """Vary some rows as the first steps of ``net.fit(X, y)`` would, and train nothing.

    Parameters
    ----------
    net : NetClassifier or NetRegressor
        Its ``augment`` says how rows are varied; it stays as it is.
    X, y, sample_weight
        As for ``net.fit``.
    rows : int
        Rows shown, spread evenly over the training rows.
    samples : int
        Times that each is varied.

    Returns
    -------
    AugmentedSamples
        ``original`` of shape (rows, ...) and ``varied`` of shape (rows, samples, ...): images in the units of
        their pixels; the numbers of a table scaled, as the network sees them, named by ``names``.

    Raises
    ------
    SettingError
        If the network's ``augment`` names nothing.
    ValueError
        As ``net.fit`` does.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, augmented_samples
    >>> X, y = load_iris(return_X_y=True)
    >>> seen = augmented_samples(NetClassifier(augment={"noise": 0.1}), X, y, rows=3, samples=5)
    >>> seen.original.shape, seen.varied.shape
    ((3, 4), (3, 5, 4))
    """
    for name, value in (("rows", rows), ("samples", samples)):
        check("augmented_samples", name, value, Number(1, integer=True))
    found = asked(net, X, y, sample_weight, owner="augmented_samples")
    return samples_of(found.problem, found.settings, rows=rows, samples=samples)
