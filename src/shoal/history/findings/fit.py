"""Rules about training and validation side by side: too much learnt by heart, too little learnt, too sure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import Finding, Rule
from shoal.history.findings.words import asked, compact, percent, span

RISE = 0.3
"""Rise of the validation loss after its lowest point, over that of a constant. Training that is stopped
early, as it should be, ends a tenth or so above; a third of all that there was to learn is lost."""

FELL = 0.7
"""The training loss at the end over that at the best epoch, and over the validation loss, both as shares of
a constant's: what rises with it, or to it, was no overfitting."""

BY_HEART = 0.07
"""Share of a constant's loss that is left on the training rows where they are known by heart ..."""

NOT_NEW = 0.5
"""... and on the validation rows where what was learnt does not hold for new rows."""

LEARNT = 0.25
"""The same where what was learnt is worse than nothing on the validation rows, above the loss of a constant:
then the training rows need not be known by heart. Trainings that are stopped in time end below it."""

MISSED = 0.03
"""By how much a crude model, judged on rows it left out, must be better than the network on its own rows
before it is said to learn too little, besides two standard errors of the difference (McNemar 1947: rows that
one of them gets wrong)."""

SURE = 0.05
"""Mean confidence above accuracy, and more than three standard errors of it: Guo et al. (arXiv 1706.04599)
found 0.05 to 0.15 in networks that nobody had calibrated."""

COSTLY = 1.25
"""Validation loss over the highest that a calibrated network of the same accuracy can have."""

WORTHLESS = 0.98  # of the loss of a constant: above it, nothing that holds for new rows was learnt

_FEWEST = 5
_STRONG_DROPOUT = 0.4
_STRONG_DECAY = 0.3  # share by which a training's decay shrinks a weight, where nothing holds it
_SMALL_LAYER = 8


def overfitting(evidence: Evidence) -> Finding | None:
    """Find a validation loss that rises while the training loss goes on falling."""
    losses, judged = evidence.curve("loss"), evidence.curve("val_loss")
    if len(judged) < _FEWEST or not (np.isfinite(judged).all() and np.isfinite(losses).all()):
        return None
    smooth = _median_of_three(judged)
    best = int(np.argmin(smooth))
    end = float(np.median(judged[-3:]))
    baseline = evidence.fact("val_baseline_loss") or float(judged[0])
    rise, left = (end - float(smooth[best])) / baseline, end / baseline
    rises = rise > RISE and float(losses[-1]) < FELL * float(losses[best])
    level = evidence.fact("baseline_loss")
    known = float(np.median(losses[-3:])) / level if level else 1.0
    rises = rises and (not level or known < FELL * left)  # no worse on new rows is another trouble
    by_heart = (known < BY_HEART and left > NOT_NEW) or (known < LEARNT and left > 1.0)
    if not (rises or by_heart):
        return None
    change = _held_back(evidence)
    epochs = evidence.epochs()
    told = (
        f"From epoch {epochs[best]} on the validation loss rose from {compact(float(smooth[best]))} to "
        f"{compact(end)} while the training loss fell from {compact(float(losses[best]))} to "
        f"{compact(float(losses[-1]))}."
        if rises
        else f"On the training rows {percent(known)} of the loss of a constant is left, on the validation "
        f"rows {percent(left)}: what was learnt does not hold for new rows."
    )
    return Finding(
        "S301",
        "overfitting",
        "warning",
        told,
        f"Set {asked(change)}, or gather more rows.",
        span(epochs[best], epochs[-1]),
        {"rise": rise, "lowest": float(smooth[best]), "end": end, "left": left, "known": known},
        change,
    )


def underfitting(evidence: Evidence) -> Finding | None:
    """Find a network that is worse on its own rows than a crude model is on rows that it left out."""
    crude, own = evidence.fact("reference", "score"), _own_score(evidence)
    if crude is None or own is None or evidence.running:
        return None
    rows = evidence.fact("rows", "train") or 100
    error = math.sqrt(max(2 - crude - own, 0.0) / rows) if _is_classes(evidence) else 0.03
    if not crude > own + MISSED + 2 * error:
        return None
    change = _freed(evidence)
    what = "of the rows right" if _is_classes(evidence) else "of the variance explained"
    return Finding(
        "S302",
        "underfitting",
        "warning",
        f"On its own training rows the network gets {percent(max(own, 0.0))} {what}; a crude model gets "
        f"{percent(crude)} on rows that it left out.",
        f"Set {asked(change)}.",
        "",
        {"own": own, "crude": crude, "threshold": MISSED + 2 * error},
        change,
    )


def overconfident(evidence: Evidence) -> Finding | None:
    """Find probabilities that are surer than they are right, in the epoch that is kept."""
    if not _is_classes(evidence) or evidence.running:
        return None
    kept = _kept(evidence)
    accuracy, loss = (_at(evidence.curve(name), kept) for name in ("val_accuracy", "val_loss"))
    if accuracy is None or loss is None:
        return None
    rows = float(evidence.fact("rows", "valid") or 100)
    least, error = _lowest_share(accuracy, rows)
    confidence, right = _confidence(evidence, kept)
    gap = None if confidence is None or right is None else confidence - right
    limit = _calibrated_loss(least, len(evidence.fact("classes") or (0, 1)))
    sure = gap is not None and gap > max(SURE, 3 * error)
    if not (sure or (_is_likelihood(evidence) and loss > COSTLY * limit)):
        return None
    told = (
        f"Its mean confidence is {percent(confidence or 0.0)}, and {percent(accuracy)} of the validation "
        "rows are right."
        if sure
        else f"Its validation loss is {compact(loss)}; a calibrated network that gets {percent(accuracy)} "
        f"right has {compact(limit)} at most."
    )
    change: dict[str, Any] = {"calibrate": True}
    if evidence.setting("monitor") == "loss":
        change |= {"monitor": "val_loss"}
    return Finding(
        "S303",
        "overconfidence",
        "warning",
        told,
        f"Set {asked(change)}, which scales probabilities by the validation rows, or label_smoothing=0.1.",
        span(kept, kept),
        {"accuracy": accuracy, "loss": loss, "calibrated_loss": limit}
        | ({} if confidence is None else {"confidence": confidence}),
        change,
    )


def worthless(evidence: Evidence) -> Finding | None:
    """Find a network whose best epoch is no better than a constant on the validation rows."""
    judged, baseline = evidence.curve("val_loss"), evidence.fact("val_baseline_loss")
    finite = judged[np.isfinite(judged)]
    if not len(finite) or not baseline or evidence.running or len(judged) < _FEWEST:
        return None
    share = float(finite.min()) / baseline
    if not share > WORTHLESS:
        return None
    return Finding(
        "S304",
        "no better than a constant",
        "warning",
        f"Its lowest validation loss is {compact(float(finite.min()))}; predicting the same for every row "
        f"gives {compact(baseline)}.",
        "See what other findings say; where there are none, the columns may not tell the target.",
        "",
        {"loss": float(finite.min()), "baseline": baseline, "threshold": WORTHLESS},
    )


RULES = (
    Rule("S301", "overfitting", "The validation loss rises while the training loss falls.", overfitting),
    Rule("S302", "underfitting", "A crude model does better.", underfitting),
    Rule("S303", "overconfidence", "Probabilities are surer than they are right.", overconfident),
    Rule("S304", "no better than a constant", "Nothing was learnt that holds for new rows.", worthless),
)


def _is_classes(evidence: Evidence) -> bool:
    return evidence.fact("task") in ("binary", "multiclass")


def _is_likelihood(evidence: Evidence) -> bool:
    return evidence.setting("loss") in ("cross_entropy", "binary_cross_entropy") and not evidence.number(
        "label_smoothing"
    )


def _median_of_three(values: np.ndarray) -> np.ndarray:
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)


def _kept(evidence: Evidence) -> int:
    best = evidence.history.best_epoch
    return int(best) if best else int(evidence.epochs()[-1]) if len(evidence.history) else 0


def _at(curve: np.ndarray, epoch: int) -> float | None:
    """Return a curve's value in an epoch; None where there is none."""
    known = 1 <= epoch <= len(curve) and math.isfinite(curve[epoch - 1])
    return float(curve[epoch - 1]) if known else None


def _near(evidence: Evidence, name: str, epoch: int) -> float | None:
    """Return the measurement of a thinned column that lies nearest to an epoch."""
    epochs, values = evidence.measured(name)
    known = np.isfinite(values)
    if not known.any():
        return None
    return float(values[known][np.argmin(np.abs(epochs[known] - epoch))])


def _confidence(evidence: Evidence, kept: int) -> tuple[float | None, float | None]:
    """Return confidence and accuracy of the epoch nearest to the kept one in which both were measured."""
    epochs, values = evidence.measured("confidence")
    known = np.isfinite(values)
    if not known.any():
        return None, None
    place = int(np.argmin(np.abs(epochs[known] - kept)))
    return float(values[known][place]), _at(evidence.curve("val_accuracy"), int(epochs[known][place]))


def _own_score(evidence: Evidence) -> float | None:
    """Return the share right, or of variance explained, on training rows; None where it is not known."""
    kept = _kept(evidence)
    losses, baseline = evidence.curve("loss"), evidence.fact("baseline_loss")
    if evidence.fact("task") == "regression":
        loss = _at(losses, kept)
        squared = evidence.setting("loss") in ("squared_error", "half_squared_error")
        # dropout makes the loss of training rows larger than the network's own: the lower of both is fair
        judged, other = _at(evidence.curve("val_loss"), kept), evidence.fact("val_baseline_loss")
        if loss is None or not baseline or not squared:
            return None
        return max(1 - loss / baseline, 1 - judged / other if judged is not None and other else -math.inf)
    accuracy, own = _at(evidence.curve("val_accuracy"), kept), _near(evidence, "train_metric", kept)
    known = [value for value in (accuracy, own) if value is not None]
    return max(known, default=None)


def _lowest_share(share: float, rows: float) -> tuple[float, float]:
    """Return a share less two standard errors, and one of these (Agresti and Coull 1998: two rows added)."""
    smooth = (min(max(share, 0.0), 1.0) * rows + 2) / (rows + 4)
    error = math.sqrt(smooth * (1 - smooth) / (rows + 4))
    return smooth - 2 * error, error


def _calibrated_loss(accuracy: float, classes: int) -> float:
    r"""Return the highest log loss of a calibrated network: :math:`h(a) + (1 - a) \log(C - 1)`.

    A network whose confidence is its accuracy is least sure of the rest where it spreads it evenly; the
    bound is concave, so that rows of different confidence only lower it.

    Examples
    --------
    >>> round(_calibrated_loss(0.5, 2), 4), round(_calibrated_loss(1.0, 3), 4)
    (0.6931, 0.0)
    """
    right = min(max(accuracy, 1 / classes), 1.0)
    wrong = 1.0 - right
    parts = [-share * math.log(share) for share in (right, wrong) if share > 0]
    return sum(parts) + (wrong * math.log(classes - 1) if classes > 2 else 0.0)


def _held_back(evidence: Evidence) -> dict[str, Any]:
    """Return what keeps a network from learning by heart."""
    change: dict[str, Any] = {}
    if evidence.setting("monitor") == "loss":
        change |= {"monitor": "val_loss", "patience": 10}
    decay, usual = evidence.number("weight_decay"), evidence.fact("usual", "weight_decay")
    if decay is not None and isinstance(usual, float) and decay < usual:
        change |= {"optimizer": "adamw", "weight_decay": usual}
    dropout = evidence.number("dropout")
    if dropout is not None and dropout < _STRONG_DROPOUT:
        change["dropout"] = 0.5
    return change or {"hidden": [32]}


def _freed(evidence: Evidence) -> dict[str, Any]:
    """Return what lets a network learn more: the strongest thing that holds it back is let go."""
    for name in ("l1", "l2"):
        if evidence.number(name):
            return {name: 0.0}
    dropout = evidence.number("dropout")
    if dropout is not None and dropout > _STRONG_DROPOUT:
        return {"dropout": 0.0}
    decay, usual = evidence.number("weight_decay"), evidence.fact("usual", "weight_decay")
    if decay and isinstance(usual, float) and decay > 3 * usual:
        return {"weight_decay": usual}
    hidden = evidence.setting("hidden")
    if hidden is not None and sum(hidden) < 64:
        return {"hidden": evidence.fact("usual", "hidden") or [64, 64]}
    return {"epochs": int(3 * (evidence.number("epochs") or 30))}
