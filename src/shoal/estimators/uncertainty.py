"""What a fitted estimator says of its own answers: how sure it is, and of rows: how unlike those it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from shoal.estimators import intake

if TYPE_CHECKING:
    import polars as pl

    from shoal.data.mixture import Unlikeness
    from shoal.model.model import Model


class UncertaintyMixin:
    """Monte-Carlo dropout and unlikeness for every network."""

    model_: Model

    if TYPE_CHECKING:

        def _frame(self, X: Any) -> pl.DataFrame: ...

    def predict_samples(self, X: Any, samples: int = 50, seed: int = 0) -> np.ndarray:
        """Return predictions with dropout active: Monte-Carlo dropout (Gal and Ghahramani 2016).

        The mean over the first axis is a prediction, the standard deviation its spread.

        Parameters
        ----------
        X : table of shape (rows, features)
        samples : int
            Thinned networks, each with the same units left out for all rows.
        seed : int
            The same seed gives the same samples.

        Returns
        -------
        float64 array (samples, rows, outputs)
            Probabilities of the classes or labels, or quantities in their own units.

        Raises
        ------
        SettingError
            If the network has no dropout.

        References
        ----------
        "Dropout as a Bayesian approximation", arXiv 1506.02142.

        Examples
        --------
        >>> from shoal import NetRegressor
        >>> X = np.linspace(0, 1, 60)[:, None]
        >>> net = NetRegressor(hidden=(16,), dropout=0.2, epochs=20, random_state=0).fit(X, X[:, 0])
        >>> drawn = net.predict_samples(X, samples=30)
        >>> drawn.shape, bool(drawn.std(axis=0).min() > 0)
        ((30, 60, 1), True)
        """
        frame = self._frame(X)
        return self.model_.predict_samples(frame, samples, seed)

    def unlikeness(self, X: Any) -> Unlikeness:
        """Return how unlike the training rows each row is, by the mixture of the ``mixture`` setting.

        Parameters
        ----------
        X : table of shape (rows, features)

        Returns
        -------
        Unlikeness
            ``share`` (rows,): share of the training rows that are likelier than this one, 1 where all are;
            and ``log_density`` (rows,).

        Raises
        ------
        SettingError
            If it was fitted without a mixture.

        Examples
        --------
        >>> from shoal import NetRegressor
        >>> X = np.random.default_rng(0).normal(size=(80, 2))
        >>> net = NetRegressor(mixture=2, hidden=(4,), epochs=5, random_state=0).fit(X, X[:, 0])
        >>> net.unlikeness([[0.0, 0.0], [50.0, 50.0]]).share.round(1).tolist()
        [0.1, 1.0]
        """
        frame = self._frame(X)
        return self.model_.unlikeness(frame)


class CalibrationMixin:
    """Temperature scaling for classifiers."""

    model_: Model

    if TYPE_CHECKING:

        def _frame(self, X: Any) -> pl.DataFrame: ...
        def _values_of(self, y: Any) -> np.ndarray: ...

    def recalibrate(self, X: Any, y: Any, sample_weight: Any = None):
        """Make the probabilities as sure as these rows say that they should be.

        Logits are divided by a temperature that makes these rows likeliest; no predicted class changes.
        What that does to the calibration error stands in ``model_.scores["calibration"]``. The ``calibrate``
        parameter does the same in ``fit``, with the validation rows.

        Parameters
        ----------
        X : table of shape (rows, features)
            Rows that the network was *not* fitted to: of its training rows it is too sure.
        y : sequence (rows,), or table (rows, labels)
        sample_weight : sequence (rows,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a class was not there in training, or there are fewer than ten rows.

        References
        ----------
        Guo et al., "On calibration of modern neural networks" (2017), arXiv 1706.04599.

        Examples
        --------
        >>> from shoal import NetClassifier
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(200, 5)), rng.integers(0, 2, 200)
        >>> net = NetClassifier(hidden=(32,), epochs=40, random_state=0).fit(X[:100], y[:100])
        >>> bool(net.recalibrate(X[100:], y[100:]).model_.temperature > 1)  # there was nothing to be learnt
        True
        """
        frame = self._frame(X)
        values = self._values_of(y)
        check_consistent_length(frame, values)
        self.model_ = self.model_.calibrate(frame, values, intake.weights(sample_weight, frame))
        return self
