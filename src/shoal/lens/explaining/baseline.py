"""What a row is compared with: a row that says nothing, or rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shoal.data.encode import TableEncoder
from shoal.data.parts import CategoryPart
from shoal.model.model import Model

MOST_ROWS = 32
TYPICAL = "a row with the training rows' medians and no known category"


@dataclass(frozen=True, eq=False)
class Placed:
    """Encoded rows.

    Parameters
    ----------
    plain : float64 array (rows, numbers of the columns)
        Before the rotation, where there is one.
    numbers : float64 array (rows, numbers)
    codes : int array (rows, embedded columns)
    """

    plain: np.ndarray
    numbers: np.ndarray
    codes: np.ndarray


def placed(encoder: TableEncoder, frame: pl.DataFrame) -> Placed:
    """Return rows as they enter the network, and before they are rotated."""
    rows = encoder.transform(frame)
    return Placed(encoder._of_columns(frame), rows.numbers, rows.codes)


def typical(encoder: TableEncoder) -> Placed:
    """Return the encoded row that says nothing: every number at the median, every category unknown.

    It is what the encoder makes of a row of gaps, but for the marks that say that there was a gap.

    Returns
    -------
    Placed
        Of one row.
    """
    gaps = pl.DataFrame({name: pl.Series(name, [None], pl.Float64) for name in encoder.feature_names})
    names = [name for part in encoder.parts for name in part.names]
    marks = [f"{part.column.name} (missing)" for part in encoder.parts]
    plain = encoder._of_columns(gaps)
    plain[:, [i for i, name in enumerate(names) if name in marks]] = 0.0
    numbers = plain if encoder.rotated is None else encoder.rotated(plain)
    return Placed(plain, numbers, np.zeros((1, len(encoder.layout.levels)), np.int32))


def rows_of(model: Model, background: Any) -> Placed:
    """Return encoded rows of a table, at most `MOST_ROWS`, taken evenly from all of them."""
    frame = model._frame(background)
    chosen = np.unique(np.linspace(0, frame.height - 1, min(frame.height, MOST_ROWS)).astype(np.int64))
    assert isinstance(model.encoder, TableEncoder)
    return placed(model.encoder, frame[chosen])


def usual_values(encoder: TableEncoder) -> dict[str, str]:
    """Return what stands in each column of the row that says nothing, in words."""
    said = {}
    for part in encoder.parts:
        fill = getattr(part, "fill", None)
        known = not isinstance(part, CategoryPart) and isinstance(fill, float)
        said[part.column.name] = f"{fill:.4g}" if known else "unknown"
    return said
