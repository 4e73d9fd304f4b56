"""``shoal landscape``: of a run and of a model file, as a map, a picture and data."""

from __future__ import annotations

import json

import pytest

from shoal.cli.main import run


@pytest.fixture(scope="module")
def trained(penguins, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    quick = ["--epochs", "3", "--hidden", "3", "--set", "validation=0", "--out", str(folder)]
    assert run(["train", str(penguins), "-t", "species", *quick]) == 0
    return next(folder.iterdir())


def test_a_run_is_looked_at_with_its_path(trained, capsys):
    assert run(["landscape", str(trained), "--directions", "path", "--points", "5", "--json"]) == 0
    caught = capsys.readouterr()
    found = json.loads(caught.out)
    assert "training anew for the path" in caught.err
    assert found["paths"][0]["epochs"] == [0, 1, 2, 3]
    assert (trained / "landscape.svg").read_text().startswith("<svg xmlns")
    assert "The loss around the network" in (trained / "report.html").read_text()
    kept = found["paths"][0]["losses"]
    assert min(abs(loss - found["centre"]) for loss in kept) < 1e-4 * found["centre"]


def test_a_model_file_is_looked_at_along_a_line(trained, penguins, capsys):
    line = ["landscape", str(trained / "model.shoal"), "--data", str(penguins), "--points", "5"]
    assert run([*line, "--line"]) == 0
    assert "the network lies at 0" in capsys.readouterr().out
    assert run(line) == 0
    assert "><" in capsys.readouterr().out


def test_what_is_refused(trained, capsys):
    assert run(["landscape", str(trained / "model.shoal")]) == 2
    assert "Give --data TABLE with the rows of the training" in capsys.readouterr().err
    assert run(["landscape", str(trained), "--optimizer", "sdg"]) == 2
    assert "Did you mean 'sgd'" in capsys.readouterr().err


def test_a_row_of_a_run_stands_on_its_page(trained, capsys):
    assert run(["backprop", str(trained), "--row", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trace"]["target"] == "Adelie"
    page = (trained / "report.html").read_text()
    assert "Row 2 of the table: it is Adelie" in page
    (trained / "row.json").write_text("{torn")
    assert run(["report", str(trained)]) == 0
    assert "One row through the network" not in (trained / "report.html").read_text()
