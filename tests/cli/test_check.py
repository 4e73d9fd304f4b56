"""``shoal check``: the checks of a recipe on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shoal.cli.main import run

SMALL = ("--hidden", "8", "--epochs", "40", "--seeds", "2")


@pytest.fixture(scope="module")
def told(penguins: Path) -> dict:
    command = [sys.executable, "-m", "shoal.cli.main", "check", str(penguins), "-t", "species", *SMALL]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_sound_recipe_passes_and_is_told_for_machines(told: dict) -> None:
    assert told["passed"]
    names = [check["name"] for check in told["checks"]]
    assert names[0] == "loss at the start"
    assert {"rows keep apart", "every layer learns", "one batch by heart", "inputs beat zeros"} <= set(names)
    assert all(check["expected"] and check["came"] for check in told["checks"])
    assert "log 3" in told["checks"][0]["expected"]


def test_a_failed_check_is_told_with_its_remedy_and_exit_code_one(capsys, penguins: Path) -> None:
    code = run(["check", str(penguins), "-t", "species", *SMALL, "--learning-rate", "1e-9"])
    told = capsys.readouterr()
    assert code == 1
    assert "FAILED  one batch by heart" in told.out
    assert "'learning_rate'" in told.out
    assert "shoal: Failed:" in told.err


def test_settings_are_those_of_train(capsys, penguins: Path) -> None:
    assert run(["check", str(penguins), "-t", "species", "--set", "hiden=4"]) == 2
    assert "Did you mean 'hidden'?" in capsys.readouterr().err
