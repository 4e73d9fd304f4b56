"""From a name to a strategy: "auto" and "bayes" decided, options checked and completed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from shoal.errors import MissingExtraError, SettingError, did_you_mean
from shoal.rules import Number, check, refuse_unknown
from shoal.sweep.space import Space
from shoal.sweep.strategy.asking import Asking
from shoal.sweep.strategy.auto import choice
from shoal.sweep.strategy.contract import Strategy
from shoal.sweep.strategy.defaults import affordable, defaults
from shoal.sweep.strategy.early import stopping_early
from shoal.sweep.strategy.table import KINDS, Kind
from shoal.sweep.strategy.trials import Task

_CHOOSE = ("auto", "bayes")
_EARLY = "early_terminate"


def strategy(
    method: str | Mapping[str, Any],
    space: Space,
    *,
    trials: int | None,
    max_epochs: int,
    seed: int,
    expected_seconds: float | None = None,
    budget: float | None = None,
    pauses: tuple[int, ...] = (),
) -> Strategy:
    """Return a strategy by its name.

    Parameters
    ----------
    method : str or mapping
        One of `shoal.sweep.strategy.KINDS`, "bayes" (tpe where Optuna is installed, else gp) or "auto"; with
        options in a mapping, ``{"kind": "halving", "factor": 4}``. Every strategy that asks for whole
        trainings also takes ``early_terminate``, see `stopping_early`.
    space : Space
    trials : int or None
        Settings to try; None goes on until nobody asks any more, or a finite space is exhausted.
    max_epochs : int
        Epochs of a whole training.
    seed : int
    expected_seconds : float, optional
        Of one whole training, with its folds and seeds. Used with `budget` for "auto" and for batch sizes;
        what was decided is in ``.resolved``, and that is what a plan keeps.
    budget : float, optional
        Seconds for the whole search.
    pauses : tuple of int
        Fewer trials than now, at which earlier sittings of the search were to end: a batch ends there, so
        that a search can be taken up with more trials than it had.

    Returns
    -------
    Strategy

    Raises
    ------
    SettingError
        If there is no such strategy, or it has no such option, or the option is wrong.
    MissingExtraError
        If the strategy needs a package that is not installed.

    Examples
    --------
    >>> from shoal.sweep.space import Dimension, Range, Space
    >>> space = Space((Dimension("learning_rate", Range(1e-4, 1e-1, scale="log")),))
    >>> search = strategy({"kind": "halving", "factor": 3}, space, trials=9, max_epochs=27, seed=0)
    >>> [(ask.trial, ask.epochs) for ask in search.ask()][:3], search.resolved
    ([(0, 3), (1, 3), (2, 3)], {'kind': 'halving', 'settings': 81, 'factor': 3, 'min_epochs': None})
    """
    check("sweep", "trials", trials, Number(1, integer=True, none=True))
    check("sweep", "max_epochs", max_epochs, Number(1, integer=True))
    check("sweep", "seed", seed, Number(0, integer=True))
    given: dict[str, Any] = {"kind": method} if isinstance(method, str) else dict(method)
    early = given.pop(_EARLY, None)
    whole = affordable(expected_seconds, budget)
    name, reason = _decided(given.pop("kind", None), space, trials, max_epochs, whole)
    kind = KINDS[name]
    options = {**defaults(name, trials, max_epochs, whole), **_checked(name, given, max_epochs)}
    return _made(kind, Task(space, trials, max_epochs, seed, options, pauses), early, reason)


def _made(kind: Kind, task: Task, early: Any, reason: str) -> Strategy:
    remark = kind.remark(task)
    found = Asking(
        kind.begin(task),
        name=kind.name,
        reason=f"{reason}; {remark}" if remark else reason,
        resolved={"kind": kind.name, **task.options},
    )
    if early is None:
        return found
    if not kind.whole:
        raise SettingError(
            f"Expected no {_EARLY} beside method {kind.name!r}, which stops its losers itself. Leave it "
            "away, or use method='random'."
        )
    return stopping_early(found, early, task.max_epochs)


def _decided(
    name: Any, space: Space, trials: int | None, max_epochs: int, whole: float | None
) -> tuple[str, str]:
    """Return the name of the strategy that does the work, and why."""
    known = [*KINDS, *_CHOOSE]
    if name not in known:
        raise SettingError(
            f"Expected the method of a sweep to be one of {', '.join(known)}. Got {name!r}."
            f"{did_you_mean(str(name), known)}"
        )
    if name == "auto":
        name, reason = choice(space, trials, max_epochs, whole)
    else:
        reason = "as asked"
    if name == "bayes":
        name, why = bayes()
        reason = why if reason == "as asked" else f"{reason}; {why}"
    if name == "tpe" and find_spec("optuna") is None:
        raise MissingExtraError(
            "Expected Optuna to be installed for method 'tpe'. Install it with: pip install 'shoal[sweep]'; "
            "or use method='gp', which needs nothing more."
        )
    return name, reason


def bayes() -> tuple[str, str]:
    """Return which Bayesian strategy there is, and why."""
    if find_spec("optuna") is not None:
        return "tpe", "Bayesian search by tree-structured Parzen estimators, since Optuna is installed"
    return "gp", "Bayesian search by a Gaussian process, since Optuna is not installed"


def _checked(name: str, given: dict[str, Any], max_epochs: int) -> dict[str, Any]:
    """Return the options given, or refuse the first that is unknown or wrong."""
    owner = f"method {name!r}"
    rules = KINDS[name].options
    refuse_unknown(owner, given, rules)
    for option, value in given.items():
        rule = rules[option]
        if rule is not None:
            check(owner, option, value, rule)
        if option in ("min_epochs", "every") and value is not None and value > max_epochs:
            raise SettingError(
                f"Expected {option} of {owner} to be at most the {max_epochs} epochs of a whole training. "
                f"Got {value}."
            )
    return given
