"""Numbers written as text: thousands separators, decimal commas, currencies, per cent signs."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

SAMPLE = 200  # values looked at before a whole column is

_SIGN = r"^\s*[-+]?\s*[$€£¥]?\s*[-+]?"
_UNIT = r"\s*[%$€£¥]?\s*$"
_EXPONENT = r"(?:[eE][-+]?\d+)?"
_SPACES = r"[ '\u00a0\u2009\u202f]"


class NumberFormat(StrEnum):
    """How the numbers of a text column are written; the names are kept in model files."""

    POINT = "point"  # 1234.5
    THOUSANDS_COMMA = "thousands comma"  # 1,234.5
    DECIMAL_COMMA = "decimal comma"  # 1.234,5
    THOUSANDS_SPACE = "thousands space"  # 1 234,5 and 1 234.5


# Order matters: 1,234 fits the second and the third line, and three digits after each comma of a
# whole column are far more often thousands than decimals.
_BODIES = {
    NumberFormat.POINT: r"(?:\d+\.?\d*|\.\d+)" + _EXPONENT,
    NumberFormat.THOUSANDS_COMMA: r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?" + _EXPONENT,
    NumberFormat.DECIMAL_COMMA: r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?" + _EXPONENT,
    NumberFormat.THOUSANDS_SPACE: r"(?:\d{1,3}(?:" + _SPACES + r"\d{3})+|\d+)(?:[.,]\d*)?",
}
_PATTERNS = {kind: f"{_SIGN}{body}{_UNIT}" for kind, body in _BODIES.items()}
_LEADING_ZERO = r"^\s*0\d+\s*$"


def number_format(text: pl.Series) -> NumberFormat | None:
    """Return the way in which every value of a text column is written as a number, if there is one.

    Codes such as ``007`` are no numbers: the zeros in front would be lost.

    Examples
    --------
    >>> number_format(pl.Series(["1,234.50", "$17"]))
    <NumberFormat.THOUSANDS_COMMA: 'thousands comma'>
    >>> number_format(pl.Series(["3,5", "4"]))
    <NumberFormat.DECIMAL_COMMA: 'decimal comma'>
    >>> number_format(pl.Series(["007", "042"])) is None
    True
    """
    present = text.drop_nulls()
    sample = present.head(SAMPLE)
    if not len(sample) or not sample.str.contains(r"\d").all():
        return None
    for kind, pattern in _PATTERNS.items():
        if sample.str.contains(pattern).all() and present.str.contains(pattern).all():
            return None if present.str.contains(_LEADING_ZERO).any() else kind
    return None


def parse_numbers(text: pl.Series, kind: NumberFormat = NumberFormat.POINT) -> pl.Series:
    """Return the numbers of a text column as floats; null where the text is no number of this format.

    Examples
    --------
    >>> parse_numbers(pl.Series(["1.234,5 €", "x"]), NumberFormat.DECIMAL_COMMA).to_list()
    [1234.5, None]
    """
    bare = pl.col("text").str.replace_all(r"[$€£¥%\s\u00a0\u2009\u202f']", "")
    if kind is NumberFormat.THOUSANDS_COMMA:
        bare = bare.str.replace_all(",", "", literal=True)
    elif kind is NumberFormat.DECIMAL_COMMA:
        bare = bare.str.replace_all(".", "", literal=True)
    bare = bare.str.replace(",", ".", literal=True)
    fits = pl.col("text").str.contains(_PATTERNS[kind])
    number = pl.when(fits).then(bare).cast(pl.Float64, strict=False)
    return text.alias("text").to_frame().select(number).to_series().alias(text.name)
