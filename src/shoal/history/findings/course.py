"""Rules about the course of the loss: divergence, wrong learning rates, standstill, an early end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import Finding, Rule
from shoal.history.findings.rates import higher, is_low, lower
from shoal.history.findings.words import asked, compact, percent, span

BLOWN = 10.0
"""Times the loss of a constant above which a network that had been better is said to have run away."""

LEAP = 5.0
"""Times the loss of a constant that the mean of the first epoch may reach before the rate is suspected:
sound regressions on wide features begin at up to ten times with the usual rate, so the rate must also be
`_FAR` times the usual one; where that is not known, `WILD` times is asked for."""

WILD = 30.0
_FAR = 3.0

ROUGH = 0.02
"""Mean change of the training loss from one epoch to the next, over that of a constant, in the second half
of a training. Trained soundly, it is below a hundredth there, with dropout and small batches too."""

ROUGH_OF_LEVEL = 0.05  # the same over the loss itself: a loss that is still high may change by more

USUAL_NOISE = 2.0
"""Times both where the learning rate is a usual one: with dropout the loss of an epoch is itself a noisy
figure, the more so the fewer rows it is the mean of (below `_FEW_ROWS` by the root of their number)."""

_FEW_ROWS = 150
TURNS = 0.4  # share of epochs after which the loss turns round; a smooth curve has none, noise two thirds
_FEWEST_TURNS = 4  # fewer happen in the descent of a short training, too
_FEWEST = 8  # epochs that a curve must have before its shape is spoken of

STEADY = 0.5
"""Pace of the last third of a training over that of its first third, where pace is the fall of the loss for
each unit of learning rate spent. A training that gets near its goal slows down to a tenth and less."""

OPEN = 0.25
"""Share of the loss of a constant that must be left for a training to be called slow or stuck."""

STUCK = 0.05
"""Share of the loss of a constant that a training must do away with to have begun at all."""

STALLED = 0.02
"""Share of the loss of a constant by which a training that gets anywhere falls in its second half, where
more than `OPEN` is left and a crude model shows that less is possible."""

TINY = 1e-3
"""Spread of initial weights below which units begin alike: products of a few such layers are nothing."""

SPENT = 0.01  # of its peak: a learning rate below this moves nothing


def diverged(evidence: Evidence) -> Finding | None:
    """Find a loss that became infinite or NaN, or that ran away and stayed away."""
    epoch = _not_finite(evidence)
    if epoch is not None:
        said = f"The loss became infinite or NaN in epoch {epoch}."
        numbers = {"epoch": float(epoch)}
    else:
        losses = evidence.curve("loss")
        ceiling = BLOWN * max(evidence.fact("baseline_loss") or 0.0, _first(losses))
        if len(losses) < 2 or evidence.running or not losses[-1] > ceiling > 0:
            return None
        epoch = int(evidence.epochs()[-1])
        said = (
            f"The loss ended at {compact(losses[-1])}, far above the {compact(ceiling / BLOWN)} of its start."
        )
        numbers = {"loss": float(losses[-1]), "ceiling": ceiling}
    change = lower(evidence, step=30.0)
    if not change or _is_usual(evidence):
        change["clip_norm"] = 1.0
    return Finding(
        "S101",
        "diverged",
        "error",
        said + _told_rate(evidence),
        f"Set {asked(change)}.",
        span(epoch, epoch),
        numbers,
        change,
    )


def rate_too_high(evidence: Evidence) -> Finding | None:
    """Find a loss that was thrown far above that of a constant by the first steps."""
    losses, baseline = evidence.curve("loss"), evidence.fact("baseline_loss")
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    if not baseline or not len(losses) or not np.isfinite(losses).all():
        return None  # what a constant costs cannot be told from losses: a good network ends far below it
    level = float(baseline)
    leap = float(losses[:3].max()) / level
    known = now is not None and isinstance(usual, float)
    if not leap > (LEAP if known else WILD) or _is_usual(evidence):
        return None
    change = lower(evidence)
    epochs = evidence.epochs()
    above = epochs[losses > 2 * level]
    end = "" if evidence.running else f", and it ended at {compact(float(losses[-1]))}"
    return Finding(
        "S102",
        "learning rate too high",
        "warning",
        f"The first steps threw the loss to {compact(float(losses[:3].max()))}, which is {compact(leap)} "
        f"times that of a constant{end}.{_told_rate(evidence)}",
        f"Set {asked(change)}, or a warm-up." if change else "Lower learning_rate.",
        span(epochs[0], above[-1] if len(above) else epochs[0]),
        {"leap": leap, "threshold": LEAP if known else WILD},
        change,
    )


def oscillation(evidence: Evidence) -> Finding | None:
    """Find a training loss that goes up and down to the end instead of falling."""
    losses = evidence.curve("loss")
    half = losses[len(losses) // 2 :]
    if len(losses) < _FEWEST or not np.isfinite(half).all():
        return None
    steps = np.diff(half)
    baseline = evidence.fact("baseline_loss") or float(losses[0])
    mean = float(np.abs(steps).mean())
    turned = np.sign(steps[1:]) * np.sign(steps[:-1]) < 0
    turns, level = float(np.mean(turned)), abs(float(half.mean()))
    calm = _noise(evidence) if _is_usual(evidence) else 1.0
    if turned.sum() < _FEWEST_TURNS:
        return None
    if not (mean > calm * ROUGH * baseline and mean > calm * ROUGH_OF_LEVEL * level and turns >= TURNS):
        return None
    change: dict[str, Any] = lower(evidence)
    if evidence.setting("schedule") in ("constant", None):
        change["schedule"] = "cosine"
    epochs = evidence.epochs()[len(losses) // 2 :]
    return Finding(
        "S103",
        "oscillation",
        "warning",
        f"From epoch to epoch the training loss changes by {compact(mean)} on average around "
        f"{compact(float(half.mean()))}, and turns round {percent(turns)} of the time.{_told_rate(evidence)}",
        f"Set {asked(change)}, or a larger batch_size.",
        span(epochs[0], epochs[-1]),
        {"mean_change": mean, "level": float(half.mean()), "turns": turns, "threshold": ROUGH * baseline},
        change,
    )


def rate_too_low(evidence: Evidence) -> Finding | None:
    """Find a loss that fell as steadily at the end as at the beginning, because steps are too small."""
    pace = _pace(evidence)
    if pace is None or not is_low(evidence):
        return None
    change = higher(evidence)
    losses = evidence.curve("loss")
    return Finding(
        "S104",
        "learning rate too low",
        "warning",
        f"The training loss crept from {compact(float(losses[0]))} to {compact(float(losses[-1]))}, and a "
        f"late step did {percent(min(pace, 9.99))} of what an early one did.{_told_rate(evidence)}",
        f"Set {asked(change)}." if change else "Raise learning_rate.",
        span(1, len(losses)),
        {"pace": pace, "threshold": STEADY},
        change,
    )


def plateau(evidence: Evidence) -> Finding | None:
    """Find a training loss that stood still where a crude model shows that there is more to learn."""
    losses, baseline = evidence.curve("loss"), evidence.fact("baseline_loss")
    if len(losses) < _FEWEST or not baseline or not np.isfinite(losses).all() or not _more_to_learn(evidence):
        return None
    half = losses[len(losses) // 2 :]
    left, fall = float(half.min()) / baseline, (float(half[0]) - float(half.min())) / baseline
    restless = float(np.abs(np.diff(half)).mean()) > ROUGH * baseline
    if (
        evidence.running
        or restless
        or left > 2.0
        or not (left > 1 - STUCK or (left > OPEN and fall < STALLED))
    ):
        return None
    if _pace(evidence) is not None and is_low(evidence):  # small steps are another finding
        return None
    change, why = _unstuck(evidence)
    return Finding(
        "S105",
        "plateau",
        "warning",
        f"The training loss stood at {compact(float(half.mean()))} ({percent(left)} of that of a constant) "
        f"from epoch {len(losses) - len(half) + 1} on, though there is more to learn{why}.",
        f"Set {asked(change)}.",
        span(len(losses) - len(half) + 1, len(losses)),
        {"left": left, "fall": fall, "threshold": OPEN},
        change,
    )


def still_improving(evidence: Evidence) -> Finding | None:
    """Find a training that was ended while it still improved."""
    curve = evidence.curve("val_loss")
    curve = curve if len(curve) else evidence.curve("loss")
    asked_for = evidence.number("epochs")
    if len(curve) < _FEWEST or not np.isfinite(curve).all() or evidence.running or asked_for is None:
        return None
    if len(curve) < asked_for or _rate_left(evidence) < 0.5:  # it ended of itself, or the rate did
        return None
    third = max(len(curve) // 3, 2)
    late, whole = float(curve[-third] - curve[-1]), float(curve[0] - curve.min())
    if not (late > 0.1 * whole > 0 and int(np.argmin(curve)) >= len(curve) - 2):
        return None
    change = {"epochs": int(3 * asked_for)}
    return Finding(
        "S106",
        "still improving at the end",
        "note",
        f"The loss fell by {percent(late / whole)} of its way in the last third of the epochs, and was "
        "lowest at the end.",
        f"Set {asked(change)}.",
        span(len(curve) - third + 1, len(curve)),
        {"late": late / whole, "threshold": 0.1},
        change,
    )


RULES = (
    Rule("S101", "diverged", "The loss became infinite, NaN, or ran away.", diverged, live=True),
    Rule("S102", "learning rate too high", "The first steps threw the loss up.", rate_too_high, live=True),
    Rule("S103", "oscillation", "The training loss goes up and down.", oscillation),
    Rule("S104", "learning rate too low", "The loss creeps.", rate_too_low),
    Rule("S105", "plateau", "The loss stands still above what can be reached.", plateau),
    Rule("S106", "still improving at the end", "The training ended too early.", still_improving),
)


def _not_finite(evidence: Evidence) -> int | None:
    """Return the first epoch in which a loss was measured and is no finite number."""
    bad = [
        int(epochs[~np.isfinite(values)][0])
        for epochs, values in (evidence.measured("loss"), evidence.measured("val_loss"))
        if len(values) and not np.isfinite(values).all()
    ]
    return min(bad, default=None)


def _first(losses: np.ndarray) -> float:
    return abs(float(losses[0])) if len(losses) else 0.0


def _is_usual(evidence: Evidence) -> bool:
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    return now is not None and isinstance(usual, float) and now <= _FAR * usual


def _noise(evidence: Evidence) -> float:
    """Return how much more than `ROUGH` a loss may change at a usual rate."""
    rows = evidence.fact("rows", "train") or _FEW_ROWS
    return USUAL_NOISE * max(1.0, math.sqrt(_FEW_ROWS / rows))


def _told_rate(evidence: Evidence) -> str:
    now, usual = evidence.number("learning_rate"), evidence.fact("usual", "learning_rate")
    if now is None:
        return ""
    beside = f"; {usual:g} is usual here" if isinstance(usual, float) and usual != now else ""
    return f" learning_rate is {now:g}{beside}."


def _spent(evidence: Evidence, count: int) -> np.ndarray:
    """Return the learning rate of each epoch; 1 where it was not recorded."""
    rates = evidence.curve("learning_rate")
    return rates if len(rates) == count and np.isfinite(rates).all() and (rates > 0).any() else np.ones(count)


def _rate_left(evidence: Evidence) -> float:
    """Return the last learning rate over the highest."""
    rates = evidence.curve("learning_rate")
    return float(rates[-1] / rates.max()) if len(rates) and rates.max() > 0 else 1.0


def _pace(evidence: Evidence) -> float | None:
    """Return the late pace over the early one, where a training is steady and has far to go; else None."""
    losses, baseline = evidence.curve("loss"), evidence.fact("baseline_loss")
    if len(losses) < _FEWEST or evidence.running or not np.isfinite(losses).all():
        return None
    way = np.cumsum(_spent(evidence, len(losses)))
    thirds = [int(np.searchsorted(way, way[-1] * part)) for part in (1 / 3, 2 / 3)]
    first, last = losses[0] - losses[thirds[0]], losses[thirds[1]] - losses[-1]
    left = float(losses[-1]) / (baseline or float(losses[0]))
    if not left > OPEN or not first > 0 or np.mean(np.diff(losses) <= 0) < 0.6:
        return None
    pace = float(last / first)
    return pace if pace > STEADY and math.isfinite(pace) else None


def _more_to_learn(evidence: Evidence) -> bool:
    """Return whether a crude model reaches clearly more than nothing; True where none was tried."""
    score, classes = evidence.fact("reference", "score"), evidence.fact("classes")
    if score is None:
        return True
    most = max(classes.values()) / max(sum(classes.values()), 1) if classes else 0.0
    return score > most + 0.2 * (1 - most)


def _unstuck(evidence: Evidence) -> tuple[dict[str, Any], str]:
    """Return what gets a loss moving again, and why it stood."""
    rates = evidence.curve("learning_rate")
    if _all_alike(evidence.setting("initializer")):
        return {"initializer": "auto"}, ": all units began alike"
    if len(rates) and rates.max() > 0 and float(rates[len(rates) // 2]) < SPENT * float(rates.max()):
        return {"schedule": "cosine"}, ": the learning rate was spent by then"
    change = higher(evidence) if is_low(evidence) else lower(evidence)
    return change or {"norm": "batch"}, ""


def _all_alike(start: Any) -> bool:
    """Return whether an initializer leaves all units of a layer nearly alike, so that they stay alike."""
    given = start if isinstance(start, Mapping) else {"kind": start}
    sigma = given.get("sigma")
    return given.get("kind") == "zeros" or (isinstance(sigma, int | float) and sigma < TINY)
