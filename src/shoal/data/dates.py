"""Dates and times: finding their format in text, and turning them into numbers.

A moment becomes an elapsed time in days and positions on the circles of the year, the week and the
day. The circles come from tables, so that a row has the same numbers alone and among thousands.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

SAMPLE = 200  # values looked at before a whole column is
EARLIEST, LATEST = 1000, 2999  # years; outside them a two-digit year was read as four digits

_LOOKS_DATED = "|".join(
    (
        r"^\s*\d{4}[-/.]\d{1,2}[-/.]\d",  # 2024-02-29
        r"^\s*\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]+\d{2}",  # 29.2.2024, 29 Feb 24
        r"^\s*[A-Za-z]{3,9}\.? \d{1,2},? \d{2}",  # February 29, 2024
        r"^\s*\d{1,2}:\d{2}",  # 14:30
    )
)
_DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d",
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y",
)  # fmt: skip
_HOURS = ("%H:%M:%S%.f", "%H:%M", "%I:%M %p", "%I:%M:%S %p")
_MOMENTS = ("%H:%M:%S%.f%#z", "%H:%M%#z", *_HOURS)
_BOTH_ORDERS = {"%m/%d": "%d/%m", "%d/%m": "%m/%d", "%d.%m": "%m.%d", "%d-%m": "%m-%d"}

CIRCLES = {"year": 366, "week": 7, "day": 1440}  # positions on each circle


def date_format(text: pl.Series) -> str | None:
    """Return the ``strptime`` format that every value of a text column has, if there is one.

    Day and month are told apart by the values: a first number above 12 is a day. Where every value
    fits both orders, slashes are read month first, dots and dashes day first.

    Examples
    --------
    >>> date_format(pl.Series(["2024-02-29", "2023-12-31"]))
    '%Y-%m-%d'
    >>> date_format(pl.Series(["01/02/2024", "31/12/2023"]))
    '%d/%m/%Y'
    >>> date_format(pl.Series(["soon"])) is None
    True
    """
    present = text.drop_nulls()
    sample = present.head(SAMPLE)
    if not len(sample) or not sample.str.contains(_LOOKS_DATED).all():
        return None
    for form in _formats_of(sample[0]):
        if _fits(sample, form) and _fits(present, form):
            return form
    return None


def other_order(text: pl.Series, form: str) -> str | None:
    """Return the format with day and month exchanged if every value fits that too."""
    for order, exchanged in _BOTH_ORDERS.items():
        if form.startswith(order):
            other = form.replace(order, exchanged)
            return other if _fits(text.drop_nulls(), other) else None
    return None


def parse_dates(text: pl.Series, form: str) -> pl.Series:
    """Return a text column as dates, moments or times of day; null where it does not fit `form`."""
    trimmed = text.str.strip_chars()
    if not _has_day(form):
        return trimmed.str.to_time(form, strict=False)
    if not _has_hour(form):
        return trimmed.str.to_date(form, strict=False)
    return trimmed.str.to_datetime(form, strict=False, time_unit="us")


def circle(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return sine and cosine of every position on the circle of that name.

    Examples
    --------
    >>> sine, cosine = circle("week")
    >>> len(sine), float(cosine[0])
    (7, 1.0)
    """
    return _circle(CIRCLES[name])


def elapsed_days(moments: pl.Series) -> np.ndarray:
    """Return dates, moments, times of day or durations as days (float64), NaN where missing."""
    if moments.dtype == pl.Time:
        ticks, per_day = moments.cast(pl.Int64), 86_400e9
    elif isinstance(moments.dtype, pl.Duration):
        ticks, per_day = moments.dt.total_microseconds(), 86_400e6
    else:
        ticks, per_day = _wall_clock(moments).cast(pl.Int64), 86_400e6
    return ticks.cast(pl.Float64).fill_null(np.nan).to_numpy() / per_day


def positions(moments: pl.Series, name: str) -> np.ndarray:
    """Return the position of each value on a circle as int64, -1 where it is missing."""
    if moments.dtype == pl.Time:
        found = moments.dt.hour().cast(pl.Int64) * 60 + moments.dt.minute()
    else:
        clock = _wall_clock(moments)
        if name == "year":
            found = clock.dt.ordinal_day().cast(pl.Int64) - 1
        elif name == "week":
            found = clock.dt.weekday().cast(pl.Int64) - 1
        else:
            found = clock.dt.hour().cast(pl.Int64) * 60 + clock.dt.minute()
    return found.fill_null(-1).to_numpy()


def circles_of(moments: pl.Series) -> tuple[str, ...]:
    """Return the circles on which values of this type have a place."""
    if isinstance(moments.dtype, pl.Duration):
        return ()
    if moments.dtype == pl.Time:
        return ("day",)
    return ("year", "week") if moments.dtype == pl.Date else ("year", "week", "day")


def _wall_clock(moments: pl.Series) -> pl.Series:
    """Return moments in microseconds without a time zone: the hour that a person there saw."""
    if isinstance(moments.dtype, pl.Datetime) and moments.dtype.time_zone:
        moments = moments.dt.replace_time_zone(None)
    return moments.cast(pl.Datetime("us"))


@cache
def _circle(size: int) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * np.arange(size) / size
    return np.sin(angle), np.cos(angle)


def _formats_of(first: str) -> list[str]:
    """Return the formats worth trying for a column that begins with this value, likeliest first."""
    if ":" not in first:
        return list(_DAYS)
    joint = "T" if "T" in first else " "
    joined = [f"{day}{joint}{hour}" for day in _DAYS for hour in _MOMENTS]
    return [*_HOURS, *joined] if first.strip().find(":") <= 2 else joined


def _fits(text: pl.Series, form: str) -> bool:
    parsed = parse_dates(text, form)
    if parsed.null_count():
        return False
    return not _has_day(form) or bool(parsed.dt.year().is_between(EARLIEST, LATEST).all())


def _has_day(form: str) -> bool:
    return "%d" in form


def _has_hour(form: str) -> bool:
    return "%H" in form or "%I" in form
