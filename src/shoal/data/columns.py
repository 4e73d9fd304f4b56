"""What each column of a table is: a number, a yes or no, a category, a moment, or nothing to learn from.

The answer is a tuple of `Column`, plain data that a person can read (``shoal columns table.csv``),
change (``kinds={"zip": "category"}``) and find again in the model file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from shoal.data.images import FILE
from shoal.data.kinds import LEFT_OUT, Column, ColumnKind
from shoal.data.sense import sense_array, sense_column
from shoal.errors import ColumnError, SettingError, did_you_mean

__all__ = ["LEFT_OUT", "Column", "ColumnKind", "know_columns", "notices"]

AS_ASKED = "is left out as asked."
"""The notice of a column that is not used because the user said so."""


def know_columns(
    frame: pl.DataFrame,
    *,
    kinds: Mapping[str, str] | None = None,
    drop: Iterable[str] = (),
    as_given: bool = False,
) -> tuple[Column, ...]:
    """Decide what each feature column is.

    Parameters
    ----------
    frame : polars.DataFrame of shape (rows, features)
        The features, without the target.
    kinds : mapping of str to str, optional
        Kinds to take instead of what would be decided, by column name. ``"datetime:%d/%m/%Y"``
        gives the format of a date too.
    drop : iterable of str
        Columns to leave out.
    as_given : bool
        Take every column of numbers as it is, constants and row numbers included: the way of arrays.

    Returns
    -------
    tuple of Column
        In the order of the frame.

    Raises
    ------
    ColumnError
        If a named column is not there, a value is infinite, or no column is left to learn from.
    SettingError
        If a kind is unknown.

    Examples
    --------
    >>> frame = pl.DataFrame({"age": [31, 40, 35], "city": ["Rome", "Oslo", "Rome"], "unit": ["cm"] * 3})
    >>> [(column.name, str(column.kind)) for column in know_columns(frame)]
    [('age', 'number'), ('city', 'category'), ('unit', 'constant')]
    """
    wanted, dropped = dict(kinds or {}), set(drop)
    _refuse_unknown(frame, [*wanted, *dropped])
    _refuse_wrong_kinds(wanted)
    _refuse_too_little(frame, as_given)
    known = sense_array(frame, except_for={*wanted, *dropped}) if as_given else {}
    columns = tuple(
        known.get(series.name) or sense_column(series, wanted.get(series.name, "")) for series in frame
    )
    columns = tuple(_left_out(column) if column.name in dropped else column for column in columns)
    if not any(column.used for column in columns):
        raise ColumnError(_nothing_left(columns))
    return _images_alone(columns)


def notices(columns: Iterable[Column]) -> list[str]:
    """Return the notices of all columns that have one, as whole sentences.

    Examples
    --------
    >>> notices([Column("id", ColumnKind.IDENTIFIER, False, "Int64", 0, 9, "numbers the rows.")])
    ["Column 'id' numbers the rows."]
    """
    return [f"Column '{column.name}' {column.notice}" for column in columns if column.notice]


def _left_out(column: Column) -> Column:
    return replace(column, used=False, notice=AS_ASKED)


def _refuse_unknown(frame: pl.DataFrame, names: Iterable[str]) -> None:
    for name in names:
        if name not in frame.columns:
            raise ColumnError(
                f"There is no column '{name}' among the features.{did_you_mean(name, frame.columns)}"
            )


def _refuse_wrong_kinds(wanted: Mapping[str, str]) -> None:
    known = [str(kind) for kind in ColumnKind]
    for name, kind in wanted.items():
        word = kind.partition(":")[0]
        if word not in known:
            raise SettingError(
                f"The kind of column '{name}' must be one of {', '.join(known)}. "
                f"Got '{kind}' instead.{did_you_mean(word, known)}"
            )


def _refuse_too_little(frame: pl.DataFrame, as_given: bool) -> None:
    if frame.width == 0:
        raise ColumnError("Expected at least one feature column. Got none: the table holds only the target.")
    if frame.height < 2 and not as_given:
        raise ColumnError(f"Expected a table of at least two rows to learn from. Got {frame.height}.")


def _images_alone(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns with all but the first of images left out; a table without images as it is."""
    image = next((column for column in columns if column.used and column.kind is ColumnKind.IMAGE), None)
    if image is None:
        return columns
    notice = "is left out, because a network of images reads the images alone."

    def alone(column: Column) -> Column:
        if column.name == FILE:
            return replace(column, used=False, notice="")
        return replace(column, used=False, notice=notice) if column.used and column is not image else column

    return tuple(map(alone, columns))


def _nothing_left(columns: tuple[Column, ...]) -> str:
    named = ", ".join(f"'{column.name}' ({column.kind})" for column in columns[:5])
    named += ", ..." if len(columns) > 5 else ""
    if all(column.kind is ColumnKind.CONSTANT for column in columns):
        return (
            f"Expected a feature that varies. Got {len(columns)}, all of them constant: {named}; "
            "add a column that differs between rows."
        )
    return (
        f"Expected at least one feature column to learn from. Got {named}, none of which is used; "
        "set the kind of one to 'category' or 'number' to keep it."
    )
