"""The fingerprint is of the table, not of how it lies in memory, and any change changes it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.model.fingerprint import fingerprint

MOMENT = dt.datetime(2024, 2, 29, 12, 30)
COLUMNS = {
    "whole": pl.Series([1, None, -3, 2**62]),
    "small": pl.Series([1, None, 3, 4], dtype=pl.Int8),
    "huge": pl.Series([1, None, 3, 2**100], dtype=pl.Int128),
    "real": pl.Series([0.5, None, float("nan"), float("-inf")]),
    "single": pl.Series([0.5, None, 2.0, 1e30], dtype=pl.Float32),
    "text": pl.Series(["a", None, "", "Größe"]),
    "yes": pl.Series([True, None, False, True]),
    "class": pl.Series(["a", None, "b", "a"], dtype=pl.Categorical),
    "level": pl.Series(["a", None, "b", "a"], dtype=pl.Enum(["a", "b", "c"])),
    "day": pl.Series([MOMENT.date(), None, MOMENT.date(), MOMENT.date()]),
    "moment": pl.Series([MOMENT, None, MOMENT, MOMENT]),
    "time": pl.Series([MOMENT.time(), None, MOMENT.time(), MOMENT.time()]),
    "wait": pl.Series([dt.timedelta(1), None, dt.timedelta(2), dt.timedelta(0)]),
    "money": pl.Series(["1.50", None, "2.25", "0.00"]).cast(pl.Decimal(10, 2)),
    "list": pl.Series([[1, 2], None, [], [3]]),
    "bytes": pl.Series([b"a", None, b"", b"b"]),
    "nothing": pl.Series([None] * 4, dtype=pl.Null),
}
TABLE = pl.DataFrame(COLUMNS)


def test_every_type_has_a_fingerprint_and_chunks_do_not_matter():
    pieces = pl.concat([TABLE[:1], TABLE[1:3], TABLE[3:]], rechunk=False)
    assert pieces.n_chunks() > 1
    assert fingerprint(pieces) == fingerprint(TABLE) == fingerprint(TABLE.clone())
    assert fingerprint(TABLE).startswith("sha256:")


def test_it_is_the_same_tomorrow():
    """A change here breaks the promise to recognise a table years later."""
    table = pl.DataFrame({"a": [1, None, 3], "b": ["x", "", None], "c": [0.5, float("nan"), -0.0]})
    assert fingerprint(table) == "sha256:b1b1c6ae85c3d86049bc5dfa91b3a537"
    assert fingerprint(pl.DataFrame()) == "sha256:0d3f649e46c8b48428126622b98af921"


@pytest.mark.parametrize("name", [n for n in COLUMNS if n != "nothing"])
def test_a_changed_cell_changes_it(name):
    column = TABLE[name]
    changed = pl.concat([column[:3], column[0:1]])
    if changed.equals(column):  # the last cell equals the first: take the gap
        changed = pl.concat([column[:3], column[1:2]])
    assert fingerprint(TABLE.with_columns(changed)) != fingerprint(TABLE)


def test_names_types_and_order_count():
    small = TABLE.select("whole", "real")
    others = [
        small.rename({"whole": "Whole"}),
        small.with_columns(pl.col("real").cast(pl.Float32)),
        small.select("real", "whole"),
        small[::-1],
        small[:3],
        small.head(0),
        small.drop("real"),
    ]
    marks = {fingerprint(table) for table in [small, *others]}
    assert len(marks) == len(others) + 1


def test_a_gap_is_neither_zero_nor_empty():
    gap = [pl.DataFrame({"a": values}) for values in ([None, 1.0], [0.0, 1.0], [float("nan"), 1.0])]
    text = [pl.DataFrame({"a": values}) for values in ([None, "b"], ["", "b"], ["b", ""])]
    assert len({fingerprint(table) for table in gap + text}) == 6


def test_equal_numbers_are_equal():
    zero, other_nan = np.array([0.0, np.nan]), np.array([-0.0, -np.nan])
    assert fingerprint(pl.DataFrame({"a": zero})) == fingerprint(pl.DataFrame({"a": other_nan}))


texts = st.lists(st.none() | st.text("ab\0ß", max_size=4), min_size=1, max_size=6)


@given(texts, texts)
def test_two_tables_have_one_fingerprint_only_if_they_are_one(one, two):
    tables = [pl.DataFrame({"a": values}, schema={"a": pl.String}) for values in (one, two)]
    assert (fingerprint(tables[0]) == fingerprint(tables[1])) == (one == two)


@given(st.lists(st.none() | st.floats(), max_size=8), st.integers(0, 8))
def test_cutting_and_joining_changes_nothing(values, cut):
    table = pl.DataFrame({"a": values}, schema={"a": pl.Float64})
    parts = pl.concat([table[:cut], table[cut:]], rechunk=False)
    assert fingerprint(parts) == fingerprint(table)
