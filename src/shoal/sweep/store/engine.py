"""Where a sweep's database is, and how it is connected to.

SQLite runs with a write-ahead log. Both it and the older rollback journal survive ``kill -9`` with whole
transactions: what was not committed is never read again. The log is chosen for the readers: with the rollback
journal whoever reads waits while a transaction is written, and a long look at the table holds up training. It
synchronises at every commit (one ``fsync`` for a chunk of training), so that a power cut costs no more than a
kill does.
"""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from shoal.errors import FileError, MissingExtraError, StoreError

FILE = "run.db"
WRITES = "shoal_writes"
DRIVER_ERRORS = (sqlite3.Error,)
"""What SQLite says outside of SQLAlchemy, where pragmas are set."""

_SUFFIXES = {".db", ".sqlite", ".sqlite3"}
_PRAGMAS = (
    "busy_timeout = 60000",  # first: all that follows may have to wait for its turn
    "foreign_keys = ON",
    "synchronous = FULL",
    "journal_size_limit = 67108864",  # the log of a batch with large states does not stay that large
)


def url_of(where: str | os.PathLike[str]) -> URL:
    """Return the URL of a folder, a file or a database.

    Parameters
    ----------
    where : str or path
        A folder, in which the file is ``run.db``; a file that ends in .db, .sqlite or .sqlite3, or is there
        already; or a URL of SQLAlchemy.

    Raises
    ------
    StoreError
        If it has the form of a URL and is none.

    Examples
    --------
    >>> url_of("runs/first").database, url_of("postgresql://me@host/db").drivername
    ('runs/first/run.db', 'postgresql+psycopg')
    """
    if isinstance(where, str) and "://" in where:
        return _url(where)
    path = Path(where)
    if path.is_dir() or not (path.is_file() or path.suffix in _SUFFIXES):
        path = path / FILE
    return URL.create("sqlite", database=str(path))


def in_memory(url: URL) -> bool:
    """Return whether the database is gone when it is closed."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite database; None of what is on a server or in memory."""
    if url.get_backend_name() != "sqlite" or in_memory(url):
        return None
    return Path(str(url.database))


def shown(url: URL) -> str:
    """Return the place as messages name it: the file, or the URL without its password."""
    return str(file_of(url) or url.render_as_string(hide_password=True))


def engine_of(url: URL, *, create: bool) -> Engine:
    """Return SQLAlchemy's engine for a place.

    Parameters
    ----------
    url : URL
    create : bool
        Whether a file that is not there is made, with its folder.

    Raises
    ------
    FileError
        If the file is not there.
    MissingExtraError
        If the driver of the database is not installed.
    """
    file = file_of(url)
    if file is not None and not file.is_file():
        if not create:
            raise FileError(f"'{file}' does not exist: there is no sweep to open.")
        _make_folder(file.parent)
    more: dict[str, Any] = {"poolclass": StaticPool} if in_memory(url) else {}
    try:
        engine = create_engine(_as_readable(url), **more)
    except ModuleNotFoundError as error:
        raise _missing(url, error) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def has_tables(connection: Connection) -> bool:
    """Return whether anything is in the database."""
    return bool(inspect(connection).get_table_names())


def use_log(engine: Engine) -> None:
    """Switch a new SQLite file to the write-ahead log, and let it give freed pages back."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute(
                "PRAGMA auto_vacuum = INCREMENTAL"
            )  # before the first table, or never
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def give_pages_back(engine: Engine) -> None:
    """Hand the pages that a SQLite file no longer needs back to the disk."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            # As a script: with execute, Python's driver leaves this pragma after the first page.
            connection.cursor().executescript("PRAGMA incremental_vacuum")
            connection.cursor().execute(
                "PRAGMA wal_checkpoint(PASSIVE)"
            ).fetchall()  # never waits for readers
        finally:
            connection.close()


def _url(text: str) -> URL:
    scheme, _, rest = text.partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg"  # the driver that the extra brings
    try:
        url = make_url(f"{scheme}://{rest}")
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):  # ValueError: a port that is no number
        raise StoreError(
            "The place of a sweep must be a folder, a file or a URL such as sqlite:///runs/run.db or "
            f"postgresql://user@host/database. Got '{_masked(text)}'."
        ) from None
    return url


def _masked(text: str) -> str:
    """Return a URL that cannot be read without what looks like its password."""
    return re.sub(r"://([^:/@]*):[^@]*@", r"://\1:***@", text)


def _missing(url: URL, error: ModuleNotFoundError) -> MissingExtraError:
    if url.get_backend_name() == "postgresql" and error.name == "psycopg":
        return MissingExtraError("A sweep in PostgreSQL needs psycopg: pip install 'shoal[postgres]'.")
    return MissingExtraError(
        f"A sweep in {url.get_backend_name()} needs its driver: pip install {error.name}."
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"The folder '{folder}' for the sweep cannot be made: {error.strerror or error}."
        ) from None


def _as_readable(url: URL) -> URL:
    """Return the URL of a file in a folder that cannot be written, so that it can be read all the same.

    A write-ahead log wants files of its own beside the database; where there is none, nobody writes.
    """
    file = file_of(url)
    if file is None or os.access(file.parent, os.W_OK) or Path(f"{file}-wal").exists():
        return url
    return URL.create(
        "sqlite", database=f"{file.resolve().as_uri()}", query={"immutable": "1", "uri": "true"}
    )


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later is refused at once when another one wrote in between,
    # however long it would wait: so who means to write takes the turn at the beginning.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
