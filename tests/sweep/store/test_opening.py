"""What can be opened as a store, and the sentence for everything else."""

from __future__ import annotations

import builtins
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import create_engine, text

from shoal.errors import FileError, MissingExtraError, StoreError
from shoal.sweep.store import RunRow, Store
from shoal.sweep.store.engine import shown, url_of


@pytest.mark.parametrize(
    ("where", "file"),
    [
        ("runs/first", "runs/first/run.db"),
        ("runs/first.v2", "runs/first.v2/run.db"),
        ("mine.db", "mine.db"),
        ("mine.sqlite3", "mine.sqlite3"),
        (Path("a") / "b", "a/b/run.db"),
        ("sqlite:///mine", "mine"),
    ],
)
def test_where_the_file_is(where: str | Path, file: str) -> None:
    assert (url_of(where).get_backend_name(), url_of(where).database) == ("sqlite", file)


def test_a_file_of_another_name_is_opened_if_it_is_there(tmp_path: Path) -> None:
    Store.open(tmp_path / "kept.db", create=True).close()
    (tmp_path / "kept.db").rename(tmp_path / "kept")
    with Store.open(tmp_path / "kept") as store:
        assert store.sweeps() == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_through_psycopg(scheme: str) -> None:
    url = url_of(f"{scheme}://me:secret@host/db")
    assert url.drivername == "postgresql+psycopg"
    assert shown(url) == "postgresql+psycopg://me:***@host/db"  # no message tells a password


def test_folders_are_made(tmp_path: Path) -> None:
    Store.open(tmp_path / "a" / "b", create=True).close()
    assert (tmp_path / "a" / "b" / "run.db").is_file()


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"'.*nowhere/run.db' does not exist: there is no sweep to open"):
        Store.open(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(FileError, match=r"The folder '.*taken/run' for the sweep cannot be made: "):
        Store.open(tmp_path / "taken" / "run", create=True)


@pytest.mark.parametrize("create", [False, True])
def test_what_is_no_database(tmp_path: Path, create: bool) -> None:
    (tmp_path / "run.db").write_bytes(b"sepal_length,species\n" * 100)
    with pytest.raises(StoreError, match=r"'.*run.db' is no SQLite database, so it holds no sweep"):
        Store.open(tmp_path, create=create)


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "run.db") as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()
    before = (tmp_path / "run.db").read_bytes()
    with pytest.raises(StoreError, match=r"'.*run.db' is a database, but holds no sweep"):
        Store.open(tmp_path)
    with pytest.raises(
        StoreError, match=r"a database of something else: it has the tables customers. Choose"
    ):
        Store.open(tmp_path, create=True)
    assert (tmp_path / "run.db").read_bytes() == before


def test_a_server_is_shared_with_other_tables(empty_postgres: str) -> None:
    engine = create_engine(url_of(empty_postgres))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customers (name TEXT)"))
    with Store.open(empty_postgres, create=True) as store:
        store.begin({})
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE shoal_schema"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"a database of something else: it has the tables sweep_batches, "):
        Store.open(empty_postgres, create=True)


def test_a_database_of_a_later_version_is_refused(place: str) -> None:
    Store.open(place, create=True).close()
    engine = create_engine(url_of(place))
    with engine.begin() as connection:
        connection.execute(text("UPDATE shoal_schema SET version = 2, written_by = '9.1'"))
    engine.dispose()
    for create in (False, True):
        with pytest.raises(
            StoreError, match=r"written by shoal 9.1, whose tables have version 2; this is shoal"
        ):
            Store.open(place, create=create)


def test_an_empty_file_is_what_a_kill_at_the_start_leaves(tmp_path: Path) -> None:
    (tmp_path / "run.db").touch()
    with pytest.raises(StoreError, match="is a database, but holds no sweep"):
        Store.open(tmp_path)
    with Store.open(tmp_path, create=True) as store:
        store.begin({})
        assert store.sweeps() == ["sweep"]


@pytest.mark.parametrize("where", ["sql://x", "nonsense+driver://host/db", "postgresql://host:port/db"])
def test_what_is_no_url(where: str) -> None:
    with pytest.raises(StoreError, match=r"must be a folder, a file or a URL such as sqlite:///.* Got '"):
        Store.open(where)


def test_a_url_that_cannot_be_read_tells_no_password() -> None:
    with pytest.raises(StoreError, match=r"Got 'postgresql://me:\*\*\*@host:port/db'"):
        Store.open("postgresql://me:secret@host:port/db")


def test_a_driver_that_is_not_installed() -> None:
    with pytest.raises(MissingExtraError, match="A sweep in mysql needs its driver: pip install MySQLdb"):
        Store.open("mysql://host/db")


def test_psycopg_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> ModuleType:
        if name.split(".")[0] == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")
        return real(name, *rest, **more)  # pyright: ignore

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"PostgreSQL needs psycopg: pip install 'shoal\[postgres\]'"):
        Store.open("postgresql://host/db")


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"The database of sweeps 'postgresql.*' does not answer: "):
        Store.open(f"postgresql://me@/db?host={tmp_path}")


def test_a_file_in_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so that the folder is only said to be closed; the file is opened to match."""
    with Store.open(tmp_path, create=True) as store:
        store.begin({"seed": 1})
        store.add_runs([RunRow(0, 0)])
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Store.open(tmp_path) as store:
        assert (store.plan(), len(store.runs())) == ({"seed": 1}, 1)
        assert [path.name for path in tmp_path.iterdir()] == ["run.db"]
        with pytest.raises(StoreError, match="does not answer: attempt to write a readonly database"):
            store.add_runs([RunRow(0, 1)])


def test_a_store_in_memory() -> None:
    with Store.open("sqlite://", create=True) as store:
        store.begin({})
        store.add_runs([RunRow(0, 0)])
        assert len(store.runs()) == 1


def test_plain_records_do_without_sqlalchemy() -> None:
    program = (
        "import sys; from shoal.sweep.store import RunRow, Batch; import shoal.sweep.store.encoding\n"
        "print([name for name in ('sqlalchemy', 'polars', 'optuna', 'jax') if name in sys.modules])\n"
        "from shoal.sweep.store import Store; Store.open('sqlite://', create=True).close()\n"
        "print([name for name in ('polars', 'optuna', 'jax', 'sklearn', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"
