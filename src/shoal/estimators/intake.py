"""The door: what people hand to an estimator becomes a table, answers and weights, or is refused as usual.

Arrays of numbers go through scikit-learn's own validation, so its words and rules hold. Tables - named
columns, text, mixed types - go through shoal's data room, after scikit-learn has seen names and widths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import polars as pl
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import _check_sample_weight, check_array, column_or_1d, validate_data

from shoal.data import as_frame, as_vector, image_frame, is_image_array
from shoal.data.answers import quantities as as_quantities
from shoal.data.answers import refuse_gaps, refuse_mixed
from shoal.data.images import image_size
from shoal.errors import InputError

_TEXT_KINDS = "OUSMmV"  # of NumPy arrays that may hold something other than numbers


def features(estimator: Any, X: Any, *, reset: bool, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the features as a frame, and note or check their number and names on the estimator.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and, for named columns, ``feature_names_in_`` if `reset`; else `X` is checked
        against these.
    X : table of shape (rows, features), or images of shape (rows, height, width[, channels])
    reset : bool
    names : sequence of str, optional
        Names that the columns take, by their place: those of the table that the network was trained on.

    Raises
    ------
    ValueError
        In scikit-learn's words, for anything that it would refuse: wrong shapes, wrong names, infinite
        values, complex numbers, no rows.
    """
    if is_image_array(X):
        return _images(estimator, X, reset=reset)
    _refuse_no_images(estimator, X, reset=reset)
    if _holds_only_numbers(X):
        array = validate_data(
            estimator, X, reset=reset, accept_sparse=True, dtype="numeric", ensure_all_finite="allow-nan"
        )
        return as_frame(array, names=names)
    frame = as_frame(X)
    known_to_sklearn = not (_is_records(X) or isinstance(X, pl.LazyFrame))
    validate_data(estimator, X if known_to_sklearn else frame, reset=reset, skip_check_array=True)
    if not frame.height:
        raise InputError(
            f"Found array with 0 sample(s) (shape={frame.shape}) while a minimum of 1 is required."
        )
    return frame if names is None else frame.rename(dict(zip(frame.columns, names, strict=True)))


def _images(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    """Return images as a frame with one column, and note or check their size on the estimator."""
    frame = image_frame(X)
    shape = frame.dtypes[0].shape  # type: ignore[attr-defined]
    if reset:
        estimator.n_features_in_, estimator.image_shape_ = prod(shape), shape
        vars(estimator).pop("feature_names_in_", None)
        return frame
    known = getattr(estimator, "image_shape_", None)
    if known is None:
        raise InputError(
            f"Expected a table of {estimator.n_features_in_} features, as in fit. Got images of shape "
            f"{X.shape}."
        )
    if known != shape:
        raise InputError(f"Expected images of {image_size(known)}, as in fit. Got {image_size(shape)}.")
    return frame


def _refuse_no_images(estimator: Any, X: Any, *, reset: bool) -> None:
    """Refuse what is no array of images after a fit on images; forget these in a new fit."""
    if reset:
        vars(estimator).pop("image_shape_", None)
    elif hasattr(estimator, "image_shape_") and not (_has_columns(X) or _is_records(X)):
        raise InputError(
            f"Expected images of {image_size(estimator.image_shape_)}, as in fit. Got an array of shape "
            f"{np.shape(X)}."
        )


def is_table(X: Any) -> bool:
    """Tell whether `X` has columns to be known one by one, rather than being an array of numbers."""
    return not _holds_only_numbers(X)


def labels(y: Any) -> np.ndarray:
    """Return a target of classes as a 1-D array in its own dtype, or (rows, labels) for several columns.

    Raises
    ------
    TargetError
        If values are missing, with their number, or some are text and others not.
    ValueError
        In scikit-learn's words, if it has the wrong shape.
    """
    if _columns_of(y) > 1:
        frame = as_frame(y)
        refuse_gaps(frame.get_columns())
        return frame.to_numpy()
    refuse_mixed(y)
    y = _one_column(y)
    series = as_vector(y)
    refuse_gaps([series])
    plain = isinstance(y, np.ndarray) and y.dtype.kind in "biufUS"
    values = y if plain else series.to_numpy()
    assert_all_finite(values, input_name="y")
    return values


def quantities(estimator: Any, y: Any) -> np.ndarray:
    """Return a target of quantities as float64, of shape (rows,) or (rows, outputs).

    Raises
    ------
    TargetError
        If values are missing, with their number, or are words.
    ValueError
        In scikit-learn's words, if values are infinite or complex.
    """
    if _columns_of(y) > 1:
        columns = as_frame(y).get_columns()
        refuse_gaps(columns)
        values = np.column_stack([as_quantities(column) for column in columns])
    else:
        series = as_vector(_one_column(y))
        refuse_gaps([series])
        values = as_quantities(series)
    return check_array(values, ensure_2d=False, dtype=np.float64, input_name="y", estimator=estimator)


def target_names(y: Any, outputs: int, taken: Sequence[str]) -> list[str]:
    """Return names for the columns of the target: its own if it has some, and none of a feature."""
    columns = getattr(y, "columns", None)
    own: list[Any] = [getattr(y, "name", None)] if columns is None else list(columns)
    if len(own) != outputs or not all(isinstance(name, str) and name for name in own):
        own = ["y"] if outputs == 1 else [f"y{i}" for i in range(outputs)]
    return [name if name not in taken else f"{name} (target)" for name in own]


def weights(sample_weight: Any, X: Any) -> np.ndarray | None:
    """Return the weights of the rows as float64 of shape (rows,); None where all are alike.

    Raises
    ------
    ValueError
        If they are negative, not finite, all zero, or of another length than `X` has rows.
    """
    if sample_weight is None:
        return None
    found = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True, allow_all_zero_weights=False
    )
    return None if (found == 1).all() else found


def _holds_only_numbers(X: Any) -> bool:
    """Tell whether `X` is an array (or sparse matrix, or list) of numbers, or wrong enough to be refused."""
    if X is None or isinstance(X, str | bytes):
        return True
    if _has_columns(X) or _is_records(X):
        return False
    if hasattr(X, "tocsr"):
        return True
    array = X if isinstance(X, np.ndarray) else _attempt(X)
    if array is None or array.ndim != 2 or array.dtype.kind not in _TEXT_KINDS:
        return True
    return array.dtype.kind == "O" and _reads_as_numbers(array)


def _has_columns(X: Any) -> bool:
    return isinstance(X, pl.DataFrame | pl.LazyFrame) or (
        hasattr(X, "columns") and hasattr(X, "dtypes" if hasattr(X, "iloc") else "schema")
    )


def _is_records(X: Any) -> bool:
    """Tell whether `X` is a mapping of columns or a list of mappings."""
    return isinstance(X, Mapping) or (isinstance(X, list) and bool(X) and isinstance(X[0], Mapping))


def _attempt(X: Any) -> np.ndarray | None:
    try:
        return np.asarray(X)
    except ValueError:  # rows of different lengths: validation says so
        return None


def _reads_as_numbers(array: np.ndarray) -> bool:
    try:
        array.astype(np.float64)
    except ValueError:
        return False
    except TypeError:  # neither numbers nor text: complex numbers, objects
        return not any(isinstance(value, str) for value in array.flat)
    return True


def _columns_of(y: Any) -> int:
    """Return the number of columns of a target; 1 for anything that is no table."""
    shape = getattr(y, "shape", None)
    if shape is None and isinstance(y, list) and (attempt := _attempt(y)) is not None:
        shape = attempt.shape
    return shape[1] if shape is not None and len(shape) == 2 else 1


def _one_column(y: Any) -> Any:
    """Return a target of one column as it is where it is a series, else as a 1-D array."""
    if isinstance(y, pl.DataFrame):
        return y.to_series(0)
    if isinstance(y, pl.Series) or type(y).__module__.partition(".")[0] in ("pandas", "pyarrow"):
        return as_vector(y)
    return column_or_1d(y, warn=True)
