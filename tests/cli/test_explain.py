"""``shoal explain``: a row, columns, errors, a threshold, and what is refused."""

from __future__ import annotations

import json

import pytest

from shoal.cli.main import run

PARTS = [
    "--importance",
    "--repeats",
    "2",
    "--most-rows",
    "40",
    "--dependence",
    "island",
    "--of",
    "Gentoo",
    "--errors",
]


def test_one_row_is_explained(species_model, penguins, capsys, tmp_path):
    line = ["explain", str(species_model), str(penguins), "--row", "7", "--pictures", str(tmp_path)]
    assert run([*line, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["row"]
    assert sum(one["amount"] for one in row["contributions"]) == pytest.approx(
        row["answer"] - row["baseline"], abs=1e-3
    )
    assert row["row"] == 7
    assert [layer["path"] for layer in row["layers"]] == ["layers.0", "layers.1", "head"]
    assert run(line) == 0
    out = capsys.readouterr().out
    assert "moved it by" in out
    assert "its way through the network" in out
    assert (tmp_path / "row.svg").read_text().startswith("<svg xmlns")


def test_columns_errors_and_a_threshold_are_told(species_model, penguins, capsys, tmp_path):
    line = ["explain", str(species_model), str(penguins), *PARTS, "--threshold-cost", "fp=1,fn=5"]
    assert run([*line, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "row" not in found
    assert {one["name"] for one in found["importance"]["columns"]} >= {"island", "bill_length_mm"}
    assert sum(map(sum, found["confusion"][0]["counts"])) == 344
    assert found["dependence"][0]["values"] == ["Biscoe", "Dream", "Torgersen"]
    assert found["threshold"]["theory"] == pytest.approx(1 / 6)
    assert len(found["worst"]) == 10
    assert run([*line, "--pictures", str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    for words in ("loss of accuracy", "most often taken for", "it got most wrong", "call a row Gentoo from"):
        assert words in out
    assert len(list((tmp_path / "new").glob("*.svg"))) == 6


def test_quantities_have_residuals(mass_model, penguins, capsys, tmp_path):
    table = tmp_path / "whole.csv"
    lines = penguins.read_text().splitlines()
    place = lines[0].split(",").index("body_mass_g")
    table.write_text("\n".join([lines[0], *(one for one in lines[1:] if one.split(",")[place])]) + "\n")
    assert run(["explain", str(mass_model), str(table), "--errors", "--pictures", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "truth less prediction" in out
    assert (tmp_path / "errors-1.svg").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--row", "900"], "Expected row to be one of the 344 rows"),
        (["--of", "Gento"], "Did you mean 'Gentoo'?"),
        (["--threshold-cost", "fp=1,fm=2"], "expects fp and fn, as fp=1,fn=5. Got 'fm'"),
        (["--threshold-cost", "fp=x"], "expects numbers"),
        (["--threshold-cost", "fp=1"], "which class is the positive one"),
        (["--dependence", "iland", "--of", "Gentoo"], "Did you mean 'island'?"),
        (["--errors", "-t", "spices"], "Did you mean 'species'?"),
        (["--importance", "--metric", "acuracy"], "There is no metric 'acuracy'"),
    ],
)
def test_what_is_refused(more, said, species_model, penguins, capsys):
    assert run(["explain", str(species_model), str(penguins), *more]) in (1, 2)
    assert said in capsys.readouterr().err


def test_answers_that_are_not_there_are_asked_for(species_model, penguins, capsys, tmp_path):
    table = tmp_path / "bare.csv"
    lines = [line.split(",", 1)[1] for line in penguins.read_text().splitlines()]
    table.write_text("\n".join(lines) + "\n")
    assert run(["explain", str(species_model), str(table), "--errors"]) == 1
    assert "The table has no column 'species'" in capsys.readouterr().err
    assert run(["explain", str(species_model), str(table)]) == 0
