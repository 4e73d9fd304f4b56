"""Bad input on the command line: one clear sentence, a non-zero exit, no traceback, no run folder left."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shoal.cli.main import run
from shoal.model.artefact import load

ROWS = "".join(f"{i % 7},{i % 3},{'yes' if i % 2 else 'no'}\n" for i in range(40))
GOOD = "a,b,y\n" + ROWS


def table(text: str | bytes) -> Callable[[Path], str]:
    """Return what writes a table and gives its path."""

    def write(folder: Path) -> str:
        path = folder / "bad.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def unreadable(folder: Path) -> str:
    path = folder / "secret.csv"
    path.write_text(GOOD)
    path.chmod(0)
    return str(path)


MANY_CLASSES = "a,b,y\n" + "".join(f"{i % 7},{i % 3},name{i}\n" for i in range(10_000))

BAD = {
    "absent": (lambda folder: str(folder / "absent.csv"), "absent.csv"),
    "a folder": (str, "folder"),
    "empty": (table(""), "empty"),
    "header only": (table("a,b,y\n"), "row"),
    "one row": (table("a,b,y\n1,2,yes\n"), "row"),
    "one class": (table("a,b,y\n" + "1,2,yes\n3,4,yes\n" * 10), "'yes'"),
    "constant features": (table("a,b,y\n" + "1,2,yes\n1,2,no\n" * 10), "constant"),
    "target missing": (table(GOOD.replace("a,b,y", "a,b,why")), "no column 'y'"),
    "target with gaps": (table(GOOD + "1,1,\n2,2,\n"), "2 "),
    "infinite values": (table(GOOD.replace("\n6,", "\ninf,")), "'a'"),
    "duplicate names": (table(GOOD.replace("a,b,y", "a,a,y")), "'a'"),
    "10,000 classes": (table(MANY_CLASSES), "10000"),
    "binary called csv": (table(bytes(range(256)) * 40), "bad.csv"),
}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    """Run a command that must be refused, and return its sentence."""
    assert run(arguments) == code
    told = capsys.readouterr()
    (sentence,) = [line for line in told.err.splitlines() if not line.startswith("note: ")]
    assert sentence.startswith("shoal: ")
    assert "Traceback" not in told.err
    assert "mistake in shoal" not in sentence
    assert told.out == ""
    return sentence


@pytest.mark.parametrize("case", BAD)
def test_a_table_that_cannot_be_learnt_from_is_refused_in_one_sentence(
    case: str, capsys, tmp_path: Path
) -> None:
    write, word = BAD[case]
    sentence = refused(capsys, "train", write(tmp_path), "--target", "y", "--epochs", "2")
    assert word in sentence
    assert not Path("runs").exists()


@pytest.mark.parametrize("case", ["absent", "empty", "header only", "duplicate names", "binary called csv"])
@pytest.mark.parametrize("command", ["columns", "predict"])
def test_the_other_commands_refuse_it_alike(
    case: str, command: str, capsys, tmp_path: Path, species_model: Path
) -> None:
    path = BAD[case][0](tmp_path)
    arguments = [command, path] if command == "columns" else [command, str(species_model), path]
    refused(capsys, *arguments)


@pytest.mark.parametrize("weight", [-1, float("inf"), 0])
def test_weights_that_are_none(weight: float, capsys, tmp_path: Path) -> None:
    rows = "".join(f"{row},{weight}\n" for row in ROWS.splitlines())
    path = table("a,b,y,w\n" + rows)(tmp_path)
    sentence = refused(capsys, "train", path, "--target", "y", "--weight", "w")
    assert f"Got values from {weight} to {weight}" in sentence


def test_a_training_that_diverges_at_once_leaves_no_model(capsys, tmp_path: Path) -> None:
    rates = ("--set", "optimizer=sgd", "--set", "batch_size=4", "--learning-rate", "1e300")
    sentence = refused(capsys, "train", table(GOOD)(tmp_path), "--target", "y", *rates)
    assert "Lower learning_rate (now 1e+300)" in sentence
    assert not list(Path("runs").glob("*/model.shoal"))


def test_predictions_that_cannot_be_written(capsys, penguins: Path, tmp_path: Path, species_model) -> None:
    out = str(tmp_path / "nowhere" / "said.csv")
    assert "no folder" in refused(capsys, "predict", str(species_model), str(penguins), "--out", out)
    named = tmp_path / "named.csv"
    named.write_text(penguins.read_text().replace("species,", "prediction,", 1))
    kept = refused(capsys, "predict", str(species_model), str(named), "--keep", "prediction")
    assert "'prediction' cannot be kept" in kept


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_no_permission(capsys, tmp_path: Path) -> None:
    assert "permission" in refused(capsys, "train", unreadable(tmp_path), "--target", "y").lower()


def test_no_permission_to_read_whoever_asks(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for root, whom the system lets read everything."""
    path = table(GOOD)(tmp_path)
    opened = open

    def guarded(file, *rest, **more):
        if str(file) == path:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(file, *rest, **more)

    monkeypatch.setattr("builtins.open", guarded)
    monkeypatch.setattr(Path, "open", lambda self, *rest, **more: guarded(self, *rest, **more))
    assert "permission" in refused(capsys, "train", path, "--target", "y").lower()


def test_ten_thousand_categories_of_a_feature_are_no_obstacle(capsys, tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},name{i % 10_000},{'yes' if i % 2 else 'no'}\n" for i in range(20_000))
    path = table("a,b,y\n" + rows)(tmp_path)
    assert run(["train", path, "--target", "y", "--epochs", "1", "--hidden", "4"]) == 0


def test_a_full_disk_while_saving_leaves_the_old_model(
    capsys, tmp_path: Path, species_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "model.shoal"
    old.write_bytes(species_model.read_bytes())
    synced = os.fsync

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = table(GOOD)(tmp_path)
    sentence = refused(capsys, "train", path, "--target", "y", "--epochs", "1", "--model", str(old))
    assert "no space is left" in sentence
    monkeypatch.setattr(os, "fsync", synced)
    assert old.read_bytes() == species_model.read_bytes()
    assert load(old).target.names == ("species",)
    assert not list(tmp_path.glob("**/.shoal-*"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "drpout=0.2"], "shoal has no setting 'drpout'. Did you mean 'dropout'?"),
        (["--set", "dropout=2"], "The 'dropout' parameter of shoal must be a float in the range [0, 1)"),
        (["--set", "optimizer=adma"], "Did you mean 'adam'?"),
        (["--epochs", "0"], "The 'epochs' parameter of shoal must be an int in the range [1, inf)"),
        (["--epochs", "few"], "Got 'few' instead."),
        (["--epochs", "3", "--set", "epochs=4"], "The setting 'epochs' is given twice"),
        (["--set", "epochs"], "--set expects NAME=VALUE. Got 'epochs' instead."),
        (
            ["--task", "ranking"],
            "'ranking' is not one of 'regression', 'binary', 'multiclass', 'multilabel'.",
        ),
        (["--test", "1.5"], "--test expects a file or a share in [0, 1). Got 1.5 instead."),
        (["--resume", "runs/x"], "--resume takes table and target from the run"),
    ],
)
def test_what_is_typed_wrongly_exits_with_2(
    capsys, penguins: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in refused(capsys, "train", str(penguins), "--target", "species", *arguments, code=2)
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "Missing the TABLE to train on."),
        (["penguins.csv"], 2, "Missing --target, the column to predict."),
        (["--resume", "nowhere"], 1, "'nowhere' is not the folder of a run"),
    ],
)
def test_what_is_left_out_is_said(capsys, arguments: list[str], code: int, sentence: str) -> None:
    assert sentence in refused(capsys, "train", *arguments, code=code)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epochs: [1", "is neither YAML nor JSON"),
        ("just words", "must hold names and values"),
        ("epcohs: 3", "Did you mean 'epochs'?"),
    ],
)
def test_a_settings_file_that_is_wrong_is_told(capsys, penguins: Path, text: str, sentence: str) -> None:
    Path("mine.yaml").write_text(text)
    code = 2 if "mean" in sentence else 1
    told = refused(capsys, "train", str(penguins), "-t", "species", "--config", "mine.yaml", code=code)
    assert sentence in told


def test_in_a_real_process_too(tmp_path: Path) -> None:
    """Once for all: the script itself, with its real exit code and streams."""
    done = subprocess.run(
        [sys.executable, "-m", "shoal.cli.main", "train", table("a,b,y\n")(tmp_path), "--target", "y"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("shoal: ")
    assert done.stderr.count("\n") == 1
