"""Categories: one spelling for each value, yes-and-no words, and the levels that are worth keeping."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

_TRUE = ("true", "yes", "y", "t", "on")
_FALSE = ("false", "no", "n", "f", "off")


def as_text(column: pl.Series) -> pl.Series:
    """Return values of any type as text: trimmed, 3.0 spelt as 3 is, null where missing or blank.

    Each value has its spelling by itself, so that a table read as text, as integers or as floats
    meets the levels that were learnt.

    Examples
    --------
    >>> as_text(pl.Series([3.0, 2.5, None])).to_list()
    ['3', '2.5', None]
    >>> as_text(pl.Series([" a", ""])).to_list()
    ['a', None]
    """
    value = pl.col("value")
    if column.dtype.is_float():
        whole = value.is_finite() & (value == value.floor()) & (value.abs() < 2**53)
        short = value.cast(pl.Int64, strict=False).cast(pl.String)
        spelt = pl.when(whole).then(short).otherwise(value.fill_nan(None).cast(pl.String))
    elif isinstance(column.dtype, pl.Duration):
        spelt = value.dt.to_string("polars")
    elif column.dtype.is_integer() or column.dtype == pl.Boolean:
        spelt = value.cast(pl.String)
    else:
        trimmed = value.cast(pl.String).str.strip_chars()
        spelt = pl.when(trimmed != "").then(trimmed)
    return column.alias("value").to_frame().select(spelt).to_series().alias(column.name)


def is_yes_no(distinct: Sequence[str]) -> bool:
    """Tell whether two words are one pair of yes and no.

    Examples
    --------
    >>> is_yes_no(["Yes", "no"]), is_yes_no(["F", "M"]), is_yes_no(["no", "false"])
    (True, False, False)
    """
    words = {word.lower() for word in distinct}
    return any(words == {yes, no} for yes, no in zip(_TRUE, _FALSE, strict=True))


def yes_no_text(column: pl.Series) -> pl.Series:
    """Return a column of yes and no, however spelt, as ``"true"``, ``"false"`` and null."""
    lowered = as_text(column).str.to_lowercase()
    yes, no = (*_TRUE, "1"), (*_FALSE, "0")
    spelt = [*["true"] * len(yes), *["false"] * len(no)]
    return lowered.replace_strict([*yes, *no], spelt, default=None, return_dtype=pl.String)


def learn_levels(text: pl.Series, weight: np.ndarray | None, max_levels: int) -> tuple[tuple[str, ...], bool]:
    """Return the levels to keep, in alphabetical order, and whether others were left out.

    Up to `max_levels` levels are all kept. Of more, the heaviest `max_levels` are; ties go to the
    alphabet.
    """
    frame = pl.DataFrame({"level": text, "weight": np.ones(len(text)) if weight is None else weight})
    heavy = frame.filter(pl.col("level").is_not_null() & (pl.col("weight") > 0))
    levels = heavy.group_by("level").agg(pl.col("weight").sum()).sort("level")
    if levels.height <= max_levels:
        return tuple(levels["level"].to_list()), False
    kept = levels.sort(["weight", "level"], descending=[True, False]).head(max_levels)
    return tuple(sorted(kept["level"].to_list())), True


def level_codes(text: pl.Series, levels: Sequence[str], unknown: int) -> np.ndarray:
    """Return int32 codes: 0 where missing, 1, 2, ... for the levels, `unknown` for any other value."""
    if not levels:
        codes = pl.Series([0], dtype=pl.Int32).new_from_index(0, len(text))
    else:
        codes = text.cast(pl.Enum(list(levels)), strict=False).to_physical().cast(pl.Int32) + 1
    codes = codes.fill_null(unknown).to_numpy().astype(np.int32)
    codes[text.is_null().to_numpy()] = 0
    return codes
