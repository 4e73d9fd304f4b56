"""A search kept in a store: its runs as rows, its networks that may go on as bytes beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal import backend
from shoal.fitting.defaults import resolved
from shoal.settings import as_optimizer
from shoal.sweep.question import Question
from shoal.sweep.runs import RunScore
from shoal.sweep.store import Batch, RunRow, Store
from shoal.train.checkpoint import state_from_bytes, state_to_bytes


class StoreKeeper:
    """Writes what `shoal.sweep.run.search` tells it to a `shoal.sweep.store.Store`, and reads it back.

    Parameters
    ----------
    store : Store
        Begun.
    question : Question
        Knows the optimizer of each trial, whose state is of its own shape.
    """

    def __init__(self, store: Store, question: Question):
        self.store, self.question = store, question

    def spent(self) -> float:
        """Return the seconds that earlier sittings have trained, all devices at work."""
        return sum(row.seconds for row in self.store.runs(curves=False)) / len(backend.devices())

    def batches(self) -> Sequence[Batch]:
        """Return the batches so far."""
        return self.store.batches()

    def open_batch(self, number: int, asks: list[dict[str, Any]]) -> None:
        """Keep what a batch asks for."""
        self.store.open_batch(number, asks)

    def add_runs(self, batch: int, runs: Sequence[RunScore], values: Mapping[int, dict[str, Any]]) -> None:
        """Keep runs, and where their networks stand if they may go on: all of it or nothing."""
        states = {run.key: state_to_bytes(run.state["net"]) for run in runs if run.state is not None}
        with self.store.transaction():
            self.store.add_runs([_row(batch, run, values[run.trial]) for run in runs])
            if states:
                self.store.put_states(states, batch)

    def runs(self, batch: int, *, states: bool = False) -> list[RunScore]:
        """Return the runs of a batch that have ended, with where they stand if that is asked."""
        rows = self.store.runs(batch)
        keys = [(row.trial, row.fold, row.seed) for row in rows]
        found = self.store.states(keys, before=batch + 1) if states else {}
        return [_run(row, self._state(row, found.get(key))) for row, key in zip(rows, keys, strict=True)]

    def _state(self, row: RunRow, written: bytes | None) -> dict[str, Any] | None:
        if written is None:
            return None
        settings = self.question.settings(row.values)
        done = resolved(settings, self.question.facts)
        return state_from_bytes(written, as_optimizer(done).kind)

    def close_batch(self, number: int, told: list[dict[str, Any]]) -> None:
        """Keep what the strategy is told."""
        self.store.close_batch(number, told)


def _row(batch: int, run: RunScore, values: dict[str, Any]) -> RunRow:
    return RunRow(
        batch=batch,
        trial=run.trial,
        fold=run.fold,
        seed=run.seed,
        epochs=run.epochs,
        best_epoch=run.best_epoch,
        scores=run.scores,
        train_scores=run.train_scores,
        curve=run.curve,
        ended=run.ended,
        reason=run.reason,
        seconds=run.seconds,
        values=values,
    )


def _run(row: RunRow, state: dict[str, Any] | None) -> RunScore:
    curve = {name: [float(v) for v in values] for name, values in (row.curve or {}).items()}
    return RunScore(
        trial=row.trial,
        fold=row.fold,
        seed=row.seed,
        epochs=row.epochs,
        best_epoch=row.best_epoch,
        scores={name: math.nan if v is None else v for name, v in row.scores.items()},
        train_scores={name: math.nan if v is None else v for name, v in row.train_scores.items()},
        curve=curve,
        ended=row.ended,
        reason=row.reason,
        seconds=row.seconds,
        state=None if state is None else {"net": state, "curve": curve},
    )
