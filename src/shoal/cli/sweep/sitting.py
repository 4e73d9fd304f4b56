"""One sitting of a sweep: search under watch, keep the best model, tell."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shoal.cli.reporting import write_page
from shoal.cli.run_folder import RunFolder
from shoal.cli.say import write_json
from shoal.cli.sweep.board import Board
from shoal.cli.sweep.final import Refitted, best_of, judged, refitted
from shoal.cli.sweep.folder import SweepFolder
from shoal.cli.sweep.kept import Kept, open_store, read_kept
from shoal.cli.sweep.nesting import nested_scores
from shoal.cli.sweep.order import SweepOrder
from shoal.cli.sweep.outlook import Forecast, forecast
from shoal.cli.sweep.posing import Posed, posed, share_of_budget, taken_up
from shoal.cli.sweep.telling import plain_outcome, tell, tell_nothing_to_do
from shoal.cli.training import noted
from shoal.data import notices
from shoal.errors import TrainingError
from shoal.sweep.dashboard import copy, is_copied
from shoal.sweep.method import kept as kept_in
from shoal.sweep.run import Found, search

DONE, INTERRUPTED = 0, 130
_TELLING_SECONDS = 2.0  # of the budget: calls under way end, the last program is compiled, files are written
_REPORT_SECONDS = 3.0  # to find out what mattered, and to draw it
_COPY_SECONDS = 1.5  # to copy the trials for optuna-dashboard, Optuna's start included


@dataclass(frozen=True)
class Wish:
    """How a sweep is kept and told, besides what is ordered.

    Attributes
    ----------
    runs : str
        Where run folders go.
    model : str or None
        Where the best model is kept as well.
    as_json, dry_run : bool
    said : tuple of str
        What was noted before, for the notes of the folder.
    command : str
        The command line, for the report.
    started : float
        When the command began, by `time.perf_counter`.
    """

    runs: str = "runs"
    model: str | None = None
    as_json: bool = False
    dry_run: bool = False
    said: tuple[str, ...] = ()
    command: str = ""
    started: float = field(default_factory=time.perf_counter)


@dataclass
class Sitting:
    """What becomes of one sitting.

    Attributes
    ----------
    posed : Posed
    folder : SweepFolder
    spent : float
        Seconds of earlier sittings.
    found : Found
    kept : Kept or None
    made : Refitted or None
        The best settings, trained on all rows.
    nested : list of float or None
    interrupted : bool
    seconds : float
        In all.
    """

    posed: Posed
    folder: SweepFolder
    spent: float = 0.0
    found: Found = field(default_factory=Found)
    kept: Kept | None = None
    made: Refitted | None = None
    nested: list[float] | None = None
    interrupted: bool = False
    seconds: float = 0.0


def begin(order: SweepOrder, wish: Wish) -> int:
    """Search as ordered, leave a run folder, tell about it; return the exit code.

    Raises
    ------
    ShoalError
        If the table, the settings or the disk do not allow it. An order that is refused leaves no folder.
    """
    with noted() as said:
        asked = posed(order)
        ahead = forecast(asked.question, asked.method.strategy, asked.order)
        if wish.dry_run:
            _tell_plan(asked, ahead, wish, whole=True)
            return DONE
        _tell_plan(asked, ahead, wish, whole=False)
        recipe = asked.order.recipe
        made = RunFolder.create(wish.runs, recipe.table, recipe.targets, datetime.now(), "-sweep")
        folder = SweepFolder(made.path)
        folder.write_order(asked.order.to_json())
        return _sit(Sitting(asked, folder), wish, said)


def resume(path: str, wish: Wish, trials: int | None = None, budget: float | None = None) -> int:
    """Go on with a sweep; return the exit code.

    Raises
    ------
    FileError
        If the folder is none of a sweep, or the table has changed.
    SettingError
        If less is asked for than before.
    """
    folder = SweepFolder(Path(path))
    before, outcome = SweepOrder.from_json(folder.read_order()), folder.read_outcome()
    order = before.with_more(trials, budget)
    if _is_over(order, before, outcome):
        tell_nothing_to_do(folder, order, outcome, wish.as_json)
        return DONE
    with noted() as said:
        asked = taken_up(order, path)
        folder.write_order(asked.order.to_json())
        spent = float(outcome.get("seconds", 0.0))
        return _sit(Sitting(asked, folder, spent), wish, said)


def _is_over(order: SweepOrder, before: SweepOrder, outcome: dict[str, Any]) -> bool:
    """Return whether the last sitting came to its end, and nothing more is asked for now."""
    if outcome.get("finished"):
        return order.trials == before.trials
    return bool(outcome.get("timed_out")) and order.budget == before.budget and bool(outcome.get("model"))


def _sit(now: Sitting, wish: Wish, said: list[str]) -> int:
    """Search, keep and tell."""
    asked, order = now.posed, now.posed.order
    parts = len(asked.question.folds) * len(asked.question.seeds)
    since = wish.started - now.spent
    board = Board(asked.score, order.kind, order.trials, order.budget, since, parts)
    with board:
        with _stoppable(now):
            _search(now, wish, board)
        _read(now)
        with _stoppable(now):
            _keep_model(now, wish, board)
    _keep_tables(now, [*wish.said, *notices(now.posed.question.problem.columns), *said])
    now.seconds = now.spent + time.perf_counter() - wish.started
    now.folder.write_outcome(plain_outcome(now))
    if wish.command:
        now.folder.note_command(wish.command)
    write_page(now.folder.path)
    tell(now, wish)
    if now.made is None and not now.interrupted:
        assert now.kept is not None
        best_of(now.kept)  # says why there is none
        raise TrainingError("The best settings could not be trained on all rows.")
    return INTERRUPTED if now.interrupted else DONE


@contextmanager
def _stoppable(now: Sitting) -> Iterator[None]:
    """Take note of Ctrl-C where it strikes outside of the training, which ends by itself."""
    try:
        yield
    except KeyboardInterrupt:
        now.interrupted = True


def _search(now: Sitting, wish: Wish, board: Board) -> None:
    asked, share = now.posed, share_of_budget(now.posed.order)
    after = _TELLING_SECONDS + _REPORT_SECONDS + _COPY_SECONDS * is_copied(asked.method.strategy.name)
    where, name = place_of(now.folder, asked.order)
    board.begin(asked.method.strategy)
    with kept_in(where, asked.method, name) as (keeper, spent):
        if keeper is not None and keeper.batches():
            for trial in read_kept(keeper.store).trials.values():
                board.know(trial.number, trial.rung or 0, trial.values, trial.parts)
        before = max(now.spent / (1 + (asked.order.nested or 0)), spent)
        now.found = search(
            asked.question,
            asked.method.strategy,
            keeper=keeper,
            budget=None if share is None else max(share - after, 0.5 * share),
            spent=before + time.perf_counter() - wish.started,
            keep_time=True,
            on_event=board.see,
        )
    now.interrupted = now.found.interrupted
    if asked.order.nested and not now.interrupted:
        now.nested = nested_scores(asked, where, name, board)


def place_of(folder: SweepFolder, order: SweepOrder) -> tuple[str, str]:
    """Return where a sweep is kept, and under which name."""
    if order.store:
        return order.store, folder.path.resolve().name
    return str(folder.store), "sweep"


def _read(now: Sitting) -> None:
    with open_store(now.folder, {"store": now.posed.order.store}) as store:
        now.kept = read_kept(store)


def _keep_model(now: Sitting, wish: Wish, board: Board) -> None:
    """Train the best settings on all rows, and write the model."""
    assert now.kept is not None
    best = now.kept.best()
    if best is None:
        return
    board.say(f"training trial {best.number} on all rows")
    now.made = refitted(now.posed.question, best)
    model = judged(now.posed, now.kept, now.made, now.nested)
    now.made = replace(now.made, model=model)
    model.save(now.folder.model)
    if wish.model:
        model.save(wish.model)


def _keep_tables(now: Sitting, said: list[str]) -> None:
    with open_store(now.folder, {"store": now.posed.order.store}) as store:
        store.export(now.folder.trials)
        method = now.posed.method
        if is_copied(method.strategy.name):
            over = not (now.interrupted or now.found.timed_out)
            score = now.posed.score
            named = score.name if score.sign > 0 else f"- {score.name}"
            copy(store, method.question.space, named, method.max_epochs, over=over)
    earlier = now.folder.notes.read_text(encoding="utf-8").splitlines() if now.folder.notes.exists() else []
    now.folder.write_notes(list(dict.fromkeys([*earlier, *said])))


def _tell_plan(asked: Posed, ahead: Forecast, wish: Wish, *, whole: bool) -> None:
    """Say what will be done: on stdout where nothing else is asked for, beside the work elsewhere."""
    if whole and wish.as_json:
        write_json({"table": asked.order.recipe.table, **ahead.to_json()})
        return
    print("\n".join(ahead.told()), file=sys.stdout if whole else sys.stderr, flush=True)
