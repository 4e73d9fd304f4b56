"""``shoal augment``: rows in the terminal, images in a file, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shoal.cli.main import run


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets go where the test can look at them."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def digits(tmp_path: Path) -> str:
    """Forty images of two classes."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 6, 6)).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", X=images, y=np.arange(40) % 2)
    return str(tmp_path / "digits.npz")


def test_rows_of_a_table_are_shown_beside_their_varied_selves(capsys, penguins: Path) -> None:
    arguments = ["--set", "augment=noise=0.1,mixup", "--rows", "2", "--samples", "3"]
    assert run(["augment", str(penguins), "--target", "species", *arguments]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == f"{penguins.name}: mixup 0.2, noise 0.1"
    assert said.count("original") == 2
    assert "own share" in said
    assert "bill_length_mm" in said


def test_everything_is_told_to_machines(capsys, penguins: Path) -> None:
    assert (
        run(["augment", str(penguins), "-t", "species", "--set", "augment=noise", "--rows", "3", "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["kinds"] == {"noise": 0.1}
    assert told["images"] is False
    assert told["rows"][0] == 0
    assert np.shape(told["varied"]) == (3, 4, len(told["names"]))


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("html", b"<!doctype")])
def test_images_are_drawn_into_a_file(capsys, digits: str, ending: str, start: bytes) -> None:
    arguments = [
        "--set",
        "augment=rotate=15,shift=1,flip_horizontal",
        "--rows",
        "2",
        "--out",
        f"sheet.{ending}",
    ]
    assert run(["augment", digits, "--target", "y", *arguments]) == 0
    assert f"2 images, each varied 4 times: sheet.{ending}" in capsys.readouterr().out
    assert Path(f"sheet.{ending}").read_bytes().startswith(start)


def test_images_are_drawn_without_being_told_where(capsys, digits: str) -> None:
    assert run(["augment", digits, "--target", "y", "--set", "augment=cutout", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["out"] == "digits-augmented.html"
    assert "cutout 0.25" in Path("digits-augmented.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "sheet.jpg"], "--out expects a name that ends in .png, .svg or .html. Got 'sheet.jpg'"),
        (
            ["--set", "augment=noise", "--out", "a.png"],
            "The rows here are those of a table",
        ),
        ([], "Nothing is varied: expected the setting augment with at least one kind"),
        (["--set", "augment=rotate"], "'rotate', which is for images; the rows are tables"),
        (["--set", "augment=nois"], "Did you mean 'noise'?"),
        (["--set", "augment=noise=-1"], "Got -1 instead"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(capsys, penguins: Path, arguments, said: str) -> None:
    assert run(["augment", str(penguins), "--target", "species", *arguments]) == 2
    assert said in capsys.readouterr().err
