"""A database of sweeps: one user at a time within a process, and one sentence for what goes wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from shoal.errors import StoreError
from shoal.sweep.store import engine as places
from shoal.sweep.store.tables import create_tables, holds_sweeps


class Database:
    """An open database.

    Parameters
    ----------
    url : URL
    engine : Engine
    """

    def __init__(self, url: URL, engine: Engine) -> None:
        self.url = url
        self.where = places.shown(url)
        self.lasting = not places.in_memory(url)
        self._engine = engine
        self._writes = engine.execution_options(**{places.WRITES: True})
        self._lock = threading.RLock()
        self._now: Connection | None = None

    @classmethod
    def open(cls, where: str | os.PathLike[str], *, create: bool) -> Database:
        """Open a database, or make it; see `shoal.sweep.store.store.Store.open`."""
        url = places.url_of(where)
        database = cls(url, places.engine_of(url, create=create))
        try:
            database._prepare(create)
        except BaseException:
            database.close()
            raise
        return database

    @property
    def inside(self) -> bool:
        """Whether a transaction is open; asked by who has the database for itself."""
        return self._now is not None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the other threads of this process away."""
        with self._lock:
            yield

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Show the database as it is at one moment; inside a transaction, as the transaction sees it."""
        with self._lock:
            if self._now is not None:
                yield self._now
                return
            with self._sentences(), self._engine.connect() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Keep all that is written inside the block, or nothing of it; an inner block is part of it."""
        with self._lock:
            if self._now is not None:
                yield self._now
                return
            with self._sentences(), self._writes.begin() as connection:
                self._now = connection
                try:
                    yield connection
                finally:
                    self._now = None

    def give_pages_back(self) -> None:
        """Hand space that is no longer needed back to the disk, unless a transaction is open."""
        with self._lock, self._sentences():
            if self._now is None:
                places.give_pages_back(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _prepare(self, create: bool) -> None:
        with self.reading() as connection:
            if holds_sweeps(connection, self.where):
                return
        if not create:
            raise StoreError(f"'{self.where}' is a database, but holds no sweep.")
        try:
            self._create()
        except StoreError:  # on a server, another process may have made the tables meanwhile
            with self.reading() as connection:
                if not holds_sweeps(connection, self.where):
                    raise

    def _create(self) -> None:
        with self.reading() as connection:
            fresh = not places.has_tables(connection)
        if fresh:
            with self._sentences():
                places.use_log(self._engine)
        with self.writing() as connection:
            if not holds_sweeps(connection, self.where):
                create_tables(connection, self.where)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(_sentence(error, self.where)) from error
        except places.DRIVER_ERRORS as error:
            raise StoreError(f"The database of sweeps '{self.where}' does not answer: {error}.") from error


def _sentence(error: DBAPIError, where: str) -> str:
    said = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0].rstrip(".")
    if "file is not a database" in said:
        return f"'{where}' is no SQLite database, so it holds no sweep."
    return f"The database of sweeps '{where}' does not answer: {said}."
