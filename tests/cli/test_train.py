"""``shoal train`` from end to end: what is left in the run folder, what is told, how it is taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.cli.main import run
from shoal.data import read_table
from shoal.history import read_history
from shoal.model.artefact import load

QUICK = ("--hidden", "8", "--epochs", "4")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run folders go where the test can look at them."""
    monkeypatch.chdir(tmp_path)


def trained(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict:
    """Train with --json and return what it said."""
    assert run(["train", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def shifted(tmp_path: Path, seed: int) -> Path:
    """Four hundred rows whose target follows from two of the columns."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=400), rng.normal(size=400)
    frame = pl.DataFrame(
        {"x": x, "z": z, "month": np.arange(400) % 12, "group": np.arange(400) % 7, "y": 3 * x - z}
    )
    frame = frame.with_columns(high=pl.col("y") > 0, low=pl.col("z") > 0, weight=pl.lit(1.0))
    frame.write_csv(tmp_path / "shifted.csv")
    return tmp_path / "shifted.csv"


@pytest.mark.parametrize(("role", "folds"), [("--group", 3), ("--time", 2)])
def test_few_groups_or_times_make_fewer_folds(role: str, folds: int, capsys, shifted: Path) -> None:
    frame = pl.read_csv(shifted).with_columns(few=pl.col("month") % 3)
    frame.write_csv(shifted)
    told = trained(capsys, str(shifted), "--target", "y", role, "few", "--hidden", "4", "--epochs", "1")
    assert told["scores"]["method"] == f"{folds}-fold cross-validation"


def test_rows_of_a_test_table_weigh_as_its_column_says(capsys, shifted: Path) -> None:
    frame = pl.read_csv(shifted)
    later = frame.with_columns(weight=(pl.col("x") > 0).cast(pl.Float64))
    later.write_csv("weighed.csv")
    later.filter(pl.col("weight") > 0).write_csv("picked.csv")
    common = (str(shifted), "-t", "high", *QUICK, "--weight", "weight", "--test")
    assert run(["train", *common, "weighed.csv", "--json"]) == 0
    told = capsys.readouterr()
    assert "not there in training" not in told.err
    weighed, picked = json.loads(told.out), trained(capsys, *common, "picked.csv")
    one, two = (found["scores"]["figures"]["accuracy"]["value"] for found in (weighed, picked))
    assert one == pytest.approx(two)


def test_a_run_folder_holds_all_that_was_promised(capsys, penguins: Path) -> None:
    told = trained(capsys, str(penguins), "--target", "species", *QUICK, "--seed", "7")
    folder = Path(told["run"])
    assert folder.parent == Path("runs")
    assert folder.name.endswith("-penguins-species")
    assert sorted(path.name for path in folder.iterdir()) == [
        "answers.csv",
        "command.txt",
        "history.jsonl",
        "importances.json",
        "model.shoal",
        "notes.txt",
        "report.html",
        "settings.given.json",
        "settings.json",
        "state.safetensors",
    ]
    given = json.loads((folder / "settings.given.json").read_text())
    assert given["settings"] == {"hidden": "8", "epochs": "4", "seed": "7"}
    resolved = json.loads((folder / "settings.json").read_text())
    assert (resolved["hidden"], resolved["epochs"], resolved["seed"]) == ([8], 4, 7)
    assert "auto" not in (resolved["learning_rate"], resolved["batch_size"], resolved["validation"])
    model = load(folder / "model.shoal")
    assert read_history(folder / "history.jsonl") == model.history
    assert len(model.history) == 4
    assert "Predicting species from penguins.csv" in (folder / "report.html").read_text()
    assert 0 < told["scores"]["figures"]["accuracy"]["value"] <= 1


def test_people_are_told_where_model_and_report_lie(capsys, penguins: Path) -> None:
    assert run(["train", str(penguins), "--target", "species", *QUICK]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "penguins.csv: 344 rows, species (multiclass)"
    assert lines[1].startswith("accuracy ")
    assert Path(lines[-2].removeprefix("model").strip()).is_file()
    assert Path(lines[-1].removeprefix("report").strip()).is_file()
    assert told.err == ""


def test_settings_come_from_a_file_and_the_command_line_wins(capsys, penguins: Path) -> None:
    Path("mine.yaml").write_text("hidden: [16, 8]\nepochs: 50\nlearning_rate: 1e-2\nnorm: batch\n")
    told = trained(capsys, str(penguins), "-t", "species", "--config", "mine.yaml", "--epochs", "3")
    settings = told["settings"]
    assert (settings["hidden"], settings["epochs"]) == ([16, 8], 3)
    assert (settings["learning_rate"], settings["norm"]) == (0.01, "batch")


def test_a_run_is_repeated_bit_for_bit_from_its_own_settings(capsys, penguins: Path) -> None:
    first = trained(capsys, str(penguins), "-t", "species", *QUICK, "--set", "dropout=0.3", "--seed", "3")
    again = trained(capsys, str(penguins), "-t", "species", "--config", f"{first['run']}/settings.json")
    frame = read_table(penguins)
    one, two = (load(told["model"]).predict_proba(frame) for told in (first, again))
    np.testing.assert_array_equal(one, two)


def test_a_number_several_labels_and_roles_of_columns(capsys, shifted: Path) -> None:
    told = trained(
        capsys, str(shifted), "-t", "y", *QUICK, "--drop", "high", "--drop", "low", "--weight", "weight",
        "--group", "group", "--set", "split=grouped",
    )  # fmt: skip
    assert told["task"] == "regression"
    model = load(told["model"])
    assert [column.name for column in model.columns if column.used] == ["x", "z", "month"]
    told = trained(capsys, str(shifted), "-t", "high", "-t", "low", *QUICK)
    assert (told["task"], told["targets"]) == ("multilabel", ["high", "low"])


def test_a_test_table_and_a_test_share_judge(capsys, shifted: Path) -> None:
    frame = pl.read_csv(shifted)
    frame.tail(100).write_csv("later.csv")
    told = trained(capsys, str(shifted), "-t", "high", *QUICK, "--test", "later.csv")
    assert (told["scores"]["method"], told["scores"]["rows"]) == ("test table", 100)
    told = trained(capsys, str(shifted), "-t", "high", *QUICK, "--test", "0.25")
    assert (told["scores"]["method"], told["scores"]["rows"]) == ("test rows", 100)
    told = trained(capsys, str(shifted), "-t", "high", *QUICK, "--test", "0")
    assert told["scores"] == {}


def test_the_model_is_kept_where_it_was_asked_for(capsys, penguins: Path) -> None:
    told = trained(
        capsys, str(penguins), "-t", "species", *QUICK, "--model", "mine.shoal", "--out", "elsewhere"
    )
    assert told["model"] == "mine.shoal"
    assert Path("mine.shoal").read_bytes() == (Path(told["run"]) / "model.shoal").read_bytes()
    assert Path(told["run"]).parent == Path("elsewhere")


def test_a_run_taken_up_has_the_epochs_of_both(capsys, penguins: Path) -> None:
    told = trained(capsys, str(penguins), "-t", "species", *QUICK, "--set", "schedule=constant")
    again = trained(capsys, "--resume", told["run"], "--epochs", "7")
    assert again["run"] == told["run"]
    assert load(again["model"]).history["epoch"] == [1, 2, 3, 4, 5, 6, 7]
    assert read_history(again["history"])["epoch"] == [1, 2, 3, 4, 5, 6, 7]


def test_taken_up_is_never_left_bit_for_bit(capsys, penguins: Path) -> None:
    steady = (str(penguins), "-t", "species", "--hidden", "8", "--set", "schedule=constant")
    part = trained(capsys, *steady, "--epochs", "3")
    taken_up = trained(capsys, "--resume", part["run"], "--epochs", "6")
    whole = trained(capsys, *steady, "--epochs", "6")
    frame = read_table(penguins)
    np.testing.assert_array_equal(*(load(told["model"]).predict_proba(frame) for told in (taken_up, whole)))


def test_a_run_is_not_taken_up_with_another_table_or_network(capsys, shifted: Path) -> None:
    told = trained(capsys, str(shifted), "-t", "high", *QUICK)
    assert run(["train", "--resume", told["run"], "--set", "optimizer=sgd"]) == 2
    assert "The setting 'optimizer' of a run cannot change" in capsys.readouterr().err
    shifted.write_text(shifted.read_text().replace("0.", "0.1", 1))
    assert run(["train", "--resume", told["run"]]) == 1
    assert "is not the one that the run" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_keeps_the_best_so_far_and_the_run_can_be_taken_up(capsys, penguins: Path) -> None:
    program = "import sys; from shoal.cli.main import main; main(sys.argv[1:])"
    command = [
        "train",
        str(penguins),
        "-t",
        "species",
        "--hidden",
        "8",
        "--epochs",
        "1000000",
        "--test",
        "0.2",
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        folder = wait_for_epochs(process, Path("runs"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert err == "shoal: Interrupted; the best network so far is kept.\n"
    assert "Traceback" not in err + out
    done = len(load(folder / "model.shoal").history)
    assert done > 0
    again = trained(capsys, "--resume", str(folder), "--epochs", str(done + 5))
    assert again["epochs"] == done + 5


def wait_for_epochs(process: subprocess.Popen[str], runs: Path) -> Path:
    """Return the run folder as soon as its history holds an epoch."""
    for _ in range(600):
        for history in runs.glob("*/history.jsonl"):
            if history.stat().st_size:
                return history.parent
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"no epoch within a minute: {process.communicate(timeout=5)}")


def test_the_column_that_orders_the_rows_is_left_out_unless_its_kind_is_given(capsys, shifted: Path) -> None:
    common = (str(shifted), "--target", "y", "--time", "month", "--hidden", "4", "--epochs", "1")
    for more, used in (((), False), (("--kind", "month=number"), True)):
        told = trained(capsys, *common, *more)
        model = load(told["model"])
        (month,) = [column for column in model.columns if column.name == "month"]
        assert month.used is used
        assert ("orders the rows in time and is left out" in month.notice) is not used
        notes = (Path(told["run"]) / "notes.txt").read_text()
        assert ("later rows have values that were never learnt" in notes) is not used
        assert len(model.predict(pl.read_csv(shifted))) == 400


def test_time_alone_is_nothing_to_learn_from(capsys, shifted: Path) -> None:
    frame = pl.read_csv(shifted).select("month", "y")
    frame.write_csv("alone.csv")
    assert run(["train", "alone.csv", "-t", "y", "--time", "month"]) == 1
    assert "Expected columns to learn from beside 'month'" in capsys.readouterr().err


@pytest.mark.parametrize(("folds", "parts"), [("3", 3), ("all", 24)])
def test_folds_as_asked_and_leave_one_out(folds: str, parts: int, capsys, shifted: Path) -> None:
    """F1: k folds, and leave-one-out, which is as many folds as rows."""
    pl.read_csv(shifted).head(24).write_csv("few.csv")
    told = trained(capsys, "few.csv", "-t", "y", "--folds", folds, "--hidden", "4", "--epochs", "1")
    assert told["scores"]["method"] == f"{parts}-fold cross-validation"
    assert told["scores"]["rows"] == 24


def test_groups_are_left_out_one_by_one(capsys, shifted: Path) -> None:
    told = trained(
        capsys,
        str(shifted),
        "-t",
        "y",
        "--folds",
        "all",
        "--group",
        "group",
        "--hidden",
        "4",
        "--epochs",
        "1",
    )
    assert told["scores"]["method"] == "7-fold cross-validation"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--folds", "1"], "--folds expects a number from 2 on, or 'all'. Got 1 instead."),
        (["--folds", "ten"], "--folds expects a number from 2 on, or 'all'. Got ten instead."),
        (["--folds", "5", "--test", "0.2"], "Got both; leave out test and validation."),
        (["--folds", "5", "--set", "validation=0.2"], "Got both; leave out test and validation."),
        (["--folds", "401"], "Expected at least 401 rows for 401 folds. Got 400."),
    ],
)
def test_folds_that_cannot_be_are_one_sentence(capsys, shifted: Path, options, sentence) -> None:
    assert run(["train", str(shifted), "-t", "y", *options]) in (1, 2)
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_a_rate_too_high_is_warned_of_once_while_it_trains(capsys, penguins: Path) -> None:
    common = ("--target", "species", "--hidden", "16", "--set", "optimizer=adam")
    assert run(["train", str(penguins), *common, "--learning-rate", "3", "--epochs", "6"]) == 0
    said = capsys.readouterr().err
    assert said.count("S102 learning rate too high (epoch 1)") == 1
    assert "learning_rate is 3; 0.003 is usual here" in said
    assert run(["train", str(penguins), *common, "--epochs", "6"]) == 0
    assert "S1" not in capsys.readouterr().err


def test_a_run_that_came_to_nothing_is_still_diagnosed_by_its_table(capsys, shifted: Path) -> None:
    """What was known when training began is kept until there is a model; a usual rate is among it."""
    options = ("--target", "y", "--hidden", "8", "--epochs", "5", "--learning-rate", "50")
    assert run(["train", str(shifted), *options]) == 1
    [folder] = Path("runs").iterdir()
    capsys.readouterr()
    assert run(["diagnose", str(folder), "--json"]) in (3, 4)
    found = {one["code"]: one["change"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert found["S102"]["learning_rate"] < 0.1


def test_of_very_many_columns_the_strongest_are_measured_and_the_page_says_so(
    capsys, tmp_path: Path, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(rng.normal(size=(300, 64)), schema=[f"c{i}" for i in range(64)])
    frame.with_columns(y=3 * pl.col("c7") - pl.col("c50")).write_csv(tmp_path / "wide.csv")
    common = ("--target", "y", "--hidden", "()", "--epochs", "30", "--folds", "2")
    told = trained(capsys, str(tmp_path / "wide.csv"), *common)
    found = json.loads((Path(told["run"]) / "importances.json").read_text())
    assert (len(found["columns"]), found["of"]) == (20, 64)
    assert [one["name"] for one in found["columns"][:2]] == ["c7", "c50"]
    assert "Of 64 columns, the 20 that moved its loss most" in Path(told["report"]).read_text()
