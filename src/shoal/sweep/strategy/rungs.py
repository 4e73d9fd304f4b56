"""The arithmetic of successive halving and Hyperband: how many settings get how many epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Rung:
    """So many settings, each trained until so many epochs in all."""

    settings: int
    epochs: int


def halvings(number: float, factor: float) -> int:
    """Return how often a number can be divided by a factor and stay at 1 or above.

    Counted rather than computed by logarithms: ``log(243, 3)`` is 4.999999999999999.

    Examples
    --------
    >>> halvings(243, 3), halvings(80, 3), halvings(1, 3)
    (5, 3, 0)
    """
    count = 0
    while number >= factor ** (count + 1) * (1 - 1e-12):
        count += 1
    return count


def rungs(settings: int, max_epochs: int, factor: float, min_epochs: int | None = None) -> tuple[Rung, ...]:
    r"""Return the rungs of successive halving.

    With :math:`n_0` settings, :math:`n_{i+1} = \lceil n_i / \eta \rceil` go on, each to
    :math:`r_{i+1} = \eta r_i` epochs. There are as many rungs as it takes to be left with fewer than
    :math:`\eta` settings, or as many as the epochs allow.

    Parameters
    ----------
    settings : int
    max_epochs : int
        Of the last rung.
    factor : float
        :math:`\eta`, above 1.
    min_epochs : int, optional
        Of the first rung; without it as many as let the last rung come out at `max_epochs`.

    Notes
    -----
    scikit-learn's `HalvingRandomSearchCV` counts the same settings and, but for the last rung, the same
    resources (``min_resources="exhaust"``, or a number). There the last rung may end below the most
    (81 of 100, say); here the survivors are trained to the end, since it is whole trainings that
    one wants to choose from.

    Examples
    --------
    >>> [(rung.settings, rung.epochs) for rung in rungs(27, 100, 3)]
    [(27, 3), (9, 9), (3, 27), (1, 100)]
    """
    required = halvings(settings, factor)
    first = min_epochs or max(1, int(max_epochs // factor**required))
    steps = min(required, halvings(max_epochs / first, factor))
    found, left = [], settings
    for i in range(steps + 1):
        epochs = max_epochs if i == steps else int(first * factor**i)
        found.append(Rung(left, epochs))
        left = math.ceil(left / factor)
    return tuple(found)


def brackets(max_epochs: int, factor: float = 3, min_epochs: int = 1) -> tuple[tuple[Rung, ...], ...]:
    r"""Return the brackets of one pass of Hyperband, the one that stops the most first.

    With :math:`R` epochs at most and :math:`s_{\max} = \lfloor \log_\eta(R / r_{\min}) \rfloor`, bracket
    :math:`s = s_{\max}, \dots, 0` starts :math:`n = \lfloor (s_{\max}+1)/(s+1) \rfloor \eta^s` settings with
    :math:`R \eta^{-s}` epochs each: at most :math:`(s_{\max}+1) R` epochs in every bracket.

    Parameters
    ----------
    max_epochs : int
    factor : float
    min_epochs : int
        Epochs of the first rung at least.

    References
    ----------
    Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar 2018, "Hyperband: a novel bandit-based approach to
    hyperparameter optimization", JMLR 18; this is their table 1. (Their algorithm 1 rounds otherwise,
    :math:`n = \lceil (s_{\max}+1) \eta^s / (s+1) \rceil`, and then starts 34 settings instead of 27.)

    Examples
    --------
    >>> for bracket in brackets(81, 3):
    ...     print(*((rung.settings, rung.epochs) for rung in bracket))
    (81, 1) (27, 3) (9, 9) (3, 27) (1, 81)
    (27, 3) (9, 9) (3, 27) (1, 81)
    (9, 9) (3, 27) (1, 81)
    (6, 27) (2, 81)
    (5, 81)
    """
    most = halvings(max_epochs / min_epochs, factor)
    sizes = [int((most + 1) // (s + 1) * factor**s) for s in range(most, -1, -1)]
    return tuple(bracket(size, most - i, max_epochs, factor) for i, size in enumerate(sizes))


def bracket(settings: int, steps: int, max_epochs: int, factor: float) -> tuple[Rung, ...]:
    """Return the rungs of a bracket that divides the settings `steps` times."""
    found, left = [], settings
    for i in range(steps + 1):
        found.append(Rung(left, max(1, round(max_epochs / factor ** (steps - i)))))
        left = math.ceil(left / factor)
    return tuple(found)


def shares(weights: list[int], total: int) -> list[int]:
    """Divide `total` in proportion to weights, so that the parts add up: the largest remainders round up.

    Examples
    --------
    >>> shares([81, 27, 9, 6, 5], 64)
    [41, 14, 4, 3, 2]
    """
    exact = [weight * total / sum(weights) for weight in weights]
    parts = [math.floor(one) for one in exact]
    order = sorted(range(len(weights)), key=lambda i: parts[i] - exact[i])
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
