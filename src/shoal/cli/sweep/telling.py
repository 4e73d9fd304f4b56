"""What a sweep says when it is over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoal.cli.say import write_json
from shoal.cli.sweep.kept import Kept
from shoal.cli.sweep.verdict import ended, endings, standing
from shoal.history.wording import compact, with_bounds
from shoal.sweep.durations import said
from shoal.sweep.matter.best import in_words

if TYPE_CHECKING:
    from shoal.cli.sweep.folder import SweepFolder
    from shoal.cli.sweep.order import SweepOrder
    from shoal.cli.sweep.sitting import Sitting, Wish


def tell(now: Sitting, wish: Wish) -> None:
    """Say on stdout what came of a sitting and where it lies."""
    kept, folder = now.kept, now.folder
    if now.interrupted:
        again = f"shoal sweep resume {folder.path}"
        held = "the best model so far is kept" if now.made else "nothing was finished yet"
        print(f"shoal: Interrupted; {held}. Go on with: {again}", file=sys.stderr)
    if wish.as_json:
        write_json({"run": str(folder.path), **plain_outcome(now), **_places(now, wish)})
        return
    order, question = now.posed.order, now.posed.question
    table, targets = Path(order.recipe.table).name, ", ".join(order.recipe.targets)
    rows, task = len(question.problem), question.problem.task
    print(f"{table}: {rows:,} rows, {targets} ({task})")
    if kept is None:
        return
    folds, seeds = len(question.folds), len(question.seeds)
    each = f"{folds} folds" + (f" and {seeds} seeds" if seeds > 1 else "")
    print(f"{len(kept.trials):,} trials of {each} in {said(now.seconds)} by {order.kind}.")
    for line in [*_of_best(kept), *_of_nested(kept, now.nested), *endings(kept)]:
        print(line)
    if now.made:
        print(f"model   {wish.model or folder.model}")
    print(f"trials  {folder.trials}")
    print(f"report  {folder.report}")
    print(f"more    shoal sweep show {folder.path}")


def plain_outcome(now: Sitting) -> dict[str, Any]:
    """Return what the run folder keeps of how a sitting ended."""
    kept = now.kept
    place = standing(kept) if kept else None
    model = None
    if now.made:
        model = {
            "trial": now.made.trial.number,
            "settings": now.made.settings.given(),
            "scores": now.made.model.scores,
        }
    return {
        "finished": not (now.interrupted or now.found.timed_out),
        "interrupted": now.interrupted,
        "timed_out": now.found.timed_out,
        "seconds": now.seconds,
        "trials": len(kept.trials) if kept else 0,
        "ended": ended(kept) if kept else {},
        "best": place.to_json() if place else None,
        "nested": now.nested and [kept.main.figure(score) for score in now.nested] if kept else None,
        "model": model,
    }


def tell_nothing_to_do(
    folder: SweepFolder, order: SweepOrder, outcome: dict[str, Any], as_json: bool
) -> None:
    """Say that a sweep is over."""
    if as_json:
        write_json({"run": str(folder.path), "nothing_to_do": True, **outcome})
        return
    had = f"{outcome['trials']:,} trials in {said(outcome['seconds'])}"
    why = "the time is over" if outcome.get("timed_out") else "nothing is left to try"
    more = "--budget" if outcome.get("timed_out") else "--trials"
    print(f"The sweep is finished ({had}; {why}). With {more} it goes on: both count from its beginning.")


def _of_best(kept: Kept) -> list[str]:
    place = standing(kept)
    if place is None:
        return []
    lines = place.told()
    return [lines[0], f"  {in_words(place.finalists[0].values)}", *lines[1:]]


def _of_nested(kept: Kept, nested: list[float] | None) -> list[str]:
    if not nested:
        return []
    from shoal.cli.sweep.final import interval_of

    score = kept.main
    low, high = score.bounds(*interval_of(nested))
    value, bounds = with_bounds(score.figure(sum(nested) / len(nested)), low, high)
    each = ", ".join(compact(score.figure(one)) for one in nested)
    return [
        f"Nested: the whole search, done again without each of {len(nested)} parts and judged on it, reaches "
        f"{score.title} {value} ({bounds}): {each}."
    ]


def _places(now: Sitting, wish: Wish) -> dict[str, Any]:
    folder = now.folder
    return {
        "model_file": str(wish.model or folder.model) if now.made else None,
        "trials_file": str(folder.trials),
        "report": str(folder.report),
    }
