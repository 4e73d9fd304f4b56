"""``shoal schedule``: drawn, in numbers, as a picture; and what cannot be drawn is one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from shoal.cli.main import run
from shoal.cli.plot import plot
from shoal.train.schedules import SCHEDULES


def told(capsys, *arguments: str) -> str:
    assert run(["schedule", *arguments]) == 0
    return capsys.readouterr().out


def test_alone_it_lists_every_schedule_with_its_settings(capsys) -> None:
    text = told(capsys)
    for name, kind in SCHEDULES.items():
        assert f"\n{name:<16} {kind.line}" in f"\n{text}"
        assert all(f"  {setting}=" in text for setting in kind.settings)
    listed = json.loads(told(capsys, "--json"))["schedules"]
    assert set(listed) == set(SCHEDULES)
    assert listed["step"]["settings"]["every"]["default"] == "epochs/3"


@pytest.mark.parametrize("kind", sorted(SCHEDULES))
def test_every_schedule_can_be_drawn(capsys, kind: str) -> None:
    text = told(capsys, kind)
    assert "learning rate by epoch" in text
    assert ("momentum" in text.partition("\n")[2]) == (kind == "one_cycle")
    assert ("Reacts to what is monitored" in text) == (kind in ("plateau", "new_bob"))


def test_the_numbers_are_those_of_the_training(capsys) -> None:
    options = ["--set", "rise=0.2", "--epochs", "5", "--steps", "4", "--rate", "0.01", "--json"]
    found = json.loads(told(capsys, "one_cycle", *options))
    assert found["settings"]["rise"] == 0.2
    assert [len(row) for row in found["rate"]] == [4] * 5
    assert max(max(row) for row in found["rate"]) == 0.01
    assert found["momentum"][0][3] == pytest.approx(0.85)  # the rise ends with the fourth of 20 steps
    assert json.loads(told(capsys, "new_bob", "--json"))["reaction"]["plateau_previous"] == 1.0


def test_settings_may_stand_in_the_name_and_lists_are_lists(capsys) -> None:
    step = json.loads(told(capsys, "step:every=5,factor=0.1", "--epochs", "10", "--steps", "1", "--json"))
    assert [row[0] for row in step["rate"]] == [1.0] * 5 + [0.1] * 5
    lists = ["--set", "boundaries=2,3", "--set", "values=1,0.5,0.2"]
    found = json.loads(told(capsys, "piecewise", *lists, "--epochs", "4", "--steps", "1", "--json"))
    assert [row[0] for row in found["rate"]] == [1.0, 1.0, 0.5, 0.2]


def test_a_picture_has_a_panel_for_the_rate_and_one_for_the_momentum(capsys, tmp_path: Path) -> None:
    file = tmp_path / "cycle.svg"
    told(capsys, "one_cycle", "--out", str(file))
    drawn = ElementTree.fromstring(file.read_text())
    names = [node.text for node in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert names == ["learning rate of one_cycle by epoch", "momentum of one_cycle by epoch"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["one_cycl"], "Unknown schedule 'one_cycl'. Did you mean 'one_cycle'?"),
        (["step", "--set", "evry=3"], "The step schedule has no setting 'evry'. Did you mean 'every'?"),
        (["step", "--set", "every"], "--set expects NAME=VALUE. Got 'every' instead."),
        (["step", "--set", "every=40"], "longer than the run: every is 40 epochs, and the run has 30."),
        (["cosine", "--warmup", "31"], "longer than the run: warmup is 31 epochs"),
        (["cosine", "--out", "x.png"], "--out expects a name that ends in .svg. Got 'x.png' instead."),
        (["cosine", "--rate", "-1"], "Invalid value for '--rate': -1.0 is not in the range x>0."),
        (["cosine", "--momentum", "1"], "Invalid value for '--momentum': 1.0 is not in the range 0<=x<1."),
        (["--set", "rise=1"], "Missing the KIND of the schedule to draw"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(capsys, arguments: list[str], sentence: str) -> None:
    assert run(["schedule", *arguments]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_it_wakes_neither_jax_nor_a_reader_of_tables() -> None:
    program = (
        "from shoal.cli.main import run; run(['schedule', 'cosine']); import sys;"
        "print([name for name in ('jax', 'optax', 'sklearn', 'polars', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_drawn_line_is_whole_and_keeps_its_bounds() -> None:
    """Every column of a steep fall has a dot, as many rows as asked for, values at the ends of the axis."""
    lines = plot([1.0, 0.0, 1.0], 3, width=10, height=4)
    assert len(lines) == 6
    body = [line[11:].ljust(10) for line in lines[:4]]
    assert all(any(row[column] != " " for row in body) for column in range(10))
    assert lines[0].lstrip().startswith("1 ┤")
    assert lines[3].lstrip().startswith("0 ┤")
    level = plot([2.0, 2.0], 1, width=4, height=4)
    assert [line for line in level if "┤" in line] == ["        2 ┤⣀⣀⣀⣀"]
