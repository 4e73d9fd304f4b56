"""Images as a column of a table: from arrays, folders and .npz files, encoded and refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from shoal.data import (
    ColumnKind,
    Encoding,
    ImageEncoder,
    encoder_from_json,
    fit_encoder,
    image_frame,
    know_columns,
    notices,
    read_table,
)
from shoal.data.image_files import arrays_to_test, label_column, parse_size
from shoal.errors import ColumnError, FileError, InputError, SettingError
from shoal.model.fingerprint import fingerprint


def bytes_of(rows=6, shape=(4, 5), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (rows, *shape)).astype(np.uint8)


def test_arrays_keep_their_pixels_and_bytes_stay_bytes():
    for shape in ((4, 5), (4, 5, 1), (4, 5, 3)):
        given = bytes_of(shape=shape)
        frame = image_frame(given)
        assert frame.schema["image"] == pl.Array(pl.UInt8, (4, 5, shape[2] if len(shape) > 2 else 1))
        assert np.array_equal(frame["image"].to_numpy().reshape(given.shape), given)
    assert image_frame(bytes_of().astype(np.int64)).dtypes[0].inner.inner.inner == pl.UInt8
    assert image_frame(bytes_of() > 100).dtypes[0].inner.inner.inner == pl.UInt8
    assert image_frame(bytes_of() / 255.0).dtypes[0].inner.inner.inner == pl.Float32
    assert image_frame(bytes_of().astype(int) - 1).dtypes[0].inner.inner.inner == pl.Float32


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 2, 2, 2, 2)), r"\(rows, height, width\) or .*Got 5 axes"),
        (np.zeros((0, 8, 8)), r"0 sample\(s\) or no pixels \(shape=\(0, 8, 8\)\)"),
        (np.zeros((3, 8, 0)), "no pixels"),
        (np.zeros((3, 3, 100, 100)), r"at most 64 channels. Got \(3, 3, 100, 100\); put the channels last"),
        (np.array([[[1.0, np.nan]], [[1.0, 2.0]]]), r"Got NaN in row 0 at \(0, 1\) and in 1 of 2 images"),
        (np.array([[[1.0, 2.0]], [[np.inf, 2.0]]]), r"Got an infinite number in row 1 at \(0, 0\)"),
        (np.array([[["a"]]]), "array of numbers"),
    ],
)
def test_what_is_no_image_is_refused(array, words):
    with pytest.raises(InputError, match=words):
        image_frame(array)


def test_a_column_of_images_is_known_and_others_beside_it_are_left_out():
    frame = image_frame(bytes_of()).with_columns(
        pl.Series("age", [1.5, 2.0, 3.0, 2.0, 1.0, 2.0]), pl.Series("file", [f"{i}.png" for i in range(6)])
    )
    image, age, file = know_columns(frame)
    assert (image.kind, image.used, image.examples) == (ColumnKind.IMAGE, True, ("4x5 pixels, greyscale",))
    assert (age.used, file.used) == (False, False)
    assert notices((image, age, file)) == [
        "Column 'age' is left out, because a network of images reads the images alone."
    ]


def test_missing_images_and_wrong_kinds_are_refused():
    frame = image_frame(bytes_of())
    gap = pl.DataFrame({"image": pl.Series([None, *frame["image"][1:]], dtype=frame.dtypes[0])})
    with pytest.raises(ColumnError, match="images of column 'image' are missing in 1 of 6 rows"):
        know_columns(gap)
    with pytest.raises(ColumnError, match="Expected images in column 'a'"):
        know_columns(pl.DataFrame({"a": [1.0, 2.0]}), kinds={"a": "image"})


def encoder_of(frame, weight=None):
    return fit_encoder(frame, know_columns(frame), None, weight)


def test_the_encoder_keeps_bytes_and_learns_mean_and_spread_of_each_channel():
    images = bytes_of(shape=(4, 5, 3))
    encoder = encoder_of(image_frame(images))
    assert isinstance(encoder, ImageEncoder)
    np.testing.assert_allclose(encoder.mean, images.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(encoder.std, images.std(axis=(0, 1, 2)), rtol=1e-12)
    rows = encoder.transform(image_frame(images))
    assert rows.numbers.dtype == np.uint8
    assert np.array_equal(rows.numbers, images.reshape(6, -1))
    assert encoder.layout.numbers == 60
    assert encoder_from_json(json.loads(json.dumps(encoder.to_json()))) == encoder


def test_numbers_in_any_range_come_standardised():
    images = 7.0 * np.random.default_rng(0).standard_normal((50, 3, 3)) - 100.0
    encoder = encoder_of(image_frame(images))
    numbers = encoder.transform(image_frame(images)).numbers
    assert numbers.dtype == np.float32
    assert abs(numbers.mean()) < 1e-5
    assert numbers.std() == pytest.approx(1.0, abs=1e-5)
    assert encoder_from_json(json.loads(json.dumps(encoder.to_json()))) == encoder


def test_weight_two_is_the_row_twice_and_a_constant_channel_is_no_division_by_zero():
    images = bytes_of(3)
    twice = encoder_of(image_frame(images[[0, 1, 1, 2]]))
    assert encoder_of(image_frame(images), np.array([1.0, 2.0, 1.0])) == twice
    assert encoder_of(image_frame(np.full((2, 2, 2), 9, np.uint8))).std == (1.0,)


def test_rows_that_are_unlike_the_training_images_are_refused():
    encoder = encoder_of(image_frame(bytes_of()))
    with pytest.raises(ColumnError, match=r"of 4x5 pixels and 1 channel, as in training. Got 5x4 pixels"):
        encoder.transform(image_frame(bytes_of(shape=(5, 4))))
    with pytest.raises(ColumnError, match="Expected a column 'image' of images"):
        encoder.transform(pl.DataFrame({"imag": [1]}))
    with pytest.raises(ColumnError, match=r"in column 'image', as in training. Got Int64"):
        encoder.transform(pl.DataFrame({"image": [1]}))
    with pytest.raises(ColumnError, match=r"whole numbers from 0 to 255, .* Got numbers from 0 to 0.5"):
        encoder.transform(image_frame(np.linspace(0, 0.5, 20).reshape(1, 4, 5)))
    whole = encoder.transform(image_frame(bytes_of().astype(float)))
    assert np.array_equal(whole.numbers, bytes_of().reshape(6, -1))


def test_grey_images_pass_where_colours_were_learnt():
    encoder = encoder_of(image_frame(bytes_of(shape=(4, 5, 3))))
    grey = bytes_of(2)
    rows = encoder.transform(image_frame(grey)).numbers.reshape(2, 4, 5, 3)
    assert np.array_equal(rows, np.repeat(grey[..., None], 3, axis=3))


def test_the_fingerprint_sees_every_pixel():
    images = bytes_of()
    other = images.copy()
    other[3, 2, 1] ^= 1
    assert fingerprint(image_frame(images)) == fingerprint(image_frame(images.copy()))
    assert fingerprint(image_frame(images)) != fingerprint(image_frame(other))


# ---------------------------------------------------------------- files


@pytest.fixture
def folder(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name, row in zip(("cat", "cat", "dog"), bytes_of(3), strict=True):
        place = tmp_path / "pets" / name
        place.mkdir(parents=True, exist_ok=True)
        image.fromarray(row).save(place / f"{row[0, 0]}.png")
    return tmp_path / "pets"


def test_a_folder_has_a_class_for_each_sub_folder(folder):
    frame = read_table(folder)
    assert frame.columns == ["image", "file", "class"]
    assert sorted(frame["class"]) == ["cat", "cat", "dog"]
    assert frame["image"].to_numpy().shape == (3, 4, 5, 1)
    first = frame.row(0, named=True)
    assert first["file"].startswith("cat/")
    assert label_column(folder) == "class"
    lone = read_table(folder / "cat")
    assert lone.columns == ["image", "file"]


def test_sizes_that_differ_are_refused_or_brought_to_one(folder):
    from PIL import Image

    Image.new("RGB", (9, 8), (255, 0, 0)).save(folder / "dog" / "big.jpg")
    with pytest.raises(FileError, match=r"2 sizes, from 4x5 to 8x9: 3 of 4x5, but 'big.jpg' of 8x9"):
        read_table(folder)
    frame = read_table(folder, image_size="6x7")
    assert frame["image"].to_numpy().shape == (4, 6, 7, 3)  # grey and colour together are colour


def test_folders_that_cannot_be_read_are_refused(folder, tmp_path):
    (folder / "dog" / "bad.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"The picture '.*bad.png' cannot be read"):
        read_table(folder)
    (folder / "dog" / "bad.png").rename(folder / "bad.png")
    with pytest.raises(FileError, match=r"named after its class. Got 1 beside the sub-folders"):
        read_table(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="Got the folder"):
        read_table(tmp_path / "empty")


def test_without_pillow_the_one_command_is_told(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(FileError, match=r"pip install 'shoal\[images\]'"):
        read_table(folder)


def test_arrays_of_a_file(tmp_path):
    path = tmp_path / "digits.npz"
    np.savez(path, x=bytes_of(), y=np.arange(6), weight=np.ones(6))
    assert read_table(path).columns == ["image", "y", "weight"]
    assert label_column(path) == "y"
    assert arrays_to_test(path) is None
    np.savez(path, x_train=bytes_of(), y_train=np.arange(6), x_test=bytes_of(2), y_test=np.arange(2))
    assert read_table(path).columns == ["image", "y"]
    assert label_column(path) == "y"
    found = arrays_to_test(path)
    assert found is not None
    assert found.shape == (2, 2)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"pixels": bytes_of()}, r"called x, X, .* or x_train. Got pixels"),
        ({"x": np.zeros((5, 64))}, r"in array 'x' of .*. Got float64 of shape \(5, 64\)"),
        ({"x": bytes_of(), "y": np.zeros(5)}, "one value of 'y' for each of the 6 images .* Got 5"),
        ({"x": np.array([[["a"]]], object)}, "it holds Python objects, which are not read"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FileError, match=words):
        read_table(tmp_path / "a.npz")


def test_a_broken_file_and_a_wrong_size_are_refused(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(FileError, match=r"The arrays of '.*a.npz' cannot be read"):
        read_table(tmp_path / "a.npz")
    for text in ("32", "0x4", "axb"):
        with pytest.raises(FileError, match="HEIGHTxWIDTH"):
            parse_size(text)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match="Expected a folder of pictures"):
        read_table(tmp_path / "a.csv", image_size="8x8")


@pytest.mark.parametrize(("name", "value"), [("pca", 3), ("whiten", True), ("mixture", 2)])
def test_steps_of_numbers_are_refused_for_images(name: str, value) -> None:
    frame = image_frame(bytes_of())
    with pytest.raises(
        SettingError, match=f"'{name}' setting is for the numbers of a table. Got .* for images"
    ):
        fit_encoder(frame, know_columns(frame), Encoding(**{name: value}))
