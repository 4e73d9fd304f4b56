"""``shoal lr``: the finder on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from shoal.cli.main import run

QUICK = ("--hidden", "4", "--epochs", "4", "--seeds", "2")


@pytest.fixture(scope="module")
def drawn(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lr") / "curve.svg"


@pytest.fixture(scope="module")
def told(penguins: Path, drawn: Path) -> dict:
    """What a search in a process of its own wrote as JSON."""
    command = [sys.executable, "-m", "shoal.cli.main", "lr", str(penguins), "-t", "species", *QUICK]
    done = subprocess.run(
        [*command, "--out", str(drawn), "--json"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_what_is_found_is_told_for_machines(told: dict) -> None:
    assert told["interval"][0] <= told["suggestion"] <= told["interval"][1]
    assert {trial["learning_rate"] for trial in told["trials"]} >= {told["steepest"], told["valley"]}
    assert (told["targets"], told["seeds"], len(told["rates"])) == (["species"], [0, 1], 100)


def test_the_curve_is_drawn_into_a_file(told: dict, drawn: Path) -> None:
    assert told["out"] == str(drawn)
    assert ElementTree.parse(drawn).getroot().tag.endswith("svg")


def test_for_people_there_is_a_curve_with_the_points(capsys, penguins: Path) -> None:
    assert run(["lr", str(penguins), "-t", "species", *QUICK, "--no-trials", "--steps", "40"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "penguins.csv: 344 rows, species (multiclass)"
    assert any("└" in line and "S" in line for line in lines)
    assert any(line.startswith("suggestion") and "over 2 seeds" in line for line in lines)
    assert lines[-1].startswith("shoal train")
    assert "--learning-rate" in lines[-1]


def test_settings_are_those_of_train(capsys, penguins: Path) -> None:
    assert run(["lr", str(penguins), "-t", "species", "--set", "optimiser=adam"]) == 2
    assert "Did you mean 'optimizer'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--out", "curve.png"), "--out expects a name that ends in .svg. Got 'curve.png' instead."),
        (("--lowest", "2", "--highest", "1"), "Expected lowest < highest for the range test."),
        (("--steps", "2"), "The 'steps' parameter of shoal lr must be an int in the range [10, inf)"),
        (("--seeds", "0"), "Invalid value for '--seeds'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(wrong, message: str, capsys, penguins: Path) -> None:
    assert run(["lr", str(penguins), "-t", "species", *wrong]) == 2
    assert message in capsys.readouterr().err


def test_without_a_target_there_is_nothing_to_find(capsys, penguins: Path) -> None:
    assert run(["lr", str(penguins)]) == 2
    assert "Missing --target, the column to predict." in capsys.readouterr().err


def test_images_need_no_target(capsys, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (24, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "digits.npz", x=images, y=np.arange(24) % 2)
    quick = ("--epochs", "1", "--seeds", "1", "--steps", "10", "--no-trials", "--json")
    assert run(["lr", str(tmp_path / "digits.npz"), *quick]) == 0
    assert json.loads(capsys.readouterr().out)["suggestion"] > 0


def test_train_finds_the_rate_where_it_is_auto(capsys, penguins: Path, tmp_path: Path) -> None:
    common = ("-t", "species", "--hidden", "4", "--epochs", "2", "--test", "0.2", "--out", str(tmp_path))
    assert run(["train", str(penguins), *common, "--learning-rate", "auto", "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out)["run"])
    resolved = json.loads((folder / "settings.json").read_text())
    assert isinstance(resolved["learning_rate"], float)
    assert "learning_rate=&#x27;auto&#x27; found" in (folder / "report.html").read_text()


def test_ctrl_c_ends_the_search_in_one_sentence(penguins: Path) -> None:
    command = [sys.executable, "-m", "shoal.cli.main", "lr", str(penguins), "-t", "species"]
    process = subprocess.Popen(
        [*command, "--hidden", "64", "--epochs", "4000"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == "shoal: Interrupted."
