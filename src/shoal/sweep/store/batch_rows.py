"""Batches as rows: what a strategy asked, and what it was told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from shoal.errors import StoreError
from shoal.sweep.store.encoding import from_text, to_text
from shoal.sweep.store.records import Batch, now
from shoal.sweep.store.tables import batches

Dicts = Sequence[Mapping[str, Any]]


def open_batch(connection: Connection, sweep: int, title: str, number: int, asks: Dicts) -> None:
    """Write what was asked; a batch that is there must have asked the same."""
    text = to_text(list(asks))
    there = connection.execute(select(batches.c.asks).where(_is(sweep, number))).scalar()
    if there is None:
        place = {"sweep": sweep, "number": int(number)}
        connection.execute(insert(batches).values(**place, asks=text, opened=now()))
    elif not same(there, text):
        raise StoreError(
            f"Batch {number} of {title} asked something else when it was first opened. "
            "The same plan, seed and version of shoal ask the same."
        )


def close_batch(connection: Connection, sweep: int, title: str, number: int, told: Dicts) -> None:
    """Write what was told; a batch that is closed must have been told the same."""
    text = to_text(list(told))
    there = connection.execute(select(batches.c.told).where(_is(sweep, number))).first()
    if there is None:
        raise StoreError(f"Batch {number} of {title} was never opened.")
    if there.told is None:
        connection.execute(update(batches).where(_is(sweep, number)).values(told=text, closed=now()))
    elif not same(there.told, text):
        raise StoreError(f"Batch {number} of {title} is closed, with other results.")


def read_batches(connection: Connection, sweep: int) -> list[Batch]:
    """Read every batch in the order of their numbers."""
    asked = select(batches).where(batches.c.sweep == sweep).order_by(batches.c.number)
    return [
        Batch(row.number, from_text(row.asks), None if row.told is None else from_text(row.told))
        for row in connection.execute(asked)
    ]


def same(one: str, other: str) -> bool:
    """Return whether two texts of JSON say the same; the order of names is of no account.

    Examples
    --------
    >>> same('{"a": 1, "b": 2}', '{"b": 2, "a": 1}')
    True
    """
    return json.loads(one) == json.loads(other)


def _is(sweep: int, number: int) -> ColumnElement[bool]:
    return (batches.c.sweep == sweep) & (batches.c.number == int(number))
