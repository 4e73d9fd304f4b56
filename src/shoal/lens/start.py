"""The loss at the start: what an untrained network says, beside what theory says that it should."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from shoal import backend
from shoal.lens.subject import Subject, outputs_at_start
from shoal.lens.verdict import Check
from shoal.nets.losses import LOSSES
from shoal.train.population import net_settings
from shoal.train.view import Batchable

NAME = "loss at the start"
SPREAD = 2.0
"""Standard deviation of outputs that a start may have: a wider one is surer than it can know. Half of it
where the loss has no closed form here, which is where outputs are logarithms or cut-offs."""
_DRAWS = 16
_EXACT = 1e-5
_REMEDY = (
    "Look at 'initializer' (outputs that are too wide), at 'scaling', and at 'loss' and 'head' (whether they "
    "suit the target)."
)


def loss_at_start(subject: Subject) -> Check:
    """Check that the loss before training is that of a network that knows nothing, or near it.

    A network that puts out zeros has the loss ``log C`` for C classes, ``log 2`` for yes and no, and the mean
    square of the target, 1 for a standardised one; with a bias of its own, that of what the bias says. With
    a head of zeros the loss must be just that; else outputs scatter, and the loss of outputs that scatter
    by `SPREAD` bounds it on both sides.
    """
    rows = subject.first_rows()
    neutral = [outputs_at_start(m, rows, neutral=True) for m in subject.members]
    outputs = [outputs_at_start(m, rows) for m in subject.members]
    theory = float(np.mean([known_loss(subject, said, rows) for said in neutral]))
    measured = float(np.mean([mean_loss(subject, said, rows) for said in outputs]))
    rng = np.random.default_rng(0)
    spread = SPREAD if subject.members[0].recipe.loss in _CLOSED else SPREAD / 2
    wide = [neutral[0] + spread * rng.standard_normal(neutral[0].shape) for _ in range(_DRAWS)]
    exact = all(np.allclose(a, b, atol=1e-6) for a, b in zip(neutral, outputs, strict=True))
    scattered = float(np.mean([mean_loss(subject, said, rows) for said in wide]))
    room = _EXACT * max(abs(theory), 1.0) if exact else abs(scattered - theory)
    passed = bool(abs(measured - theory) <= room)
    numbers = {"theory": theory, "measured": measured, "room": room}
    expected = _expected(subject, theory, room, exact)
    return Check(NAME, expected, f"{measured:.4g}", passed, "" if passed else _REMEDY, numbers)


def known_loss(subject: Subject, outputs: np.ndarray, rows: Batchable) -> float:
    """Return the loss of outputs by its closed form where there is one, else by the loss itself.

    The closed forms are independent of the losses that training uses, so that a wrong one is noticed.
    """
    kind = subject.members[0].recipe.loss
    form = _CLOSED.get(kind)
    if form is None:
        return mean_loss(subject, outputs, rows)
    return float(np.average(form(outputs, np.asarray(rows.target)), weights=rows.weight))


def _cross_entropy(outputs: np.ndarray, target: np.ndarray) -> np.ndarray:
    highest = outputs.max(axis=1, keepdims=True)
    total = highest[:, 0] + np.log(np.exp(outputs - highest).sum(axis=1))
    return total - outputs[np.arange(len(target)), target.astype(np.int64)]


def _binary_cross_entropy(outputs: np.ndarray, target: np.ndarray) -> np.ndarray:
    return (np.logaddexp(0.0, outputs) - target * outputs).mean(axis=1)


_CLOSED = {
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy": _binary_cross_entropy,
    "squared_error": lambda outputs, target: np.square(outputs - target).mean(axis=1),
    "half_squared_error": lambda outputs, target: 0.5 * np.square(outputs - target).mean(axis=1),
    "absolute_error": lambda outputs, target: np.abs(outputs - target).mean(axis=1),
}


def mean_loss(subject: Subject, outputs: np.ndarray, rows: Batchable) -> float:
    """Return the weighted mean of the loss that training uses, without label smoothing."""
    member = subject.members[0]
    precision = member.recipe.precision
    with backend.precision(precision):
        padded = rows.padded(len(rows), precision)
        settings = net_settings(member)["loss"]
        losses = LOSSES[member.recipe.loss].function(
            jnp.asarray(outputs, precision), jnp.asarray(padded["target"]), settings
        )
    return float(np.average(np.asarray(losses, np.float64), weights=rows.weight))


def _expected(subject: Subject, theory: float, room: float, exact: bool) -> str:
    kind, outputs = subject.members[0].recipe.loss, subject.spec.outputs
    names = {
        "cross_entropy": (f"log {outputs}", math.log(outputs)),
        "binary_cross_entropy": ("log 2", math.log(2.0)),
    }
    name, value = names.get(kind, ("", theory))
    said = f"{theory:.4g}" + (f" ({name})" if name and math.isclose(theory, value, rel_tol=1e-6) else "")
    if exact:
        return f"{said}, because the head starts at zero"
    return f"{said}, at most {room:.2g} away"
