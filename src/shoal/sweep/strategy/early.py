"""Early termination: the losers among the trials of another strategy are not trained to the end."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shoal.errors import SettingError
from shoal.rules import Choice, Flag, Number, Rule, check, refuse_unknown
from shoal.sweep.strategy.asking import Asking, Batches
from shoal.sweep.strategy.contract import Ask, Strategy, Told
from shoal.sweep.strategy.trials import ranked, score_of

OWNER = "early_terminate"
RULES: dict[str, Rule] = {
    "type": Choice(("hyperband",)),
    "min_iter": Number(1, integer=True, none=True),
    "max_iter": Number(1, integer=True, none=True),
    "s": Number(1, integer=True, none=True),
    "eta": Number(1, low_open=True),
    "strict": Flag(),
}


def stopping_early(inner: Strategy, options: Any, max_epochs: int) -> Strategy:
    """Return a strategy that trains what another one asks for in stages, and stops losers at each.

    Parameters
    ----------
    inner : Strategy
        One that asks for whole trainings.
    options : mapping
        The words of a W&B sweep: ``type`` "hyperband"; either ``min_iter``, for stages at min_iter, eta
        min_iter, eta^2 min_iter, ... epochs, or ``max_iter`` and ``s``, for stages at max_iter / eta, ...,
        max_iter / eta^s; ``eta`` (3), of which a trial must be in the best 1/eta to go on; ``strict``
        (True): the best of all trials so far, instead of those of its own batch.
    max_epochs : int
        Epochs of those that are never stopped.

    Returns
    -------
    Strategy

    Raises
    ------
    SettingError
        If an option is unknown or wrong, or no stage lies below `max_epochs`.

    Notes
    -----
    The other strategy is told the score at which a trial was stopped, or the worst score of those that
    outlasted it if that is lower: a few epochs must not look better than the whole training.

    Examples
    --------
    >>> stages({"type": "hyperband", "min_iter": 3}, 100), stages({"max_iter": 27, "s": 2}, 27)
    ((3, 9, 27, 81, 100), (3, 9, 27))
    """
    options = checked(options)
    rungs = stages(options, max_epochs)
    shown = ", ".join(map(str, rungs[:-1]))
    return Asking(
        _batches(inner, rungs, options["eta"], options["strict"]),
        name=inner.name,
        reason=f"{inner.reason}; the best 1/{options['eta']:g} go on after {shown} epochs",
        resolved={**inner.resolved, "early_terminate": options},
    )


def checked(options: Any) -> dict[str, Any]:
    """Return all options, or refuse the first that is wrong."""
    if not isinstance(options, Mapping):
        raise SettingError(
            f"Expected {OWNER} to be a mapping such as {{'type': 'hyperband', 'min_iter': 3}}. "
            f"Got {options!r}."
        )
    refuse_unknown(OWNER, options, RULES)
    if "type" not in options:
        raise SettingError(
            f"Expected {OWNER} to name its type. Got {dict(options)!r}; write type: hyperband."
        )
    found = {"min_iter": None, "max_iter": None, "s": None, "eta": 3, "strict": True, **options}
    for name, rule in RULES.items():
        check(OWNER, name, found[name], rule)
    stages_given = found["max_iter"] is not None and found["s"] is not None
    if (found["min_iter"] is not None) == stages_given or (found["max_iter"] is None) != (found["s"] is None):
        raise SettingError(
            f"Expected {OWNER} to be given min_iter, or max_iter and s. Got "
            + (
                ", ".join(f"{n}={found[n]}" for n in ("min_iter", "max_iter", "s") if found[n])
                or "none of them"
            )
            + "."
        )
    return found


def stages(options: Mapping[str, Any], max_epochs: int) -> tuple[int, ...]:
    """Return the epochs after which losers are stopped, and those of a whole training."""
    eta = options.get("eta", 3)
    if options.get("min_iter"):
        ends = (options["min_iter"] * eta**i for i in range(100))
    else:
        ends = (options["max_iter"] / eta ** (i + 1) for i in range(options["s"]))
    found = sorted({int(end) for end in ends if 1 <= end < max_epochs})
    if not found:
        raise SettingError(
            f"Expected {OWNER} to stop losers before the {max_epochs} epochs of a whole training. Got stages "
            "that all lie beyond; lower min_iter or max_iter."
        )
    return (*found, max_epochs)


def _batches(inner: Strategy, rungs: Sequence[int], eta: float, strict: bool) -> Batches:
    reached: list[list[float]] = [[] for _ in rungs]  # scores at each stage, rising
    while batch := inner.ask():
        alive, fallen = batch, []
        for i, epochs in enumerate(rungs):
            told = yield [replace(ask, epochs=epochs) for ask in alive]
            for one in told:
                bisect.insort(reached[i], score_of(one))
            passed = _passed(told, reached[i], eta, strict) if i < len(rungs) - 1 else range(len(told))
            through = set(passed)
            fallen.append([one for k, one in enumerate(told) if k not in through or i == len(rungs) - 1])
            alive = [ask for k, ask in enumerate(alive) if k in through]
            if not alive:
                break
        inner.tell(_in_order(batch, _capped(fallen)))


def _passed(told: Sequence[Told], reached: list[float], eta: float, strict: bool) -> list[int]:
    """Return which trials of a batch are among the best 1/eta."""
    order = ranked(told)
    if not strict:
        return sorted(order[: math.ceil(len(told) / eta)])
    worst = reached[-math.ceil(len(reached) / eta)]
    return sorted(i for i in order if score_of(told[i]) >= worst)


def _capped(fallen: list[list[Told]]) -> list[Told]:
    """Return what came of all trials, none with a better score than one that outlasted it."""
    found: list[Told] = []
    limit = math.inf
    for stage in reversed(fallen):
        kept = [one if score_of(one) <= limit else replace(one, score=limit) for one in stage]
        found += kept
        alive = [score_of(one) for one in kept if score_of(one) > -math.inf]
        limit = min([limit, *alive])
    return found


def _in_order(batch: list[Ask], told: list[Told]) -> list[Told]:
    by_trial = {one.trial: one for one in told}
    return [by_trial[ask.trial] for ask in batch]
