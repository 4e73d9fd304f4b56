"""Columns are taken for what they are, and what is wrong with them is said."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import Column, ColumnKind, know_columns, notices
from shoal.errors import ColumnError, SettingError

ROWS = 60


def known(values: object, name: str = "c", **how: object) -> Column:
    frame = pl.DataFrame({name: values, "other": np.linspace(0, 1, len(values))}, strict=False)  # type: ignore[arg-type]
    return know_columns(frame, **how)[0]  # type: ignore[arg-type]


def cycle(*values: object, rows: int = ROWS) -> list[object]:
    return [values[i % len(values)] for i in range(rows)]


@pytest.mark.parametrize(
    ("values", "kind", "form"),
    [
        (cycle(1.5, 2.5, None), "number", ""),
        (cycle(1, 2, 3), "number", ""),
        (cycle(0, 1), "number", ""),
        (cycle(True, False), "boolean", ""),
        (cycle("yes", "no"), "boolean", ""),
        (cycle("Y", "N", None), "boolean", ""),
        (cycle("T", "f"), "boolean", ""),
        (cycle("F", "M"), "category", ""),
        (cycle("yes", "no", "perhaps"), "category", ""),
        (cycle("a", None), "category", ""),
        (cycle("1", " 2", "-3.5e2"), "number", "point"),
        (cycle("1,234.50", "17", "-2,000,000"), "number", "thousands comma"),
        (cycle("1.234,5", "17", "0,25"), "number", "decimal comma"),
        (cycle("1 234,5", "17"), "number", "thousands space"),
        (cycle("$1,000", "$ 250", "-$3"), "number", "thousands comma"),
        (cycle("12%", "3.5 %"), "number", "point"),
        (cycle("10 €", "7,5 €"), "number", "decimal comma"),
        (cycle("007", "042"), "category", ""),
        (cycle("12", "unknown"), "category", ""),
        ([*map(str, range(100, 7100, 100)), "unknown"], "number", "point"),
        ([*(f"{i},5 €" for i in range(60)), "k.A.", "--"], "number", "decimal comma"),
        ([*map(str, range(60)), "a", "b", "c", "d"], "identifier", ""),
        (cycle("2024-02-29", "2023-01-31"), "datetime", "%Y-%m-%d"),
        (cycle("31/12/2023", "01/02/2024"), "datetime", "%d/%m/%Y"),
        (cycle("12/31/2023", "01/02/2024"), "datetime", "%m/%d/%Y"),
        (cycle("31.12.2023", "1.2.2024"), "datetime", "%d.%m.%Y"),
        (cycle("31/12/23", "01/02/24"), "datetime", "%d/%m/%y"),
        (cycle("4 Mar 2024", "12 Dec 2023"), "datetime", "%d %b %Y"),
        (cycle("March 4, 2024", "December 12, 2023"), "datetime", "%B %d, %Y"),
        (cycle("2024-02-29 10:30", "2024-02-28 23:59"), "datetime", "%Y-%m-%d %H:%M"),
        (cycle("2024-02-29T10:30:01Z", "2024-02-28T23:59:00.5+02:00"), "datetime", "%Y-%m-%dT%H:%M:%S%.f%#z"),
        (cycle("2/28/2024 1:30 PM", "12/28/2024 11:30 AM"), "datetime", "%m/%d/%Y %I:%M %p"),
        (cycle("10:30", "23:59"), "datetime", "%H:%M"),
        (cycle("2024-02-30", "2023-01-31"), "category", ""),
        (cycle(date(2024, 2, 29), date(2023, 1, 1)), "datetime", ""),
        (cycle(time(10, 30), time(9, 0)), "datetime", ""),
        (cycle(timedelta(hours=1), timedelta(days=2)), "datetime", ""),
        (cycle(7), "constant", ""),
        (cycle("x"), "constant", ""),
        (cycle(None), "constant", ""),
        (cycle("", " "), "constant", ""),
        (list(range(1, ROWS + 1)), "identifier", ""),
        (random.Random(0).sample(range(1000, 1000 + ROWS), ROWS), "identifier", ""),
        ([float(i) for i in range(ROWS)], "number", ""),
        ([i * i for i in range(ROWS)], "number", ""),
        ([str(i) for i in range(1, ROWS + 1)], "identifier", ""),
        ([str(uuid.UUID(int=i)) for i in range(ROWS)], "identifier", ""),
        ([f"the quick brown fox number {i} jumps again" for i in range(ROWS)], "text", ""),
        (list(range(10)), "number", ""),
        ([f"k{i}" for i in range(10)], "category", ""),
    ],
    ids=lambda value: str(value[:2]) if isinstance(value, list) else str(value),
)
def test_kind_and_format(values: list[object], kind: str, form: str) -> None:
    column = known(values)
    assert (str(column.kind), column.format) == (kind, form)
    assert column.used == (kind not in ("constant", "identifier", "text"))


def test_moments_with_a_zone_are_dates() -> None:
    values = [datetime(2024, 1, 1, i % 24, tzinfo=UTC) for i in range(ROWS)]
    assert known(values).kind is ColumnKind.DATETIME


def test_names_help_with_identifiers() -> None:
    codes = random.Random(1).sample(range(10**6), ROWS)
    assert known(codes, "passenger_id").kind is ColumnKind.IDENTIFIER
    assert known(codes, "PassengerId").kind is ColumnKind.IDENTIFIER
    assert known(codes, "income").kind is ColumnKind.NUMBER
    assert known(codes, "humidity").kind is ColumnKind.NUMBER


def test_counts_and_examples() -> None:
    column = known(cycle("a", " b", "", None))
    assert (column.missing, column.distinct, column.examples) == (30, 2, ("a", "b"))
    column = known(cycle(1.5, float("nan"), 2.0))
    assert (column.missing, column.distinct, column.examples) == (20, 2, ("1.5", "2"))


@pytest.mark.parametrize(
    ("values", "notice"),
    [
        (cycle(7), "holds the one value '7' and is left out"),
        (cycle(None), "is empty and is left out"),
        (
            list(range(ROWS)),
            "tells rows apart (0 to 59, each once) and is left out; set its kind to 'number'",
        ),
        (
            [f"word {i} and some more" for i in range(ROWS)],
            "is free text (about 5 words a value) and is left out",
        ),
        (
            [f"k{i}" for i in range(ROWS)],
            "has 60 different values in 60 rows, too many to learn from, and is left",
        ),
        (cycle("1,5", "2"), "is text that reads as numbers (decimal comma), such as '1,5'"),
        (
            [*map(str, range(60)), "n. a."],
            "reads as numbers (point), but for 'n. a.', which counts as missing.",
        ),
        (
            cycle("01/02/2024", "03/04/2024"),
            "%d/%m/%Y would fit too: if that is meant, set its kind to 'datetime:",
        ),
        (cycle(*range(10**4), rows=30_000), ""),
        (
            cycle(*(f"k{i}" for i in range(1000)), rows=3000),
            "has 1000 different values: the most frequent are kept",
        ),
        ([["nested"]] * ROWS, "holds values that are no single numbers or words (List(String))"),
    ],
    ids=lambda value: str(value[:2]) if isinstance(value, list) else "",
)
def test_notices_say_what_was_done(values: list[object], notice: str) -> None:
    column = known(values)
    assert notice in column.notice
    assert bool(notices([column])) == bool(notice)


def test_a_kind_can_be_given() -> None:
    rows = list(range(ROWS))
    assert known(rows, kinds={"c": "number"}).used
    assert known(cycle(1, 2, 3), kinds={"c": "category"}).kind is ColumnKind.CATEGORY
    assert not known(cycle(1, 2, 3), kinds={"c": "identifier"}).used
    column = known(cycle("01/02/2024", "03/04/2024"), kinds={"c": "datetime:%d/%m/%Y"})
    assert (column.kind, column.format) == (ColumnKind.DATETIME, "%d/%m/%Y")
    assert known(cycle("1,5", "2"), kinds={"c": "number"}).format == "decimal comma"


def test_a_kind_that_does_not_fit_is_refused() -> None:
    with pytest.raises(
        ColumnError, match=r"Expected numbers in column 'c'. Got 'x' in row 2 \(the first row is 1\)"
    ):
        known(cycle("1", "x"), kinds={"c": "number"})
    with pytest.raises(ColumnError, match=r"Expected dates in column 'c'. Got 'x' in row 1"):
        known(cycle("x", "1"), kinds={"c": "datetime"})
    with pytest.raises(
        SettingError, match=r"kind of column 'c' must be one of number, .*Did you mean 'category'"
    ):
        known(cycle(1, 2), kinds={"c": "categry"})
    with pytest.raises(ColumnError, match=r"no column 'cc' among the features. Did you mean 'c'"):
        known(cycle(1, 2), kinds={"cc": "number"})


def test_columns_can_be_dropped() -> None:
    column = known(cycle(1, 2), drop=["c"])
    assert not column.used
    assert notices([column]) == ["Column 'c' is left out as asked."]
    with pytest.raises(ColumnError, match="no column 'z' among the features"):
        known(cycle(1, 2), drop=["z"])


def test_arrays_are_taken_as_given() -> None:
    frame = pl.DataFrame(
        {"row": list(range(ROWS)), "same": [1.0] * ROWS, "flag": cycle(True, False), "w": cycle("a", "b")}
    )
    columns = know_columns(frame, as_given=True)
    assert [str(column.kind) for column in columns] == ["number", "number", "number", "category"]
    assert [column.distinct for column in columns] == [ROWS, 1, 2, 2]
    assert all(column.used for column in columns)
    assert know_columns(frame.head(1), as_given=True)[1].used


def test_infinite_values_are_refused_with_their_row() -> None:
    for how in ({}, {"as_given": True}):
        with pytest.raises(
            ColumnError, match=r"Column 'c' holds an infinite value in row 3 \(the first row is 1\)"
        ):
            known([1.0, 2.0, float("-inf")] * 20, **how)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            {"a": [1] * 30, "b": ["x"] * 30},
            r"a feature that varies. Got 2, all of them constant: 'a' \(constant\)",
        ),
        (
            {"a": list(range(30)), "b": [1] * 30},
            r"to learn from. Got 'a' \(identifier\), 'b' \(constant\), none of",
        ),
        ({"a": [1]}, "at least two rows to learn from. Got 1"),
        ({}, "Expected at least one feature column. Got none"),
    ],
)
def test_tables_without_anything_to_learn_from_are_refused(frame: dict[str, list], message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        know_columns(pl.DataFrame(frame))


@given(
    st.lists(st.text(), min_size=4, max_size=7), st.sampled_from(ColumnKind), st.booleans(), st.integers(0)
)
def test_a_column_survives_json(texts: list[str], kind: ColumnKind, used: bool, count: int) -> None:
    name, dtype, notice, form, *examples = texts
    column = Column(name, kind, used, dtype, count, count, notice, tuple(examples), form, tuple(examples))
    assert Column.from_json(json.loads(json.dumps(column.to_json()))) == column
