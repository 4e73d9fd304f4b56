"""Ensembles, networks to start from, frozen layers and numbers of epochs by folds, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.cli.main import run
from shoal.data import read_table
from shoal.history import read_history
from shoal.model.artefact import load

COMMON = ("--target", "y", "--hidden", "4")


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Ninety rows of two classes, which the commands find under ``t.csv``."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, 90))
    answer = np.where(x - z + 0.3 * rng.normal(size=90) > 0, "yes", "no")
    pl.DataFrame({"x": x, "z": z, "y": answer}).write_csv("t.csv")


def trained(capsys, *arguments: str, code: int = 0) -> dict:
    assert run(["train", "t.csv", *COMMON, *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_an_ensemble(capsys) -> None:
    told = trained(capsys, "--epochs", "3", "--set", "ensemble=average:members=3")
    assert told["scores"]["members"]["count"] == 3
    assert len(load(told["model"]).members) == 3
    assert "An ensemble of 3 networks" in Path(told["report"]).read_text()
    assert run(["info", told["model"], "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert (info["networks"], info["weights"]) == (3, 3 * 17)
    assert run(["train", "t.csv", *COMMON, "--epochs", "2", "--set", "ensemble=2"]) == 0
    assert "; each of its 2 networks alone 0." in capsys.readouterr().out
    assert run(["predict", told["model"], "t.csv", "--out", "said.csv"]) == 0
    assert pl.read_csv("said.csv").height == 90


def test_an_ensemble_is_taken_up_whole(capsys) -> None:
    """Interrupted after four epochs of eight, it ends as if it had never been."""
    once = trained(capsys, "--epochs", "8", "--set", "ensemble=2", "--set", "schedule=constant")
    half = trained(capsys, "--epochs", "4", "--set", "ensemble=2", "--set", "schedule=constant")
    assert run(["train", "--resume", half["run"], "--epochs", "8", "--json"]) == 0
    capsys.readouterr()
    rows = read_table("t.csv")
    whole, resumed = load(once["model"]), load(half["model"])
    for one, other in zip(whole.members, resumed.members, strict=True):
        np.testing.assert_array_equal(one.raw(rows), other.raw(rows))
    assert len(read_history(half["history"])) == 8


def test_the_number_of_epochs_by_folds(capsys) -> None:
    assert run(["train", "t.csv", *COMMON, "--epochs", "cv", "--patience", "3", "--out", "found"]) == 0
    said = capsys.readouterr().out
    assert "the median of 5 folds' best epochs (" in said
    assert "5-fold cross-validation, which chose the number of epochs too" in said
    [folder] = Path("found").iterdir()
    epochs = int(said.partition("Trained ")[2].partition(" ")[0])
    assert len(read_history(folder / "history.jsonl")) == epochs
    assert json.loads((folder / "settings.json").read_text())["epochs"] == epochs


def test_a_network_to_start_from_with_frozen_layers(capsys) -> None:
    first = trained(capsys, "--epochs", "3")
    start = f"start_from={first['model']}"
    assert (
        run(["train", "t.csv", "--target", "y", "--epochs", "3", "--set", start, "--set", "frozen=layers.0"])
        == 0
    )
    said = capsys.readouterr()
    assert "Started from model.shoal: layers.0, head taken, nothing drawn anew." in said.err
    path = said.out.partition("model   ")[2].splitlines()[0]
    before, after = load(first["model"]).params, load(path).params
    np.testing.assert_array_equal(before["layers.0.kernel"], after["layers.0.kernel"])
    assert not np.array_equal(before["head.kernel"], after["head.kernel"])
    assert "Started from model.shoal" in Path(path).with_name("notes.txt").read_text()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("frozen=layer.0", "has no layer 'layer.0' to freeze. Did you mean 'layers.0'?"),
        ("start_from=nowhere.shoal", "'nowhere.shoal' cannot be read: no such file"),
        ("ensemble=0", "The 'ensemble' parameter of shoal must be an int in the range [1, inf)"),
        ("ensemble=averag", "Did you mean 'average'?"),
    ],
)
def test_what_is_refused_in_one_sentence(setting: str, sentence: str, capsys) -> None:
    assert run(["train", "t.csv", *COMMON, "--set", setting]) in (1, 2)
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert not list(Path("runs").glob("*/model.shoal"))


def test_a_rate_beyond_reason_leaves_no_model(capsys) -> None:
    rates = ("--set", "learning_rate=1e300", "--set", "optimizer=sgd")
    assert run(["train", "t.csv", *COMMON, *rates]) == 1
    said = capsys.readouterr()
    assert "Lower learning_rate (now 1e+300), or set clip_norm=1.0" in said.err
    *live, sentence = said.err.strip().splitlines()
    assert sentence.startswith("shoal: ")
    assert all(line.startswith("note: ") for line in live)  # what was seen while it trained
    assert not list(Path("runs").glob("*/model.shoal"))


def test_zeros_are_counted(capsys) -> None:
    arguments = ("--epochs", "30", "--set", "l1=0.5", "--set", "learning_rate=0.05")
    assert run(["train", "t.csv", *COMMON, *arguments]) == 0
    said = capsys.readouterr().out
    assert " of 12 weights are exactly zero (layers.0: " in said
    path = said.partition("model   ")[2].splitlines()[0]
    assert "weights are exactly zero" in Path(path).with_name("report.html").read_text()
    assert run(["info", path]) == 0
    assert "weights are exactly zero" in capsys.readouterr().out
    assert run(["info", path, "--json"]) == 0
    zeros = json.loads(capsys.readouterr().out)["zeros"]
    assert zeros["total"] == zeros["layers.0"] + zeros["head"] > 0
