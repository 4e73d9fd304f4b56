"""Images from files: a folder with a sub-folder for each class, or an ``.npz`` file of arrays."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shoal.data.images import FILE, IMAGE, image_frame, is_image_array
from shoal.errors import FileError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
"""Endings of files that are read as pictures."""

IMAGE_ARRAYS = ("x", "X", "image", "images", "data", "x_train")
LABEL_ARRAYS = ("y", "Y", "label", "labels", "target", "targets", "class", "classes", "y_train")
"""Names of the arrays of an ``.npz`` file that hold images and what they show."""

CLASS = "class"
"""Name of the column that says in which sub-folder a picture lay."""
_GREY = ("1", "L", "LA")
_COLOURS = (*_GREY, "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB")

Size = tuple[int, int]


def parse_size(text: str) -> Size:
    """Return height and width of ``"32x48"``.

    Raises
    ------
    FileError
        If it is anything else.

    Examples
    --------
    >>> parse_size("32x48")
    (32, 48)
    """
    height, _, width = text.lower().partition("x")
    if not (height.isdigit() and width.isdigit() and int(height) and int(width)):
        raise FileError(f"Expected the image size as HEIGHTxWIDTH, such as 32x32. Got '{text}'.")
    return int(height), int(width)


# ---------------------------------------------------------------- folders


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder and of its sub-folders, in the order of their names."""
    found = [path for path in (*folder.iterdir(), *folder.glob("*/*")) if path.suffix.lower() in PICTURES]
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def read_image_folder(folder: Path, size: Size | None = None) -> pl.DataFrame:
    """Read the pictures of a folder as a table.

    Parameters
    ----------
    folder : path
        With a sub-folder of pictures for each class, or with pictures without a class.
    size : (height, width), optional
        To which every picture is brought.

    Returns
    -------
    polars.DataFrame
        Columns ``image``, ``file`` (the path below the folder) and, where there are sub-folders, ``class``.

    Raises
    ------
    FileError
        If Pillow is missing, a picture cannot be read, or sizes differ and none is asked for.
    """
    paths = pictures_in(folder)
    classes = [path.parent.name if path.parent != folder else None for path in paths]
    if any(classes) and not all(classes):
        lone = sum(name is None for name in classes)
        raise FileError(
            f"Expected every picture of '{folder}' in a sub-folder named after its class. Got {lone} beside "
            "the sub-folders; move them into one."
        )
    frame = image_frame(_stacked(_pictures(paths, size), paths, folder))
    frame = frame.with_columns(pl.Series(FILE, [path.relative_to(folder).as_posix() for path in paths]))
    return frame.with_columns(pl.Series(CLASS, classes)) if all(classes) else frame


def _pictures(paths: Sequence[Path], size: Size | None) -> list[np.ndarray]:
    try:
        from PIL import Image
    except ImportError:
        raise FileError(
            "Pictures are read with Pillow, which is not installed: pip install 'shoal[images]'."
        ) from None
    opened = []
    for path in paths:
        try:
            with Image.open(path) as picture:
                opened.append(_pixels(picture, size, path))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"The picture '{path}' cannot be read: {error}.") from None
    return opened


def _pixels(picture: Any, size: Size | None, path: Path) -> np.ndarray:
    """Return a picture as bytes of (height, width, 1) where it is grey, else (height, width, 3)."""
    if picture.mode not in _COLOURS:
        raise FileError(
            f"Expected pictures of 8 bits a channel. Got '{path}' of mode {picture.mode}; convert it first."
        )
    picture = picture.convert("L" if picture.mode in _GREY else "RGB")
    if size is not None and picture.size != (size[1], size[0]):
        picture = picture.resize((size[1], size[0]))
    pixels = np.asarray(picture, np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _stacked(pictures: list[np.ndarray], paths: Sequence[Path], folder: Path) -> np.ndarray:
    sizes = Counter(picture.shape[:2] for picture in pictures)
    if len(sizes) > 1:
        (often, count), *others = sizes.most_common()
        other = next(path for path, p in zip(paths, pictures, strict=True) if p.shape[:2] != often)
        raise FileError(
            f"Expected pictures of one size in '{folder}'. Got {len(sizes)} sizes, from "
            f"{_times(min(sizes))} to {_times(max(sizes))}: {count} of {_times(often)}, but '{other.name}' "
            f"of {_times(others[0][0])}; give --image-size {_times(often)} to resize all."
        )
    channels = max(picture.shape[2] for picture in pictures)
    return np.stack([np.broadcast_to(picture, (*picture.shape[:2], channels)) for picture in pictures])


def _times(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"


# ---------------------------------------------------------------- arrays


def read_image_arrays(path: Path) -> pl.DataFrame:
    """Read the arrays of an ``.npz`` file as a table.

    Parameters
    ----------
    path : path
        One array, called as in `IMAGE_ARRAYS`, holds the images, of shape (rows, height, width[, channels]).
        Arrays with one value for each image become columns under their own names; ``y_train`` becomes ``y``,
        and ``x_test`` and ``y_test`` are left to `arrays_to_test`.

    Raises
    ------
    FileError
        If there is no such array, or it does not hold images.
    """
    return _table(path, _arrays(path), "")


def arrays_to_test(path: Path) -> pl.DataFrame | None:
    """Return ``x_test`` and ``y_test`` of an ``.npz`` file as a table; None where there are none."""
    arrays = _arrays(path)
    if not {"x_test", "y_test", "x_train", "y_train"} <= set(arrays):
        return None
    return _table(path, {"x": arrays["x_test"], "y": arrays["y_test"]}, "test ")


def _table(path: Path, arrays: dict[str, np.ndarray], what: str) -> pl.DataFrame:
    name = next((name for name in IMAGE_ARRAYS if name in arrays), None)
    if name is None:
        raise FileError(
            f"Expected an array of images in '{path}', called {', '.join(IMAGE_ARRAYS[:-1])} or "
            f"{IMAGE_ARRAYS[-1]}. Got {', '.join(arrays) or 'none'}."
        )
    images = arrays[name]
    if not is_image_array(images):
        raise FileError(
            f"Expected {what}images of shape (rows, height, width) or (rows, height, width, channels) in "
            f"array '{name}' of '{path}'. Got {images.dtype} of shape {images.shape}."
        )
    frame = image_frame(images)
    beside = {"y" if other == "y_train" else other: a for other, a in arrays.items() if other != name}
    columns = [pl.Series(n, a) for n, a in beside.items() if a.ndim == 1 and n not in ("y_test", IMAGE)]
    for column in columns:
        if len(column) != frame.height:
            raise FileError(
                f"Expected one value of '{column.name}' for each of the {frame.height} images in '{path}'. "
                f"Got {len(column)}."
            )
    return frame.with_columns(columns)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        pickled = "allow_pickle" in str(error)
        reason = "it holds Python objects, which are not read; save plain arrays" if pickled else str(error)
        raise FileError(f"The arrays of '{path}' cannot be read: {reason.rstrip('.')}.") from None


def label_column(path: Path) -> str | None:
    """Return the column of what images show, in a folder of pictures or an ``.npz`` file."""
    if path.is_dir():
        return CLASS if pictures_in(path) else None
    if path.suffix.lower() != ".npz" or not path.is_file():
        return None
    known = _arrays(path)
    name = next((name for name in LABEL_ARRAYS if name in known), None)
    return "y" if name == "y_train" else name
