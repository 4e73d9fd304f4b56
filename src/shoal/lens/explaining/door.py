"""One row through a network, and what moved the answer."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import polars as pl

from shoal import backend
from shoal.data.encode import TableEncoder
from shoal.data.rotated import RotatedNumbers
from shoal.errors import SettingError, did_you_mean
from shoal.lens.explaining.attribution import Attribution, attribute
from shoal.lens.explaining.baseline import TYPICAL, Placed, placed, rows_of, typical, usual_values
from shoal.lens.explaining.row import Contribution, Explanation, LayerValues
from shoal.lens.graph.passes import forward, head_way
from shoal.lens.kept import model_of, one_row
from shoal.model.model import Model


def explain(net: Any, X: Any, *, row: int = 0, of: Any = None, background: Any = None) -> Explanation:
    """Explain what a network says of one row: its values layer by layer, and what moved the answer.

    The answer is shared out among the columns by integrated gradients (Sundararajan, Taly and Yan 2017):
    ``(x_i - b_i)`` times the mean gradient by ``x_i`` on the straight way from a baseline ``b`` to the row.
    The parts add up to the answer less that of the baseline. Columns that always go together share what is
    theirs by the shape of the network, not by what causes what.

    Parameters
    ----------
    net : fitted estimator, Model, or path of a model
        Of a table. Of an ensemble the average is explained.
    X : table of shape (rows, features)
    row : int
        Which row, counted from 0.
    of : class or name of a target, optional
        Which probability or quantity is explained; the predicted class, or the first one, unless said.
    background : table, optional
        Rows to compare with, the parts averaged over at most 32 of them (expected gradients). Without them
        the row is compared with the medians of the training rows and categories unknown.

    Returns
    -------
    Explanation

    Raises
    ------
    SettingError
        If the network reads images, or has no such answer.
    InputError
        If there is no such row.

    References
    ----------
    Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks" (2017), arXiv 1703.01365.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetClassifier(hidden=(3,), epochs=2, random_state=0).fit(X, y)
    >>> told = explain(net, X, row=60)
    >>> amounts = sum(one.amount for one in told.contributions)
    >>> abs(amounts - (told.answer - told.baseline)) < 1e-3
    True
    """
    model = model_of(net)
    encoder = model.encoder
    if not isinstance(encoder, TableEncoder):
        raise SettingError(
            "Expected a network of a table. This one reads images, which have no columns to explain; "
            "'shoal explain --errors' tells what it takes for what."
        )
    frame = one_row(model, X, row)
    encoded = placed(encoder, frame)
    said = model._answers(model.raw(frame))[0]
    names = answer_names(model)
    place = _place(model, names, of, said)
    bases = typical(encoder) if background is None else rows_of(model, background)
    found = attribute(model, (encoded.numbers, encoded.codes), (bases.numbers, bases.codes), place)
    told = TYPICAL if background is None else f"{len(bases.numbers)} rows of the background"
    parts = _parts(encoder, found, encoded, bases)
    return Explanation(
        row=row,
        prediction=prediction_in_words(model, said),
        answers={name: float(value) for name, value in zip(names, said, strict=True)},
        of=_titled(model, names[place]),
        answer=found.answer,
        baseline=found.baseline,
        compared_with=told,
        contributions=_contributions(frame, parts, usual_values(encoder) if background is None else {}),
        gap=found.gap,
        points=found.points,
        encoded=_encoded(encoder, encoded.numbers[0], encoded.codes[0]),
        layers=layer_values(model, encoded.numbers, encoded.codes),
        unlikeness=float(model.unlikeness(frame).share[0]) if encoder.mixture is not None else None,
    )


def answer_names(model: Model) -> tuple[str, ...]:
    """Return a name for each answer: classes, labels or quantities."""
    target = model.target
    return tuple(map(str, target.classes if target.task in ("binary", "multiclass") else target.names))


def prediction_in_words(model: Model, said: np.ndarray) -> str:
    """Return what the answers say."""
    names, task = answer_names(model), model.target.task
    if task == "regression":
        return ", ".join(f"{name} {value:.4g}" for name, value in zip(names, said, strict=True))
    if task == "multilabel":
        return ", ".join(f"{name} {100 * p:.1f} %" for name, p in zip(names, said, strict=True))
    best = int(said.argmax())
    return f"{names[best]} ({100 * said[best]:.1f} %)"


def _titled(model: Model, name: str) -> str:
    return name if model.target.task == "regression" else f"probability of {name}"


def _place(model: Model, names: tuple[str, ...], of: Any, said: np.ndarray) -> int:
    if of is None:
        return int(said.argmax()) if model.target.task in ("binary", "multiclass") else 0
    if str(of) not in names:
        what = "target" if model.target.task in ("regression", "multilabel") else "class"
        raise SettingError(
            f"Unknown {what} {of!r}.{did_you_mean(str(of), names)} Choose one of: {', '.join(names)}."
        )
    return names.index(str(of))


def _contributions(
    frame: pl.DataFrame, parts: list[tuple[str, float, float]], usual: dict[str, str]
) -> tuple[Contribution, ...]:
    """Return the parts by column of the table, the largest first."""
    amounts: dict[str, float] = {}
    slopes: dict[str, float] = {}
    for name, amount, slope in parts:
        amounts[name] = amounts.get(name, 0.0) + float(amount)
        slopes[name] = slopes.get(name, 0.0) + float(slope)
    said = [
        Contribution(name, _value(frame, name), usual.get(name, ""), amount, slopes[name])
        for name, amount in amounts.items()
    ]
    return tuple(sorted(said, key=lambda one: -abs(one.amount)))


def _parts(
    encoder: TableEncoder, found: Attribution, row: Placed, bases: Placed
) -> list[tuple[str, float, float]]:
    """Return column, part and slope of every number and category."""
    codes = list(zip(encoder.code_names, found.codes, found.slopes_of_codes, strict=True))
    if encoder.rotated is None:
        return [*zip(encoder.number_sources, found.numbers, found.slopes_of_numbers, strict=True), *codes]
    sources = [part.column.name for part in encoder.parts for _ in part.names]
    last = np.broadcast_to(found.last, found.gradients.shape)
    amounts, slopes = (_turned_back(encoder.rotated, one, row, bases) for one in (found.gradients, last))
    return [*zip(sources, amounts, slopes, strict=True), *codes]


def _turned_back(rotated: RotatedNumbers, gradients: np.ndarray, row: Placed, bases: Placed) -> np.ndarray:
    """Return the parts of the numbers from the gradients by their components and the components' bins.

    A component is a straight line through the numbers, so its part is theirs as far as each of them moves
    it; the bins of a component move with it.
    """
    pieces = gradients * (row.numbers - bases.numbers)  # (bases, components and bins)
    names = list(rotated.components.names)
    owner = np.array([names.index(source) for source in rotated.sources])
    parts = np.stack([pieces[:, owner == k].sum(axis=1) for k in range(len(names))], axis=1)
    moved = (row.numbers - bases.numbers)[:, : len(names)]
    rates = np.divide(parts, moved, out=np.zeros_like(parts), where=np.abs(moved) > 1e-12)
    width = row.plain.shape[1]
    turn = rotated.components(np.eye(width)) - rotated.components(np.zeros((1, width)))
    return ((row.plain - bases.plain) * (rates @ turn.T)).mean(axis=0)


def _value(frame: Any, name: str) -> str:
    if name not in frame.columns:
        return ""
    value = frame[name][0]
    if value is None:
        return "(missing)"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _encoded(encoder: TableEncoder, numbers: np.ndarray, codes: np.ndarray) -> dict[str, float]:
    found = {name: float(value) for name, value in zip(encoder.number_names, numbers, strict=True)}
    return found | {
        f"{name} (code)": float(code) for name, code in zip(encoder.code_names, codes, strict=True)
    }


def layer_values(model: Model, numbers: np.ndarray, codes: np.ndarray) -> tuple[LayerValues, ...]:
    """Return what each layer of a network holds for one encoded row; nothing where members share kernels."""
    if model.spec.members:
        return ()
    with backend.precision("float64"):
        params, running = (
            {name: jnp.asarray(np.asarray(value, np.float64)) for name, value in part.items()}
            for part in (model.params, model.state)
        )
        own = {name[7:]: value for name, value in params.items() if name.startswith("inputs.")}
        x = model.spec.inputs.apply(own, {"numbers": jnp.asarray(numbers), "codes": jnp.asarray(codes)})
        ways, source, last = forward(model.spec.layers, "layers", "inputs", x, params, running)
        ways.append(head_way(model.spec.head, source, last, params))
        return tuple(LayerValues(w.path, w.words, tuple(np.asarray(w.values)[0].tolist())) for w in ways)
