"""Where the error comes from: bias, variance and noise, in parts that add up exactly.

The same network is trained many times, from other seeds or on other rows, and predicts the same test rows.
What all of them get wrong together is bias; what they disagree about is variance; what nobody could know is
noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import InputError
from shoal.rules import Choice, check

_TINY = float(np.finfo(float).eps)  # as the metric log_loss clips
_LOSSES = Choice(("squared", "log_loss", "zero_one"))


@dataclass(frozen=True)
class Decomposition:
    """An error and its parts, each a mean over the test rows.

    Attributes
    ----------
    loss : str
        "squared", "log_loss" or "zero_one".
    error, bias, variance, noise : float
        ``error = bias + variance + noise``. Of the squared error, `bias` is the squared bias. Of the 0-1
        loss, `variance` is the net variance, which is negative where disagreeing helps.
    variance_helps, variance_hurts : float
        Of the 0-1 loss: how often disagreeing turns a wrong main prediction into a right one and the other
        way round; ``variance = variance_hurts - variance_helps``. Zero and all of the variance with the other
        losses.
    models, rows : int
    """

    loss: str
    error: float
    bias: float
    variance: float
    noise: float
    variance_helps: float
    variance_hurts: float
    models: int
    rows: int


def bias_variance(predictions: ArrayLike, truth: ArrayLike, *, loss: str = "squared") -> Decomposition:
    r"""Split the mean error of several models on the same rows into bias, variance and noise.

    With :math:`f_s` the models, :math:`\langle\cdot\rangle` the mean over them and :math:`y` the truth, of
    each row:

    - *squared* (Geman et al. 1992):
      :math:`\langle (f_s-y)^2\rangle = (\bar f-\bar y)^2 + \langle (f_s-\bar f)^2\rangle + \mathrm{Var}\,y`,
      summed over outputs; the noise needs the truth observed more than once.
    - *log_loss* (Heskes 1998): with :math:`\bar q \propto \exp\langle\log q_s\rangle` and the truth's
    probabilities
      :math:`p`, :math:`\langle -\sum p\log q_s\rangle = KL(p\,\|\,\bar q) + \langle KL(\bar
      q\,\|\,q_s)\rangle + H(p)`.
    - *zero_one* (Domingos 2000): with :math:`m` the class that most models predict, bias is :math:`[m \ne
    y]`; where
      :math:`m` is right, disagreeing costs :math:`P(f_s\ne m)`; where it is wrong, it gains :math:`P(f_s=y)`.

    The parts are those of the models given: of few models the variance is on average too small by the factor
    ``(models - 1) / models``, and the bias too large by the same amount.

    Parameters
    ----------
    predictions : array_like, shape (models, rows, outputs)
        Values, or class probabilities for "log_loss" and "zero_one"; (models, rows) of values means one
        output. All models predict the same rows: of folds, put the held-out rows of each seed together.
    truth : array_like
        For "squared", (rows, outputs), (rows,), or (repeats, rows, outputs) where each row was observed
        several times. For the others, classes as whole numbers, (rows,), or for "log_loss" their
        probabilities, (rows, classes).
    loss : {"squared", "log_loss", "zero_one"}

    Raises
    ------
    InputError
        When shapes do not agree, values are not finite or a class is none of the columns.
    SettingError
        When the loss is not one of the three.

    References
    ----------
    Geman, Bienenstock and Doursat, *Neural networks and the bias/variance dilemma*, Neural Computation 4
    (1992). Heskes, *Bias/variance decompositions for likelihood-based estimators*, Neural Computation 10
    (1998). Domingos, *A unified bias-variance decomposition*, ICML 2000. Yang et al., *Rethinking
    bias-variance trade-off for generalization of neural networks*, ICML 2020.

    Examples
    --------
    >>> found = bias_variance([[1.0, 2.0], [3.0, 2.0]], [0.0, 2.0])
    >>> found.error, found.bias, found.variance, found.noise
    (2.5, 2.0, 0.5, 0.0)
    >>> votes = [[[0.9, 0.1], [0.2, 0.8]], [[0.8, 0.2], [0.6, 0.4]], [[0.7, 0.3], [0.9, 0.1]]]
    >>> found = bias_variance(votes, [0, 1], loss="zero_one")
    >>> round(found.error, 3), found.bias, round(found.variance, 3)
    (0.333, 0.5, -0.167)
    """
    check("bias_variance", "loss", loss, _LOSSES)
    made = np.asarray(predictions, dtype=float)
    made = made[..., None] if made.ndim == 2 else made
    if made.ndim != 3 or 0 in made.shape or not np.isfinite(made).all():
        raise InputError(
            "Predictions must be finite numbers of the shape (models, rows, outputs), one of each at least; "
            f"the shape {made.shape} came{', not all finite' * (not np.isfinite(made).all())}."
        )
    split = {"squared": _squared, "log_loss": _log_loss, "zero_one": _zero_one}[loss]
    error, bias, variance, noise, helps = (float(np.mean(part)) for part in split(made, np.asarray(truth)))
    return Decomposition(loss, error, bias, variance, noise, helps, variance + helps, *made.shape[:2])


_Parts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _squared(made: np.ndarray, truth: np.ndarray) -> _Parts:
    seen = np.asarray(truth, dtype=float)
    if seen.ndim == 1:
        seen = seen[:, None]
    seen = seen[None] if seen.ndim == 2 else seen
    if seen.ndim != 3 or seen.shape[1:] != made.shape[1:] or not np.isfinite(seen).all():
        raise _unlike(made, truth)
    mean, middle = made.mean(0), seen.mean(0)
    variance = ((made - mean) ** 2).mean(0).sum(-1)
    noise = ((seen - middle) ** 2).mean(0).sum(-1)
    # The error is measured by itself, model by model and observation by observation.
    error = np.mean([((made - one) ** 2).mean(0).sum(-1) for one in seen], axis=0)
    return error, ((mean - middle) ** 2).sum(-1), variance, noise, np.zeros(1)


def _log_loss(made: np.ndarray, truth: np.ndarray) -> _Parts:
    q = np.log(np.clip(_probabilities(made), _TINY, 1.0))
    p = _class_shares(made, truth)
    middle = q.mean(0)
    top = middle.max(-1, keepdims=True)
    spread = -(top[..., 0] + np.log(np.exp(middle - top).sum(-1)))  # <KL(q_bar || q_s)>
    main = middle + spread[:, None]
    noise = -np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(-1)
    bias = -(p * main).sum(-1) - noise
    return -(p * q).sum(-1).mean(0), bias, spread, noise, np.zeros(1)


def _zero_one(made: np.ndarray, truth: np.ndarray) -> _Parts:
    if truth.ndim != 1:
        raise _unlike(made, truth)
    classes = _class_shares(made, truth).argmax(-1)
    votes = _probabilities(made).argmax(-1)  # (models, rows)
    counts = (votes[..., None] == np.arange(made.shape[-1])).sum(0)
    main = counts.argmax(-1)  # a tie goes to the first class
    biased = (main != classes).astype(float)
    hurts = (1 - biased) * (votes != main).mean(0)
    helps = biased * (votes == classes).mean(0)
    return (votes != classes).mean(0), biased, hurts - helps, np.zeros(1), helps


def _probabilities(made: np.ndarray) -> np.ndarray:
    if made.shape[-1] < 2 or (made < 0).any() or not np.allclose(made.sum(-1), 1.0, atol=1e-4):
        raise InputError(
            "Predictions must be probabilities of two classes or more that add up to 1 in every row; the "
            f"sums go from {made.sum(-1).min():g} to {made.sum(-1).max():g} over {made.shape[-1]} columns."
        )
    return made / made.sum(-1, keepdims=True)


def _class_shares(made: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The truth as probabilities, (rows, classes)."""
    classes = made.shape[-1]
    if truth.ndim == 2 and truth.shape == made.shape[1:]:
        if (truth < 0).any() or not np.allclose(truth.sum(-1), 1.0, atol=1e-4):
            raise InputError("The truth's probabilities must be zero or more and add up to 1 in every row.")
        return truth / truth.sum(-1, keepdims=True)
    if truth.shape != made.shape[1:2]:
        raise _unlike(made, truth)
    if truth.dtype.kind not in "iub" or (
        truth.size and not 0 <= int(truth.min()) <= int(truth.max()) < classes
    ):
        raise InputError(
            f"Classes must be whole numbers from 0 to {classes - 1}, one column of predictions each; "
            f"{truth.dtype} came, such as {truth.ravel()[:3].tolist()}."
        )
    return np.eye(classes)[truth.astype(int)]


def _unlike(made: np.ndarray, truth: np.ndarray) -> InputError:
    return InputError(
        f"The truth must be finite and have the rows of the predictions, {made.shape[1]} (and "
        f"{made.shape[2]} outputs unless it is classes); it came with the shape {truth.shape}."
    )
