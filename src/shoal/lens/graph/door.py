"""Backpropagation through a network of one's own, for one row of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from shoal.errors import SettingError
from shoal.lens.graph.passes import through_network
from shoal.lens.graph.trace import Trace
from shoal.lens.kept import answers_of, model_of, one_row
from shoal.lens.own_loss import own_loss
from shoal.model.model import Model
from shoal.nets.inputs import TableInput
from shoal.rules import Number, check


def backprop(
    net: Any, X: Any, y: Any = None, *, row: int = 0, learning_rate: float = 0.1, member: int = 0
) -> Trace:
    """Run one row forward and backward through a network of dense layers, and keep every value in between.

    ``dL/da`` of a layer's values is the sum of what comes back from all that read them,
    ``dL/da_i = sum_j W_ij dL/dz_j`` through a kernel and ``dL/dz = dL/da h'(z)`` through an activation; the
    gradient by a weight is ``a_i dL/dz_j``. The loss is that of training for this row alone, without
    penalties and dropout; computed in 64 bits.

    Parameters
    ----------
    net : fitted estimator, Model, or path of a model
    X : table of shape (rows, features)
    y : sequence of shape (rows,) or table (rows, targets), optional
        The true answers; where `X` has the target's columns they are found there.
    row : int
        Which row, counted from 0.
    learning_rate : float
        Of the step after which `Parameter.after` shows the weights.
    member : int
        Which network of an ensemble.

    Returns
    -------
    Trace

    Raises
    ------
    SettingError
        If the network has layers other than dense ones and what stands between them, or there is no such
        member.
    InputError
        If there is no such row, or no answer for it.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors" (1986).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetClassifier(hidden=(3,), epochs=2, random_state=0).fit(X, y)
    >>> [stage.words for stage in backprop(net, X, y, row=5).stages]
    ['inputs', 'dense 3', 'silu', 'softmax head']
    """
    check("backprop", "learning_rate", learning_rate, Number(0, low_open=True))
    model = member_of(model_of(net), member)
    refuse_unreadable(model)
    frame, answers = one_row(model, X, row), answers_of(model, X, y, row)
    rows, truth = model.encoder.transform(frame), model.target.encode(answers)
    loss_kind, of_rows = own_loss(model)
    stages, loss, said = through_network(
        model.spec,
        model.params,
        model.state,
        rows.numbers,
        rows.codes,
        lambda outputs: of_rows(outputs, truth),
    )
    return Trace(
        stages=tuple(stages),
        names=input_names(model),
        outputs=output_names(model),
        target=_in_words(answers),
        said=_said(model, said),
        loss_kind=loss_kind,
        loss=loss,
        learning_rate=float(learning_rate),
    )


def member_of(model: Model, member: int) -> Model:
    """Return one network of an ensemble as a model of its own.

    Raises
    ------
    SettingError
        If there is none of that number.
    """
    networks = model.members
    if not isinstance(member, int) or not 0 <= member < len(networks):
        raise SettingError(
            f"Expected member to be one of the {len(networks)} networks, counted from 0. Got {member!r}."
        )
    return networks[member]


def refuse_unreadable(model: Model) -> None:
    """Refuse a network whose values are no plain rows of units.

    Raises
    ------
    SettingError
    """
    if not isinstance(model.spec.inputs, TableInput) or model.spec.members:
        what = "reads images" if not model.spec.members else "has members that share their kernels"
        raise SettingError(
            f"Expected a network of dense layers that reads a table. This one {what}; what its layers hold "
            "cannot be shown unit by unit. The report of its run tells of its layers."
        )


def input_names(model: Model) -> tuple[str, ...]:
    """Return a name for each value that enters the first layer of a table's network."""
    entrance, encoder = model.spec.inputs, model.encoder
    assert isinstance(entrance, TableInput)
    numbers = list(encoder.number_names)  # type: ignore[union-attr]
    embedded = [
        f"{name} ({i + 1})"
        for name, width in zip(encoder.code_names, entrance.widths, strict=True)  # type: ignore[union-attr]
        for i in range(width)
    ]
    more = entrance.features() - len(numbers) - len(embedded)  # periodic features stand in front
    each = more // max(len(entrance.continuous), 1)
    periodic = [f"{numbers[i]} ~{k + 1}" for i in entrance.continuous for k in range(each)] if more else []
    return (*periodic, *numbers, *embedded)


def output_names(model: Model) -> tuple[str, ...]:
    """Return a name for each raw output."""
    target, outputs = model.target, model.spec.outputs
    if target.task == "binary":
        return (f"{target.classes[1]}",)
    if target.task == "multiclass":
        told = (
            target.classes if len(target.classes) == outputs else [f"up to {c}" for c in target.classes[:-1]]
        )
        return tuple(map(str, told))
    if outputs == len(target.names):
        return target.names
    if model.spec.head == "gaussian":
        return (*target.names, *(f"log variance of {name}" for name in target.names))
    return tuple(f"{name} at {level:g}" for name in target.names for level in target.levels)


def _in_words(answers: Any) -> str:
    values = answers.row(0) if hasattr(answers, "columns") else (answers[0],)
    return ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def _said(model: Model, outputs: np.ndarray) -> str:
    """Return the prediction in words."""
    found = model._answers(outputs)[0]
    target = model.target
    if target.task == "regression":
        return ", ".join(f"{value:.4g}" for value in found)
    if target.task == "multilabel":
        return ", ".join(f"{name} {100 * p:.1f} %" for name, p in zip(target.names, found, strict=True))
    best = int(found.argmax())
    return f"{target.classes[best]} ({100 * found[best]:.1f} %)"
