from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.cli.main import run
from shoal.data import read_table
from shoal.model.artefact import load


def test_a_calibrated_model_is_written_and_what_it_does_is_told(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    out = tmp_path / "calibrated.shoal"
    assert run(["calibrate", str(species_model), str(penguins), "--out", str(out)]) == 0
    told = capsys.readouterr().out.splitlines()
    before, after = load(species_model), load(out)
    assert told[0] == f"calibrated: temperature {after.temperature:.4g}, fitted on 344 rows handed in"
    assert told[1].startswith("calibration error ")
    assert told[2] == f"model   {out}"
    frame = read_table(penguins)
    expected = before.calibrate(frame.drop("species"), frame["species"]).temperature
    assert after.temperature == expected != 1.0
    np.testing.assert_array_equal(after.predict(frame), before.predict(frame))


def test_for_machines_there_is_one_object(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "c.shoal")
    assert run(["calibrate", str(species_model), str(penguins), "-o", out, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["out"] == out
    assert told["temperature"] == load(out).temperature
    assert {"ece", "log_loss", "rows", "bins"} == set(told["after"])


def test_target_and_weight_may_be_named(capsys, species_model: Path, penguins: Path, tmp_path: Path) -> None:
    frame = read_table(penguins).rename({"species": "kind"})
    weight = pl.Series("w", [1.0] * 100 + [0.0] * (frame.height - 100))
    frame.with_columns(weight).write_csv(tmp_path / "w.csv")
    arguments = ["--target", "kind", "--weight", "w", "-o", str(tmp_path / "w.shoal")]
    assert run(["calibrate", str(species_model), str(tmp_path / "w.csv"), *arguments]) == 0
    frame.head(100).write_csv(tmp_path / "h.csv")
    arguments = ["--target", "kind", "-o", str(tmp_path / "h.shoal")]
    assert run(["calibrate", str(species_model), str(tmp_path / "h.csv"), *arguments]) == 0
    weighed, head = (load(tmp_path / name).temperature for name in ("w.shoal", "h.shoal"))
    np.testing.assert_allclose(weighed, head, rtol=1e-10)
    assert "note" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({}, 2, "Missing option '--out'"),
        ({"out": "c.shoal", "target": "speceis"}, 1, "no column 'speceis'. Did you mean 'species'?"),
        (
            {"out": "c.shoal", "weight": "island"},
            1,
            "Expected the weight column 'island' to hold finite numbers",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(
    capsys, species_model: Path, penguins: Path, tmp_path: Path, monkeypatch, change, code, sentence
) -> None:
    monkeypatch.chdir(tmp_path)
    options = [f"--{name}={value}" for name, value in change.items()]
    assert run(["calibrate", str(species_model), str(penguins), *options]) == code
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_model_of_quantities_is_refused(capsys, mass_model: Path, penguins: Path, tmp_path: Path) -> None:
    frame = read_table(penguins).drop_nulls("body_mass_g")
    frame.write_csv(tmp_path / "p.csv")
    assert run(["calibrate", str(mass_model), str(tmp_path / "p.csv"), "-o", str(tmp_path / "c.shoal")]) == 1
    assert "is a quantity and has no probabilities to calibrate" in capsys.readouterr().err


def test_training_rows_are_warned_of(capsys, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "y": ["no", "yes"] * 30})
    table, model = tmp_path / "t.csv", tmp_path / "m.shoal"
    frame.write_csv(table)
    train = ["train", str(table), "-t", "y", "--set", "calibrate=true", "--epochs", "3", "--hidden", "4"]
    assert run([*train, "--model", str(model), "--out", str(tmp_path / "runs")]) == 0
    told = capsys.readouterr().out
    assert "calibrated: temperature" in told
    assert "fitted on 60 rows that each of 5 networks had not seen" in told
    (report,) = (tmp_path / "runs").rglob("report.html")
    page = report.read_text()
    assert "<desc>The expected calibration error is" in page
    assert "The probabilities are calibrated: the logits are divided by a temperature of" in page
    again = ["calibrate", str(model), str(table), "-o", str(tmp_path / "c.shoal")]
    assert run(again) == 0
    assert "note: This is the table that the model was trained on" in capsys.readouterr().err
