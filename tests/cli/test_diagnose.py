"""``shoal diagnose``: runs whole, half-written and torn, and model files alone; no network is trained."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from shoal.cli.main import run
from shoal.history import History, to_lines
from shoal.model.artefact import load

SETTINGS = {"given": {}, "resolved": {"learning_rate": 0.5, "epochs": 9}}
FACTS = {"baseline_loss": 1.0, "usual": {"learning_rate": 0.003}, "classes": {"a": 50, "b": 50}}
LEAPT = [90.0, 4.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2]


def history(losses, reason="All epochs done") -> History:
    rows = [{"epoch": i, "loss": loss, "val_loss": loss} for i, loss in enumerate(losses, 1)]
    return History(rows, stop_reason=reason, best_epoch=len(rows))


def saved(model: Path, where: Path, losses, facts=FACTS) -> Path:
    provenance = {"settings": SETTINGS, **({"facts": facts} if facts is not None else {})}
    replace(load(model), history=history(losses), provenance=provenance).save(where)
    return where


def folder(path: Path, lines: str, order=None) -> Path:
    path.mkdir()
    (path / "history.jsonl").write_text(lines)
    if order is not None:
        (path / "settings.given.json").write_text(json.dumps(order))
    return path


def test_a_model_without_its_run_is_diagnosed_by_its_own_record(species_model, tmp_path, capsys) -> None:
    model = saved(species_model, tmp_path / "alone.shoal", LEAPT)
    assert run(["diagnose", str(model)]) == 3
    said = capsys.readouterr()
    assert "warning S102 learning rate too high (epochs 1 to 2)" in said.out
    assert "Set learning_rate=0.003" in said.out
    assert "The run folder of this model is gone" in said.err


def test_findings_can_be_muted_and_nothing_is_said_to_be_wrong(species_model, tmp_path, capsys) -> None:
    model = saved(species_model, tmp_path / "alone.shoal", LEAPT)
    assert run(["diagnose", str(model), "--ignore", "S102", "--ignore", "s105"]) == 0
    assert capsys.readouterr().out == "Nothing looks wrong in 9 epochs.\n"


def test_an_unknown_code_is_a_wrong_command_line(species_model, tmp_path, capsys) -> None:
    model = saved(species_model, tmp_path / "alone.shoal", LEAPT)
    assert run(["diagnose", str(model), "--ignore", "S12"]) == 2
    assert "No finding has the code 'S12'." in capsys.readouterr().err


def test_json_is_plain_and_carries_the_change(species_model, tmp_path, capsys) -> None:
    model = saved(species_model, tmp_path / "alone.shoal", LEAPT)
    assert run(["diagnose", str(model), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["findings"][0]["code"] == "S102"
    assert found["findings"][0]["change"] == {"learning_rate": 0.003}
    assert found["epochs"] == 9


def test_a_run_that_diverged_and_left_no_model(tmp_path, capsys) -> None:
    order = {"table": "t.csv", "targets": ["y"], "settings": {"learning_rate": "30"}}
    run_folder = folder(tmp_path / "run", to_lines(history([3.0, math.nan], reason="")), order)
    assert run(["diagnose", str(run_folder)]) == 4
    said = capsys.readouterr()
    assert "error S101 diverged (epoch 2)" in said.out
    assert "Set learning_rate=1.0." in said.out
    assert "It has no model: it still runs, or was stopped." in said.err


def test_a_torn_history_is_read_up_to_there(tmp_path, capsys) -> None:
    lines = to_lines(history([3.0, math.inf])).splitlines()[:2]
    run_folder = folder(tmp_path / "run", "\n".join([*lines, '{"epoch": 3, "lo']))
    assert run(["diagnose", str(run_folder)]) == 4
    said = capsys.readouterr()
    assert "error S101" in said.out
    assert "its last, is torn and was left out" in said.err


def test_a_history_that_is_damaged_in_the_middle_gives_way_to_the_model(
    species_model, tmp_path, capsys
) -> None:
    run_folder = folder(tmp_path / "run", 'not a line\n{"epoch": 2, "loss": 1.0}\n')
    saved(species_model, run_folder / "model.shoal", LEAPT)
    assert run(["diagnose", str(run_folder)]) == 3
    said = capsys.readouterr()
    assert "S102" in said.out
    assert "Line 1 of the history" in said.err


def test_a_run_whose_history_is_gone_is_told(species_model, tmp_path, capsys) -> None:
    (tmp_path / "run").mkdir()
    saved(species_model, tmp_path / "run" / "model.shoal", LEAPT)
    assert run(["diagnose", str(tmp_path / "run")]) == 3
    assert "Its history.jsonl is gone" in capsys.readouterr().err


def test_a_damaged_model_is_told_and_the_epochs_are_shown(tmp_path, capsys) -> None:
    run_folder = folder(tmp_path / "run", to_lines(history([3.0, math.nan])))
    (run_folder / "model.shoal").write_bytes(b"PK\x03\x04 torn")
    assert run(["diagnose", str(run_folder)]) == 4
    assert "Its model cannot be read (The model" in capsys.readouterr().err


def test_a_model_of_an_older_shoal_is_told_what_it_lacks(species_model, tmp_path, capsys) -> None:
    model = saved(species_model, tmp_path / "old.shoal", [0.9, 0.5], facts=None)
    assert run(["diagnose", str(model)]) == 0
    assert "rules about the table are silent" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["nothing", "empty"])
def test_what_tells_of_no_training_is_refused(what, tmp_path, capsys) -> None:
    path = tmp_path / what
    if what == "empty":
        path.mkdir()
    assert run(["diagnose", str(path)]) == 1
    said = capsys.readouterr().err
    assert ("There is no run folder or model file" if what == "nothing" else "tells of no training") in said


def test_whether_anything_judged_a_run_is_not_guessed_without_its_model(tmp_path, capsys) -> None:
    rows = [{"epoch": i, "loss": 1.0 / i} for i in range(1, 10)]
    run_folder = folder(tmp_path / "run", to_lines(History(rows, stop_reason="All epochs done")))
    (run_folder / "model.shoal").write_bytes(b"PK\x03\x04 torn")
    assert run(["diagnose", str(run_folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
