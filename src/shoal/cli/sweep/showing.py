"""``shoal sweep show``: what a search found, read from its store; JAX is not woken for it."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoal.cli.say import write_json
from shoal.cli.sweep.folder import SweepFolder
from shoal.cli.sweep.kept import Kept, open_store, read_kept
from shoal.cli.sweep.verdict import ended, endings, standing
from shoal.history.wording import compact, counted, listed
from shoal.rules import Number
from shoal.sweep.durations import said
from shoal.sweep.findings import findings_of
from shoal.sweep.matter.best import in_words
from shoal.sweep.trials import Trial

if TYPE_CHECKING:
    from shoal.sweep.store import Store

_SHOWN = 10
_MOST_RUNS = 10_000  # on a terminal; a file takes them all


def show_sweep(path: str, export: str | None, runs: bool, as_json: bool) -> None:
    """Print what a sweep found, or export its trials.

    Raises
    ------
    FileError
        If that is no sweep's folder, or the file cannot be written.
    """
    folder = SweepFolder(Path(path))
    order = folder.read_order()
    with open_store(folder, order) as store:
        if export is not None:
            store.export(export, runs=runs)
            _exported(export, as_json)
        elif runs:
            _show_runs(store, as_json)
        else:
            kept = read_kept(store)
            (_write if as_json else _show)(path, order, folder.read_outcome(), kept)


def _exported(export: str, as_json: bool) -> None:
    if as_json:
        write_json({"export": export})
    else:
        print(f"trials  {export}")


def _show_runs(store: Store, as_json: bool) -> None:
    frame = store.runs_frame()
    if as_json:
        write_json({"runs": frame.to_dicts()})
        return
    frame.head(_MOST_RUNS).write_csv(sys.stdout)


def _write(path: str, order: dict[str, Any], outcome: dict[str, Any], kept: Kept) -> None:
    place, learnt = standing(kept), _learnt(kept, order)
    write_json(
        {
            "run": path,
            "table": order["recipe"]["table"],
            "targets": order["recipe"]["targets"],
            "method": order["method"],
            "reason": order["reason"],
            "folds": len(kept.plan["folds"]),
            "seeds": len(kept.plan["seeds"]),
            "trials": len(kept.trials),
            "unfinished": kept.open,
            "best": place.to_json() if place else None,
            "ended": ended(kept),
            "findings": [one.to_json() for one in findings_of(kept.trials.values())],
            "importances": learnt["importances"].to_json() if learnt else None,
            "next": learnt["next"] if learnt else [],
            "outcome": outcome,
        }
    )


def _show(path: str, order: dict[str, Any], outcome: dict[str, Any], kept: Kept) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    for line in _opening(order, outcome, kept):
        console.print(Text(line))
    place = standing(kept)
    if place is None:
        console.print(Text("No trial came to anything so far."))
    else:
        console.print()
        console.print(_table(kept, kept.finalists[:_SHOWN]))
        console.print()
        for line in place.told():
            console.print(Text(line))
    for line in endings(kept):
        console.print(Text(line))
    for line in of_nested(outcome, kept):
        console.print(Text(line))
    _show_learnt(console, kept, order)
    console.print(Text(f"\nmodel   shoal sweep best {path} --out model.shoal"))


def _show_learnt(console: Any, kept: Kept, order: dict[str, Any]) -> None:
    """Print what mattered, and what to try next."""
    from rich.text import Text

    learnt = _learnt(kept, order)
    if learnt is None:
        return
    found = learnt["importances"]
    told = found.told()
    if not found.reason:
        where = learnt["where"]
        console.print(Text(f"\nWhat mattered, of the differences between {where}:"))
    for line in told if not found.reason else [f"\n{found.reason}"]:
        console.print(Text(f"  {line}" if not found.reason else line))
    steps = [step for step in learnt["next"] if step != found.reason]
    if steps:
        console.print(Text("\nWhat to try next:"))
    for step in steps:
        console.print(Text(f"  {step}"))


def _learnt(kept: Kept, order: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the trials say of the settings; None where nothing varied or nothing was finished."""
    trials = kept.alike()
    if not trials or not kept.space.dimensions:
        return None
    from shoal.sweep.matter.importances import importances
    from shoal.sweep.matter.next_steps import next_steps
    from shoal.sweep.matter.study import study

    rules = {name: Number(**limits) for name, limits in order["facts"].get("limits", {}).items()}
    evidence = kept.evidence(trials)
    made = study(evidence)
    rung = trials[0].rung
    where = counted(len(trials), "trial") + (f" after {counted(rung, 'epoch')}" if rung is not None else "")
    return {
        "importances": importances(evidence, made=made),
        "next": renumbered(next_steps(evidence, rules=rules, made=made), trials),
        "where": where,
    }


def renumbered(steps: list[str], trials: list[Trial]) -> list[str]:
    """Return sentences with the numbers of trials, in place of their places in the evidence."""
    import re

    def number(found: re.Match[str]) -> str:
        return f"trial {trials[int(found[1])].number}"

    return [re.sub(r"\btrial (\d+)", number, step) for step in steps]


def _opening(order: dict[str, Any], outcome: dict[str, Any], kept: Kept) -> list[str]:
    recipe, plan = order["recipe"], kept.plan
    folds, seeds = len(plan["folds"]), len(plan["seeds"])
    each = f"{folds} folds" + (f" and {seeds} seeds" if seeds > 1 else "")
    state = "finished" if outcome.get("finished") else "the time was over" if outcome.get("timed_out") else ""
    state = state or ("interrupted" if outcome.get("interrupted") else "running, or killed")
    when = f", {said(outcome['seconds'])}" if outcome.get("seconds") else ""
    title = f"{Path(recipe['table']).name}: {listed(recipe['targets'])} ({plan['task']})"
    return [
        title,
        f"{len(kept.trials):,} trials of {each} by {order['method']['kind']}; {state}{when}.",
        f"Why {order['method']['kind']}: {order['reason']}.",
    ]


def of_nested(outcome: dict[str, Any], kept: Kept) -> list[str]:
    """Return what a nested cross-validation found, in a sentence."""
    found = outcome.get("nested")
    if not found:
        return []
    each = ", ".join(compact(value) for value in found)
    mean = compact(sum(found) / len(found))
    return [
        f"Nested: the whole search, judged on rows it never saw, reaches {kept.main.title} {mean} ({each})."
    ]


def _table(kept: Kept, trials: list[Trial]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("trial", justify="right", no_wrap=True)
    shown.add_column(kept.main.title, justify="right", no_wrap=True)
    others = [name for name in kept.plan["scores"] if name != kept.main.name]
    from shoal.cli.sweep.kept import Score

    for name in others:
        shown.add_column(Score(name).title, justify="right", no_wrap=True)
    shown.add_column("settings", overflow="fold", ratio=1)
    for trial in trials:
        spread = f" ± {trial.spread:.2g}" if trial.spread is not None and len(trial.parts) > 1 else ""
        figures = [Score(name).said(_mean(trial.scores[name])) for name in others]
        own = f"{kept.main.said(trial.score)}{spread}"
        shown.add_row(str(trial.number), own, *figures, Text(in_words(trial.values)))
    return shown


def _mean(parts: tuple[float, ...]) -> float:
    return sum(parts) / len(parts) if parts else math.nan
