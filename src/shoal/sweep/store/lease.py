"""One writer to a sweep: a row says which process writes, and it must hold the row in every transaction.

Whether the owner lives is known at once on its own machine: is the process there, and did it begin when it
says it did? (Numbers of processes are given out again.) Of another machine only the age of the owner's last
sign is known; so a thread gives one every 20 s, and the row is free when none came for two minutes.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from shoal.errors import StoreError
from shoal.sweep.store.tables import sweeps, writers

BEAT = 20.0
EXPIRES = 120.0


@dataclass(frozen=True)
class Owner:
    """A process, such that no other one is taken for it.

    Parameters
    ----------
    process : int
    began : str
        When it began, in the words of the system; empty where the system does not tell.
    host : str
    """

    process: int
    began: str
    host: str


def this_process() -> Owner:
    """Return the process that asks."""
    return Owner(os.getpid(), _began(os.getpid()), _host())


def lives(owner: Owner) -> bool | None:
    """Return whether a process is there; None where it cannot be known from here.

    Examples
    --------
    >>> lives(this_process()), lives(Owner(1, "", "a machine elsewhere"))
    (True, None)
    """
    if owner.host != _host() or os.name == "nt":  # Windows has no harmless signal to ask with
        return None
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and somebody else's
    return _began(owner.process) == owner.began


class Lease:
    """The right to write to one sweep.

    Parameters
    ----------
    sweep : int
        Its number in the database.
    title : str
        As messages name the sweep.
    """

    def __init__(self, sweep: int, title: str) -> None:
        self.held = False  # whether a transaction that holds it has been committed
        self._sweep = sweep
        self._title = title
        self._token = uuid.uuid4().hex

    def hold(self, connection: Connection) -> None:
        """Take the lease, or make sure that it is still ours, and give a sign of life.

        Raises
        ------
        StoreError
            If another process has it, or has had it since it was ours.
        """
        if self.beat(connection):
            return
        # The row of the sweep is the lock: a server may let two processes come this far at the same time.
        connection.execute(select(sweeps.c.id).where(sweeps.c.id == self._sweep).with_for_update())
        other = connection.execute(select(writers).where(writers.c.sweep == self._sweep)).first()
        if self.held:
            raise StoreError(
                f"Another process has taken {self._title} over, since this one gave no sign of life for "
                f"{EXPIRES:.0f} s; this one writes no more."
            )
        if other is not None and not _is_free(other):
            raise StoreError(self._refusal(other))
        connection.execute(delete(writers).where(writers.c.sweep == self._sweep))
        connection.execute(insert(writers).values(self._row()))

    def beat(self, connection: Connection) -> bool:
        """Give a sign of life, and return whether the lease is ours."""
        return (
            connection.execute(update(writers).where(self._mine()).values(heartbeat=time.time())).rowcount
            == 1
        )

    def release(self, connection: Connection) -> None:
        """Give the lease back, if it is still ours."""
        connection.execute(delete(writers).where(self._mine()))

    def _mine(self) -> ColumnElement[bool]:
        return (writers.c.sweep == self._sweep) & (writers.c.token == self._token)

    def _row(self) -> dict[str, object]:
        owner = asdict(this_process())
        return {"sweep": self._sweep, "token": self._token, **owner, "heartbeat": time.time()}

    def _refusal(self, other: Any) -> str:
        if _owner(other) == this_process():
            return f"Another Store of this process writes to {self._title}; close it first."
        return (
            f"Process {other.process} on {other.host} writes to {self._title}. Wait until it has ended, or "
            "end it, before the sweep is resumed."
        )


def _owner(row: Any) -> Owner:
    return Owner(row.process, row.began, row.host)


def _is_free(row: Any) -> bool:
    alive = lives(_owner(row))
    return time.time() - row.heartbeat > EXPIRES if alive is None else not alive


@cache
def _host() -> str:
    return socket.gethostname()


def _began(process: int) -> str:
    """Return the start of a process in ticks since the machine's own, where Linux tells it."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    return status.rpartition(")")[2].split()[19]  # the name in parentheses may hold anything
