"""Images as one column of a table: a pixel array of one size in every row.

In memory an image column is a Polars array of ``(height, width, channels)``: whole numbers up to 255 as
bytes, other numbers as 32-bit floats. So images are split, weighed and taken by rows like any other table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from shoal.data.kinds import Column, ColumnKind
from shoal.errors import ColumnError, InputError

IMAGE = "image"
"""Name of the column that an array of images becomes."""

FILE = "file"
"""Name of the column that says which file an image comes from."""

_MOST_CHANNELS = 64  # more than these is no image, but an array with its axes in another order


def is_image_array(X: Any) -> bool:
    """Tell whether `X` is an array of images: three axes (greyscale) or four (with channels)."""
    return getattr(X, "ndim", 0) in (3, 4) and getattr(getattr(X, "dtype", None), "kind", "") in "biuf"


def has_columns(X: Any) -> bool:
    """Tell whether `X` is a table, of which a column may hold images."""
    return hasattr(X, "columns") or isinstance(X, dict | pl.Series | pl.LazyFrame)


def has_images(frame: pl.DataFrame) -> bool:
    """Tell whether a table has a column of images."""
    return any(is_image_type(dtype) for dtype in frame.dtypes)


def is_image_type(dtype: Any) -> bool:
    """Tell whether a column's type is that of images."""
    return isinstance(dtype, pl.Array) and len(dtype.shape) == 3


def image_frame(X: np.ndarray, name: str = IMAGE) -> pl.DataFrame:
    """Return an array of images as a table with one column.

    Parameters
    ----------
    X : array of shape (rows, height, width) or (rows, height, width, channels)
        Whole numbers from 0 to 255, or numbers in any range.
    name : str
        Of the column.

    Raises
    ------
    InputError
        If there are no rows or no pixels, or a pixel is missing or infinite.

    Examples
    --------
    >>> image_frame(np.zeros((5, 28, 28), np.uint8)).schema
    Schema([('image', Array(UInt8, shape=(28, 28, 1)))])
    """
    X = np.asarray(X)
    if X.ndim not in (3, 4) or X.dtype.kind not in "biuf":
        raise InputError(
            "Expected images as an array of numbers of shape (rows, height, width) or (rows, height, width, "
            f"channels). Got {X.ndim} axes {X.shape} of {X.dtype}."
        )
    images = X if X.ndim == 4 else X[..., None]
    _refuse_no_images(X.shape, images.shape)
    return pl.DataFrame([pl.Series(name, _compact(np.ascontiguousarray(images)))])


def _refuse_no_images(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if 0 in shape:
        raise InputError(
            f"Found array with 0 sample(s) or no pixels (shape={given}) while a minimum of 1 is required."
        )
    if shape[3] > _MOST_CHANNELS:
        raise InputError(
            f"Expected images of shape (rows, height, width, channels) with at most {_MOST_CHANNELS} "
            f"channels. Got {given}; put the channels last."
        )


def _compact(images: np.ndarray) -> np.ndarray:
    """Return bytes where every pixel is a whole number up to 255 of a whole type, else 32-bit floats."""
    kind = images.dtype.kind
    if kind == "b" or images.dtype == np.uint8:
        return images.astype(np.uint8)
    if kind in "iu" and images.min() >= 0 and images.max() <= 255:
        return images.astype(np.uint8)
    with np.errstate(over="ignore"):
        pixels = images.astype(np.float32)
    wrong = ~np.isfinite(pixels)
    if wrong.any():
        row, i, j, _ = np.unravel_index(int(wrong.argmax()), wrong.shape)
        what = "NaN" if np.isnan(pixels[row, i, j]).any() else "an infinite number"
        raise InputError(
            f"Expected a number in every pixel. Got {what} in row {row} at ({i}, {j}) and in "
            f"{int(wrong.any(axis=(1, 2, 3)).sum())} of {len(pixels)} images; fill these pixels in, or leave "
            "the images out."
        )
    return pixels


def image_size(shape: tuple[int, ...]) -> str:
    """Return the size of images in words.

    Examples
    --------
    >>> image_size((28, 28, 1))
    '28x28 pixels and 1 channel'
    """
    height, width, channels = shape
    return f"{height}x{width} pixels and {channels} channel{'' if channels == 1 else 's'}"


def image_column(series: pl.Series) -> Column:
    """Return what a column of images is, for the record.

    Raises
    ------
    ColumnError
        If an image is missing.
    """
    missing, (height, width, channels) = series.null_count(), series.dtype.shape  # type: ignore[attr-defined]
    if missing:
        raise ColumnError(
            f"The images of column '{series.name}' are missing in {missing} of {len(series)} rows; leave "
            "these rows out."
        )
    size = f"{height}x{width} pixels, {'greyscale' if channels == 1 else f'{channels} channels'}"
    return Column(series.name, ColumnKind.IMAGE, True, str(series.dtype), 0, len(series), examples=(size,))


def pixels_of(series: pl.Series) -> np.ndarray:
    """Return the pixels of an image column, of shape (rows, height, width, channels)."""
    if series.null_count():
        image_column(series)  # refuses it
    return series.to_numpy()
