"""What the outputs of a network are to mean: head, loss and their numbers, from the settings and the task."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from shoal.errors import SettingError
from shoal.nets.heads import HEAD_OF_TASK, HEADS
from shoal.nets.losses import LOSSES
from shoal.nets.losses.choice import LossChoice
from shoal.settings import Settings, as_optimizer
from shoal.train.optimizers import OPTIMIZERS

QUANTILES = (0.1, 0.5, 0.9)
"""Levels of the quantiles head unless others are given."""

_ORDERED = "the ordinal head and the loss 'squared_emd'"


def task_named_by(settings: Settings) -> str | None:
    """Return the task that a head or loss asks for; None where the target says it as well.

    Counts look like classes, and grades like quantities: who asks for rates or ordered classes knows better.

    Examples
    --------
    >>> task_named_by(Settings(loss="poisson")), task_named_by(Settings(loss="huber"))
    ('regression', None)
    """
    if settings.head != "auto":
        return HEADS[settings.head].task
    if settings.quantiles is not None:
        return "regression"
    if settings.loss != "auto":
        only = LOSSES[LossChoice.of(settings.loss).kind].heads[0]
        return HEADS[only].task if only not in HEAD_OF_TASK.values() else None
    return None


def decided(settings: Settings, task: str) -> dict[str, Any]:
    """Return head, loss and quantiles with every "auto" decided.

    Raises
    ------
    SettingError
        If head, loss, quantiles or order of the classes do not suit the task or each other.

    Examples
    --------
    >>> decided(Settings(loss="gaussian"), "regression")
    {'head': 'gaussian', 'loss': 'gaussian', 'quantiles': None}
    """
    head = head_of(settings, task)
    loss = HEADS[head].loss if settings.loss == "auto" else settings.loss
    levels = _levels(settings, head)
    _refuse_wrong_loss(loss, head, task, settings.label_smoothing)
    _refuse_stray_order(settings, loss, head)
    if settings.stop_accuracy is not None and HEADS[head].metric != "accuracy":
        raise SettingError(
            f"The 'stop_accuracy' setting is for classes. Got {settings.stop_accuracy!r} with a {task} "
            "target; set stop_loss."
        )
    if settings.class_weight is not None and task == "regression":
        raise SettingError(
            f"The 'class_weight' setting is for classes. Got {settings.class_weight!r} with a regression "
            "target; weigh the rows."
        )
    return {"head": head, "loss": loss, "quantiles": levels}


def loss_of(settings: Settings) -> LossChoice:
    """Return the loss of decided settings, with all of its numbers.

    Raises
    ------
    SettingError
        If the loss has a delta of its own, and another is given beside it.
    """
    delta = None if isinstance(settings.loss, str) else settings.loss.get("delta")
    if delta is not None and settings.huber_delta not in (1.0, delta):
        raise SettingError(
            f"Expected one delta. Got huber_delta={settings.huber_delta!r}, and {delta!r} in the loss."
        )
    more = {} if settings.quantiles is None else {"levels": settings.quantiles}
    return LossChoice.of(settings.loss, delta=settings.huber_delta, **more)


def rate_factors_of(settings: Settings) -> tuple[tuple[str, float], ...]:
    """Return the parameters of the head that learn at a rate of their own.

    The score is a sum over many units, each of which takes steps of the learning rate; a threshold is one
    number and would be left behind. Ten times the rate brought the log loss of well separated classes
    from 0.89 to 0.65, that of a softmax, and changed nothing where classes overlap. An optimizer that
    searches its steps needs no such help.
    """
    searches = OPTIMIZERS[as_optimizer(settings).kind].searches
    return (("head.thresholds", 10.0),) if settings.head == "ordinal" and not searches else ()


def head_of(settings: Settings, task: str) -> str:
    """Return the head that is named, that the quantiles or the loss need, or that is usual for the task."""
    if settings.head != "auto":
        return _fitting_head(settings.head, task)
    if settings.quantiles is not None:
        return _fitting_head("quantiles", task)
    usual = HEAD_OF_TASK[task]
    if settings.loss == "auto":
        return usual
    loss = LossChoice.of(settings.loss)
    if _several_levels(loss):
        return _fitting_head("quantiles", task)
    heads = LOSSES[loss.kind].heads
    able = [head for head in heads if HEADS[head].task == task]
    return usual if usual in able or not able else able[0]


def _fitting_head(head: str, task: str) -> str:
    if HEADS[head].task == task:
        return head
    if (head, task) == ("ordinal", "binary"):
        raise SettingError(
            "The head 'ordinal' is for three classes or more. Two classes are simply binary: leave head at "
            "'auto'."
        )
    able = ", ".join(name for name, kind in HEADS.items() if kind.task == task)
    raise SettingError(f"The head '{head}' does not suit a {task} target. Choose one of: {able}.")


def _levels(settings: Settings, head: str) -> tuple[float, ...] | None:
    """Return the levels of the quantiles head, from either place where they may be given."""
    given = settings.quantiles
    if head != "quantiles":
        if given is not None:
            raise SettingError(
                f"The 'quantiles' setting is for the head 'quantiles'. Got quantiles={given!r} with "
                f"head='{head}'."
            )
        return None
    named = settings.loss.get("levels") if not isinstance(settings.loss, str) else None
    levels = _as_levels(QUANTILES if given is None and named is None else (named if given is None else given))
    if named is not None and _as_levels(named) != levels:
        raise SettingError(
            f"Expected one list of levels. Got quantiles={list(levels)}, and {list(_as_levels(named))} in "
            "the loss."
        )
    if not levels or any(after <= before for before, after in pairwise(levels)):
        raise SettingError(f"Expected quantiles to be levels that rise. Got {list(levels)}.")
    return levels


def _several_levels(loss: LossChoice) -> bool:
    return len(_as_levels(dict(loss.numbers).get("levels", 0.5))) > 1


def _as_levels(value: Any) -> tuple[float, ...]:
    return tuple(float(level) for level in (value if isinstance(value, list | tuple) else (value,)))


def _refuse_wrong_loss(loss: Any, head: str, task: str, smoothing: Any) -> None:
    choice = LossChoice.of(loss)
    kind = LOSSES[choice.kind]
    if head not in kind.heads:
        whom = f"a {task} target" if head == HEAD_OF_TASK[task] else f"the head '{head}'"
        able = ", ".join(name for name, one in LOSSES.items() if head in one.heads)
        raise SettingError(f"The loss '{choice.kind}' does not suit {whom}. Choose one of: {able}.")
    if head == "linear" and _several_levels(choice):
        raise SettingError("The head 'linear' has one level. For several, leave head at 'auto'.")
    if smoothing not in ("auto", 0.0) and not kind.smooths:
        able = ", ".join(name for name, one in LOSSES.items() if one.smooths)
        raise SettingError(
            f"The loss '{choice.kind}' knows no label_smoothing. Got {smoothing!r}; it goes with: {able}."
        )


def _refuse_stray_order(settings: Settings, loss: Any, head: str) -> None:
    if settings.class_order is None or head == "ordinal" or LossChoice.of(loss).kind == "squared_emd":
        return
    raise SettingError(
        f"The 'class_order' setting is for {_ORDERED}. Got {list(settings.class_order)!r} with head='{head}'."
    )
