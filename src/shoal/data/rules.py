"""The rules by which a column is judged. Each rule is one function; their order stands in `judge`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from shoal.data.categories import is_yes_no
from shoal.data.dates import date_format, other_order
from shoal.data.kinds import ColumnKind
from shoal.data.numerals import NumberFormat, number_format

ENOUGH = 20  # values below which nothing is called an identifier or free text: chance looks like order
MOSTLY = 0.5  # share of different values above which fewer than two rows share one: nothing to learn
MANY_LEVELS = 256  # levels above which the rare ones share one place
WORDS = 4  # words a value, on average, from which unique text is prose rather than a code
PROSE = 8  # words a value, on average, from which even repeated text is prose
FEW_WORDS = 3  # different words among numbers that may mean "no value"

_ID_NAME = re.compile(
    r"(?:^|[_\s.-])(?:id|ids|uid|uuid|guid|index|idx|row|rownames?|key|no|nr|unnamed)(?:$|[_\s.:-]\d*)"
    r"|[a-z]I[Dd]$|^$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Verdict:
    """What a column is, how its text is written, what a person should know, and words for "no value"."""

    kind: ColumnKind
    format: str = ""
    notice: str = ""
    gaps: tuple[str, ...] = ()


def judge(name: str, present: pl.Series, distinct: int, missing: int) -> Verdict:
    """Return what a column is that nobody has spoken for.

    Parameters
    ----------
    name : str
    present : polars.Series
        The values that are there; text is trimmed.
    distinct, missing : int
        How many of them differ, and how many rows have none.
    """
    dtype = present.dtype
    if distinct + (missing > 0) <= 1:
        return _constant(present)
    if dtype == pl.Boolean:
        return Verdict(ColumnKind.BOOLEAN)
    if dtype.is_temporal():
        return Verdict(ColumnKind.DATETIME)
    if dtype.is_numeric():
        return _numbers(name, present, distinct)
    return _text(name, present, distinct)


def judge_levels(distinct: int) -> Verdict:
    """Return the verdict on a column that is known to be categorical."""
    if distinct <= MANY_LEVELS:
        return Verdict(ColumnKind.CATEGORY)
    notice = (
        f"has {distinct} different values: the most frequent are kept apart, the rare ones share one place."
    )
    return Verdict(ColumnKind.CATEGORY, notice=notice)


def _constant(present: pl.Series) -> Verdict:
    what = f"holds the one value '{present[0]}'" if len(present) else "is empty"
    return Verdict(ColumnKind.CONSTANT, notice=f"{what} and is left out.")


def _numbers(name: str, present: pl.Series, distinct: int) -> Verdict:
    if not (_counts_rows(present, distinct) or _is_named_identifier(name, present, distinct)):
        return Verdict(ColumnKind.NUMBER)
    notice = f"tells rows apart ({present.min()} to {present.max()}, each once)"
    keep = "and is left out; set its kind to 'number' to keep it."
    return Verdict(ColumnKind.IDENTIFIER, notice=f"{notice} {keep}")


def _counts_rows(present: pl.Series, distinct: int) -> bool:
    """Tell whether integers count the rows: each once, and rising or without a hole."""
    if not present.dtype.is_integer() or distinct < max(ENOUGH, len(present)):
        return False
    span = int(present.max()) - int(present.min()) + 1  # type: ignore[arg-type]
    return span == distinct or (present.is_sorted() and span <= 2 * distinct)


def _is_named_identifier(name: str, present: pl.Series, distinct: int) -> bool:
    whole = present.dtype.is_integer()
    return whole and distinct >= max(ENOUGH, 0.95 * len(present)) and bool(_ID_NAME.search(name))


def _text(name: str, present: pl.Series, distinct: int) -> Verdict:
    values = present.unique(maintain_order=True)
    if distinct == 2 and is_yes_no(values.to_list()):
        return Verdict(ColumnKind.BOOLEAN)
    form = number_format(values)
    if form is not None:
        return _written_numbers(name, present, distinct, form)
    dates = date_format(values)
    if dates is not None:
        return Verdict(ColumnKind.DATETIME, dates, _date_notice(values, dates))
    return _numbers_and_words(values) or _words(present, distinct)


def _written_numbers(name: str, present: pl.Series, distinct: int, form: NumberFormat) -> Verdict:
    if present.str.contains(r"^\d{1,15}$").all():
        verdict = _numbers(name, present.cast(pl.Int64), distinct)
        if verdict.kind is ColumnKind.IDENTIFIER:
            return verdict
    notice = f"is text that reads as numbers ({form}), such as '{present[0]}'."
    return Verdict(ColumnKind.NUMBER, str(form), notice)


def _numbers_and_words(values: pl.Series) -> Verdict | None:
    """Return numbers with gaps if all but a few of many different values are numbers."""
    numeric = values.str.contains(r"\d")
    words = values.filter(~numeric)
    if not 0 < len(words) <= FEW_WORDS or len(values) < ENOUGH:
        return None
    form = number_format(values.filter(numeric))
    if form is None:
        return None
    gaps = tuple(words.to_list())
    listed = ", ".join(f"'{word}'" for word in gaps)
    notice = f"is text that reads as numbers ({form}), but for {listed}, which counts as missing."
    return Verdict(ColumnKind.NUMBER, str(form), notice, gaps)


def _date_notice(values: pl.Series, form: str) -> str:
    other = other_order(values, form)
    if other is None:
        return ""
    notice = f"is read as dates of the form {form}; {other} would fit too"
    return f"{notice}: if that is meant, set its kind to 'datetime:{other}'."


def _words(present: pl.Series, distinct: int) -> Verdict:
    share = distinct / len(present)
    words = _words_per_value(present)
    if distinct < ENOUGH or (share <= MOSTLY and words < PROSE) or share <= MOSTLY / 5:
        return judge_levels(distinct)
    keep = "and is left out; set its kind to 'category' to keep it."
    if words >= WORDS:
        return Verdict(ColumnKind.TEXT, notice=f"is free text (about {words:.0f} words a value) {keep}")
    notice = f"has {distinct} different values in {len(present)} rows, too many to learn from, {keep}"
    return Verdict(ColumnKind.IDENTIFIER, notice=notice)


def _words_per_value(present: pl.Series) -> float:
    return float(present.head(1000).str.count_matches(r"\S+").mean() or 0.0)  # type: ignore[arg-type]
