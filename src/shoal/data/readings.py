"""Reading one column as what it is known to be; the same way in training and ever after."""

from __future__ import annotations

import numpy as np
import polars as pl

from shoal.data.categories import as_text, yes_no_text
from shoal.data.dates import date_format, parse_dates
from shoal.data.kinds import Column, ColumnKind
from shoal.data.numerals import NumberFormat, parse_numbers
from shoal.errors import ColumnError


def read_numbers(series: pl.Series, column: Column) -> np.ndarray:
    """Return a column as float64, NaN where it is missing.

    Raises
    ------
    ColumnError
        If a value is no number, or is infinite; the message names the row.
    """
    if series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null):
        numbers = series.cast(pl.Float64)
    else:
        numbers = _written_numbers(series, column)
    values = numbers.fill_null(np.nan).to_numpy() if numbers.null_count() else numbers.to_numpy()
    infinite = np.isinf(values)
    if infinite.any():
        raise ColumnError(infinite_message(column.name, int(infinite.argmax())))
    return values


def read_levels(series: pl.Series, column: Column) -> pl.Series:
    """Return a category or yes-and-no column as text, null where it is missing."""
    return yes_no_text(series) if column.kind is ColumnKind.BOOLEAN else as_text(series)


def read_moments(series: pl.Series, column: Column) -> pl.Series:
    """Return a column as dates, moments, times of day or durations, null where it is missing.

    Raises
    ------
    ColumnError
        If a value is no date, or none of the format learnt in training; the message names the row.
    """
    if series.dtype.is_temporal():
        return series
    text = as_text(series)
    form = column.format or date_format(text)
    if form is None:
        if text.null_count() == len(text):
            return pl.Series(series.name, [None] * len(text), dtype=pl.Datetime("us"))
        raise ColumnError(_expected(column.name, "dates", text.is_not_null(), text))
    moments = parse_dates(text, form)
    _refuse_unread(
        column.name, f"dates such as {column.examples[0] if column.examples else form}", text, moments
    )
    return moments


def infinite_message(name: str, row: int) -> str:
    """Return the sentence that refuses an infinite value; `row` counts from 0."""
    return (
        f"Column '{name}' holds an infinite value in row {row + 1} (the first row is 1); "
        "replace it by a number or leave it empty."
    )


def _written_numbers(series: pl.Series, column: Column) -> pl.Series:
    if series.dtype.is_temporal() or series.dtype.is_nested():
        raise ColumnError(f"Column '{column.name}' held numbers in training. Got {series.dtype} now.")
    text = as_text(series)
    if column.gaps:
        text = text.replace(list(column.gaps), [None] * len(column.gaps))
    numbers = parse_numbers(text, NumberFormat(column.format) if column.format else NumberFormat.POINT)
    _refuse_unread(column.name, "numbers", text, numbers)
    return numbers


def _refuse_unread(name: str, expected: str, text: pl.Series, read: pl.Series) -> None:
    unread = text.is_not_null() & read.is_null()
    if unread.any():
        raise ColumnError(_expected(name, expected, unread, text))


def _expected(name: str, expected: str, wrong: pl.Series, text: pl.Series) -> str:
    row = int(wrong.arg_max() or 0)
    return (
        f"Expected {expected} in column '{name}'. Got '{text[row]}' in row {row + 1} (the first row is 1); "
        "correct the value or leave it empty."
    )
