"""Any table becomes the same frame, whoever made it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from shoal.data import as_frame, as_vector
from shoal.errors import ColumnError, InputError

VALUES = np.array([[1.0, np.nan], [3.5, -2.0], [0.0, 7.0]])


def same(frame: pl.DataFrame, values: np.ndarray = VALUES) -> None:
    found = np.column_stack([column.cast(pl.Float64).fill_null(np.nan).to_numpy() for column in frame])
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "table",
    [
        VALUES,
        np.asfortranarray(VALUES),
        VALUES.astype(">f8"),
        VALUES.astype(np.float32),
        VALUES.astype(object),
        VALUES.tolist(),
        pd.DataFrame(VALUES),
        pd.DataFrame(VALUES, columns=["x0", "x1"]).convert_dtypes(),
        pd.DataFrame(VALUES).astype("Float32"),
        pl.DataFrame(VALUES, schema=["x0", "x1"]),
        pl.LazyFrame(VALUES, schema=["x0", "x1"]),
        pa.table({"x0": VALUES[:, 0], "x1": VALUES[:, 1]}),
        sparse.csr_matrix(VALUES),
        sparse.csc_array(VALUES),
        {"x0": VALUES[:, 0], "x1": VALUES[:, 1].tolist()},
        [{"x0": 1.0}, {"x0": 3.5, "x1": -2.0}, {"x0": 0.0, "x1": 7.0}],
    ],
    ids=lambda table: f"{type(table).__module__.split('.')[0]}-{getattr(table, 'dtype', '')}",
)
def test_every_kind_of_table_gives_the_same_numbers(table: object) -> None:
    frame = as_frame(table)
    assert frame.columns == ["x0", "x1"]
    same(frame)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "bool", "float16", "longdouble"])
def test_arrays_of_any_number_type(dtype: str) -> None:
    array = np.array([[0, 1], [1, 1]], dtype=dtype)
    same(as_frame(array), array.astype(float))


def test_a_read_only_memory_map_is_read(tmp_path) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    same(as_frame(np.load(tmp_path / "x.npy", mmap_mode="r")))


def test_pandas_columns_of_every_dtype() -> None:
    frame = as_frame(
        pd.DataFrame(
            {
                "whole": pd.Series([1, None], dtype="Int64"),
                "word": pd.Series(["a", None], dtype="string"),
                "level": pd.Categorical(["x", None]),
                "number level": pd.Categorical([3, 4]),
                "yes": pd.Series([True, None], dtype="boolean"),
                "when": pd.to_datetime(["2024-02-29", None]),
                "zone": pd.to_datetime(["2024-02-29", None]).tz_localize("Europe/Berlin"),
                "month": pd.period_range("2024-01", periods=2, freq="M"),
                "long": pd.to_timedelta([1, None], unit="h"),
                "mixed": pd.Series([1, "b"], dtype=object),
            }
        )
    )
    assert frame["whole"].to_list() == [1, None]
    assert frame["word"].to_list() == ["a", None]
    assert frame.schema["level"] == pl.Categorical
    assert frame["number level"].cast(pl.String).to_list() == ["3", "4"]
    assert frame["yes"].to_list() == [True, None]
    assert frame["when"].null_count() == frame["zone"].null_count() == frame["long"].null_count() == 1
    assert frame["zone"].dt.hour()[0] == 0
    assert frame["month"].dt.month().to_list() == [1, 2]
    assert frame["mixed"].to_list() == ["1", "b"]


def test_text_arrays_and_records() -> None:
    assert as_frame(np.array([["a", "1"], ["b", "2"]]))["x0"].to_list() == ["a", "b"]
    assert as_frame([["a", 1], ["b", 2]]).schema == {"x0": pl.String, "x1": pl.Int64}
    structured = np.array([(1, "u"), (2, "v")], dtype=[("n", "i4"), ("s", "U1")])
    assert as_frame(structured).to_dict(as_series=False) == {"n": [1, 2], "s": ["u", "v"]}


def test_names_can_be_given() -> None:
    assert as_frame(VALUES, names=["a", "b"]).columns == ["a", "b"]
    twice = pd.DataFrame(VALUES, columns=["a", "a"])
    assert as_frame(twice, names=["a", "b"]).columns == ["a", "b"]
    with pytest.raises(ColumnError, match=r"Expected 2 column names. Got 1 instead"):
        as_frame(VALUES, names=["a"])


def test_a_name_used_twice_is_refused() -> None:
    with pytest.raises(ColumnError, match=r"each column name once. Got 'a' more than once; rename"):
        as_frame(pd.DataFrame(VALUES, columns=["a", "a"]))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(3), r"2-D table of rows and columns. Got an array of shape \(3,\).*reshape\(-1, 1\)"),
        (np.zeros((2, 2), dtype=complex), "Complex data not supported"),
        (7, "Expected a table of rows and columns. Got int instead"),
        ("table.csv", "Expected a table of rows and columns. Got str instead"),
        ([[1, 2], [3]], "rows of one length"),
        (np.zeros((2, 0)), "at least one column"),
    ],
)
def test_what_is_no_table_is_refused(table: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        as_frame(table)


@pytest.mark.parametrize(
    "vector",
    [
        [1, 2, 2],
        (1, 2, 2),
        np.array([1, 2, 2]),
        np.array([[1], [2], [2]]),
        np.array([1, 2, 2], dtype=object),
        pd.Series([1, 2, 2], name="y"),
        pd.Series([1, 2, 2]).astype("category"),
        pd.Series([1, 2, 2]).astype("Int8"),
        pd.DataFrame({"y": [1, 2, 2]}),
        pl.Series("y", [1, 2, 2]),
        pl.DataFrame({"y": [1, 2, 2]}),
        pa.chunked_array([[1, 2, 2]]),
    ],
    ids=lambda vector: type(vector).__module__.split(".")[0] + "-" + type(vector).__name__,
)
def test_every_kind_of_vector_gives_the_same_values(vector: object) -> None:
    found = as_vector(vector).to_list()
    assert found == [1, 2, 2]
    assert all(type(value) is int for value in found)


def test_vectors_keep_their_name() -> None:
    assert as_vector(pd.Series([1], name="price")).name == "price"
    assert as_vector([1]).name == ""


def test_what_is_no_vector_is_refused() -> None:
    with pytest.raises(InputError, match=r"one column of values. Got an array of shape \(3, 2\)"):
        as_vector(VALUES)
    with pytest.raises(InputError, match=r"Expected a column of values. Got str"):
        as_vector("yes")
