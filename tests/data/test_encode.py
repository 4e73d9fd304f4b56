"""The table encoder: numbers by hand, laws of weights and rows, refusals."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import Encoding, Rows, TableEncoder, know_columns
from shoal.errors import ColumnError, DataNotice, SettingError

START = datetime(2024, 2, 28, 22)


def mixed(rows: int, seed: int) -> pl.DataFrame:
    """A table with every kind of column, gaps included."""
    rng = np.random.default_rng(seed)
    number = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(3, 10, rows))
    return pl.DataFrame(
        {
            "number": number,
            "whole": rng.integers(0, 5, rows),
            "flag": rng.choice(["yes", "no", None], rows).tolist(),
            "colour": rng.choice(["red", "green", "blue", None], rows).tolist(),
            "town": [f"t{i}" for i in rng.integers(0, 30, rows)],
            "moment": [START + timedelta(hours=int(h)) for h in rng.integers(0, 9999, rows)],
            "day": [f"{1 + i % 28}.{1 + i % 12}.2023" for i in rng.integers(0, 300, rows)],
            "price": [f"{i},5 €" for i in rng.integers(0, 9, rows)],
        }
    )


def encoder_of(frame: pl.DataFrame, **settings: object) -> TableEncoder:
    return TableEncoder.fit(frame, know_columns(frame), Encoding(**settings))  # type: ignore[arg-type]


def column_of(encoder: TableEncoder, rows: Rows, name: str) -> list[float]:
    return rows.numbers[:, encoder.number_names.index(name)].tolist()


def test_numbers_by_hand() -> None:
    frame = pl.DataFrame({"a": [1.0, 3.0, None, 8.0], "b": [2, 4, 6, 8], "s": ["u", "v", "u", None]})
    encoder = encoder_of(frame)
    rows = encoder.transform(frame)
    assert encoder.number_names == ("a", "a (missing)", "b", "s = v")
    assert encoder.number_sources == ("a", "a", "b", "s")
    centre, spread = 4.0, math.sqrt(26 / 3)
    expected = [[(v - centre) / spread, g] for v, g in ((1, 0), (3, 0), (3, 1), (8, 0))]  # median 3
    np.testing.assert_allclose(rows.numbers[:, :2], expected, rtol=1e-15)
    np.testing.assert_allclose(rows.numbers[:, 2], np.array([-3, -1, 1, 3]) / math.sqrt(5), rtol=1e-15)
    assert rows.numbers[:, 3].tolist() == [-1, 1, -1, 0]
    assert (encoder.layout.numbers, encoder.layout.levels) == (4, ())
    assert rows.codes.shape == (4, 0)


def test_categories_by_size() -> None:
    frame = pl.DataFrame({"c": ["b", "a", "c", None, "a"], "n": [1, 2, 3, 4, 5]})
    one_hot = encoder_of(frame, one_hot_levels=3)
    assert one_hot.number_names == ("c = a", "c = b", "c = c", "n")
    assert one_hot.transform(frame).numbers[:, :3].tolist() == [
        [0, 1, 0],
        [1, 0, 0],
        [0, 0, 1],
        [0, 0, 0],
        [1, 0, 0],
    ]
    embedded = encoder_of(frame, one_hot_levels=2)
    assert embedded.layout.levels == (4,)
    assert embedded.code_names == ("c",)
    codes = embedded.transform(frame).codes
    assert codes[:, 0].tolist() == [2, 1, 3, 0, 1]
    assert codes.dtype == np.int32


@pytest.mark.parametrize("one_hot_levels", [0, 8])
def test_an_unseen_category_is_as_a_missing_one(one_hot_levels: int) -> None:
    frame = pl.DataFrame({"c": ["b", "a", "c", "a"], "two": ["x", "y", "x", "y"], "n": [1, 2, 3, 4]})
    encoder = encoder_of(frame, one_hot_levels=one_hot_levels)
    new = pl.DataFrame({"c": ["new", None], "two": ["z", None], "n": [1, 1]})
    rows = encoder.transform(new)
    assert rows.numbers[0].tolist() == rows.numbers[1].tolist()
    assert rows.codes.tolist() == [[0] * rows.codes.shape[1]] * 2
    assert not rows.numbers[:, : len(encoder.number_names) - 1].any()


def test_rare_levels_of_a_large_category_share_a_place_with_unseen_ones() -> None:
    frame = pl.DataFrame({"c": ["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d", "e", None], "n": range(15)})
    columns = know_columns(frame, kinds={"n": "number"})
    encoder = TableEncoder.fit(frame, columns, Encoding(max_levels=2, one_hot_levels=0))
    assert encoder.layout.levels == (4,)
    new = pl.DataFrame({"c": ["a", "b", "c", "zzz", None], "n": [0] * 5})
    assert encoder.transform(new).codes[:, 0].tolist() == [1, 2, 3, 3, 0]
    one_hot = TableEncoder.fit(frame, columns, Encoding(max_levels=2))
    assert one_hot.number_names[:3] == ("c = a", "c = b", "c = (rare)")


def test_ten_thousand_categories() -> None:
    frame = pl.DataFrame(
        {
            "c": [f"k{i % 10_000}" for i in range(40_000)] + ["often"] * 9,
            "n": list(range(10)) * 4000 + [1] * 9,
        }
    )
    columns = know_columns(frame)
    assert "has 10001 different values" in columns[0].notice
    encoder = TableEncoder.fit(frame, columns)
    assert encoder.layout.levels == (258,)
    assert "often" in encoder.parts[0].levels  # type: ignore[union-attr]


def test_moments_by_hand() -> None:
    frame = pl.DataFrame({"when": [datetime(2024, 1, 1, 6), datetime(2024, 1, 2, 18), None], "n": [1, 2, 3]})
    encoder = encoder_of(frame, scaling="none")
    rows = encoder.transform(frame)
    days = (datetime(2024, 1, 1, 6) - datetime(1970, 1, 1)) / timedelta(days=1)
    assert column_of(encoder, rows, "when") == [days, days + 1.5, days + 0.75]
    assert column_of(encoder, rows, "when (missing)") == [0, 0, 1]
    for name, place, size in (("year", 0, 366), ("week", 0, 7), ("day", 360, 1440)):
        angle = 2 * math.pi * place / size
        found = [column_of(encoder, rows, f"when ({wave} of the {name})") for wave in ("sine", "cosine")]
        np.testing.assert_allclose([found[0][0], found[1][0]], [math.sin(angle), math.cos(angle)], atol=1e-15)
        assert found[0][2] == found[1][2] == 0


def test_only_circles_on_which_the_training_rows_differ() -> None:
    frame = pl.DataFrame(
        {"day": [date(2024, 1, 1), date(2024, 1, 8)], "hour": [time(10), time(11)], "n": [1, 2]}
    )
    names = encoder_of(frame).number_names
    assert [name for name in names if name.startswith("day")] == [
        "day",
        "day (sine of the year)",
        "day (cosine of the year)",
    ]
    assert [name for name in names if name.startswith("hour")] == [
        "hour",
        "hour (sine of the day)",
        "hour (cosine of the day)",
    ]


def test_piecewise_linear_bins_by_hand() -> None:
    frame = pl.DataFrame({"a": [0.0, 1.0, 2.0, 6.0]})
    encoder = encoder_of(frame, bins=2)
    new = pl.DataFrame({"a": [-1.5, 0.75, 1.5, 3.75, 10.5]})
    rows = encoder.transform(new)
    assert encoder.number_names == ("a", "a (bin 1)", "a (bin 2)")  # edges 0, 1.5, 6
    assert rows.numbers[:, 1].tolist() == [-1.0, 0.5, 1.0, 1.0, 1.0]
    assert rows.numbers[:, 2].tolist() == [0.0, 0.0, 0.0, 0.5, 2.0]


def test_constant_in_the_training_rows_is_zero_for_ever() -> None:
    frame = pl.DataFrame(
        {"a": [1.0, 2.0, 5.0], "b": [3.0, 3.0, 4.0], "d": [date(2024, 1, 1)] * 2 + [date(2025, 1, 1)]}
    )
    columns = know_columns(frame)
    encoder = TableEncoder.fit(frame.head(2), columns, Encoding(bins=3))
    assert (
        not encoder.transform(frame)
        .numbers[:, [encoder.number_names.index(name) for name in ("b", "d")]]
        .any()
    )


def test_a_column_empty_in_the_training_rows_is_zero() -> None:
    frame = pl.DataFrame(
        {"a": [None, None, 5.0], "c": [None, None, "x"], "d": [None, None, date(2024, 1, 1)], "n": [1, 2, 3]}
    )
    encoder = TableEncoder.fit(frame.head(2), know_columns(frame))
    rows = encoder.transform(frame)
    assert not rows.numbers[:, :-1].any()
    assert np.isfinite(rows.numbers).all()


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
@given(rows=st.integers(3, 40), seed=st.integers(0, 10**6))
def test_weight_two_is_the_row_twice_and_weight_zero_no_row(scaling: str, rows: int, seed: int) -> None:
    frame = mixed(rows, seed)
    columns = know_columns(mixed(200, 0))
    counts = np.random.default_rng(seed).integers(0, 4, rows)
    settings = Encoding(scaling=scaling, bins=4, max_levels=10)
    weighted = TableEncoder.fit(frame, columns, settings, counts.astype(float))
    shuffled = np.random.default_rng(seed).permutation(np.repeat(np.arange(rows), counts))
    repeated = TableEncoder.fit(frame[shuffled.tolist()], columns, settings)
    assert weighted == repeated


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_each_row_alone_and_after_json_has_the_same_bits(scaling: str, seed: int) -> None:
    frame = mixed(150, seed)
    encoder = encoder_of(frame, scaling=scaling, smooth_clip=True, bins=5)
    rows = encoder.transform(frame)
    again = TableEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    for i in range(0, 150, 7):
        alone = again.transform(frame[i])
        assert alone.numbers.tolist() == rows.numbers[i : i + 1].tolist()
        assert alone.codes.tolist() == rows.codes[i : i + 1].tolist()
    assert np.isfinite(rows.numbers).all()


def test_only_training_rows_are_learnt_from(seed: int) -> None:
    frame = mixed(100, seed)
    columns = know_columns(frame)
    train = frame.head(60)
    spoilt = pl.concat([train, frame.tail(40).with_columns(pl.col("number") * 1e6, town=pl.lit("elsewhere"))])
    assert TableEncoder.fit(frame.head(60), columns) == TableEncoder.fit(spoilt.head(60), columns)
    town = next(part for part in TableEncoder.fit(train, columns).parts if part.column.name == "town")
    assert set(town.levels) == set(train["town"].to_list())  # type: ignore[union-attr]


def test_columns_are_found_by_name_in_any_order_and_type(seed: int) -> None:
    frame = mixed(80, seed)
    encoder = encoder_of(frame)
    rows = encoder.transform(frame)
    other = frame.select(reversed(frame.columns)).with_columns(
        pl.col("whole").cast(pl.Float64),
        pl.col("town").cast(pl.Categorical),
        pl.col("flag").str.to_uppercase(),
    )
    np.testing.assert_array_equal(encoder.transform(other).numbers, rows.numbers)
    np.testing.assert_array_equal(encoder.transform(other).codes, rows.codes)
    as_text = frame.with_columns(pl.col("whole").cast(pl.String), pl.col("moment").cast(pl.String))
    np.testing.assert_array_equal(encoder.transform(as_text).numbers, rows.numbers)


def test_whole_number_categories_read_as_text_integers_or_floats() -> None:
    frame = pl.DataFrame({"c": [1, 2, 3, 1], "n": [1.0, 2.0, 3.0, 4.0]})
    encoder = TableEncoder.fit(frame, know_columns(frame, kinds={"c": "category"}))
    rows = encoder.transform(frame)
    for dtype in (pl.String, pl.Float64, pl.Int8):
        np.testing.assert_array_equal(
            encoder.transform(frame.with_columns(pl.col("c").cast(dtype))).numbers, rows.numbers
        )


def test_words_among_numbers_are_gaps() -> None:
    frame = pl.DataFrame({"price": [*map(str, range(40)), "unknown", "unknown"]})
    encoder = encoder_of(frame, scaling="none")
    assert encoder.number_names == ("price", "price (missing)")
    assert encoder.transform(pl.DataFrame({"price": ["7", "unknown"]})).numbers.tolist() == [
        [7, 0],
        [19.5, 1],
    ]
    assert encoder.transform(pl.DataFrame({"price": [7.0]})).numbers.tolist() == [[7, 0]]
    with pytest.raises(ColumnError, match=r"Expected numbers in column 'price'. Got 'dear' in row 2"):
        encoder.transform(pl.DataFrame({"price": ["7", "dear"]}))


def test_rows_can_be_taken() -> None:
    rows = Rows(np.arange(6.0).reshape(3, 2), np.arange(3, dtype=np.int32)[:, None])
    taken = rows.take(np.array([2, 0]))
    assert len(rows) == 3
    assert taken.numbers.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert taken.codes.tolist() == [[2], [0]]


FRAME = pl.DataFrame(
    {"age": [20.0, 30.0, 40.0], "town": ["a", "b", "a"], "day": ["2024-01-01", "2024-01-02", "2024-03-01"]}
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            FRAME.rename({"age": "ages"}),
            "Expected a column 'age', as in training. The table has none. Did you mean 'ages'",
        ),
        (FRAME.drop("town"), "Expected a column 'town', as in training. The table has none."),
        (
            FRAME.with_columns(age=pl.Series(["20", "old", "40"])),
            r"Expected numbers in column 'age'. Got 'old' in row 2 \(the first row is 1\); correct the value",
        ),
        (
            FRAME.with_columns(age=pl.Series([1.0, 2.0, math.inf])),
            "Column 'age' holds an infinite value in row 3",
        ),
        (
            FRAME.with_columns(age=pl.lit(date(2024, 1, 1))),
            "Column 'age' held numbers in training. Got Date now",
        ),
        (
            FRAME.with_columns(day=pl.Series(["2024-01-01", "1.2.2024", None])),
            "Expected dates such as 2024-01-01 in column 'day'. Got '1.2.2024' in row 2",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::shoal.errors.DataNotice")
def test_a_changed_table_is_refused(change: pl.DataFrame, message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        encoder_of(FRAME).transform(change)


def test_new_columns_are_ignored_with_a_notice() -> None:
    frame = FRAME.with_columns(row=pl.Series([1, 1, 1]))
    encoder = encoder_of(frame)
    encoder.transform(frame)  # 'row' was there in training: nothing to tell
    with pytest.warns(DataNotice, match="not there in training are ignored: 'extra'"):
        encoder.transform(frame.with_columns(extra=1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"scaling": "standart"},
            "'scaling' setting must be one of standard, .*Got 'standart'.*Did you mean 'standard'",
        ),
        ({"bins": -1}, r"'bins' setting must be an int in the range \[0, inf\). Got -1 instead"),
        ({"max_levels": 0}, r"'max_levels' setting must be an int in the range \[1, inf\). Got 0"),
        ({"one_hot_level": 3}, "no encoding setting 'one_hot_level'. Did you mean 'one_hot_levels'"),
    ],
)
def test_settings_are_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Encoding.from_json(settings)


def test_the_room_wakes_no_heavy_neighbour() -> None:
    heavy = "{'jax', 'sklearn', 'pandas', 'scipy', 'pyarrow', 'torch'} & set(sys.modules)"
    code = f"import sys, shoal.data; print({heavy} or 'none')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"
