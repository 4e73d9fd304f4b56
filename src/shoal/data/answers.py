"""Reading the target's columns: as classes, as labels, as quantities; and refusing what cannot be learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from shoal.data.numerals import NumberFormat, number_format, parse_numbers
from shoal.errors import TargetError, did_you_mean

FEW = 20  # whole numbers with at most this many different values are classes
MOST_CLASSES = 1000


def target_columns(y: pl.Series | pl.DataFrame) -> list[pl.Series]:
    """Return the target's columns, one or several."""
    columns = y.get_columns() if isinstance(y, pl.DataFrame) else [y]
    if not columns:
        raise TargetError("Expected at least one target column. Got none.")
    return columns


def is_label(column: pl.Series) -> bool:
    """Tell whether a column holds nothing but 0 and 1, or true and false."""
    if column.dtype == pl.Boolean:
        return True
    return column.dtype.is_numeric() and bool(((column == 0) | (column == 1)).all())


def written_numbers(text: pl.Series) -> NumberFormat | None:
    """Return how the numbers of a text column are written, if all of it is numbers."""
    return number_format(text.cast(pl.String))


def quantities(column: pl.Series) -> np.ndarray:
    """Return one quantity as float64, of shape (rows,); text is read as numbers if all of it is."""
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        values = column.cast(pl.Float64).to_numpy()
    else:
        values = _written_quantities(column.cast(pl.String))
    infinite = np.isinf(values)
    if infinite.any():
        raise TargetError(_infinite(column.name, int(infinite.argmax())))
    return values


def _written_quantities(text: pl.Series) -> np.ndarray:
    values = parse_numbers(text, written_numbers(text.unique()) or NumberFormat.POINT)
    if values.null_count():
        wrong = text[int(values.is_null().arg_max() or 0)]
        raise TargetError(
            f"Expected numbers in the target{named(text.name)}. Got '{wrong}'; "
            "words are predicted by classification."
        )
    return values.to_numpy()


def class_values(column: pl.Series) -> list[Any]:
    """Return the different values of a column that is to be classified, as plain Python values."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    values = column.unique()
    open_ended = column.dtype == pl.String or column.dtype.is_float()
    few_rows_each = open_ended and len(values) > max(FEW, len(column) / 2)
    if few_rows_each or len(values) > MOST_CLASSES:
        raise TargetError(
            f"Expected at most {MOST_CLASSES} classes, each in several rows, "
            f"in the target{named(column.name)}. Got {len(values)} different values in {len(column)} rows; "
            "is it an identifier, or a quantity for regression?"
        )
    return values.to_list()


def label_pair(column: pl.Series) -> tuple[Any, Any]:
    """Return the two values of one label, the negative first."""
    if not is_label(column):
        raise TargetError(
            f"Expected labels of 0 and 1 in the target{named(column.name)}. "
            f"Got {column.dtype} with other values."
        )
    if column.dtype == pl.Boolean:
        return (False, True)
    return (0.0, 1.0) if column.dtype.is_float() else (0, 1)


def codes_of(column: pl.Series, classes: Sequence[Any]) -> np.ndarray:
    """Return the place of each value among the classes, int32 of shape (rows,)."""
    if isinstance(classes[0], str):
        found = column.cast(pl.String).cast(pl.Enum(list(classes)), strict=False).to_physical().cast(pl.Int32)
        unknown = found.is_null().to_numpy()
        codes = found.fill_null(0).to_numpy()
    else:
        values, known = _plain(column), np.array(classes)
        rising = np.argsort(known)
        place = np.searchsorted(known, values, sorter=rising).clip(max=len(known) - 1)
        codes = rising[place].astype(np.int32)
        unknown = known[codes] != values
    if unknown.any():
        row = int(unknown.argmax())
        listed = ", ".join(map(repr, classes[:10])) + (", ..." if len(classes) > 10 else "")
        raise TargetError(
            f"The target{named(column.name)} holds {column[row]!r} in row {row + 1} (the first row is 1), "
            f"which is none of the classes learnt: {listed}."
        )
    return codes


def _plain(column: pl.Series) -> np.ndarray:
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise TargetError(
            f"Expected numbers as classes in the target{named(column.name)}. Got {column.dtype}."
        )
    return column.to_numpy()


def refuse_unusable(columns: list[pl.Series]) -> None:
    """Refuse a target of fewer than two rows, with gaps, or with infinite values."""
    rows = len(columns[0])
    if rows < 2:
        raise TargetError(f"Expected at least two rows to learn from. Got {rows} (n_samples={rows}).")
    refuse_gaps(columns)
    for column in columns:
        if column.dtype.is_float() and column.is_infinite().any():
            raise TargetError(_infinite(column.name, int(column.is_infinite().arg_max() or 0)))


def _infinite(name: str, row: int) -> str:
    return (
        f"The target{named(name)} holds an infinite value in row {row + 1} (the first row is 1); "
        "leave that row out."
    )


def refuse_gaps(columns: list[pl.Series]) -> None:
    """Refuse a target that is missing in some rows, and say in how many."""
    for column in columns:
        gaps = column.null_count() + (int(column.is_nan().sum() or 0) if column.dtype.is_float() else 0)
        if gaps:
            raise TargetError(
                f"The target{named(column.name)} is missing in {gaps} of {len(column)} rows; "
                "fill these in or leave the rows out."
            )


def refuse_mixed(y: Any) -> None:
    """Refuse plain Python values of which some are text and others are not: 1 and '1' would be one class.

    Raises
    ------
    TargetError
        With one value of each, and their rows.

    Examples
    --------
    >>> refuse_mixed(["a", 1])
    Traceback (most recent call last):
    ...
    shoal.errors.TargetError: Expected classes that are all text or all numbers. Got 'a' in row 1 and 1 in \
row 2 (the first row is 1); write them one way.
    """
    if getattr(getattr(y, "dtype", None), "kind", "O") != "O" or not hasattr(y, "__len__"):
        return
    values = y if isinstance(y, list | tuple) else y.tolist() if hasattr(y, "tolist") else []
    first: dict[bool, int] = {}
    for row, value in enumerate(values):
        if value is None or (isinstance(value, float) and value != value):
            continue
        first.setdefault(isinstance(value, str), row)
        if len(first) == 2:
            one, other = sorted(first.values())
            raise TargetError(
                f"Expected classes that are all text or all numbers. Got {values[one]!r} in row {one + 1} "
                f"and {values[other]!r} in row {other + 1} (the first row is 1); write them one way."
            )


def named(name: str) -> str:
    """Return a name in quotes after a space, for messages, or nothing if there is none."""
    return f" '{name}'" if name else ""


def in_order(classes: Sequence[Any], order: Sequence[Any]) -> tuple[Any, ...]:
    """Return the classes in the order in which they are listed; numbers may be listed as text.

    Raises
    ------
    TargetError
        If a class is missing from the list, listed twice, or not there at all.

    Examples
    --------
    >>> in_order(("high", "low", "mid"), ["low", "mid", "high"])
    ('low', 'mid', 'high')
    """
    known = {str(value): value for value in classes}
    listed = [str(value) for value in order]
    unknown = next((name for name in listed if name not in known), None)
    missing = [name for name in known if name not in listed]
    if unknown is not None:
        wrong = f"there is no '{unknown}' among them.{did_you_mean(unknown, known)}"
    elif missing:
        wrong = f"{', '.join(missing)} missing."
    elif len(set(listed)) < len(listed):
        wrong = "one is listed twice."
    else:
        return tuple(known[name] for name in listed)
    raise TargetError(
        f"Expected class_order to list each class once: {', '.join(known)}. Got {', '.join(listed)}: {wrong}"
    )
