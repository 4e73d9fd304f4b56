"""What a search shows while it runs: a table of the best trials on a terminal, plain lines elsewhere."""

from __future__ import annotations

import heapq
import math
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.cli.say import on_terminal
from shoal.cli.sweep.kept import Score
from shoal.history.wording import compact
from shoal.sweep.durations import said
from shoal.sweep.matter.best import in_words

if TYPE_CHECKING:
    from rich.live import Live

    from shoal.sweep.events import BatchStarted
    from shoal.sweep.runs import RunScore
    from shoal.sweep.strategy import Ask, Strategy

SHOWN = 5
_LINE_SECONDS = 5.0  # between two plain lines that bring nothing new


class Board:
    """Takes the events of a search and shows where it stands; a context manager.

    Parameters
    ----------
    score : Score
    method : str
    trials : int or None
        How many there will be, where that is known.
    budget : float or None
        Seconds.
    started : float
        When the command began, by `time.perf_counter`.
    parts : int
        Networks of a trial: folds times seeds.
    """

    def __init__(
        self,
        score: Score,
        method: str,
        trials: int | None,
        budget: float | None,
        started: float,
        parts: int = 1,
    ) -> None:
        self.score, self.method, self.trials, self.budget = score, method, trials, budget
        self.started, self.title, self.parts = started, "", parts
        self.batch, self.runs, self.done = 0, 0, 0
        self._asked: dict[int, Ask] = {}
        self._came: dict[int, list[float]] = {}
        self._epochs: dict[int, int] = {}
        self._whole = 1
        self.seen: dict[int, tuple[int, float, float, dict[str, Any]]] = {}
        self.diverged: set[int] = set()
        self.doing = "preparing"
        self._best = -math.inf
        self._drawn: Live | None = None
        self._spoken = time.perf_counter()

    def __enter__(self) -> Board:
        if on_terminal():
            self._drawn = _live(self)
            self._drawn.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            self._drawn.stop()

    def begin(self, strategy: Strategy, title: str = "") -> None:
        """Show a search: that of the whole table, or of an outer fold."""
        self.title, self.seen, self.diverged, self._best = title, {}, set(), -math.inf
        self._strategy = strategy

    def say(self, doing: str) -> None:
        """Show what is done beside searching."""
        self.doing = doing

    def know(self, number: int, epochs: int, values: dict[str, Any], parts: tuple[float, ...]) -> None:
        """Take a trial that is finished, or one that an earlier sitting finished."""
        if not np.isfinite(parts).all():
            self.diverged.add(number)
            return
        self.seen[number] = (epochs, float(np.mean(parts)), float(np.std(parts)), values)

    def see(self, event: object) -> None:
        """Take one event of a search or of its training."""
        from shoal.sweep.events import BatchDone, BatchStarted, RunDone

        if isinstance(event, BatchStarted):
            self._batch(event)
        elif isinstance(event, RunDone):
            self._run(event.score)
        elif isinstance(event, BatchDone):
            for trial in event.trials:
                self.know(trial.number, trial.rung or 0, trial.values, trial.parts)
            if self._drawn is None:
                self._speak()
        elif self._drawn is not None:
            self._train(event)

    def _batch(self, event: BatchStarted) -> None:
        self.batch, self.runs, self.done = event.number + 1, event.runs, event.done_before
        self._asked = {ask.trial: ask for ask in self._strategy.ask()}  # asked again, it answers the same
        self._came, self._epochs = {}, {}
        self.doing = f"batch {self.batch}: {event.trials} settings, {event.runs} networks"

    def _run(self, score: RunScore) -> None:
        """Show a trial as soon as all its networks are done, which may be long before the batch is."""
        self.done += 1
        own = self._came.setdefault(score.trial, [])
        own.append(score.scores[self.score.name])
        ask = self._asked.get(score.trial)
        if ask is not None and len(own) == self.parts:
            self.know(score.trial, ask.epochs or 0, ask.values, tuple(own))

    def _train(self, event: object) -> None:
        """Take the epochs of the batch that is in training, for the share that is done."""
        from shoal.train.events import EpochsDone, NetStopped, Started

        if isinstance(event, Started):
            self._epochs, self._whole = {}, max(event.nets * event.epochs, 1)
        elif isinstance(event, EpochsDone):
            last = event.first_epoch + event.values.shape[1] - 1
            self._epochs |= dict.fromkeys(event.nets.tolist(), last)
        elif isinstance(event, NetStopped):
            self._epochs[event.net] = max(event.epoch, self._epochs.get(event.net, 0))

    def best(self, count: int = SHOWN) -> list[tuple[int, tuple[int, float, float, dict[str, Any]]]]:
        """Return the best trials of those that were trained longest."""
        return heapq.nlargest(count, self.seen.items(), key=lambda item: (item[1][:2], -item[0]))

    def seconds(self) -> float:
        """Return how long the command has run."""
        return time.perf_counter() - self.started

    def head(self) -> str:
        """Return where the search stands in one line."""
        count = len(self.seen) + len(self.diverged)
        of = f" of {self.trials}" if self.trials else ""
        failed = f", {len(self.diverged)} diverged" if self.diverged else ""
        return f"{self.title}{self.method}: {count:,}{of} trials{failed}"

    def _speak(self) -> None:
        """Print a line where there is something new, or there was none for a while."""
        best = self.best(1)
        top = best[0][1][1] if best else -math.inf
        now = time.perf_counter()
        if top == self._best and now - self._spoken < _LINE_SECONDS:
            return
        self._best, self._spoken = top, now
        told = f"{self.head()}, {said(self.seconds())}"
        if best:
            number, (_, score, _, values) = best[0]
            told += f"; best {self.score.title} {self.score.said(score)}, trial {number}: {in_words(values)}"
        print(told, file=sys.stderr, flush=True)

    def __rich__(self) -> Any:
        """Return what is drawn on a terminal."""
        from rich.console import Group
        from rich.text import Text

        return Group(Text(self.head(), no_wrap=True, overflow="ellipsis"), self._table(), self._bar())

    def _table(self) -> Any:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        rows = self.best()
        if not rows:
            return Text("no trial is finished yet", style="dim")
        names = _telling([values for _, (_, _, _, values) in rows])
        shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        shown.add_column("trial", justify="right", no_wrap=True)
        shown.add_column(self.score.title, justify="right", no_wrap=True)
        shown.add_column("settings", no_wrap=True, overflow="ellipsis", ratio=1)
        for number, (_, score, spread, values) in rows:
            settings = in_words({name: values[name] for name in names if name in values})
            figure = f"{self.score.said(score)} ± {_short(spread)}"
            shown.add_row(str(number), figure, Text(settings))
        return shown

    def _bar(self) -> Any:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        line = Table.grid(padding=(0, 1))
        line.add_column(no_wrap=True)
        line.add_column()
        line.add_column(no_wrap=True, overflow="ellipsis")
        total, done, left = self._progress()
        line.add_row(Text(left), ProgressBar(total=total, completed=done, width=20), Text(self._now()))
        return line

    def _now(self) -> str:
        """Return what is going on."""
        if not self.doing.startswith("batch"):
            return self.doing
        share = min(sum(self._epochs.values()) / self._whole, 1.0)
        done = f", {self.done} done" if self.done else ""
        return f"{self.doing}{done}, {100 * share:.0f} % trained" if share else f"{self.doing}{done}"

    def _progress(self) -> tuple[float, float, str]:
        """Return the whole, what is done of it, and the time left in words."""
        spent = self.seconds()
        if self.budget is not None:
            return self.budget, min(spent, self.budget), f"{said(max(self.budget - spent, 0.0))} left"
        if self.trials:
            share = (len(self.seen) + len(self.diverged)) / self.trials
            return 1.0, min(share, 1.0), said(spent)
        return max(self.runs, 1), self.done, said(spent)


def _telling(rows: list[dict[str, Any]]) -> list[str]:
    """Return the settings, those first in which the trials differ."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return sorted(names, key=lambda name: len({str(row.get(name)) for row in rows}) < 2)


def _short(spread: float) -> str:
    return f"{spread:.2g}" if 1e-4 <= spread < 1e4 or not spread else compact(spread)


def _live(board: Board) -> Live:
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False)
    return Live(board, console=console, refresh_per_second=4, transient=True)
