"""Images on the command line: folders and arrays are trained on, predicted, shown, and refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.cli.main import run
from shoal.model.artefact import load

QUICK = ("--hidden", "4", "--epochs", "2", "--set", "augment=none")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def images(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    bright = rng.integers(0, 2, rows)
    return (rng.integers(0, 90, (rows, 5, 4)) + 150 * bright[:, None, None]).astype(np.uint8), bright


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty dark and bright pictures, in a sub-folder each."""
    image = pytest.importorskip("PIL.Image")
    for number, (pixels, bright) in enumerate(zip(*images(20), strict=True)):
        place = tmp_path / "pictures" / ("bright" if bright else "dark")
        place.mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels).save(place / f"{number}.png")
    return tmp_path / "pictures"


def test_a_folder_of_classes_is_learnt_and_another_one_predicted(
    folder: Path, tmp_path: Path, capsys
) -> None:
    assert run(["train", str(folder), *QUICK, "--test", "0.2", "--model", "m.shoal", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["targets"], told["task"], told["rows"]) == (["class"], "binary", 20)
    model = load("m.shoal")
    assert model.spec.inputs.shape() == (5, 4, 1)
    assert "from images of `pictures`" in model.card()
    assert "images of 5 x 4 x 1 in" in model.card()
    assert run(["predict", "m.shoal", str(folder / "dark"), "--out", "p.csv", "--proba"]) == 0
    found = pl.read_csv("p.csv")
    assert found.columns == ["file", "prediction", "probability_bright", "probability_dark"]
    assert sorted(found["file"]) == sorted(path.name for path in (folder / "dark").iterdir())


def test_arrays_are_learnt_and_their_test_part_judges(tmp_path: Path, capsys) -> None:
    (x, y), (other, truth) = images(30), images(7, seed=1)
    np.savez("digits.npz", x_train=x, y_train=y, x_test=other, y_test=truth)
    assert run(["train", "digits.npz", *QUICK, "--model", "m.shoal", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["targets"] == ["y"]
    assert (told["scores"]["method"], told["scores"]["rows"]) == ("test table", 7)
    np.savez("new.npz", x=other)
    assert run(["predict", "m.shoal", "new.npz"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 8


def test_columns_say_what_will_be_read(folder: Path, capsys) -> None:
    assert run(["columns", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["targets"], told["task"]) == (["class"], "binary")
    assert [(c["name"], c["kind"], c["used"]) for c in told["columns"]] == [
        ("image", "image", True),
        ("file", "identifier", False),
    ]


def refused(capsys, *arguments: str) -> str:
    assert run(list(arguments)) in (1, 2)
    return capsys.readouterr().err


def test_what_cannot_be_read_is_refused_in_one_sentence(folder: Path, capsys) -> None:
    from PIL import Image

    Image.new("L", (6, 6)).save(folder / "dark" / "other.png")
    told = refused(capsys, "train", str(folder), *QUICK)
    assert "2 sizes, from 5x4 to 6x6: 20 of 5x4, but 'other.png' of 6x6; give --image-size 5x4" in told
    np.savez("flat.npz", x=np.zeros((9, 20)), y=np.arange(9))
    assert "images of shape (rows, height, width)" in refused(capsys, "train", "flat.npz", *QUICK)
    assert "HEIGHTxWIDTH" in refused(capsys, "train", str(folder), "--image-size", "big", *QUICK)


def test_pictures_of_many_sizes_are_brought_to_one(folder: Path, capsys) -> None:
    from PIL import Image

    Image.new("L", (6, 6)).save(folder / "dark" / "other.png")
    assert (
        run(["train", str(folder), *QUICK, "--test", "0", "--image-size", "3x3", "--model", "m.shoal"]) == 0
    )
    assert load("m.shoal").spec.inputs.shape() == (3, 3, 1)
    capsys.readouterr()
    assert "of 3x3 pixels and 1 channel" in refused(capsys, "predict", "m.shoal", str(folder / "bright"))
    assert run(["predict", "m.shoal", str(folder), "--image-size", "3x3"]) == 0
