"""The store of a sweep: everything that is needed to go on after a kill, and to look at it later."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from shoal.errors import FileError, StoreError, did_you_mean
from shoal.sweep.store import batch_rows, kept_states, run_rows
from shoal.sweep.store.database import Database
from shoal.sweep.store.encoding import from_text, to_text
from shoal.sweep.store.records import Batch, RunRow, StateKey, now
from shoal.sweep.store.tables import sweeps
from shoal.sweep.store.writer import Writer

if TYPE_CHECKING:
    import polars as pl

STATES_LIMIT = 4e9
"""Bytes of states that a store keeps if nothing else is said."""


class Store:
    """A sweep in a database: a SQLite file, or whatever else SQLAlchemy has a driver for.

    Reading needs no right; the first write takes the sweep's lease, which one process at a time has, and
    `close` gives it back. A writer that was killed loses its lease at once on the same machine.

    Examples
    --------
    >>> with Store.open("sqlite://", create=True) as store:  # in memory; a path makes a file
    ...     store.begin({"method": "random"}, name="first")
    ...     store.open_batch(0, [{"trial": 0, "values": {"dropout": 0.2}}])
    ...     store.add_runs([RunRow(0, 0, fold=f, scores={"r2": 0.5 + f / 4}, epochs=9) for f in (0, 1)])
    ...     store.close_batch(0, [{"trial": 0, "score": 0.625, "epochs": 9}])
    ...     store.trials_frame()["mean_test_r2"].to_list()
    [0.625]
    """

    def __init__(self, database: Database, *, states_limit: float = STATES_LIMIT) -> None:
        self.url = database.url
        self.where = database.where
        self.is_lasting = database.lasting  # False of one in memory
        self._database = database
        self._states_limit = states_limit
        self._sweep: Any = None  # the row of `sweeps` that is read and written
        self._writer: Writer | None = None

    @classmethod
    def open(
        cls,
        where: str | os.PathLike[str],
        *,
        create: bool = False,
        sweep: str | None = None,
        states_limit: float = STATES_LIMIT,
    ) -> Store:
        """Open a database.

        Parameters
        ----------
        where : str or path
            A folder, in which the file is ``run.db``; a file that ends in .db, .sqlite or .sqlite3; or any
            URL of SQLAlchemy, such as ``postgresql://user@host/database``.
        create : bool
            Whether it is made if it is not there.
        sweep : str, optional
            Which sweep is read. Needed only where there are several.
        states_limit : float
            Bytes of states that are kept at most.

        Raises
        ------
        FileError
            If there is no such file.
        StoreError
            If it is no database, or one of something else, of a later shoal, or without that sweep.
        MissingExtraError
            If the database's driver is not installed.
        """
        store = cls(Database.open(where, create=create), states_limit=states_limit)
        try:
            store._choose(sweep)
        except BaseException:
            store.close()
            raise
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the lease back and close every connection."""
        try:
            self._release()
        finally:
            self._database.close()

    # ------------------------------------------------------------ sweeps

    @property
    def name(self) -> str:
        """Name of the sweep that is read and written."""
        return self._current().name

    def sweeps(self) -> list[str]:
        """Return the names of the sweeps in the database, the oldest first."""
        with self._database.reading() as connection:
            return list(connection.execute(select(sweeps.c.name).order_by(sweeps.c.id)).scalars())

    def begin(self, plan: Mapping[str, Any], name: str = "sweep") -> None:
        """Begin a sweep, or go on with the one of that name, and take its lease.

        Parameters
        ----------
        plan : mapping
            All that the sweep's results depend on; JSON.
        name : str

        Raises
        ------
        StoreError
            If there is a sweep of that name with another plan, or another process writes to it.
        """
        text = to_text(plan)
        row = self._find(name) or self._insert(name, text)
        if row is None or not batch_rows.same(row.plan, text):
            raise StoreError(
                f"'{self.where}' holds a sweep '{name}' with another plan. Resume that one, or give this one "
                "another name."
            )
        self._release()
        self._sweep = row
        with self.transaction():
            pass  # takes the lease

    def plan(self) -> dict[str, Any]:
        """Return the plan that the sweep was begun with."""
        return from_text(self._current().plan)

    # ------------------------------------------------------------ batches

    def open_batch(self, number: int, asks: Sequence[Mapping[str, Any]]) -> None:
        """Write down what a strategy asked.

        Raises
        ------
        StoreError
            If the batch is there with other questions: a sweep that goes on asks what it asked before.
        """
        with self.transaction() as connection:
            batch_rows.open_batch(connection, self._current().id, self._title(), number, asks)

    def close_batch(self, number: int, told: Sequence[Mapping[str, Any]]) -> None:
        """Write down what the strategy was told, and forget the states that a later batch left anew.

        Raises
        ------
        StoreError
            If the batch was never opened, or was told something else.
        """
        with self.transaction() as connection:
            sweep = self._current().id
            batch_rows.close_batch(connection, sweep, self._title(), number, told)
            kept_states.remove_superseded(connection, sweep)

    def batches(self) -> list[Batch]:
        """Return every batch in the order of their numbers; of an open one `told` is None."""
        with self._database.reading() as connection:
            return batch_rows.read_batches(connection, self._current().id)

    # ------------------------------------------------------------ runs

    def add_runs(self, rows: Sequence[RunRow]) -> None:
        """Write runs, all of them or none; a run whose key is there already is replaced."""
        with self.transaction() as connection:
            run_rows.write_runs(connection, self._current().id, rows)

    def runs(self, batch: int | None = None, *, curves: bool = True) -> list[RunRow]:
        """Return the runs of one batch, or all, in the order of batch, trial, fold, seed and epochs.

        Parameters
        ----------
        batch : int, optional
        curves : bool
            Whether the curves are read, which are most of the bytes; without, they are None.
        """
        with self._database.reading() as connection:
            return run_rows.read_runs(connection, self._current().id, batch, curves)

    # ------------------------------------------------------------ states

    def put_states(self, states: Mapping[StateKey, bytes], batch: int = 0) -> None:
        """Keep states of networks that may go on.

        Parameters
        ----------
        states : mapping
            Bytes by trial, fold and seed, as `shoal.train.checkpoint.state_to_bytes` makes them.
        batch : int
            The batch that leaves them. A state of an earlier batch stays beside it until `close_batch`, so
            that whoever resumes in the middle of a batch starts from what the batch started from.

        Raises
        ------
        StoreError
            If a state, or all of them, are larger than is kept.
        """
        with self.transaction() as connection:
            kept_states.write_states(connection, self._current().id, batch, states, self._states_limit)

    def states(
        self, keys: Iterable[StateKey] | None = None, *, before: int | None = None
    ) -> dict[StateKey, bytes]:
        """Return the last states of some networks, or of all; `before` a batch, if that is asked."""
        with self._database.reading() as connection:
            return kept_states.read_states(connection, self._current().id, keys, before)

    def drop_states(self, keys: Iterable[StateKey] | None = None) -> None:
        """Forget the states of some networks, or all, and give their space back to the disk."""
        with self.transaction() as connection:
            kept_states.remove_states(connection, self._current().id, keys)
        self._database.give_pages_back()

    def states_size(self) -> int:
        """Return the bytes of all states that are kept."""
        with self._database.reading() as connection:
            return kept_states.total_size(connection, self._current().id)

    # ------------------------------------------------------------ tables

    def trials_frame(self) -> pl.DataFrame:
        """Return one row for each trial; see `shoal.sweep.store.frames.trials_frame`."""
        from shoal.sweep.store.frames import trials_frame

        return trials_frame(self.runs(curves=False))

    def runs_frame(self) -> pl.DataFrame:
        """Return one row for each run; see `shoal.sweep.store.frames.runs_frame`."""
        from shoal.sweep.store.frames import runs_frame

        return runs_frame(self.runs(curves=False))

    def export(self, path: str | os.PathLike[str], *, runs: bool = False) -> None:
        """Write the trials, or with ``runs=True`` every single run, to a .csv or .parquet file.

        Raises
        ------
        FileError
            If the name ends otherwise, or the file cannot be written.
        """
        from shoal.sweep.store.frames import write_frame

        suffix = Path(path).suffix
        if suffix not in (".csv", ".parquet"):
            raise FileError(f"A table of trials is written to a .csv or .parquet file. Got '{path}'.")
        write_frame(self.runs_frame() if runs else self.trials_frame(), path)

    # ------------------------------------------------------------ inside

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Keep all that is written inside the block, or nothing of it.

        What belongs together goes into one: runs with the states that they left.

        Raises
        ------
        StoreError
            If another process writes to the sweep, or the database cannot be written.
        """
        with self._writer_of().transaction() as connection:
            yield connection

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Keep the other threads of this process away while something else, Optuna, writes."""
        with self.transaction():
            pass  # makes sure that the lease is ours
        with self._database.alone():
            yield

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _current(self) -> Any:
        if self._sweep is None:
            names = ", ".join(map(repr, self.sweeps()))
            raise StoreError(
                f"'{self.where}' holds several sweeps; open it with sweep= one of {names}."
                if names
                else f"'{self.where}' holds no sweep yet; call begin first."
            )
        return self._sweep

    def _title(self) -> str:
        return f"the sweep '{self.name}' in '{self.where}'"

    def _writer_of(self) -> Writer:
        sweep = self._current()
        if self._writer is None:
            self._writer = Writer(self._database, sweep.id, self._title())
        return self._writer

    def _choose(self, name: str | None) -> None:
        """Read the sweep of a name, or the only one."""
        names = self.sweeps()
        if name is None:
            self._sweep = self._find(names[0]) if len(names) == 1 else None
            return
        if name not in names:
            listed = ", ".join(names) or "none yet"
            raise StoreError(
                f"'{self.where}' holds no sweep '{name}'.{did_you_mean(name, names)} "
                f"Its sweeps are: {listed}."
            )
        self._sweep = self._find(name)

    def _find(self, name: str) -> Any:
        with self._database.reading() as connection:
            return connection.execute(select(sweeps).where(sweeps.c.name == name)).first()

    def _insert(self, name: str, plan: str) -> Any:
        try:
            with self._database.writing() as connection:
                if self._find(name) is None:
                    connection.execute(insert(sweeps).values(name=name, plan=plan, created=now()))
        except StoreError:  # on a server, another process may have begun it meanwhile
            if self._find(name) is None:
                raise
        return self._find(name)
