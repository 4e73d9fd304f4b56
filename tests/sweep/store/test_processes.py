"""A store among processes: killed while writing, read while written, and one writer to a sweep."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from shoal.errors import StoreError
from shoal.sweep.store import RunRow, Store
from shoal.sweep.store.engine import url_of
from shoal.sweep.store.lease import Owner, lives, this_process

WRITER = """
import sys
from shoal.sweep.store import RunRow, Store

with Store.open(sys.argv[1], create=True) as store:
    store.begin({"seed": 0})
    first = 1 + max((batch.number for batch in store.batches()), default=-1)
    print("ready", flush=True)
    for batch in range(first, 100_000):
        with store.transaction():
            curve = {"loss": [0.1] * 50}
            rows = [RunRow(batch, batch, fold, 0, 5, scores={"r2": 0.5}, curve=curve) for fold in range(7)]
            store.open_batch(batch, [{"trial": batch}])
            store.put_states({(batch % 3, 0, 0): bytes(20_000)}, batch=batch)
            store.add_runs(rows)
            store.close_batch(batch, [{"score": 0.5}])
        print(batch, flush=True)
"""

HOLDER = """
import sys
from shoal.sweep.store import Store

store = Store.open(sys.argv[1], create=True)
store.begin({"seed": 0})
print("ready", flush=True)
sys.stdin.read()
"""


def ready(process) -> None:
    """Wait until a process says that it has begun."""
    assert process.stdout.readline() == "ready\n", process.communicate()[1]


def test_kills_leave_whole_transactions(place: str, another_process, seed: int) -> None:
    """Each writer goes on where the last one was killed; what is there is whole after every kill."""
    rng = random.Random(seed)
    written = 0
    for _ in range(4):
        writer = another_process(WRITER, place)
        ready(writer)
        for _ in range(rng.randint(1, 5)):
            writer.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.02))  # anywhere in a transaction, or between two
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with Store.open(place) as store:
            runs = Counter(row.batch for row in store.runs())
            closed = [batch.number for batch in store.batches() if batch.told is not None]
            assert set(runs.values()) <= {7}
            assert sorted(runs) == closed == list(range(len(closed)))
            assert len(store.states()) == min(3, len(closed))
            assert len(closed) > written
            written = len(closed)
    if "://" not in place:
        connection = sqlite3.connect(str(url_of(place).database))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def test_readers_are_never_locked_out(place: str, another_process) -> None:
    """A reader sees whole batches, and more and more of them, while another process writes."""
    writer = another_process(WRITER, place)
    ready(writer)
    with Store.open(place) as reader:
        seen = []
        for _ in range(20):
            writer.stdout.readline()
            runs = reader.runs()
            assert len(runs) % 7 == 0
            seen.append(len(runs))
    assert seen == sorted(seen)
    assert seen[0] >= 7
    assert seen[-1] >= 7 * 20


def test_a_second_writer_is_refused(place: str, another_process) -> None:
    holder = another_process(HOLDER, place)
    ready(holder)
    with Store.open(place) as store:
        with pytest.raises(
            StoreError,
            match=rf"Process {holder.pid} on {socket.gethostname()} writes to the sweep 'sweep' in .* "
            "before the sweep is resumed",
        ):
            store.add_runs([RunRow(0, 0)])
        assert store.plan() == {"seed": 0}  # reading needs no right
        holder.kill()
        holder.wait()
        store.add_runs([RunRow(0, 0)])  # a dead owner has no claim
        assert len(store.runs()) == 1


def test_a_closed_store_gives_the_sweep_free(place: str) -> None:
    first, second = Store.open(place, create=True), Store.open(place)
    first.begin({})
    with pytest.raises(
        StoreError, match=r"Another Store of this process writes to the sweep 'sweep'.*close it"
    ):
        second.begin({})
    first.close()
    second.begin({})
    second.close()


def test_different_sweeps_are_written_at_the_same_time(place: str) -> None:
    with Store.open(place, create=True) as first, Store.open(place) as second:
        first.begin({}, name="a")
        second.begin({}, name="b")
        first.add_runs([RunRow(0, 0)])
        second.add_runs([RunRow(0, 1)])
        assert ([row.trial for row in first.runs()], [row.trial for row in second.runs()]) == ([0], [1])


def owned_by(place: str, **columns: object) -> None:
    """Write into the lease what another machine or process would have written."""
    engine = create_engine(url_of(place))
    with engine.begin() as connection:
        for name, value in columns.items():
            connection.execute(text(f"UPDATE sweep_writers SET {name} = :value"), {"value": value})
    engine.dispose()


def test_an_owner_on_another_machine_counts_until_its_signs_are_old(place: str) -> None:
    with Store.open(place, create=True) as first:
        first.begin({})
        owned_by(place, host="elsewhere", heartbeat=time.time() - 60)
        with Store.open(place) as second:
            with pytest.raises(StoreError, match=r"on elsewhere writes to"):
                second.begin({})
            owned_by(place, heartbeat=time.time() - 121)
            second.begin({})
            with pytest.raises(StoreError, match=r"Another process has taken the sweep 'sweep' in .* over"):
                first.add_runs([RunRow(0, 0)])
        with pytest.raises(StoreError, match=r"Another process has taken"):  # though it has ended again
            first.add_runs([RunRow(0, 0)])
        assert first.runs() == []


def test_a_number_given_to_another_process_is_no_sign_of_life(place: str) -> None:
    with Store.open(place, create=True) as first:
        first.begin({})
        owned_by(place, began="another time")
        with Store.open(place) as second:
            second.begin({})


def test_who_lives(another_process) -> None:
    here = this_process()
    assert (here.process, lives(here)) == (os.getpid(), True)
    gone = another_process("pass")
    gone.wait()
    assert lives(Owner(gone.pid, "0", here.host)) is False
    assert lives(Owner(here.process, here.began, "elsewhere")) is None
    assert lives(Owner(1, "another time", here.host)) is False  # there, but not the same one


def test_signs_of_life_are_given(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.sweep.store.writer.BEAT", 0.01)
    with Store.open(place, create=True) as store:
        store.begin({})
        owned_by(place, heartbeat=0.0)
        ends = time.monotonic() + 5
        while time.monotonic() < ends and beat_of(place) == 0.0:
            time.sleep(0.01)
        assert time.time() - beat_of(place) < 5


def beat_of(place: str) -> float:
    """Return when the last sign of life was given."""
    engine = create_engine(url_of(place))
    with engine.connect() as connection:
        beat = connection.execute(text("SELECT heartbeat FROM sweep_writers")).scalar()
    engine.dispose()
    return float(beat or 0.0)


def test_stores_made_at_the_same_moment(place: str, another_process) -> None:
    """Several processes make one database: the tables are made once, and every sweep is there."""
    program = (
        "import sys; from shoal.sweep.store import Store; print('ready', flush=True); sys.stdin.readline()\n"
        "with Store.open(sys.argv[1], create=True) as store: store.begin({}, name=sys.argv[2])"
    )
    makers = [another_process(program, place, name) for name in "abc"]
    for maker in makers:
        ready(maker)
    for maker in makers:
        maker.stdin.write("go\n")
        maker.stdin.flush()
    for maker in makers:
        assert maker.wait() == 0, maker.stderr.read()
    with Store.open(place, sweep="a") as store:
        assert sorted(store.sweeps()) == list("abc")


def test_space_is_given_back(tmp_path: Path) -> None:
    with Store.open(tmp_path, create=True) as store:
        store.begin({})
        store.put_states({(trial, 0, 0): os.urandom(1_000_000) for trial in range(5)})
        store.drop_states([(0, 0, 0)])
        store.drop_states()
    assert (tmp_path / "run.db").stat().st_size < 300_000
    assert [path.name for path in tmp_path.iterdir()] == [
        "run.db"
    ]  # the log is gone with the last connection
