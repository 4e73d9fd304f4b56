"""What the store of a search says, as facts for its page; read without waking JAX."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.cli.sweep.folder import SweepFolder
from shoal.cli.sweep.kept import Kept, Score, open_store, read_kept
from shoal.cli.sweep.showing import of_nested, renumbered
from shoal.cli.sweep.verdict import endings, standing
from shoal.history import find_metric
from shoal.history.wording import counted
from shoal.report.sweep_facts import SweepFacts
from shoal.rules import Number
from shoal.sweep.durations import said
from shoal.sweep.findings import findings_of, told
from shoal.sweep.trials import Trial

if TYPE_CHECKING:
    from shoal.sweep.store import Store

_LEAST_TRIALS_DRAWN = 2


def sweep_facts(path: str | Path) -> SweepFacts:
    """Return what the folder of a search holds, finished or not.

    Raises
    ------
    FileError
        If that is no sweep's folder, or its store is gone.
    """
    folder = SweepFolder(Path(path))
    order = folder.read_order()
    with open_store(folder, order) as store:
        kept = read_kept(store)
        curves = _curves(store, kept)
    return facts_of(folder, order, kept, curves)


def facts_of(
    folder: SweepFolder, order: Mapping[str, Any], kept: Kept, curves: Sequence[Mapping[str, Any]]
) -> SweepFacts:
    """Return what is known of a search."""
    place, trials = standing(kept), kept.alike()
    recipe, outcome = order["recipe"], folder.read_outcome()
    command = folder.command.read_text(encoding="utf-8").strip() if folder.command.exists() else ""
    rung = trials[0].rung if trials else None
    drawn = _drawn(kept, order, trials)
    varied, found = kept.space.dimensions, findings_of(kept.trials.values())
    return SweepFacts(
        table=Path(recipe["table"]).name,
        targets=recipe["targets"],
        figure=kept.main.title,
        lower_is_better=kept.main.sign < 0,
        best=place.told() if place else (),
        best_settings=place.finalists[0].values if place else {},
        key_facts=_key_facts(order, outcome, kept),
        trials=[_row(kept, trial) for trial in kept.finalists],
        endings=[*(line for line in endings(kept) if line not in told(found)), *_nested(outcome, kept)],
        pictures=drawn.get("pictures", {}),
        where=counted(len(trials), "trial")
        + (f" after {counted(rung, 'epoch')}" if rung is not None else ""),
        curves=curves,
        curve_title=f"{'Validation' if _are_validated(curves) else 'Training'} loss of all trials",
        next_steps=drawn.get("next", ()),
        findings=found,
        space=[(one.name, str(one.domain)) for one in varied],
        fixed=_fixed(recipe, {one.name for one in varied}),
        command=command,
        best_command=f"shoal sweep best {folder.path} --out model.shoal" if place else "",
        versions=kept.plan.get("versions", {}),
    )


def _key_facts(order: Mapping[str, Any], outcome: Mapping[str, Any], kept: Kept) -> list[tuple[str, str]]:
    folds, seeds = len(kept.plan["folds"]), len(kept.plan["seeds"])
    each = f"{folds} folds" + (f" x {seeds} seeds" if seeds > 1 else "")
    state = "finished" if outcome.get("finished") else "the time was over" if outcome.get("timed_out") else ""
    state = state or ("interrupted" if outcome.get("interrupted") else "running, or killed")
    found = [
        ("Task", kept.plan["task"]),
        ("Trials", f"{len(kept.trials):,} of {each} each"),
        ("Method", f"{order['method']['kind']}: {order['reason']}"),
        ("State", state),
    ]
    return [*found, ("Time", said(outcome["seconds"]))] if outcome.get("seconds") else found


def _row(kept: Kept, trial: Trial) -> dict[str, Any]:
    others = [name for name in kept.plan["scores"] if name != kept.main.name]
    return {
        "trial": trial.number,
        "figure": kept.main.figure(trial.score),
        "spread": trial.spread if len(trial.parts) > 1 else None,
        "others": {Score(name).title: Score(name).figure(_mean(trial.scores[name])) for name in others},
        "values": trial.values,
        "epochs": trial.epochs,
        "seconds": trial.seconds,
    }


def _drawn(kept: Kept, order: Mapping[str, Any], trials: list[Trial]) -> dict[str, Any]:
    """Return the pictures of the trials and what to try next; nothing where nothing varied."""
    if len(trials) < _LEAST_TRIALS_DRAWN or not kept.space.dimensions:
        return {}
    from shoal.sweep.matter.importances import importances
    from shoal.sweep.matter.next_steps import next_steps
    from shoal.sweep.matter.pictures import importance_bars, parallel_coordinates, slice_curves
    from shoal.sweep.matter.slices import slices
    from shoal.sweep.matter.study import study

    evidence = kept.evidence(trials)
    made = study(evidence)
    rules = {name: Number(**limits) for name, limits in order["facts"].get("limits", {}).items()}
    found = importances(evidence, made=made)
    steps = renumbered(next_steps(evidence, rules=rules, made=made), trials)
    curves = slice_curves(evidence, slices(evidence, made=made)) if not found.reason else []
    return {
        "next": [step for step in steps if step != found.reason],
        "pictures": {
            "parallel": _lines(kept.main, trials, parallel_coordinates(evidence)),
            "importances": importance_bars(found),
            "slices": [_slice(kept.main, one) for one in curves],
        },
    }


def _lines(score: Score, trials: Sequence[Trial], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return parallel coordinates with the numbers of the trials, and scores as figures."""
    lines = [
        {
            "trial": trials[line["trial"]].number,
            "places": line["places"],
            "figure": _number(score.figure(line["score"])),
            "rank": line["rank"],
        }
        for line in found["lines"]
    ]
    return {"axes": found["axes"], "lines": lines}


def _slice(score: Score, one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a slice with scores as figures; of losses, low and high change places."""
    metric = find_metric(score.name)
    ends = [score.bounds(low, high) for low, high in zip(one["low"], one["high"], strict=True)]
    bounds = [(max(low, metric.lowest), min(high, metric.highest)) for low, high in ends]
    points = [{"value": point["value"], "figure": score.figure(point["score"])} for point in one["trials"]]
    return {
        "name": one["name"],
        "scale": one["scale"],
        "ordered": one["ordered"],
        "values": list(one["values"]),
        "figures": [score.figure(value) for value in one["scores"]],
        "low": [low for low, _ in bounds],
        "high": [high for _, high in bounds],
        "trials": points,
    }


def _curves(store: Store, kept: Kept) -> list[dict[str, Any]]:
    """Return the mean curve of each trial over its folds and seeds, at its last rung."""
    ranks = {trial.number: rank for rank, trial in enumerate(_ranked(kept), 1)}
    found: dict[int, list[Mapping[str, Sequence[float]]]] = {}
    for row in store.runs():
        if row.trial in ranks and row.curve:
            found.setdefault(row.trial, []).append(row.curve)
    name = "val_loss" if all("val_loss" in curve for curves in found.values() for curve in curves) else "loss"
    return [
        {
            "trial": number,
            "rank": ranks[number],
            "values": _averaged([curve[name] for curve in curves]),
            "of": name,
        }
        for number, curves in found.items()
    ]


def _ranked(kept: Kept) -> list[Trial]:
    """Return all trials, those that were trained longest first, those that failed last."""
    finalists = kept.finalists
    numbers = {trial.number for trial in finalists}
    rest = [trial for trial in kept.trials.values() if trial.number not in numbers]
    worst = -math.inf
    return [*finalists, *sorted(rest, key=lambda t: -(t.score if t.score is not None else worst))]


def _averaged(curves: Sequence[Sequence[float]]) -> list[float | None]:
    """Return the mean by epoch of the networks that were still training."""
    longest = max(len(curve) for curve in curves)
    table = np.full((len(curves), longest), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    table[~np.isfinite(table)] = np.nan
    counts = np.isfinite(table).sum(0)
    sums = np.nansum(table, axis=0)
    return [float(total / count) if count else None for total, count in zip(sums, counts, strict=True)]


def _are_validated(curves: Sequence[Mapping[str, Any]]) -> bool:
    return bool(curves) and curves[0]["of"] == "val_loss"


def _fixed(recipe: Mapping[str, Any], varied: set[str]) -> dict[str, Any]:
    return {name: value for name, value in recipe.get("settings", {}).items() if name not in varied}


def _nested(outcome: Mapping[str, Any], kept: Kept) -> list[str]:
    return of_nested(dict(outcome), kept)


def _mean(parts: Sequence[float]) -> float:
    return sum(parts) / len(parts) if parts else math.nan


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
