"""From probabilities to decisions: ROC and precision-recall curves, and the threshold that costs least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shoal.errors import InputError, did_you_mean
from shoal.history.answers import Answers

_DRAWS = 200
_MOST_POINTS = 400


@dataclass(frozen=True)
class ThresholdCurve:
    """What calling a row positive from each probability on leads to.

    Parameters
    ----------
    of : str
        The class or label that is called positive.
    thresholds : tuple of float
        Falling; the first is above every probability, so that nothing is called positive.
    false_positive_rate, true_positive_rate : tuple of float
        Shares of the others, and of the class, that are called positive.
    precision : tuple of float
        Share of those called positive that are; 1 where nothing is.
    share : float
        Of the rows, that are of the class.
    roc_auc, average_precision : float or None
        Area under the ROC curve; ``sum_n (R_n - R_(n-1)) P_n``. None where one side has no rows.
    """

    of: str
    thresholds: tuple[float, ...]
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    precision: tuple[float, ...]
    share: float
    roc_auc: float | None
    average_precision: float | None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, thinned to a few hundred points."""
        keep = np.unique(np.linspace(0, len(self.thresholds) - 1, _MOST_POINTS).round().astype(int))
        names = ("thresholds", "false_positive_rate", "true_positive_rate", "precision")
        thin = {name: [getattr(self, name)[i] for i in keep] for name in names}
        return {**asdict(self), **thin}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ThresholdCurve:
        """Return what `to_json` wrote, with the points that were kept."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists})


@dataclass(frozen=True)
class ThresholdChoice:
    """The threshold that costs least on these rows.

    Parameters
    ----------
    of : str
        The class that is called positive from the threshold on.
    false_positive, false_negative : float
        What one mistake of each kind costs.
    threshold : float
        Just above 1 where calling nothing positive is cheapest.
    low, high : float
        95 % interval of the threshold, by drawing rows anew: chosen on few rows it is hardly known.
    cost, cost_at_half : float
        Mean cost of a row with this threshold, and with one half.
    theory : float
        ``fp / (fp + fn)``, best where probabilities are calibrated (Elkan 2001).
    precision, recall : float or None
        At the threshold.
    costs : tuple of (threshold, cost)
        The course of the cost, for a picture.
    """

    of: str
    false_positive: float
    false_negative: float
    threshold: float
    low: float
    high: float
    cost: float
    cost_at_half: float
    theory: float
    precision: float | None
    recall: float | None
    costs: tuple[tuple[float, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "costs": [list(pair) for pair in self.costs]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ThresholdChoice:
        """Return what `to_json` wrote."""
        return cls(**{**values, "costs": tuple(tuple(pair) for pair in values["costs"])})


def threshold_curve(answers: Answers, of: str | None = None) -> ThresholdCurve:
    """Return the ROC and precision-recall curve of one class against the others, or of one label.

    Parameters
    ----------
    answers : Answers
    of : str, optional
        The class or label; the second of two classes unless said.

    Raises
    ------
    InputError
        For quantities, or where the class is not known or not named among several.

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])
    >>> seen = Answers("binary", ("no", "yes"), np.arange(4), np.array([0, 0, 1, 1]), chances)
    >>> threshold_curve(seen).roc_auc
    0.75
    """
    name, positive, score, weight = _two_sides(answers, of)
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # ties are called together
    hits = np.concatenate([[0.0], np.cumsum(weight[order] * positive[order])[ends]])
    alarms = np.concatenate([[0.0], np.cumsum(weight[order] * ~positive[order])[ends]])
    both, called = (hits[-1] > 0 and alarms[-1] > 0), hits + alarms
    recall, false = hits / max(hits[-1], 1e-300), alarms / max(alarms[-1], 1e-300)
    precision = np.divide(hits, called, out=np.ones_like(hits), where=called > 0)
    above = float(np.nextafter(max(1.0, float(score.max(initial=0.0))), 2.0))
    return ThresholdCurve(
        name,
        (above, *score[order][ends].tolist()),
        tuple(false.tolist()),
        tuple(recall.tolist()),
        tuple(precision.tolist()),
        float(hits[-1] / max(called[-1], 1e-300)),
        float(np.trapezoid(recall, false)) if both else None,
        float((np.diff(recall) * precision[1:]).sum()) if hits[-1] > 0 else None,
    )


def choose_threshold(
    answers: Answers, *, false_positive: float = 1.0, false_negative: float = 1.0, of: str | None = None
) -> ThresholdChoice:
    """Return the threshold from which on calling a row positive costs least on these rows.

    Between two probabilities that do equally well the middle is taken.

    Parameters
    ----------
    answers : Answers
        Of rows that did not train the network.
    false_positive, false_negative : float
        What one mistake of each kind costs; above 0.
    of : str, optional
        As for `threshold_curve`.

    Raises
    ------
    InputError
        As for `threshold_curve`, or if a cost is not above 0, or one side has no rows.

    References
    ----------
    Elkan, "The foundations of cost-sensitive learning" (2001).

    Examples
    --------
    >>> chances = np.array([0.1, 0.2, 0.3, 0.7, 0.8])
    >>> pairs = np.stack([1 - chances, chances], axis=1)
    >>> seen = Answers("binary", ("no", "yes"), np.arange(5), np.array([0, 0, 1, 0, 1]), pairs)
    >>> choose_threshold(seen, false_positive=1, false_negative=5).threshold
    0.25
    """
    for word, cost in (("false_positive", false_positive), ("false_negative", false_negative)):
        if not np.isfinite(cost) or cost <= 0:
            raise InputError(f"Expected the cost {word} to be a finite number above 0. Got {cost!r}.")
    name, positive, score, weight = _two_sides(answers, of)
    if positive.all() or not positive.any():
        raise InputError(f"Expected rows of '{name}' and others, to choose a threshold. Got one side only.")
    costs = (float(false_positive), float(false_negative))
    cuts = _cuts(score)
    course = _costs(positive, score, weight[None, :], cuts, costs)[0]
    chosen = _middle(cuts, course)
    rng = np.random.default_rng(0)  # the rows decide, not chance: the same rows give the same interval
    drawn = rng.multinomial(len(score), weight / weight.sum(), _DRAWS).astype(np.float64)
    again = [_middle(cuts, one) for one in _costs(positive, score, drawn, cuts, costs)]
    called = score >= chosen
    hits = float((weight * (called & positive)).sum())
    some = np.unique(np.linspace(0, len(cuts) - 1, _MOST_POINTS).round().astype(int))
    return ThresholdChoice(
        name,
        *costs,
        float(chosen),
        float(np.quantile(again, 0.025)),
        float(np.quantile(again, 0.975)),
        float(_costs(positive, score, weight[None, :], np.array([chosen]), costs)[0, 0]),
        float(_costs(positive, score, weight[None, :], np.array([0.5]), costs)[0, 0]),
        costs[0] / sum(costs),
        hits / float((weight * called).sum()) if called.any() else None,
        hits / float((weight * positive).sum()),
        tuple((float(cuts[i]), float(course[i])) for i in some),
    )


def _two_sides(answers: Answers, of: str | None) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """Return the name, which rows are positive, their probabilities and weights; none of weight 0."""
    if answers.task == "regression":
        raise InputError("Expected probabilities of classes. Got quantities, which have no threshold.")
    names = answers.names
    name = of if of is not None else (names[1] if answers.task == "binary" else None)
    if name is None:
        raise InputError(
            f"Expected to be told which class is the positive one, by of (--of): {', '.join(names)}."
        )
    if name not in names:
        raise InputError(
            f"Unknown class '{name}'.{did_you_mean(name, names)} Choose one of: {', '.join(names)}."
        )
    place = names.index(name)
    truth = answers.truth[:, place] == 1 if answers.task == "multilabel" else answers.truth == place
    weight = np.ones(len(answers)) if answers.weight is None else answers.weight
    kept = weight > 0
    return name, truth[kept], answers.prediction[kept, place], weight[kept]


def _cuts(score: np.ndarray) -> np.ndarray:
    """Return the thresholds that tell rows apart: between neighbours, and beyond both ends."""
    known = np.unique(score)
    return np.concatenate([[0.0], (known[1:] + known[:-1]) / 2, [np.nextafter(max(1.0, known[-1]), 2.0)]])


def _costs(positive, score, weights: np.ndarray, cuts: np.ndarray, costs: tuple[float, float]) -> np.ndarray:
    """Return the mean cost of a row for each weighting and threshold: (draws, thresholds)."""
    order = np.argsort(score, kind="stable")
    below = np.searchsorted(score[order], cuts, side="left")  # rows that are called negative
    empty = np.zeros((len(weights), 1))
    missed = np.concatenate([empty, np.cumsum(weights[:, order] * positive[order], axis=1)], axis=1)
    spared = np.concatenate([empty, np.cumsum(weights[:, order] * ~positive[order], axis=1)], axis=1)
    total = costs[1] * missed[:, below] + costs[0] * (spared[:, -1:] - spared[:, below])
    return total / weights.sum(axis=1, keepdims=True)


def _middle(cuts: np.ndarray, course: np.ndarray) -> float:
    """Return the threshold of the lowest cost; of a run of equal ones the middle one."""
    best = np.flatnonzero(course <= course.min() + 1e-12)
    run = best[: 1 + np.flatnonzero(np.append(np.diff(best) != 1, True))[0]]
    return float(cuts[run[(len(run) - 1) // 2]])
