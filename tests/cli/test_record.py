"""What ``shoal train`` keeps of every epoch, while it trains and after it was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from shoal.cli.main import run
from shoal.errors import ShoalWarning
from shoal.history import read_history

QUICK = ("--hidden", "4", "--epochs", "6", "--test", "0.2", "--set", "validation=0.2")


@pytest.fixture(scope="module")
def folder(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    assert run(["train", str(penguins), "-t", "species", *QUICK, "--out", str(runs), "--log", "csv"]) == 0
    [found] = runs.iterdir()
    return found


def test_layers_are_in_the_history_of_a_run(folder: Path) -> None:
    history = read_history(folder / "history.jsonl")
    assert history.layers() == ["dense_0", "head"]
    assert history.by_layer("update_ratio")["epoch"].to_list() == [1, 2, 3, 5, 6]
    assert "train_metric" in history


def test_the_csv_file_holds_the_same(folder: Path) -> None:
    history, table = read_history(folder / "history.jsonl"), pl.read_csv(folder / "history.csv")
    assert set(table.columns) == set(history.names)
    for name in ("loss", "val_accuracy", "gradient_norm/head"):
        assert table[name].to_list() == pytest.approx(history[name])


def test_losses_alone_are_kept_where_that_is_asked_for(penguins: Path, tmp_path: Path) -> None:
    told = ["train", str(penguins), "-t", "species", *QUICK, "--out", str(tmp_path), "--record", "losses"]
    assert run(told) == 0
    [found] = tmp_path.iterdir()
    assert read_history(found / "history.jsonl").layers() == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--record", "layer"), "Did you mean 'layers'"),
        (("--log", "tensorbord"), "Did you mean 'tensorboard'"),
    ],
)
def test_what_is_misspelt_is_answered_with_what_was_meant(more, words, penguins, tmp_path, capsys) -> None:
    assert run(["train", str(penguins), "-t", "species", "--out", str(tmp_path), *more]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_killed_run_leaves_every_epoch_that_was_done(penguins: Path, tmp_path: Path) -> None:
    told = [
        "train",
        str(penguins),
        "-t",
        "species",
        "--out",
        str(tmp_path),
        "--test",
        "0.2",
        "--epochs",
        "100000",
    ]
    slow = ("--set", "patience=none", "--set", 'record={"kind": "layers", "every": 1}')
    process = subprocess.Popen(
        [sys.executable, "-c", f"from shoal.cli.main import run; run({[*told, *slow]!r})"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not (lines := _lines(tmp_path)) or len(lines) < 8:
            assert time.monotonic() < deadline, "no epoch was written"
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    [found] = tmp_path.iterdir()
    path = found / "history.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole.rstrip()) - 30])  # torn in the middle of its last line
    with pytest.warns(ShoalWarning, match="its last, is torn and was left out"):
        history = read_history(path)
    assert len(history) >= 7
    assert history["epoch"] == list(range(1, len(history) + 1))
    assert None not in history["gradient_norm/head"]


def _lines(runs: Path) -> list[str]:
    return [line for path in runs.glob("*/history.jsonl") for line in path.read_text().splitlines()]
