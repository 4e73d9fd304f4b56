"""The rules by which one column is judged. Each rule is one function; the order stands in `_judge`."""

from __future__ import annotations

import re
from collections.abc import Container

import polars as pl

from shoal.data.categories import as_text, is_yes_no
from shoal.data.dates import date_format, other_order
from shoal.data.kinds import LEFT_OUT, Column, ColumnKind
from shoal.data.numerals import NumberFormat, number_format
from shoal.data.readings import infinite_message, read_moments, read_numbers
from shoal.errors import ColumnError

ENOUGH = 20  # values below which nothing is called an identifier or free text: chance looks like order
MOSTLY = 0.5  # share of different values above which fewer than two rows share one: nothing to learn
MANY_LEVELS = 256  # levels above which the rare ones share one place
WORDS = 4  # words a value, on average, from which unique text is prose rather than a code
PROSE = 8  # words a value, on average, from which even repeated text is prose

_ID_NAME = re.compile(
    r"(?:^|[_\s.-])(?:id|ids|uid|uuid|guid|index|idx|row|rownames?|key|no|nr|unnamed)(?:$|[_\s.:-]\d*)|[a-z]I[Dd]$|^$",
    re.IGNORECASE,
)


def sense_column(series: pl.Series, wanted: str = "") -> Column:
    """Return what one column is; `wanted` is a kind that overrules the judgement."""
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        return _nested(series)
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
    kind, form, notice = _judge(series, present, facts["distinct"], facts["missing"])
    return Column(kind=kind, used=kind not in LEFT_OUT, notice=notice, format=form, **facts)


def sense_array(frame: pl.DataFrame, except_for: Container[str]) -> dict[str, Column]:
    """Return every column of numbers as a `NUMBER`, judged together: the way of arrays.

    In arrays of more than five million values the count of different ones is an estimate.
    """
    names = [
        s.name for s in frame if (s.dtype.is_numeric() or s.dtype == pl.Boolean) and s.name not in except_for
    ]
    if not names:
        return {}
    table = frame.select(names)
    for series in table:
        _refuse_infinite(series)
    large = table.height * table.width > 5_000_000
    distinct = table.select(pl.all().approx_n_unique() if large else pl.all().n_unique()).row(0)
    missing = [len(series) - len(_present(series)) for series in table]
    return {
        series.name: Column(
            series.name,
            ColumnKind.NUMBER,
            True,
            str(series.dtype),
            gaps,
            count - (gaps > 0),
            "",
            _examples(series.head(50).drop_nulls()),
        )
        for series, count, gaps in zip(table, distinct, missing, strict=True)
    }


def _present(series: pl.Series) -> pl.Series:
    """Return the values that are there: text is trimmed, blanks and not-a-number are gaps."""
    if series.dtype.is_float():
        series = series.drop_nans() if series.is_nan().any() else series
    elif not (series.dtype.is_numeric() or series.dtype.is_temporal() or series.dtype == pl.Boolean):
        series = as_text(series)
    return series.drop_nulls()


def _examples(present: pl.Series) -> tuple[str, ...]:
    found = present.head(200).unique(maintain_order=True).head(3)
    return tuple(
        text if len(text) <= 40 else text[:37] + "..." for text in as_text(found).drop_nulls().to_list()
    )


def _judge(series: pl.Series, present: pl.Series, distinct: int, missing: int) -> tuple[ColumnKind, str, str]:
    """Return kind, format and notice of a column that nobody has spoken for."""
    if distinct + (missing > 0) <= 1:
        return _constant(present)
    if series.dtype == pl.Boolean:
        return ColumnKind.BOOLEAN, "", ""
    if series.dtype.is_temporal():
        return ColumnKind.DATETIME, "", ""
    if series.dtype.is_numeric():
        _refuse_infinite(series)
        return _judge_numbers(series, present, distinct)
    if isinstance(series.dtype, (pl.Categorical, pl.Enum)):
        return _category(distinct)
    return _judge_text(series.name, present, distinct)


def _constant(present: pl.Series) -> tuple[ColumnKind, str, str]:
    what = f"holds the one value '{_examples(present)[0]}'" if len(present) else "is empty"
    return ColumnKind.CONSTANT, "", f"{what} and is left out."


def _judge_numbers(series: pl.Series, present: pl.Series, distinct: int) -> tuple[ColumnKind, str, str]:
    if _numbers_rows(present, distinct) or _is_named_identifier(series.name, present, distinct):
        notice = f"tells rows apart ({present.min()} to {present.max()}, each once)"
        return ColumnKind.IDENTIFIER, "", f"{notice} and is left out; set its kind to 'number' to keep it."
    return ColumnKind.NUMBER, "", ""


def _numbers_rows(present: pl.Series, distinct: int) -> bool:
    """Tell whether integers count the rows: each once, and rising or without a hole."""
    if not present.dtype.is_integer() or distinct < max(ENOUGH, len(present)):
        return False
    span = int(present.max()) - int(present.min()) + 1  # type: ignore[arg-type]
    return span == distinct or (present.is_sorted() and span <= 2 * distinct)


def _is_named_identifier(name: str, present: pl.Series, distinct: int) -> bool:
    whole = present.dtype.is_integer()
    return whole and distinct >= max(ENOUGH, 0.95 * len(present)) and bool(_ID_NAME.search(name))


def _judge_text(name: str, present: pl.Series, distinct: int) -> tuple[ColumnKind, str, str]:
    values = present.unique(maintain_order=True)
    if distinct == 2 and is_yes_no(values.to_list()):
        return ColumnKind.BOOLEAN, "", ""
    numbers = number_format(values)
    if numbers is not None:
        return _written_numbers(name, present, distinct, numbers)
    dates = date_format(values)
    if dates is not None:
        return ColumnKind.DATETIME, dates, _date_notice(values, dates)
    return _judge_words(present, distinct)


def _written_numbers(
    name: str, present: pl.Series, distinct: int, form: NumberFormat
) -> tuple[ColumnKind, str, str]:
    column = Column(name, ColumnKind.NUMBER, True, "", 0, distinct, format=str(form))
    numbers = pl.Series(name, read_numbers(present, column))
    if present.str.contains(r"^\d{1,15}$").all():
        kind, _, notice = _judge_numbers(numbers, numbers.cast(pl.Int64), distinct)
        if kind is ColumnKind.IDENTIFIER:
            return kind, "", notice
    return ColumnKind.NUMBER, str(form), f"is text that reads as numbers ({form}), such as '{present[0]}'."


def _date_notice(values: pl.Series, form: str) -> str:
    other = other_order(values, form)
    if other is None:
        return ""
    notice = f"is read as dates of the form {form}; {other} would fit too"
    return f"{notice}: if that is meant, set its kind to 'datetime:{other}'."


def _judge_words(present: pl.Series, distinct: int) -> tuple[ColumnKind, str, str]:
    share = distinct / len(present)
    words = _words_per_value(present)
    if distinct < ENOUGH or (share <= MOSTLY and words < PROSE) or share <= MOSTLY / 5:
        return _category(distinct)
    keep = "and is left out; set its kind to 'category' to keep it."
    if words >= WORDS:
        return ColumnKind.TEXT, "", f"is free text (about {words:.0f} words a value) {keep}"
    return (
        ColumnKind.IDENTIFIER,
        "",
        f"has {distinct} different values in {len(present)} rows, too many to learn from, {keep}",
    )


def _words_per_value(present: pl.Series) -> float:
    return float(present.head(1000).str.count_matches(r"\S+").mean() or 0.0)  # type: ignore[arg-type]


def _category(distinct: int) -> tuple[ColumnKind, str, str]:
    if distinct <= MANY_LEVELS:
        return ColumnKind.CATEGORY, "", ""
    return (
        ColumnKind.CATEGORY,
        "",
        f"has {distinct} different values: the most frequent are kept apart, the rare ones share one place.",
    )


def _nested(series: pl.Series) -> Column:
    notice = f"holds values that are no single numbers or words ({series.dtype}) and is left out."
    return Column(series.name, ColumnKind.TEXT, False, str(series.dtype), series.null_count(), 0, notice)


def _as_wanted(series: pl.Series, facts: dict, wanted: str) -> Column:
    """Return the column as the kind asked for, after trying to read it so."""
    word, _, form = wanted.partition(":")
    kind = ColumnKind(word)
    text = None if series.dtype.is_numeric() or series.dtype.is_temporal() else as_text(series)
    if kind is ColumnKind.NUMBER and text is not None and not form:
        form = str(number_format(text.unique()) or NumberFormat.POINT)
    if kind is ColumnKind.DATETIME and text is not None and not form:
        form = date_format(text.unique(maintain_order=True)) or ""
    column = Column(kind=kind, used=kind not in LEFT_OUT, format=form, **facts)
    if kind is ColumnKind.NUMBER:
        read_numbers(series, column)
    elif kind is ColumnKind.DATETIME:
        read_moments(series, column)
    return column


def _refuse_infinite(series: pl.Series) -> None:
    if series.dtype.is_float():
        infinite = series.is_infinite()
        if infinite.any():
            raise ColumnError(infinite_message(series.name, int(infinite.arg_max() or 0)))
