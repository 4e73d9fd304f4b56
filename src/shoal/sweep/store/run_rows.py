"""Runs as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from shoal.sweep.store.encoding import (
    from_text,
    pack_curve,
    scores_from_text,
    scores_to_text,
    to_text,
    unpack_curve,
)
from shoal.sweep.store.records import RunRow
from shoal.sweep.store.tables import runs, trials

_KEY = ("batch", "trial", "fold", "seed", "epochs")


def write_runs(connection: Connection, sweep: int, rows: Sequence[RunRow]) -> None:
    """Write runs; one whose key is there already takes its place."""
    if not rows:
        return
    written = {row.key: _row(sweep, row) for row in rows}  # the last of two with one key counts
    _write_settings(connection, sweep, rows)
    keys = [{f"of_{name}": row[name] for name in ("sweep", *_KEY)} for row in written.values()]
    same = and_(*(runs.c[name] == bindparam(f"of_{name}") for name in ("sweep", *_KEY)))
    connection.execute(delete(runs).where(same), keys)
    connection.execute(insert(runs), list(written.values()))


def read_runs(connection: Connection, sweep: int, batch: int | None, curves: bool) -> list[RunRow]:
    """Read the runs of a batch or of all, in the order of their keys."""
    columns = [column for column in runs.c if curves or column is not runs.c.curve]
    asked = (
        select(*columns, trials.c.settings)
        .join(
            trials,
            and_(*(trials.c[name] == runs.c[name] for name in ("sweep", "batch", "trial"))),
        )
        .where(runs.c.sweep == sweep)
        .order_by(*(runs.c[name] for name in _KEY))
    )
    if batch is not None:
        asked = asked.where(runs.c.batch == batch)
    return [_run(found) for found in connection.execute(asked).mappings()]


def _write_settings(connection: Connection, sweep: int, rows: Iterable[RunRow]) -> None:
    """Write the settings of the trials of some runs: once, however many folds and seeds there are."""
    settings = {(row.batch, row.trial): row.values for row in rows}
    there = select(trials.c.batch, trials.c.trial, trials.c.settings).where(
        trials.c.sweep == sweep, trials.c.batch.in_({batch for batch, _ in settings})
    )
    known = {(batch, trial): text for batch, trial, text in connection.execute(there)}
    texts = {place: to_text(values) for place, values in settings.items()}
    new = [place for place in texts if place not in known]
    other = [place for place in texts if place in known and known[place] != texts[place]]
    if new:
        connection.execute(
            insert(trials),
            [{"sweep": sweep, "batch": b, "trial": t, "settings": texts[b, t]} for b, t in new],
        )
    for batch, trial in other:
        place = and_(trials.c.sweep == sweep, trials.c.batch == batch, trials.c.trial == trial)
        connection.execute(trials.update().where(place).values(settings=texts[batch, trial]))


def _row(sweep: int, row: RunRow) -> dict[str, Any]:
    return {
        "sweep": sweep,
        **{name: int(getattr(row, name)) for name in (*_KEY, "best_epoch")},
        "scores": scores_to_text(row.scores),
        "train_scores": scores_to_text(row.train_scores),
        "ended": row.ended,
        "reason": row.reason,
        "seconds": float(row.seconds),
        "finished": row.finished,
        "curve": pack_curve(row.curve),
    }


def _run(found: Any) -> RunRow:
    return RunRow(
        **{name: found[name] for name in (*_KEY, "best_epoch", "ended", "reason", "seconds", "finished")},
        scores=scores_from_text(found["scores"]),
        train_scores=scores_from_text(found["train_scores"]),
        curve=unpack_curve(found.get("curve")),
        values=from_text(found["settings"]),
    )
