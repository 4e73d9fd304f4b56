from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import pytest

from shoal.cli.run_folder import RunFolder, run_name
from shoal.errors import FileError

NOON = datetime(2031, 5, 4, 12, 30, 15)


def test_it_is_named_after_the_moment_the_table_and_the_target(tmp_path: Path) -> None:
    folder = RunFolder.create(str(tmp_path / "runs"), "penguins.csv", ["species"], NOON)
    assert folder.path == tmp_path / "runs" / "20310504-123015-penguins-species"
    assert folder.path.is_dir()


def test_two_runs_of_one_second_do_not_share_a_folder(tmp_path: Path) -> None:
    first, second = (RunFolder.create(str(tmp_path), "a.csv", ["y"], NOON) for _ in range(2))
    assert first.path != second.path
    assert second.path.name.endswith("-2")


@pytest.mark.parametrize(
    ("table", "targets", "name"),
    [
        ("../up/penguins.csv.gz", ["species"], "penguins-species"),
        ("a b.parquet", ["price (€)", "size", "third"], "a-b-price-size"),
        ("x.csv", ["../../etc"], "x-etc"),
        ("x.csv", ["///"], "x"),
    ],
)
def test_the_name_holds_nothing_that_a_file_system_minds(table: str, targets: list[str], name: str) -> None:
    assert run_name(table, targets) == name


def test_settings_that_are_not_json_numbers_become_null(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_resolved({"epochs": 3, "rate": math.nan, "hidden": (8, 4)})
    assert folder.read_resolved() == {"epochs": 3, "rate": None, "hidden": [8, 4]}


def test_a_file_in_the_way_of_the_runs_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(FileError, match=r"cannot be made under '.*runs': .*--out"):
        RunFolder.create(str(tmp_path / "runs"), "a.csv", ["y"], NOON)
