"""States of networks as rows: bytes by trial, fold, seed and the batch that left them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, select, tuple_

from shoal.errors import StoreError
from shoal.sweep.store.records import StateKey
from shoal.sweep.store.tables import states

LARGEST = 900_000_000
"""Bytes of one state: both SQLite and PostgreSQL end at about one gigabyte to a value."""

_TOGETHER = 200  # keys to a statement; SQLite bounds how many values one may carry


def write_states(
    connection: Connection, sweep: int, batch: int, given: Mapping[StateKey, bytes], limit: float
) -> None:
    """Write states; one that the same batch left of the same network is replaced.

    Raises
    ------
    StoreError
        If a state is larger than a database can hold, or all of them together larger than `limit` bytes.
    """
    for key, state in given.items():
        if len(state) > LARGEST:
            raise StoreError(
                f"The state of trial {key[0]} has {len(state) / 1e6:,.0f} MB; a database holds "
                f"{LARGEST / 1e6:,.0f} MB in one piece. A sweep cannot let networks of this size go on."
            )
    for keys in _parts(given):
        connection.execute(delete(states).where(_of(sweep), states.c.batch == batch, _are(keys)))
    total = total_size(connection, sweep) + sum(map(len, given.values()))
    if total > limit:
        raise StoreError(
            f"The states of the networks that go on need {total / 1e9:.2f} GB, and this store keeps at most "
            f"{limit / 1e9:.2f} GB. Open it with a higher states_limit, or let fewer networks go on."
        )
    rows = [_row(sweep, batch, key, state) for key, state in given.items()]
    if rows:
        connection.execute(insert(states), rows)


def read_states(
    connection: Connection, sweep: int, keys: Iterable[StateKey] | None, before: int | None
) -> dict[StateKey, bytes]:
    """Read the last state of each network, of batches before one if that is asked."""
    found: dict[StateKey, bytes] = {}
    for some in [None] if keys is None else _parts(keys):
        for row in connection.execute(_last(sweep, some, before)):
            found[row.trial, row.fold, row.seed] = bytes(row.state)
    return found


def remove_states(connection: Connection, sweep: int, keys: Iterable[StateKey] | None) -> None:
    """Remove the states of some networks, or all."""
    if keys is None:
        connection.execute(delete(states).where(_of(sweep)))
        return
    for some in _parts(keys):
        connection.execute(delete(states).where(_of(sweep), _are(some)))


def remove_superseded(connection: Connection, sweep: int) -> None:
    """Remove the states that a later batch has left anew."""
    later = states.alias()
    same = and_(*(later.c[name] == states.c[name] for name in ("sweep", "trial", "fold", "seed")))
    connection.execute(delete(states).where(_of(sweep), exists().where(same, later.c.batch > states.c.batch)))


def total_size(connection: Connection, sweep: int) -> int:
    """Return the bytes of all states of a sweep."""
    return int(connection.execute(select(func.sum(states.c.size)).where(_of(sweep))).scalar() or 0)


def _row(sweep: int, batch: int, key: StateKey, state: bytes) -> dict[str, int | bytes]:
    trial, fold, seed = map(int, key)
    place = {"sweep": sweep, "trial": trial, "fold": fold, "seed": seed, "batch": int(batch)}
    return {**place, "size": len(state), "state": state}


def _last(sweep: int, keys: list[StateKey] | None, before: int | None) -> Select:
    later = states.alias()
    same = [later.c[name] == states.c[name] for name in ("sweep", "trial", "fold", "seed")]
    early = [] if before is None else [later.c.batch < before]
    asked = select(states.c.trial, states.c.fold, states.c.seed, states.c.state).where(
        _of(sweep), ~exists().where(*same, *early, later.c.batch > states.c.batch)
    )
    if before is not None:
        asked = asked.where(states.c.batch < before)
    asked = asked.order_by(states.c.trial, states.c.fold, states.c.seed)
    return asked if keys is None else asked.where(_are(keys))


def _of(sweep: int) -> ColumnElement[bool]:
    return states.c.sweep == sweep


def _are(keys: Iterable[StateKey]) -> ColumnElement[bool]:
    plain = [tuple(map(int, key)) for key in keys]
    return tuple_(states.c.trial, states.c.fold, states.c.seed).in_(plain)


def _parts(keys: Iterable[StateKey]) -> list[list[StateKey]]:
    keys = list(keys)
    return [keys[at : at + _TOGETHER] for at in range(0, len(keys), _TOGETHER)]
