"""What a model says of its answers: spread, calibration, and how unlike its training rows a row is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
import polars as pl

from shoal.axes import Precision
from shoal.data.encode import TableEncoder
from shoal.data.encoders import Encoder
from shoal.data.intake import as_answers
from shoal.data.mixture import Unlikeness
from shoal.data.task import Target
from shoal.errors import InputError, SettingError
from shoal.model.calibration import calibration_of
from shoal.model.ensemble import combined
from shoal.model.predict import forward_thinned
from shoal.nets.heads import by_class
from shoal.nets.spec import NetSpec
from shoal.rules import Number, check

Kept = TypeVar("Kept", bound="UncertaintyMixin")


class UncertaintyMixin:
    """The part of `shoal.model.Model` that speaks of its own answers."""

    spec: NetSpec
    encoder: Encoder
    target: Target
    precision: Precision
    scores: dict[str, Any]

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Any]]

        def raw(self, X: Any) -> np.ndarray:
            """Return the network's own outputs."""
            ...

        def _frame(self, X: Any) -> pl.DataFrame: ...
        def _weights(self) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]: ...
        def _answers(self, raw: np.ndarray) -> np.ndarray: ...
        def _refuse_regression(self, what: str) -> None: ...

    def predict_samples(self, X: Any, samples: int = 50, seed: int = 0) -> np.ndarray:
        """Return the predictions of thinned networks: Monte-Carlo dropout (arXiv 1506.02142).

        Each sample is the network with some of its units left out, as dropout leaves them out in
        training; batch statistics are those of prediction. The mean over the samples is a prediction, their
        spread says how much it hangs on single units. A sample leaves out the same units for all rows, so
        those of a row depend on the seed alone, not on the rows beside it or on their number.

        Parameters
        ----------
        X : table of shape (rows, features)
        samples : int
        seed : int

        Returns
        -------
        float64 array (samples, rows, outputs)
            Probabilities of the classes or labels, or quantities in the units of the target.

        Raises
        ------
        SettingError
            If the network has no dropout, or `samples` is below 1.
        """
        check("predict_samples", "samples", samples, Number(1, integer=True))
        check("predict_samples", "seed", seed, Number(0, 2**32 - 1, integer=True))
        if not any(rate > 0 for rate in self.spec.rates().values()):
            raise SettingError(
                "Expected a network with dropout, for Monte-Carlo samples. This one has none; train it with "
                "the setting dropout, such as dropout=0.2."
            )
        rows = self.encoder.transform(self._frame(X))
        told = {"samples": samples, "seed": seed, "precision": self.precision}
        nets = [forward_thinned(self.spec, *net, rows.numbers, rows.codes, **told) for net in self._weights()]
        return np.stack([self._answers(combined(self.spec.head, one)) for one in zip(*nets, strict=True)])

    def unlikeness(self, X: Any) -> Unlikeness:
        """Return how unlike the training rows each row is.

        Parameters
        ----------
        X : table of shape (rows, features)

        Returns
        -------
        Unlikeness
            ``share`` (rows,), the share of the training rows that are likelier than the row under the
            Gaussian mixture that the ``mixture`` setting fitted to them, 1 where all are; and
            ``log_density`` (rows,).

        Raises
        ------
        SettingError
            If the model was trained without a mixture.
        """
        if not isinstance(self.encoder, TableEncoder):
            raise SettingError(
                "Expected a network of a table with a mixture of its numbers. Got a network of images, which "
                "has none."
            )
        return self.encoder.unlikeness(self.encoder.transform(self._frame(X)))

    def calibrate(self: Kept, X: Any, y: Any, weight: Any = None) -> Kept:
        """Return the model with probabilities as sure as these rows say that they should be.

        One number, the temperature, is fitted to the rows; see `shoal.model.calibration`. The predicted
        classes stay as they are.

        Parameters
        ----------
        X : table of shape (rows, features)
            Rows that the network was *not* trained on: of its training rows it is too sure.
        y : sequence (rows,) or table (rows, labels)
            Their true classes.
        weight : array (rows,), optional

        Returns
        -------
        Model
            Its ``scores["calibration"]`` say what that does to the calibration error, judged by five folds
            of these rows.

        Raises
        ------
        TargetError
            For a regression, or a class that the model does not know.
        InputError
            If there are fewer than `shoal.model.calibration.FEWEST` rows.
        """
        self._refuse_regression("probabilities to calibrate")
        truth = self.target.encode(_one_each(as_answers(y), frame := self._frame(X)))
        heavy = None if weight is None else np.asarray(weight, np.float64)
        found = calibration_of(*by_class(self.spec.head, self.raw(frame)), truth, heavy)
        return replace(self, temperature=found["temperature"], scores={**self.scores, "calibration": found})


def _one_each(answers: pl.Series | pl.DataFrame, frame: pl.DataFrame) -> pl.Series | pl.DataFrame:
    if len(answers) != frame.height:
        raise InputError(f"Expected one answer for each of the {frame.height} rows. Got {len(answers)}.")
    return answers
