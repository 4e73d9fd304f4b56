"""``shoal report`` and ``shoal compare``: finished runs, half-written ones, and models alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from shoal.cli.main import run

QUICK = ("--set", "hidden=()", "--epochs", "3")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs over the same rows of the same table."""
    table = Path(__file__).parents[2] / "examples" / "data" / "penguins.csv"
    runs = tmp_path_factory.mktemp("runs")
    for rate in ("0.3", "0.001"):
        command = ["train", str(table), "-t", "species", "--folds", "2", "--out", str(runs), *QUICK]
        assert run([*command, "--learning-rate", rate]) == 0
    first, second = sorted(runs.iterdir())
    return first, second


def copied(run_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_folder, tmp_path / "run"))


def test_a_report_made_anew_is_the_same_report(trained, tmp_path: Path, capsys) -> None:
    folder = copied(trained[0], tmp_path)
    before = (folder / "report.html").read_text()
    (folder / "report.html").unlink()
    assert run(["report", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["report"] == str(folder / "report.html")
    assert (folder / "report.html").read_text() == before
    for part in ("Where it errs", "What it leans on", "The network", "train_table(table"):
        assert part in before


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (
            ("model.shoal",),
            "This run has no model: it still runs, or was stopped. Shown is what there is: 3 epochs.",
        ),
        (("history.jsonl",), "How training went"),  # the model has its own record
        (("answers.csv", "importances.json", "notes.txt", "command.txt"), "How training went"),
        (("settings.given.json", "settings.json"), "How training went"),
    ],
)
def test_of_a_half_written_folder_what_is_there_is_shown(trained, tmp_path: Path, gone, said: str) -> None:
    folder = copied(trained[0], tmp_path)
    for name in gone:
        (folder / name).unlink()
    assert run(["report", str(folder)]) == 0
    assert said in (folder / "report.html").read_text()


def test_a_torn_history_and_a_broken_model_are_told_apart(trained, tmp_path: Path) -> None:
    folder = copied(trained[0], tmp_path)
    (folder / "model.shoal").write_bytes(b"half a model")
    lines = (folder / "history.jsonl").read_text().splitlines()
    (folder / "history.jsonl").write_text("\n".join(lines[:2]) + '\n{"epoch": 3, "lo')
    assert run(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text()
    assert "This run has no model: its model cannot be read (" in text
    assert "Shown is what there is: 2 epochs." in text


def test_a_model_alone_tells_what_it_knows(trained, tmp_path: Path, capsys) -> None:
    model = Path(shutil.copy(trained[0] / "model.shoal", tmp_path / "mine.shoal"))
    assert run(["report", str(model)]) == 0
    assert (tmp_path / "mine.html").exists()
    assert "Networks trained alike" in (tmp_path / "mine.html").read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent", "Expected the folder of a run"),
        ("empty", "has nothing to show yet: it holds neither an epoch"),
    ],
)
def test_what_is_no_run_is_refused_in_a_sentence(tmp_path: Path, capsys, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["report", str(tmp_path / name)]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_runs_are_compared_row_by_row(trained, tmp_path: Path, capsys) -> None:
    page = tmp_path / "compare.html"
    assert run(["compare", *map(str, trained), "--out", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["differing"] == {"learning_rate": {"A": 0.3, "B": 0.001}}
    lead = found["comparisons"]["B"][0]
    assert (lead["metric"], lead["method"], lead["rows"]) == ("accuracy", "paired", 344)
    assert found["verdicts"][0].startswith("A is really better than B: accuracy")
    assert "over the same 344 rows" in page.read_text()


def test_without_answers_the_intervals_compare(trained, tmp_path: Path, capsys) -> None:
    folder = copied(trained[1], tmp_path)
    (folder / "answers.csv").unlink()
    assert run(["compare", str(trained[0]), str(folder), "--out", str(tmp_path / "c.html")]) == 0
    told = capsys.readouterr().out
    assert "Not both of A and B kept what they said row by row" in told
    assert "learning_rate" in told


def test_one_run_is_not_compared(trained, capsys) -> None:
    assert run(["compare", str(trained[0])]) == 2
    assert "at least two runs" in capsys.readouterr().err


def test_a_run_is_not_compared_with_itself(tmp_path, capsys) -> None:
    assert run(["compare", str(tmp_path), str(tmp_path / ".." / tmp_path.name)]) == 2
    assert "Expected different runs to compare." in capsys.readouterr().err
