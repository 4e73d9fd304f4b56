"""The words for what a column is, and the plain record that keeps the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class ColumnKind(StrEnum):
    """What a column is. The last three are left out of training."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    DATETIME = "datetime"
    IMAGE = "image"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"
    TEXT = "text"


LEFT_OUT = frozenset({ColumnKind.CONSTANT, ColumnKind.IDENTIFIER, ColumnKind.TEXT})
"""Kinds from which nothing is learnt."""


@dataclass(frozen=True)
class Column:
    """One feature column and how it is read.

    Attributes
    ----------
    name : str
    kind : ColumnKind
    used : bool
        Whether the network sees it.
    dtype : str
        Its Polars type when the table was first seen.
    missing : int
        Rows without a value.
    distinct : int
        Different values, not counting missing ones; an estimate for large arrays taken as given.
    notice : str
        What is unexpected about it, as the rest of a sentence that begins "Column 'x' ...", or ``""``.
    examples : tuple of str
        Up to three different values.
    format : str
        How text is written: a `NumberFormat`, a ``strptime`` format, or ``""``.
    gaps : tuple of str
        Words among written numbers that mean "no value", such as ``unknown``.
    """

    name: str
    kind: ColumnKind
    used: bool
    dtype: str
    missing: int
    distinct: int
    notice: str = ""
    examples: tuple[str, ...] = ()
    format: str = ""
    gaps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the column as JSON data."""
        lists = {"examples": list(self.examples), "gaps": list(self.gaps)}
        return {**asdict(self), "kind": str(self.kind), **lists}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Column:
        """Return the column that `to_json` wrote."""
        tuples = {"examples": tuple(data["examples"]), "gaps": tuple(data["gaps"])}
        return cls(**{**data, "kind": ColumnKind(data["kind"]), **tuples})
