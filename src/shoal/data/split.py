"""Splits of rows into parts for training, validation and testing: random, stratified, grouped, by time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import InputError, SettingError, did_you_mean

METHODS = ("auto", "random", "stratified", "grouped", "time")


@dataclass(frozen=True)
class Split:
    """Row numbers of the parts: sorted, disjoint, and together all rows that are in play.

    Attributes
    ----------
    train, valid, test : int64 of shape (rows of the part,)
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def split_rows(
    rows: int,
    *,
    method: str = "auto",
    validation: float = 0.0,
    test: float = 0.0,
    labels: Any = None,
    groups: Any = None,
    time: Any = None,
    seed: int = 0,
) -> Split:
    """Split rows once.

    Parameters
    ----------
    rows : int
        Rows of the table.
    method : str
        ``random``; ``stratified``: each part has the classes in the same shares; ``grouped``: all rows
        of a group are in one part; ``time``: the parts follow each other, and rows of one time stay
        together; ``auto``: grouped if `groups` are given, else time if `time` is, else stratified if
        `labels` are, else random.
    validation, test : float
        Share of all rows, from 0 up to below 1, or a number of rows from 1 on.
    labels, groups, time : sequence of shape (rows,), optional
        Class, group and time of each row; times need only an order.
    seed : int

    Returns
    -------
    Split

    Raises
    ------
    SettingError
        If the method is unknown or lacks what it needs, or a share is out of range.
    InputError
        If there are too few rows or groups for the parts.

    Examples
    --------
    >>> split = split_rows(10, validation=0.2, test=0.2, seed=1)
    >>> len(split.train), len(split.valid), len(split.test)
    (6, 2, 2)
    """
    method, key = _method(rows, method, labels, groups, time)
    wanted_valid, wanted_test = _count(rows, validation, "validation"), _count(rows, test, "test")
    if wanted_valid + wanted_test >= rows:
        raise InputError(
            f"Expected rows for training beside {wanted_valid} for validation and {wanted_test} for testing. "
            f"Got {rows} rows in all; take smaller parts."
        )
    counts = [rows - wanted_valid - wanted_test, wanted_valid, wanted_test]
    parts = _SPLITTERS[method](key, counts, np.random.default_rng(seed))
    train, valid, tested = (np.flatnonzero(parts == part) for part in range(3))
    return Split(train, valid, tested)


def k_folds(
    rows: int,
    k: int,
    *,
    method: str = "auto",
    labels: Any = None,
    groups: Any = None,
    time: Any = None,
    seed: int = 0,
) -> list[Split]:
    """Split rows `k` times, so that each row is in one validation part; ``k = rows`` leaves one out.

    With method ``time`` the rows are cut into ``k + 1`` spans: fold i trains on the spans up to i and
    validates on the next, and the rows after that are in no part of the fold.

    Parameters
    ----------
    rows, k : int
    method, labels, groups, time, seed
        As in `split_rows`.

    Returns
    -------
    list of Split
        `k` splits without a test part.

    Raises
    ------
    SettingError
        If `k` is below 2, or the method is unknown or lacks what it needs.
    InputError
        If there are fewer rows, groups or times than folds.

    Examples
    --------
    >>> [fold.valid.tolist() for fold in k_folds(4, 2, method="time", time=[4, 3, 2, 1])]
    [[1, 2], [0]]
    """
    method, key = _method(rows, method, labels, groups, time)
    if k < 2:
        raise SettingError(f"The number of folds must be an int in the range [2, rows]. Got {k} instead.")
    if method == "time":
        return _time_folds(key, k)
    units = len(np.unique(key)) if method == "grouped" else rows
    if k > units:
        what = "groups" if method == "grouped" else "rows"
        raise InputError(f"Expected at least {k} {what} for {k} folds. Got {units}.")
    fold_of = _FOLDERS[method](key, k, np.random.default_rng(seed))
    none = np.zeros(0, dtype=np.int64)
    return [Split(np.flatnonzero(fold_of != i), np.flatnonzero(fold_of == i), none) for i in range(k)]


def _method(rows: int, method: str, labels: Any, groups: Any, time: Any) -> tuple[str, np.ndarray]:
    """Return the method that is meant and a whole number per row: its class, group or rank in time."""
    if method not in METHODS:
        raise SettingError(
            f"The split method must be one of {', '.join(METHODS)}. "
            f"Got '{method}' instead.{did_you_mean(method, METHODS)}"
        )
    given = {"grouped": groups, "time": time, "stratified": labels}
    if method == "auto":
        method = next((name for name, values in given.items() if values is not None), "random")
    if method == "random":
        return method, np.zeros(rows, dtype=np.int64)
    word = {"grouped": "groups", "time": "time", "stratified": "labels"}[method]
    if given[method] is None:
        raise SettingError(f"The split method '{method}' needs '{word}', one value for each row.")
    return method, _ranks(given[method], rows, word)


def _ranks(values: Any, rows: int, word: str) -> np.ndarray:
    array = np.asarray(values)
    if array.shape != (rows,):
        raise InputError(
            f"Expected '{word}' with one value for each of the {rows} rows. Got shape {array.shape}."
        )
    if array.dtype.kind == "O":
        if any(value is None for value in array):
            raise InputError(f"Expected a value of '{word}' for every row. Got a row without one.")
    elif array.dtype.kind in "fmM" and (array != array).any():
        raise InputError(f"Expected a value of '{word}' for every row. Got a row without one.")
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


def _count(rows: int, share: float, word: str) -> int:
    if share < 0 or not np.isfinite(share):
        raise SettingError(
            f"The '{word}' part must be a share in [0, 1) or a number of rows. Got {share} instead."
        )
    return round(share) if share >= 1 else int(np.ceil(share * rows - 1e-9))


def _split_random(key: np.ndarray, counts: list[int], rng: np.random.Generator) -> np.ndarray:
    parts = np.repeat(np.arange(3), counts)
    return rng.permutation(parts)


def _split_stratified(key: np.ndarray, counts: list[int], rng: np.random.Generator) -> np.ndarray:
    """Deal each class to the parts in the parts' shares; a class of one row goes to training."""
    sizes = np.bincount(key)
    test = _shares(sizes, counts[2])
    valid = _shares(sizes - test, counts[1])
    parts = np.zeros(len(key), dtype=np.int64)
    for label, members in enumerate(_members(key)):
        shuffled = rng.permutation(members)
        parts[shuffled[: test[label]]] = 2
        parts[shuffled[test[label] : test[label] + valid[label]]] = 1
    return parts


def _shares(sizes: np.ndarray, wanted: int) -> np.ndarray:
    """Return how many rows of each class go to a part of `wanted` rows, by largest remainder.

    One row of each class stays behind as long as that can be.
    """
    exact = sizes * (wanted / max(1, sizes.sum()))
    taken = np.minimum(np.floor(exact).astype(np.int64), np.maximum(sizes - 1, 0))
    for spare in (1, 0):
        order = np.argsort(taken - exact, kind="stable")
        while taken.sum() < wanted:
            open_ = [label for label in order if taken[label] < sizes[label] - spare]
            if not open_:
                break
            taken[open_[: wanted - int(taken.sum())]] += 1
    return taken


def _split_grouped(key: np.ndarray, counts: list[int], rng: np.random.Generator) -> np.ndarray:
    """Give whole groups, in random order, to testing and validation until these are full."""
    sizes = np.bincount(key)
    part_of = np.zeros(len(sizes), dtype=np.int64)
    order = rng.permutation(len(sizes))
    needed = sum(count > 0 for count in counts)
    if len(sizes) < needed:
        raise InputError(f"Expected at least {needed} groups for {needed} parts. Got {len(sizes)}.")
    for part in (2, 1):
        held = order[part_of[order] == 0]
        left_for_others = 1 + sum(counts[other] > 0 for other in range(1, part))
        part_of[_fill(held[: len(held) - left_for_others], sizes, counts[part])] = part
    return part_of[key]


def _fill(groups: np.ndarray, sizes: np.ndarray, wanted: int) -> list[int]:
    """Return groups that hold about `wanted` rows: each is taken if that brings the sum closer."""
    taken: list[int] = []
    total = 0
    for group in groups.tolist():
        if not wanted or total >= wanted:
            break
        if not taken or abs(total + sizes[group] - wanted) <= abs(total - wanted):
            taken.append(group)
            total += sizes[group]
    return taken


def _split_time(key: np.ndarray, counts: list[int], rng: np.random.Generator) -> np.ndarray:
    """Cut the rows, in their order in time, where the time changes and the counts are closest."""
    reached = np.cumsum(np.bincount(key))
    part_of = np.zeros(len(reached), dtype=np.int64)
    needed = sum(count > 0 for count in counts)
    if len(reached) < needed:
        raise InputError(
            f"Expected at least {needed} different times for {needed} parts. Got {len(reached)}."
        )
    end = len(reached)
    for part in (2, 1):
        if counts[part]:
            earlier_parts = sum(counts[other] > 0 for other in range(part))
            wanted = (reached[end - 1]) - counts[part]
            cuts = np.arange(earlier_parts, end)
            start = int(cuts[np.abs(reached[cuts - 1] - wanted).argmin()])
            part_of[start:end] = part
            end = start
    return part_of[key]


def _fold_random(key: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.arange(len(key)) % k)


def _fold_stratified(key: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Deal the rows, class after class, to the folds in turn: shares and sizes differ by one at most."""
    dealt = np.concatenate([rng.permutation(members) for members in _members(key)])
    fold_of = np.empty(len(key), dtype=np.int64)
    fold_of[dealt] = rng.permutation(k)[np.arange(len(key)) % k]
    return fold_of


def _fold_grouped(key: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Give each group, the largest first, to the fold that has fewest rows."""
    sizes = np.bincount(key)
    shuffled = rng.permutation(len(sizes))
    fold_of = np.empty(len(sizes), dtype=np.int64)
    filled = np.zeros(k, dtype=np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        fold = int(filled.argmin())
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return fold_of[key]


def _time_folds(key: np.ndarray, k: int) -> list[Split]:
    reached = np.cumsum(np.bincount(key))
    if len(reached) < k + 1:
        raise InputError(f"Expected at least {k + 1} different times for {k} folds. Got {len(reached)}.")
    span_of = np.zeros(len(reached), dtype=np.int64)
    start = 0
    for span in range(k + 1):
        rest = k - span
        ends = np.arange(start + 1, len(reached) - rest + 1)
        wanted = reached[-1] * (span + 1) / (k + 1)
        end = int(ends[np.abs(reached[ends - 1] - wanted).argmin()]) if rest else len(reached)
        span_of[start:end] = span
        start = end
    spans = span_of[key]
    none = np.zeros(0, dtype=np.int64)
    return [Split(np.flatnonzero(spans <= i), np.flatnonzero(spans == i + 1), none) for i in range(k)]


def _members(key: np.ndarray) -> list[np.ndarray]:
    """Return the row numbers of each class."""
    order = np.argsort(key, kind="stable")
    return np.split(order, np.cumsum(np.bincount(key))[:-1])


_Splitter = Callable[[np.ndarray, list[int], np.random.Generator], np.ndarray]
_Folder = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]
_SPLITTERS: dict[str, _Splitter] = {
    "random": _split_random,
    "stratified": _split_stratified,
    "grouped": _split_grouped,
    "time": _split_time,
}
_FOLDERS: dict[str, _Folder] = {
    "random": _fold_random,
    "stratified": _fold_stratified,
    "grouped": _fold_grouped,
}
