from __future__ import annotations

import json
from pathlib import Path

import pytest

from shoal.cli.main import run

MIXED = "id,when,city,price,note\n" + "".join(
    f"{i},2031-05-{i % 28 + 1:02d},{('Oslo', 'Rome')[i % 2]},{i * 1.5},{'' if i % 5 else 'same'}\n"
    for i in range(1, 61)
)


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    path = tmp_path / "mixed.csv"
    path.write_text(MIXED)
    return str(path)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert run(["columns", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_column_is_told_for_machines(capsys, penguins: Path) -> None:
    told = shown(capsys, str(penguins), "--target", "species")
    assert (told["rows"], told["task"], told["targets"]) == (344, "multiclass", ["species"])
    kinds = {column["name"]: column["kind"] for column in told["columns"]}
    assert kinds["island"] == "category"
    assert kinds["body_mass_g"] == "number"
    assert "species" not in kinds


def test_without_a_target_every_column_is_a_feature(capsys, penguins: Path) -> None:
    told = shown(capsys, str(penguins))
    assert told["task"] is None
    assert told["columns"][0]["name"] == "species"


def test_a_kind_that_is_set_is_taken_and_a_dropped_column_is_not_used(capsys, mixed: str) -> None:
    told = shown(capsys, mixed, "--kind", "price=category", "--drop", "city")
    columns = {column["name"]: column for column in told["columns"]}
    assert columns["price"]["kind"] == "category"
    assert not columns["city"]["used"]


def test_for_people_there_is_a_table_with_the_notices(capsys, mixed: str) -> None:
    assert run(["columns", mixed, "--target", "price"]) == 0
    told = capsys.readouterr().out
    assert "60 rows" in told
    assert "target price: regression" in told
    assert "(not used)" in told
    assert "datetime" in told


def test_in_a_pipe_a_row_is_one_line_without_colour(capsys, mixed: str) -> None:
    run(["columns", mixed])
    told = capsys.readouterr().out
    assert "\x1b[" not in told
    assert len([line for line in told.splitlines() if "city" in line]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["--target", "pirce"],
            1,
            "The table has no column 'pirce'. Did you mean 'price'? Its columns are id, when",
        ),
        (["--drop", "town"], 1, "'town'"),
        (["--kind", "price"], 2, "--kind expects NAME=VALUE. Got 'price' instead."),
        (["--kind", "price=colour"], 2, "'colour'"),
    ],
)
def test_what_the_table_does_not_have_is_refused(capsys, mixed: str, arguments, code, sentence) -> None:
    assert run(["columns", mixed, *arguments]) == code
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
