"""The writer of a sweep: transactions under its lease, and signs of life between them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection

from shoal.errors import StoreError
from shoal.sweep.store.database import Database
from shoal.sweep.store.lease import BEAT, Lease


class Writer:
    """Who writes to a sweep; the lease is taken with the first transaction.

    Parameters
    ----------
    database : Database
    sweep : int
        Its number in the database.
    title : str
        As messages name the sweep.
    """

    def __init__(self, database: Database, sweep: int, title: str) -> None:
        self._database = database
        self._lease = Lease(sweep, title)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Keep all that is written inside the block, or nothing of it, if the lease is ours."""
        with self._database.alone():
            outermost = not self._database.inside
            with self._database.writing() as connection:
                if outermost:
                    self._lease.hold(connection)
                yield connection
            if outermost:
                self._taken()

    def release(self) -> None:
        """Stop the signs of life, and give the lease back."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * BEAT)
        if self._lease.held:
            self._lease.held = False
            # A server that is gone is told by whatever was done last; the lease then ends by itself.
            with suppress(StoreError), self._database.writing() as connection:
                self._lease.release(connection)

    def _taken(self) -> None:
        self._lease.held = True
        if self._thread is None and self._database.lasting:
            self._thread = threading.Thread(target=self._give_signs, name="shoal-sweep-writer", daemon=True)
            self._thread.start()

    def _give_signs(self) -> None:
        while not self._over.wait(BEAT):
            try:
                with self._database.writing() as connection:
                    if not self._lease.beat(connection):
                        return  # the next transaction says so
            except StoreError:
                continue  # the database may answer again; if it does not, the next transaction says so
