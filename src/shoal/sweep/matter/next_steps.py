"""What to try next, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.history.wording import compact, listed
from shoal.rules import Rule
from shoal.sweep.matter.best import Verdict, best_settings
from shoal.sweep.matter.coordinates import Coordinate, coordinates
from shoal.sweep.matter.edges import edges
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.importances import Importances, importances
from shoal.sweep.matter.slices import Slice, slices
from shoal.sweep.matter.study import FEWEST_TRIALS, Study, study

_OUTWEIGHS = 0.9  # of the differences
_TOO_MANY = 10  # times as many runs: then the difference is not worth them


def next_steps(
    evidence: Evidence,
    *,
    rules: Mapping[str, Rule | None] | None = None,
    draws: int = 60,
    seed: int = 0,
    made: Study | None = None,
) -> list[str]:
    """Return what to try next, the most pressing first.

    Named are: where runs came to nothing; ranges to widen (`edges`); how many more folds and seeds would tell
    the best from the second; settings to fix, to look at more closely, and to vary together.

    Parameters
    ----------
    evidence, draws, seed, made
        As for `shoal.sweep.matter.importances.importances`.
    rules : mapping of str to Rule, optional
        As for `shoal.sweep.matter.edges.edges`.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, uniform
    >>> space = as_space({"momentum": uniform(0.5, 0.9)})
    >>> for step in next_steps(Evidence(space, [{"momentum": 0.6}] * 2, [[0.8], [0.7]], 1, 1)):
    ...     print(step)
    Use several folds or seeds: with one of each the noise stays unknown.
    Try more settings: from 8 trials on it can be told which of them matter.
    """
    if not np.isfinite(evidence.means).any():
        return ["Nothing came of any trial: look at how the runs ended before searching on."]
    found = study(evidence, draws=draws, seed=seed) if made is None else made
    important = importances(evidence, made=found)
    steps = [*_failures(evidence), *map(str, edges(evidence, rules=rules))]
    steps += _sureness(evidence, best_settings(evidence, seed=seed))
    steps += [_more(evidence, important)] if important.reason else _settings(evidence, important, found)
    return steps or ["Nothing stands out: the search has found what there is in this space."]


def _more(evidence: Evidence, important: Importances) -> str:
    if np.isfinite(evidence.means).sum() < FEWEST_TRIALS:
        return f"Try more settings: from {FEWEST_TRIALS} trials on it can be told which of them matter."
    return important.reason


def _failures(evidence: Evidence) -> list[str]:
    """Where runs came to nothing, if that is at one end of a setting."""
    failed = ~evidence.complete
    count, trials = int(failed.sum()), len(failed)
    if not count:
        return []
    text = f"{count} of {trials} trials came to nothing in some or all of their runs"
    where = min(_ends(evidence, failed), default=None)
    if where is None or where[0] > 0.01:
        return [f"{text}."]
    return [f"{text}, {'all of them' if count > 1 else 'that'} with {where[1]}: leave that out."]


def _ends(evidence: Evidence, failed: np.ndarray) -> list[tuple[float, str]]:
    """For each end of each setting: the chance that all failures lie so near to it, and its words."""
    from scipy.special import gammaln

    found = []
    ordered = [one for one in coordinates(evidence.space) if one.ordered]
    for one in ordered:
        units = evidence.unit_cube[:, one.place]
        if not np.isfinite(units[failed]).all():
            continue
        for sign in (1, -1):
            last = failed.nonzero()[0][np.argmin(sign * units[failed])]
            beyond = int((sign * units >= sign * units[last]).sum())
            count, total = int(failed.sum()), len(failed)
            ways = [gammaln(n + 1) - gammaln(n - count + 1) for n in (beyond, total)]
            chance = float(np.exp(ways[0] - ways[1])) * 2 * len(ordered)
            word = "less" if (sign < 0) != one.falling else "more"
            value = evidence.values[last][evidence.space.names[one.place]]
            found.append((chance, f"{one.name} of {_plain(value)} or {word}"))
    return found


def _sureness(evidence: Evidence, verdict: Verdict) -> list[str]:
    """What it would take to be sure of the best."""
    if evidence.units.shape[1] < 2:
        return ["Use several folds or seeds: with one of each the noise stays unknown."]
    lead = verdict.lead
    if lead is None or verdict.runner_up is None or verdict.runner_up not in verdict.equals:
        return []
    times = (2 * lead.error / lead.mean) ** 2 if lead.mean > 0 else np.inf
    pair = f"trial {verdict.trial} from trial {verdict.runner_up}"
    if not times <= _TOO_MANY:
        return [
            f"To tell {pair} would take more runs than it is worth: choose by cost, or by what is simpler."
        ]
    return [f"To tell {pair}, train both on about {max(2, round(times))} times as many folds and seeds."]


def _settings(evidence: Evidence, important: Importances, found: Study) -> list[str]:
    """Which settings to fix, to look at more closely, and to vary together."""
    steps = []
    curves = {one.name: one for one in slices(evidence, made=found)}
    by_name = {one.name: one for one in found.coordinates}
    for one in important.settings:
        near = _promising(by_name[one.name], curves[one.name]) if one.seen else ""
        steps += [near] if near else []
    together = [one for one in important.interactions if one.seen]
    if together:
        pairs = listed([f"{a} with {b}" for a, b in (one.names for one in together)], 3)
        steps.append(f"Vary together, not one at a time: {pairs}.")
    used = {name for one in (*important.settings, *together) if one.seen for name in one.names}
    idle = [one.name for one in important.settings if one.name not in used]
    if used and idle:
        steps.append(_idle(idle, important))
    return steps


def _idle(idle: list[str], important: Importances) -> str:
    """What to do with settings that show no effect: one that outweighs all others may hide theirs."""
    show = "shows" if len(idle) == 1 else "show"
    first = important.settings[0]
    if first.share.value > _OUTWEIGHS:
        return f"{listed(idle)} {show} no effect beside {first.name}: narrow that first, then look again."
    it = "it" if len(idle) == 1 else "them"
    return f"{listed(idle)} {show} no effect: fix {it}, and search the others."


def _promising(coordinate: Coordinate, curve: Slice) -> str:
    """Where the band reaches up to the best value's lower bound, if that is less than half of the range."""
    best = int(np.argmax(curve.scores))
    good = np.flatnonzero(np.array(curve.high) >= curve.low[best])
    if len(good) > 0.5 * len(curve.values) or len(curve.values) < 4:
        return ""
    if not coordinate.ordered:
        return f"Look closer at {curve.name}: {listed([_plain(curve.values[i]) for i in good], 5)}."
    low, high = curve.values[good[0]], curve.values[good[-1]]
    if good[-1] - good[0] + 1 > 0.5 * len(curve.values):
        return ""
    if good[0] == good[-1] and coordinate.finite:
        return f"Look closer at {curve.name} around {_plain(low)}."
    return f"Look closer at {curve.name} between {_plain(low)} and {_plain(high)}."


def _plain(value: Any) -> str:
    return compact(value) if isinstance(value, float) else str(value)
