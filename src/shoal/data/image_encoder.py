"""The encoder of images: their size, and mean and spread of the training pixels, channel by channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
import polars as pl

from shoal.data.encode import Layout, Rows
from shoal.data.images import image_size, is_image_type, pixels_of
from shoal.data.kinds import Column, ColumnKind
from shoal.errors import ColumnError, did_you_mean

_AT_ONCE = 1 << 24  # pixels that are summed up together in 64 bits


@dataclass(frozen=True)
class ImageEncoder:
    """The way from a column of images to rows of pixels.

    Bytes stay bytes, and are standardised inside the network; other numbers are standardised here.

    Attributes
    ----------
    name : str
        The column of images.
    height, width, channels : int
    whole : bool
        Whether pixels are bytes.
    mean, std : tuple of float
        Of the training pixels of each channel; the spread of a constant channel counts as 1.
    ignored : tuple of str
        Columns of the training table that are not used.

    Examples
    --------
    >>> from shoal.data.images import image_column, image_frame
    >>> frame = image_frame(np.arange(12, dtype=np.uint8).reshape(3, 2, 2))
    >>> encoder = ImageEncoder.fit(frame, [image_column(frame["image"])])
    >>> encoder.mean, encoder.transform(frame).numbers.shape
    ((5.5,), (3, 4))
    """

    kind: ClassVar[str] = "image"
    parts: ClassVar[tuple[()]] = ()
    mixture: ClassVar[None] = None
    name: str
    height: int
    width: int
    channels: int
    whole: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    ignored: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls, frame: pl.DataFrame, columns: Any, encoding: Any = None, weight: np.ndarray | None = None
    ) -> ImageEncoder:
        """Learn mean and spread from training rows, and from nothing else.

        Parameters
        ----------
        frame : polars.DataFrame of shape (rows, features)
        columns : sequence of Column
            One of them used, of images.
        encoding : object, optional
            Says how columns of tables are encoded, which images have none of.
        weight : array of shape (rows,), optional
            A row of weight 2 is learnt from as if it were there twice.
        """
        used: list[Column] = [column for column in columns if column.used]
        [column] = [column for column in used if column.kind is ColumnKind.IMAGE]
        pixels = pixels_of(frame[column.name])
        mean, std = _statistics(pixels, weight)
        ignored = tuple(other.name for other in columns if other is not column)
        height, width, channels = pixels.shape[1:]
        whole = pixels.dtype == np.uint8
        return cls(column.name, height, width, channels, whole, mean, std, ignored)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.height, self.width, self.channels

    @property
    def layout(self) -> Layout:
        """What the network's entrance looks like."""
        return Layout(prod(self.shape))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        return (self.name,)

    @property
    def number_names(self) -> tuple[str, ...]:
        """A name for each pixel."""
        sides = (range(n) for n in self.shape)
        rows, columns, channels = sides
        last = [""] if self.channels == 1 else [f", {c}" for c in channels]
        return tuple(f"{self.name}[{i}, {j}{c}]" for i in rows for j in columns for c in last)

    def transform(self, frame: pl.DataFrame) -> Rows:
        """Return the pixels of each row, height by height: bytes, or standardised 32-bit floats.

        Where training images had three channels, a greyscale image has all three alike.

        Raises
        ------
        ColumnError
            If there is no column of images of this size.
        """
        pixels = pixels_of(self._column(frame))
        if pixels.shape[3] != self.channels:  # grey among colours
            pixels = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:3], self.channels)))
        if self.whole:
            pixels = self._as_bytes(pixels)
        else:
            pixels = (pixels - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return Rows(pixels.reshape(len(pixels), -1), np.zeros((len(pixels), 0), np.int32))

    def to_json(self) -> dict[str, Any]:
        """Return the encoder as JSON data; floats keep their last digit."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ImageEncoder:
        """Return the encoder that `to_json` wrote."""
        lists = {name: tuple(data[name]) for name in ("mean", "std", "ignored")}
        return cls(**{**{name: value for name, value in data.items() if name != "kind"}, **lists})

    def _column(self, frame: pl.DataFrame) -> pl.Series:
        if self.name not in frame.columns:
            raise ColumnError(
                f"Expected a column '{self.name}' of images, as in training. The table has none."
                f"{did_you_mean(self.name, frame.columns)}"
            )
        column = frame[self.name]
        if not is_image_type(column.dtype):
            raise ColumnError(
                f"Expected images of {image_size(self.shape)} in column '{self.name}', as in training. "
                f"Got {column.dtype}."
            )
        found = column.dtype.shape  # type: ignore[attr-defined]
        grey = (*self.shape[:2], 1)
        if found not in (self.shape, grey if self.channels == 3 else self.shape):
            raise ColumnError(
                f"Expected images of {image_size(self.shape)}, as in training. Got {image_size(found)}; "
                "bring them to the size that the network knows."
            )
        return column

    def _as_bytes(self, pixels: np.ndarray) -> np.ndarray:
        if pixels.dtype == np.uint8:
            return pixels
        bytes_ = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        if not np.array_equal(bytes_, pixels):
            raise ColumnError(
                "Expected pixels of whole numbers from 0 to 255, as in training. Got numbers from "
                f"{pixels.min():g} to {pixels.max():g}; scale them as the training images were."
            )
        return bytes_


def _statistics(pixels: np.ndarray, weight: np.ndarray | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return weighted mean and spread of each channel, summed up part by part to spare memory."""
    places, channels = prod(pixels.shape[1:3]), pixels.shape[3]
    weight = np.ones(len(pixels)) if weight is None else np.asarray(weight, np.float64)
    at_once = max(1, _AT_ONCE // prod(pixels.shape[1:]))
    parts = [slice(at, at + at_once) for at in range(0, len(pixels), at_once)]
    total = weight.sum() * places

    def mean_of(change) -> np.ndarray:
        sums = [
            np.einsum("r,rpc->c", weight[part], change(pixels[part].reshape(-1, places, channels)))
            for part in parts
        ]
        return np.sum(sums, axis=0) / total

    mean = mean_of(lambda values: values.astype(np.float64))
    variance = mean_of(lambda values: np.square(values - mean))
    std = np.where(variance > 0, np.sqrt(variance), 1.0)
    return tuple(mean.tolist()), tuple(std.tolist())
