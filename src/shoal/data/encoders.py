"""The encoder that suits the rows: of a table, or of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from shoal.data.encode import TableEncoder
from shoal.data.image_encoder import ImageEncoder
from shoal.data.kinds import Column, ColumnKind
from shoal.data.settings import Encoding
from shoal.errors import SettingError

Encoder = TableEncoder | ImageEncoder


def fit_encoder(
    frame: pl.DataFrame,
    columns: Sequence[Column],
    encoding: Encoding | None = None,
    weight: np.ndarray | None = None,
) -> Encoder:
    """Learn the encoding from training rows, and from nothing else; see `TableEncoder.fit`.

    Raises
    ------
    SettingError
        If the rows are images, and components or a mixture of numbers are asked for.
    """
    images = any(column.used and column.kind is ColumnKind.IMAGE for column in columns)
    if images and encoding is not None:
        _refuse_steps_of_numbers(encoding)
    kind = ImageEncoder if images else TableEncoder
    return kind.fit(frame, columns, encoding, weight)


def _refuse_steps_of_numbers(encoding: Encoding) -> None:
    for name, value in (("pca", encoding.pca), ("whiten", encoding.whiten), ("mixture", encoding.mixture)):
        if value:
            raise SettingError(
                f"The '{name}' setting is for the numbers of a table. Got {value!r} for images."
            )


def encoder_from_json(data: Mapping[str, Any]) -> Encoder:
    """Return the encoder that ``to_json`` of either kind wrote."""
    return (ImageEncoder if data.get("kind") == ImageEncoder.kind else TableEncoder).from_json(data)
