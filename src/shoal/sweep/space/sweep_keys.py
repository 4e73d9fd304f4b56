"""The keys of a sweep file beside its parameters: the method, the metric, how bad trials end early."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.errors import did_you_mean
from shoal.sweep.space.own_key import Own
from shoal.sweep.space.plain import is_number
from shoal.sweep.space.yaml_lines import Entry

METHODS = (
    *("grid", "random", "bayes", "custom"),
    *("auto", "manual", "tpe", "gp", "halving", "hyperband", "genetic", "pbt"),
)
"""W&B's, and ours."""

_UNREAD = ("impute", "impute_while_running", "threshold")  # of a metric


@dataclass(frozen=True)
class Metric:
    """What a sweep file wants to be good.

    Parameters
    ----------
    name : str
        As it stands there.
    goal : {"minimize", "maximize"}
    target : float, optional
        The search ends once a trial reaches it.
    """

    name: str
    goal: str = "minimize"
    target: float | None = None


@dataclass(frozen=True)
class EarlyTerminate:
    """How a sweep file wants bad trials to end early, by Hyperband (arXiv 1603.06560).

    Parameters
    ----------
    min_iter : int, optional
        Epochs of the first rung; the next have `eta` times as many each.
    max_iter, s : int, optional
        Epochs of the longest trial, and how many rungs lie before it.
    eta : float
    strict : bool
        Whether a trial ends at once that is not among the best ``1 / eta``.
    """

    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3.0
    strict: bool = False


def method_of(root: Entry, own: Own, notices: list[str]) -> str | None:
    """Return the method; None where shoal chooses it."""
    entry = root.items.get("method")
    if own.method is not None or entry is None:
        return own.method
    if entry.value not in METHODS:
        if entry.value == "ax":
            notices.append("The method 'ax' is another program's: shoal chooses its own.")
            return None
        hint = did_you_mean(str(entry.value), METHODS)
        entry.refuse(f"Expected method to be one of {', '.join(METHODS)}. Got {entry.value!r}.{hint}")
    if entry.value == "custom":
        notices.append("The method 'custom' is another program's: shoal chooses its own.")
    return None if entry.value in ("custom", "auto") else entry.value


def metric_of(root: Entry, notices: list[str]) -> Metric | None:
    """Return the metric, of several the first."""
    entry = root.items.get("metric")
    if entry is None and "metrics" in root.items:
        parts = root.items["metrics"].parts
        if not parts:
            root.items["metrics"].refuse("Expected metrics as a list of metrics. Got something else.")
        notices.append("Of several metrics the first one is the goal.")
        entry = parts[0]
    if entry is None:
        return None
    given = entry.known("metric", ("name", "goal", "target", *_UNREAD))
    if not isinstance(given["name"].value if "name" in given else None, str):
        entry.refuse(f"Expected metric to have a name. Got {entry.value}.")
    goal = given["goal"].value if "goal" in given else "minimize"
    if goal not in ("minimize", "maximize"):
        given["goal"].refuse(
            f"Expected goal to be minimize or maximize. Got {goal!r}."
            f"{did_you_mean(str(goal), ('minimize', 'maximize'))}"
        )
    target = given["target"].value if "target" in given else None
    if target is not None and not is_number(target):
        given["target"].refuse(f"Expected target to be a number. Got {target!r}.")
    unread = [key for key in _UNREAD if key in given]
    if unread:
        notices.append(f"Without meaning here, and left out of metric: {', '.join(unread)}.")
    return Metric(given["name"].value, goal, target)


def early_terminate_of(root: Entry, notices: list[str]) -> EarlyTerminate | None:
    """Return how trials end early."""
    entry = root.items.get("early_terminate")
    if entry is None or entry.value is None:
        return None
    given = entry.known("early_terminate", ("type", "min_iter", "max_iter", "s", "eta", "strict"))
    kind = given["type"].value if "type" in given else None
    if kind == "envelope":
        notices.append("early_terminate of type 'envelope' has no meaning here, and is left out.")
        return None
    if kind != "hyperband":
        (given.get("type") or entry).refuse(
            f"Expected type of early_terminate to be hyperband. Got {kind!r}."
        )
    numbers = {key: whole_number(entry, key, least=1) for key in ("min_iter", "max_iter", "s")}
    if numbers["min_iter"] is None and (numbers["max_iter"] is None or numbers["s"] is None):
        entry.refuse(f"Expected early_terminate to have min_iter, or max_iter and s. Got {entry.value}.")
    eta = given["eta"].value if "eta" in given else 3
    if not is_number(eta) or not eta > 1:
        given["eta"].refuse(f"Expected eta above 1. Got {eta!r}.")
    strict = given["strict"].value if "strict" in given else False
    if not isinstance(strict, bool):
        given["strict"].refuse(f"Expected strict to be true or false. Got {strict!r}.")
    return EarlyTerminate(**numbers, eta=float(eta), strict=strict)


def whole_number(entry: Entry, key: str, least: int) -> int | None:
    """Return a whole number of a mapping, None where it does not stand there; refuse anything else."""
    if key not in entry.items:
        return None
    value = entry.items[key].value
    if not is_number(value) or not float(value).is_integer() or value < least:
        entry.items[key].refuse(f"Expected {key} to be a whole number from {least}. Got {value!r}.")
    return int(value)
