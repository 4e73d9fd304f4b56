"""Lists of layers with something put in or taken out, where settings cannot speak of layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Entries = Sequence[Any]

_SIZED = ("dense", "conv2d")
_NORMS = ("batch_norm", "layer_norm")


def word_of(entry: Any) -> str:
    """Return the word that names the layer of an entry.

    Examples
    --------
    >>> word_of({"dense": 8, "activation": "relu"}), word_of("flatten")
    ('dense', 'flatten')
    """
    return entry if isinstance(entry, str) else str(next(iter(entry)))


def has(entries: Entries, *words: str) -> bool:
    """Return whether any entry is, or carries, one of these layers."""
    return any(
        word_of(entry) in words or (isinstance(entry, Mapping) and any(word in entry for word in words))
        for entry in entries
    )


def without(entries: Entries, *words: str) -> list[Any]:
    """Return the list without these layers, and without what other entries say of them.

    Examples
    --------
    >>> without([{"dense": 8, "dropout": 0.2}, "batch_norm", {"dropout": 0.3}], "dropout", "batch_norm")
    [{'dense': 8}]
    """
    kept = [entry for entry in entries if word_of(entry) not in words]
    return [
        {word: value for word, value in entry.items() if word not in words}
        if isinstance(entry, Mapping)
        else entry
        for entry in kept
    ]


def with_dropout(entries: Entries, rate: float) -> list[Any]:
    """Return the list with dropout before the head."""
    return [*without(entries, "dropout"), {"dropout": rate}]


def with_norm(entries: Entries, norm: str) -> list[Any]:
    """Return the list with a normalisation behind each dense layer and convolution, and no other."""
    found: list[Any] = []
    for entry in without(entries, *_NORMS, "norm"):
        found += [entry, norm] if word_of(entry) in _SIZED and not _activates(entry) else [entry]
    return found


def sized(entries: Entries, size: Callable[[int], int]) -> list[Any]:
    """Return the list with other numbers of units and filters.

    Examples
    --------
    >>> sized([{"conv2d": 16, "kernel": 3}, "relu", {"dense": 8}], lambda units: 2 * units)
    [{'conv2d': 32, 'kernel': 3}, 'relu', {'dense': 16}]
    """
    return [
        {**entry, word_of(entry): size(int(entry[word_of(entry)]))}
        if word_of(entry) in _SIZED and isinstance(entry, Mapping) and isinstance(entry[word_of(entry)], int)
        else entry
        for entry in entries
    ]


def first_size(entries: Entries) -> int | None:
    """Return the units of the first dense layer or convolution; None where there is none."""
    sizes = [entry[word_of(entry)] for entry in entries if word_of(entry) in _SIZED]
    return next((int(size) for size in sizes if isinstance(size, int)), None)


def _activates(entry: Any) -> bool:
    """Return whether an activation follows in the entry itself, so that nothing fits between."""
    return isinstance(entry, Mapping) and "activation" in entry
