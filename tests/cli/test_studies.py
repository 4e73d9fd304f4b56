"""``shoal ablate`` and ``shoal curve`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shoal.cli.main import run

SMALL = ("-t", "species", "--set", "hidden=()", "--epochs", "5", "--folds", "2", "--seeds", "2")


def test_ablate_writes_json_and_csv(capsys, penguins: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.csv"
    code = run(["ablate", str(penguins), *SMALL, "--try", "learning_rate=1e-9", "--json", "--csv", str(out)])
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert code == 0
    assert [one["name"] for one in found["techniques"]] == ["learning_rate=1e-9"]
    assert found["networks"] == 2 * 2 * 2
    assert "networks" in told.err  # said before it began
    assert out.read_text().startswith("technique,change")


def test_curve_writes_json_csv_and_a_picture(capsys, penguins: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "c.svg", tmp_path / "c.csv"
    over = ("--over", "learning_rate=0.001,0.01")
    code = run(["curve", str(penguins), *SMALL, *over, "--json", "--out", str(out), "--csv", str(table)])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [point["value"] for point in found["points"]] == [0.001, 0.01]
    assert found["points"][0]["variance"] is not None
    assert out.read_text().startswith("<svg")
    assert table.read_text().startswith("learning_rate,test")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("ablate", "--only", "dropuot"), "Did you mean 'dropout'?"),
        (("ablate", "--try", "dropuot=1"), "Did you mean 'dropout'?"),
        (("ablate", "--budget", "soon"), "Expected --budget as a time"),
        (("ablate", "--score", "acuracy"), "Did you mean 'accuracy'?"),
        (("ablate", "--csv", "a.txt"), "--csv expects a name that ends in .csv"),
        (("curve", "--over", "widht=1:8"), "Did you mean 'width'?"),
        (("curve", "--out", "a.png"), "--out expects a name that ends in .svg"),
        (("curve", "--over", "rows=1:1000000"), "training rows"),
    ],
)
def test_wrong_input_is_one_sentence(capsys, penguins: Path, line: tuple, said: str) -> None:
    command, *rest = line
    assert run([command, str(penguins), *SMALL, *rest]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") <= 1
