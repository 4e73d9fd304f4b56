"""A short text that tells whether two tables are the same: names, types and every value, in order.

The values are hashed, never the way Polars happens to keep them: the same table read in one piece or
in twenty, from CSV or from Parquet, has one fingerprint. Changing one cell, one name, one type, or
the order of rows or columns gives another.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl

_LENGTH = 32  # hex digits, 128 bits: two tables will not meet by chance


def fingerprint(frame: pl.DataFrame) -> str:
    """Return the fingerprint of a table.

    Returns
    -------
    str
        ``"sha256:"`` and 32 hexadecimal digits.

    Examples
    --------
    >>> table = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    >>> fingerprint(table) == fingerprint(pl.concat([table[:1], table[1:]]))
    True
    >>> fingerprint(table) == fingerprint(table[::-1])
    False
    """
    digest = hashlib.sha256(f"shoal table 1: {frame.height} rows".encode())
    for column in frame.iter_columns():
        _hash_column(digest, column)
    return f"sha256:{digest.hexdigest()[:_LENGTH]}"


def _hash_column(digest: Any, column: pl.Series) -> None:
    if isinstance(column.dtype, pl.Array) and not column.null_count():  # images
        digest.update(f"{len(column.name)}:{column.name}:{column.dtype}:".encode())
        digest.update(_plain_bytes(column.to_numpy()).data)
        return
    plain = _as_hashable(column)
    missing = plain.is_null().to_numpy()
    # Lengths go before texts everywhere, so that no two tables run together into the same bytes.
    head = f"{len(column.name)}:{column.name}:{_type_name(column)}:"
    digest.update(head.encode())
    digest.update(np.packbits(missing).tobytes())
    if plain.dtype == pl.String:
        _hash_text(digest, plain.fill_null(""))
    else:
        digest.update(_plain_bytes(plain.fill_null(0).to_numpy()).data)


def _plain_bytes(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        # Every NaN alike, and 0.0 like -0.0: what means the same hashes the same.
        values = np.where(np.isnan(values), np.nan, values + 0.0)
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))


def _hash_text(digest: Any, texts: pl.Series) -> None:
    digest.update(texts.str.len_bytes().to_numpy().astype("<u8").data)
    digest.update(texts.str.join("").item().encode() if len(texts) else b"")


def _as_hashable(column: pl.Series) -> pl.Series:
    """Return the column as text or numbers, of which NumPy knows the bytes."""
    dtype = column.dtype
    if dtype.is_float():
        return column.cast(pl.Float64)
    if dtype == pl.Boolean:
        return column.cast(pl.UInt8)
    if dtype.is_integer() and dtype not in (pl.Int128, pl.UInt128):
        return column
    if dtype.is_temporal():
        return column.to_physical()
    if dtype == pl.String:
        return column
    if isinstance(dtype, (pl.Categorical, pl.Enum, pl.Decimal)) or dtype.is_integer():
        return column.cast(pl.String)
    return pl.Series(column.name, [None if item is None else repr(item) for item in column.to_list()])


def _type_name(column: pl.Series) -> str:
    # The categories of an Enum are settings of the type, not values of this table.
    return "Enum" if isinstance(column.dtype, pl.Enum) else str(column.dtype)
