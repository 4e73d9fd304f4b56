"""Any table or vector becomes a Polars one: pandas, PyArrow, NumPy, SciPy sparse, plain Python.

Nothing here imports pandas, PyArrow or SciPy: their objects are known by the module of their type
and by the methods that they carry, so a user who has none of them pays nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np
import polars as pl

from shoal.data.categories import as_text
from shoal.errors import ColumnError, InputError


def as_frame(X: Any, *, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return any table as a Polars frame.

    Parameters
    ----------
    X : table of shape (rows, features)
        A frame of pandas, Polars or PyArrow (anything with the Arrow stream interface), a 2-D NumPy
        array, a SciPy sparse matrix, a list of rows, a list of mappings or a mapping of columns.
    names : sequence of str, optional
        Column names, in place of those that `X` carries. Columns without a name are called
        ``x0``, ``x1``, ...

    Returns
    -------
    polars.DataFrame
        One column per feature. Categorical columns stay categorical; not-a-number stays as it is
        and counts as missing everywhere in shoal.

    Raises
    ------
    ColumnError
        If two columns have one name, or `names` has another length than the table has columns.
    InputError
        If `X` is no table.

    Examples
    --------
    >>> import numpy as np
    >>> as_frame(np.zeros((2, 3))).columns
    ['x0', 'x1', 'x2']
    """
    frame = _polars_frame(X)
    if frame is None:
        pairs = list(_named_columns(X))
        _refuse_duplicates([name for name, _ in pairs] if names is None else names)
        frame = pl.DataFrame([column.alias(name) for name, column in _unique(pairs)])
    return frame if names is None else _renamed(frame, names)


def as_vector(y: Any) -> pl.Series:
    """Return any column of values as a Polars series.

    Parameters
    ----------
    y : sequence of shape (rows,)
        A series of pandas or Polars, a NumPy array (one column of a 2-D array counts), a PyArrow
        array or a list. The values of a pandas categorical come back as what they were.

    Returns
    -------
    polars.Series
        Named as `y` is, or ``""``.

    Raises
    ------
    InputError
        If `y` has more than one column, or is no sequence.

    Examples
    --------
    >>> as_vector(["a", "b"]).to_list()
    ['a', 'b']
    """
    if isinstance(y, pl.Series):
        return y
    if _is_pandas(y):
        return _pandas_vector(y)
    if isinstance(y, pl.DataFrame) or hasattr(y, "__arrow_c_stream__") or hasattr(y, "__arrow_c_array__"):
        return _arrow_vector(y)
    if isinstance(y, (str, bytes)) or not (isinstance(y, Iterable) or hasattr(y, "__array__")):
        raise InputError(f"Expected a column of values. Got {type(y).__name__} instead.")
    array = y if isinstance(y, np.ndarray) else _array_of(y)
    _refuse_many_columns(array.shape)
    return _series(array.reshape(-1))


def as_answers(y: Any) -> pl.Series | pl.DataFrame:
    """Return the answers of some rows: a series, or a frame where there are several columns.

    Parameters
    ----------
    y : sequence of shape (rows,), or table of shape (rows, outputs)
        Anything that `as_vector` or `as_frame` reads.

    Examples
    --------
    >>> as_answers([[0, 1], [1, 1], [0, 0]]).shape
    (3, 2)
    """
    if isinstance(y, pl.Series):
        return y
    if isinstance(y, Mapping):
        frame = as_frame(y)
    else:
        shape = getattr(y, "shape", None) or np.shape(y)
        if len(shape) < 2:
            return as_vector(y)
        frame = as_frame(y)
    return frame if frame.width > 1 else frame.to_series(0)


def _polars_frame(X: Any) -> pl.DataFrame | None:
    """Return `X` as a frame if Polars can read it without help."""
    if isinstance(X, pl.DataFrame):
        return X
    if isinstance(X, pl.LazyFrame):
        return X.collect()
    if isinstance(X, pl.Series):
        return X.to_frame(X.name or "x0")
    if hasattr(X, "__arrow_c_stream__") and not _is_pandas(X):
        return pl.DataFrame(X)
    return _number_frame(np.asarray(X)) if _is_number_array(X) else None


def _is_pandas(X: Any) -> bool:
    return type(X).__module__.partition(".")[0] == "pandas"


def _is_number_array(X: Any) -> bool:
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    return not _is_pandas(X) and getattr(X, "ndim", 0) == 2 and kind in "fiub" and hasattr(X, "__array__")


def _number_frame(array: np.ndarray) -> pl.DataFrame:
    """Return an array of numbers as a frame in one copy."""
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float64)
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    names = _numbered(native.shape[1])
    if native.shape[1] == 0:
        raise ColumnError(f"Expected a table with at least one column. Got shape {native.shape} instead.")
    return pl.from_numpy(native, schema=names)


def _named_columns(X: Any) -> Iterable[tuple[str, pl.Series]]:
    """Yield name and values of each column of a table that Polars does not read by itself."""
    if _is_pandas(X):
        return _pandas_columns(X)
    if hasattr(X, "tocsc"):
        return ((f"x{i}", column) for i, column in enumerate(_number_frame(np.asarray(X.toarray()))))
    if isinstance(X, Mapping):
        return ((str(name), as_vector(values)) for name, values in X.items())
    if isinstance(X, (str, bytes)) or not (isinstance(X, Iterable) or hasattr(X, "__array__")):
        raise InputError(f"Expected a table of rows and columns. Got {type(X).__name__} instead.")
    if not hasattr(X, "__array__"):
        X = list(X)
        if X and all(isinstance(row, Mapping) for row in X):
            return _record_columns(X)
    return _array_columns(X if isinstance(X, np.ndarray) else _array_of(X))


def _record_columns(records: list[Mapping[Any, Any]]) -> Iterable[tuple[str, pl.Series]]:
    names = list(dict.fromkeys(name for record in records for name in record))
    return ((str(name), _from_objects([record.get(name) for record in records])) for name in names)


def _array_columns(array: np.ndarray) -> Iterable[tuple[str, pl.Series]]:
    if array.dtype.names:
        return ((name, _series(array[name])) for name in array.dtype.names)
    if array.ndim != 2:
        raise InputError(
            f"Expected a 2-D table of rows and columns. Got an array of shape {array.shape} instead; "
            "reshape one column with X.reshape(-1, 1), one row with X.reshape(1, -1)."
        )
    return ((f"x{i}", _series(array[:, i])) for i in range(array.shape[1]))


def _array_of(values: Any) -> np.ndarray:
    """Return rows of plain Python values as an array that keeps numbers and text apart."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "US":
            array = np.asarray(values, dtype=object)
    except ValueError as error:
        raise InputError("Expected rows of one length. Got rows of different lengths instead.") from error
    return array


def _arrow_vector(y: Any) -> pl.Series:
    """Return a frame of one column, or a column, of Polars or anything with the Arrow interface."""
    frame = y if isinstance(y, pl.DataFrame) else pl.Series(y)
    if isinstance(frame, pl.Series):
        if frame.dtype != pl.Struct:
            return frame
        frame = frame.struct.unnest()
    _refuse_many_columns(frame.shape)
    return frame.to_series(0)


def _pandas_columns(X: Any) -> Iterable[tuple[str, pl.Series]]:
    if X.ndim == 1:
        X = X.to_frame()
    unnamed = [isinstance(name, int) for name in X.columns]
    names = _numbered(len(unnamed)) if unnamed and all(unnamed) else [str(name) for name in X.columns]
    return ((name, _pandas_series(X.iloc[:, i])) for i, name in enumerate(names))


def _pandas_vector(y: Any) -> pl.Series:
    if y.ndim == 2:
        _refuse_many_columns(y.shape)
        y = y.iloc[:, 0]
    name = "" if getattr(y, "name", None) is None else str(y.name)
    if hasattr(y.dtype, "categories"):
        return _from_objects(list(y)).alias(name)
    return _pandas_series(y).alias(name)


def _pandas_series(column: Any) -> pl.Series:
    """Return one column of pandas; its own missing marks become Polars nulls."""
    dtype = column.dtype
    if hasattr(dtype, "categories"):
        return _levels(column)
    if type(dtype).__module__.startswith("numpy"):
        return _series(column.to_numpy())
    if dtype.kind in "fiu":
        return _masked_numbers(column)
    if hasattr(dtype, "freq"):
        column = column.dt.to_timestamp()
    return _from_objects(list(column))


def _levels(column: Any) -> pl.Series:
    levels = as_text(_from_objects(list(column.dtype.categories)))
    codes = pl.Series(np.array(column.cat.codes, dtype=np.int64)).replace(-1, None)
    return levels.gather(codes).cast(pl.Categorical)


def _masked_numbers(column: Any) -> pl.Series:
    gaps = np.asarray(column.isna())
    filled = pl.Series("value", column.fillna(0).to_numpy(dtype=np.dtype(f"{column.dtype.kind}8")))
    return filled.to_frame().select(pl.when(pl.Series(~gaps)).then(pl.col("value"))).to_series()


def _series(array: np.ndarray) -> pl.Series:
    """Return a 1-D array of any dtype as a series."""
    kind = array.dtype.kind
    if kind == "c":
        raise InputError("Complex data not supported: expected real numbers. Got complex numbers instead.")
    if kind == "O":
        return _from_objects(array.tolist())
    if kind in "US":
        return pl.Series(array.astype(str).tolist(), dtype=pl.String)
    if kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float64)
    return pl.Series(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False)))


def _from_objects(values: list[Any]) -> pl.Series:
    """Return plain Python values as a series: one type if they have one, text if they are mixed."""
    cleaned = [None if _is_gap(value) else value for value in values]
    kinds = {type(value) for value in cleaned if value is not None}
    if not kinds:
        return pl.Series(cleaned, dtype=pl.Float64)
    if len(kinds) > 1 and all(issubclass(kind, Number) and kind is not bool for kind in kinds):
        return pl.Series([None if value is None else float(value) for value in cleaned])
    if len(kinds) == 1:
        return pl.Series(cleaned, strict=False)
    return pl.Series([None if value is None else str(value) for value in cleaned], dtype=pl.String)


def _is_gap(value: Any) -> bool:
    """Tell whether a value is None, not-a-number, or one of the missing marks of pandas."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, (float, np.floating)) and value != value


def _numbered(count: int) -> list[str]:
    return [f"x{i}" for i in range(count)]


def _unique(pairs: list[tuple[str, pl.Series]]) -> Iterable[tuple[str, pl.Series]]:
    """Number the columns, for the case that other names are given and these may repeat."""
    repeated = len({name for name, _ in pairs}) < len(pairs)
    return ((f"x{i}" if repeated else name, column) for i, (name, column) in enumerate(pairs))


def _renamed(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    if len(names) != frame.width:
        raise ColumnError(f"Expected {frame.width} column names. Got {len(names)} instead.")
    _refuse_duplicates(names)
    return frame.rename(dict(zip(frame.columns, map(str, names), strict=True)))


def _refuse_duplicates(names: Iterable[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        listed = ", ".join(f"'{name}'" for name in repeated[:5])
        raise ColumnError(f"Expected each column name once. Got {listed} more than once; rename the columns.")


def _refuse_many_columns(shape: tuple[int, ...]) -> None:
    if len(shape) != 1 and not (len(shape) == 2 and shape[1] == 1):
        raise InputError(f"Expected one column of values. Got an array of shape {shape} instead.")
