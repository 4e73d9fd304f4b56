"""A trained network with everything that is needed to use it: what you keep."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from shoal.axes import Precision
from shoal.data.columns import Column
from shoal.data.encoders import Encoder, encoder_from_json
from shoal.data.image_encoder import ImageEncoder
from shoal.data.images import has_columns, image_frame
from shoal.data.intake import as_frame
from shoal.data.task import Target
from shoal.errors import ArtefactError, ColumnError, SettingError, TargetError
from shoal.history.findings import Finding
from shoal.history.record import History
from shoal.model.archive import write_archive
from shoal.model.card import CardFacts, write_card
from shoal.model.contents import Contents, brief, to_members
from shoal.model.diagnosis import diagnosis_of
from shoal.model.ensemble import EnsembleMember, combined
from shoal.model.predict import forward
from shoal.model.uncertainty import UncertaintyMixin
from shoal.model.zeros import Zeros, zeros_said
from shoal.nets.heads import by_class, deviations, probabilities, quantiles, values
from shoal.nets.spec import NetSpec

_PRECISIONS = ("float32", "float64")

# What building a model from JSON of another shape may raise.
_MISFITS = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True, eq=False)
class Model(UncertaintyMixin):
    """A trained network, the way from tables to it and back, and the story of its training.

    Attributes
    ----------
    spec : NetSpec
        What the network is.
    params, state : dict of str to array
        Its weights and running statistics, in the type that `precision` names.
    encoder : TableEncoder or ImageEncoder
        From tables or images to the network's numbers.
    columns : tuple of Column
        The feature columns of the training table, those left out included.
    target : Target
        From the network's numbers to classes or quantities.
    history : History
        What happened in each epoch.
    provenance : dict
        Data fingerprint, seed, settings, versions, as JSON data.
    scores : dict
        What `shoal.history.judged` gave for rows kept aside; empty where there were none.
    precision : {"float32", "float64"}
        The type in which the network computes.
    others : tuple of EnsembleMember
        The further networks of an ensemble, whose answers are averaged with those of the first.
    temperature : float
        What the logits are divided by before they become probabilities; 1 where nothing was calibrated.
    """

    spec: NetSpec
    params: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    encoder: Encoder
    columns: tuple[Column, ...]
    target: Target
    history: History = field(default_factory=History)
    provenance: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    precision: Precision = "float32"
    others: tuple[EnsembleMember, ...] = ()
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.precision not in _PRECISIONS:
            raise ValueError(f"Expected precision float32 or float64. Got {self.precision!r}.")
        for params, state in self._weights():
            for name, array in {**params, **state}.items():
                if array.dtype != self.precision:
                    raise ValueError(f"Expected {name} in {self.precision}. Got {array.dtype}.")

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The feature columns of the training table, in its order."""
        return tuple(column.name for column in self.columns)

    @property
    def members(self) -> tuple[Model, ...]:
        """Every network of an ensemble as a model of its own; the model itself where it is one network."""
        return (replace(self, others=()), *(self._alone(one) for one in self.others))

    @property
    def diagnosis(self) -> list[Finding]:
        """What the record of its training says is wrong, the worst first; empty where nothing is."""
        return diagnosis_of(self.history, self.provenance, self.scores)

    def raw(self, X: Any) -> np.ndarray:
        """Return the network's own outputs, or those that stand for the average of an ensemble's answers.

        Parameters
        ----------
        X : table of shape (rows, features)
            Anything that `shoal.data.as_frame` reads. Columns are found by name; an array without
            names must have the columns of the training table in their order.

        Returns
        -------
        float64 array (rows, outputs)
            Logits, or standardised quantities.

        Raises
        ------
        ColumnError
            If a column is gone or holds the wrong things.
        """
        rows = self.encoder.transform(self._frame(X))
        told = (rows.numbers, rows.codes)
        outputs = [forward(self.spec, *net, *told, precision=self.precision) for net in self._weights()]
        return combined(self.spec.head, outputs)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted class or quantity of each row.

        Returns
        -------
        array (rows,)
            Classes with their original values, or quantities in the units of the target; of shape
            (rows, outputs) for several quantities and (rows, labels) for labels.
        """
        if self.target.task != "regression":
            # Without the temperature, which changes no class but could make two of them equal by rounding.
            return self.target.labels(probabilities(self.spec.head, self.raw(X)))
        return self._one_or_all(self._values(self.raw(X)))

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Return the predicted quantiles of each row, which never cross.

        Returns
        -------
        float64 array (rows, levels)
            In the units of the target, columns as ``target.levels``; of shape (rows, outputs, levels) for
            several quantities.

        Raises
        ------
        SettingError
            If the network has another head.
        """
        if self.spec.head != "quantiles":
            raise SettingError(
                f"Expected a network with the head 'quantiles', which predicts quantiles. Got "
                f"'{self.spec.head}'."
            )
        scaled = quantiles(self.raw(X), self.target.levels)
        levels = [self.target.unscale(scaled[:, :, i]) for i in range(len(self.target.levels))]
        return self._one_or_all(np.stack(levels, axis=2))

    def predict_std(self, X: Any) -> np.ndarray:
        """Return the predicted standard deviation of each row.

        Returns
        -------
        float64 array (rows,)
            In the units of the target; of shape (rows, outputs) for several quantities.

        Raises
        ------
        SettingError
            If the network has another head than the gaussian one.
        """
        return self._one_or_all(deviations(self.spec.head, self.raw(X)) * np.array(self.target.scale))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Returns
        -------
        float64 array (rows, classes)
            Columns follow ``target.classes`` and rows sum to 1; for labels, shape (rows, labels), the
            probability that each label is on.

        Raises
        ------
        TargetError
            For a regression, which has no probabilities.
        """
        self._refuse_regression("probabilities")
        return self._tempered(self.raw(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits: (rows,) for two classes, else (rows, classes) or (rows, labels).

        They are the network's own, whatever the temperature.
        """
        self._refuse_regression("a decision function")
        _, logits = by_class(self.spec.head, self.raw(X))
        return logits[:, 0] if self.target.task == "binary" else logits

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a ``.shoal`` file, in one step: a file that is there is replaced or kept whole.

        Raises
        ------
        ArtefactError
            If it cannot be written; a file that was there before is unchanged.
        """
        write_archive(path, to_members(self._contents()))

    def zeros(self) -> Zeros:
        """Return how many weights are exactly zero, by layer, in all networks of an ensemble together."""
        return Zeros.of(params for params, _ in self._weights())

    def card(self) -> str:
        """Return what a person should know of the model, as Markdown."""
        weights = sum(array.size for params, _ in self._weights() for array in params.values())
        told = (self.columns, self.target, self.history, self.provenance, self.scores, self.precision)
        several = {"networks": 1 + len(self.others), "zeros": zeros_said(self.zeros(), self.provenance)}
        return write_card(CardFacts(self.spec, weights, *told, **several))

    def _contents(self) -> Contents:
        document = {
            "precision": self.precision,
            "spec": self.spec.to_json(),
            "encoder": self.encoder.to_json(),
            "columns": [column.to_json() for column in self.columns],
            "target": self.target.to_json(),
            "provenance": self.provenance,
            "scores": self.scores,
            "temperature": self.temperature,
        }
        return Contents(self.card(), document, self.history, self.params, self.state, self.others)

    def _weights(self) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
        """Return weights and running statistics of every network."""
        return [(self.params, self.state), *((one.params, one.state) for one in self.others)]

    def _answers(self, raw: np.ndarray) -> np.ndarray:
        """Return probabilities, or quantities in the units of the target."""
        return self._values(raw) if self.target.task == "regression" else self._tempered(raw)

    def _values(self, raw: np.ndarray) -> np.ndarray:
        """Return the quantities that raw outputs say, in the units of the target."""
        return self.target.unscale(values(self.spec.head, np.asarray(raw, np.float64), self.target.levels))

    def _tempered(self, raw: np.ndarray) -> np.ndarray:
        """Return probabilities; those of ordered classes cool down as those of softmax do."""
        head, logits = by_class(self.spec.head, raw)
        return probabilities(head, logits / self.temperature)

    def _one_or_all(self, found: np.ndarray) -> np.ndarray:
        """Return what was found without its axis of quantities where there is one quantity."""
        return found[:, 0] if len(self.target.names) == 1 else found

    def _alone(self, one: EnsembleMember) -> Model:
        facts = {**self.provenance, "seed": one.seed}
        return replace(
            self,
            params=one.params,
            state=one.state,
            history=one.history,
            provenance=facts,
            scores={},
            others=(),
        )

    def _frame(self, X: Any) -> pl.DataFrame:
        if isinstance(self.encoder, ImageEncoder) and not has_columns(X):
            return image_frame(X, self.encoder.name)
        frame = as_frame(X)
        if frame.columns == [f"x{i}" for i in range(frame.width)]:  # an array: columns go by their place
            frame = self._named(frame)
        # A table to be predicted may still have the answers in it; they are not looked at.
        return frame.drop(self.target.names, strict=False)

    def _named(self, frame: pl.DataFrame) -> pl.DataFrame:
        if frame.width != len(self.columns):
            raise ColumnError(
                f"Expected {len(self.columns)} columns, as in training. Got {frame.width} columns without "
                "names; hand in the same columns in the same order, or a table with names."
            )
        return frame.rename(dict(zip(frame.columns, self.feature_names, strict=True)))

    def _refuse_regression(self, what: str) -> None:
        if self.target.task == "regression":
            raise TargetError(
                f"The target {', '.join(self.target.names)} is a quantity and has no {what}; use predict."
            )


def from_contents(contents: Contents, where: str) -> Model:
    """Return the model that a file holds.

    Raises
    ------
    ArtefactError
        If the parts are not what shoal writes.
    """
    document: Mapping[str, Any] = contents.document
    try:
        return Model(
            spec=NetSpec.from_json(document["spec"]),
            params=contents.params,
            state=contents.state,
            encoder=encoder_from_json(document["encoder"]),
            columns=tuple(Column.from_json(column) for column in document["columns"]),
            target=Target.from_json(document["target"]),
            history=contents.history,
            provenance=document["provenance"],
            scores=document["scores"],
            precision=document["precision"],
            others=contents.others,
            temperature=document.get("temperature", 1.0),  # files from before there was one have none
        )
    except _MISFITS as error:
        raise ArtefactError(
            f"The model '{where}' cannot be understood ({brief(error)}): it was not written by shoal, or "
            "was altered by hand."
        ) from error
