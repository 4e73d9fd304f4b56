"""One column at a time, or all columns of an array at once: counted, judged, and put on record."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import polars as pl

from shoal.data.categories import as_text
from shoal.data.dates import date_format
from shoal.data.images import image_column, is_image_type
from shoal.data.kinds import LEFT_OUT, Column, ColumnKind
from shoal.data.numerals import NumberFormat, number_format
from shoal.data.readings import infinite_message, read_moments, read_numbers
from shoal.data.rules import judge, judge_levels
from shoal.errors import ColumnError

LARGE = 5_000_000  # values of an array above which different ones are estimated
LONG = 40  # characters of an example


def sense_column(series: pl.Series, wanted: str = "") -> Column:
    """Return what one column is; `wanted` is a kind that overrules the judgement."""
    if is_image_type(series.dtype) and wanted in ("", ColumnKind.IMAGE):
        return image_column(series)
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        return _nested(series)
    _refuse_infinite(series)
    present = _present(series)
    facts = {
        "name": series.name,
        "dtype": str(series.dtype),
        "missing": len(series) - len(present),
        "distinct": present.n_unique(),
        "examples": _examples(present),
    }
    if wanted:
        return _as_wanted(series, facts, wanted)
    if isinstance(series.dtype, (pl.Categorical, pl.Enum)) and facts["distinct"] > 1:
        verdict = judge_levels(facts["distinct"])
    else:
        verdict = judge(series.name, present, facts["distinct"], facts["missing"])
    return Column(used=verdict.kind not in LEFT_OUT, **vars(verdict), **facts)


def sense_array(frame: pl.DataFrame, except_for: Container[str]) -> dict[str, Column]:
    """Return every column of numbers as a `NUMBER`, judged together: the way of arrays."""
    numeric = [one for one in frame if one.dtype.is_numeric() or one.dtype == pl.Boolean]
    names = [one.name for one in numeric if one.name not in except_for]
    if not names:
        return {}
    table = frame.select(names)
    for series in table:
        _refuse_infinite(series)
    large = table.height * table.width > LARGE
    distinct = table.select(pl.all().approx_n_unique() if large else pl.all().n_unique()).row(0)
    return {
        series.name: _number_as_given(series, count) for series, count in zip(table, distinct, strict=True)
    }


def _number_as_given(series: pl.Series, distinct: int) -> Column:
    missing = len(series) - len(_present(series))
    return Column(
        name=series.name,
        kind=ColumnKind.NUMBER,
        used=True,
        dtype=str(series.dtype),
        missing=missing,
        distinct=distinct - (missing > 0),
        examples=_examples(_present(series.head(50))),
    )


def _present(series: pl.Series) -> pl.Series:
    """Return the values that are there: text is trimmed, blanks and not-a-number are gaps."""
    if series.dtype.is_float():
        series = series.drop_nans() if series.is_nan().any() else series
    elif not (series.dtype.is_numeric() or series.dtype.is_temporal() or series.dtype == pl.Boolean):
        series = as_text(series)
    return series.drop_nulls()


def _examples(present: pl.Series) -> tuple[str, ...]:
    found = as_text(present.head(200).unique(maintain_order=True).head(3)).drop_nulls().to_list()
    return tuple(text if len(text) <= LONG else text[: LONG - 3] + "..." for text in found)


def _nested(series: pl.Series) -> Column:
    notice = f"holds values that are no single numbers or words ({series.dtype}) and is left out."
    return Column(series.name, ColumnKind.TEXT, False, str(series.dtype), series.null_count(), 0, notice)


def _as_wanted(series: pl.Series, facts: dict[str, Any], wanted: str) -> Column:
    """Return the column as the kind asked for, after trying to read it so."""
    word, _, form = wanted.partition(":")
    kind = ColumnKind(word)
    column = Column(kind=kind, used=kind not in LEFT_OUT, format=form or _format_of(series, kind), **facts)
    if kind is ColumnKind.IMAGE:
        raise ColumnError(f"Expected images in column '{series.name}', as its kind says. Got {series.dtype}.")
    if kind is ColumnKind.NUMBER:
        read_numbers(series, column)
    elif kind is ColumnKind.DATETIME:
        read_moments(series, column)
    return column


def _format_of(series: pl.Series, kind: ColumnKind) -> str:
    if series.dtype.is_numeric() or series.dtype.is_temporal() or series.dtype == pl.Boolean:
        return ""
    values = as_text(series).unique(maintain_order=True)
    if kind is ColumnKind.NUMBER:
        return str(number_format(values) or NumberFormat.POINT)
    return date_format(values) or "" if kind is ColumnKind.DATETIME else ""


def _refuse_infinite(series: pl.Series) -> None:
    if series.dtype.is_float():
        infinite = series.is_infinite()
        if infinite.any():
            raise ColumnError(infinite_message(series.name, int(infinite.arg_max() or 0)))
