"""The encoder of a whole table: learnt from the training rows, then the same for every row for ever."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from shoal.data.expectation import mixture_setting
from shoal.data.kinds import Column, ColumnKind
from shoal.data.mixture import Mixture, Unlikeness
from shoal.data.parts import CategoryPart, MomentPart, NumberPart, Part
from shoal.data.rotated import RotatedNumbers
from shoal.data.settings import Encoding
from shoal.errors import ColumnError, DataNotice, SettingError, did_you_mean

__all__ = ["Encoding", "Layout", "Rows", "TableEncoder"]

_PARTS: dict[ColumnKind, type[Part]] = {
    ColumnKind.NUMBER: NumberPart,
    ColumnKind.BOOLEAN: CategoryPart,
    ColumnKind.CATEGORY: CategoryPart,
    ColumnKind.DATETIME: MomentPart,
}
_PARTS_BY_WORD: dict[str, type[Part]] = {part.kind: part for part in (NumberPart, CategoryPart, MomentPart)}


@dataclass(frozen=True)
class Layout:
    """What the network's entrance looks like.

    Attributes
    ----------
    numbers : int
        Numbers a row.
    levels : tuple of int
        Codes of each embedded column; code 0 is the missing or unseen value.
    """

    numbers: int
    levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rows:
    """Encoded rows.

    Attributes
    ----------
    numbers : float64 of shape (rows, features)
    codes : int32 of shape (rows, embedded columns)
    """

    numbers: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, index: np.ndarray) -> Rows:
        """Return the rows of these numbers, in this order."""
        return Rows(self.numbers[index], self.codes[index])


@dataclass(frozen=True)
class TableEncoder:
    """The way from a table to the network's numbers.

    Attributes
    ----------
    parts : tuple of NumberPart, CategoryPart or MomentPart
        One for each column that is used, in the order of the training table.
    encoding : Encoding
    ignored : tuple of str
        Columns of the training table that are not used, so that nobody is told of them again.
    rotated : RotatedNumbers or None
        The principal components that take the place of the numbers, where they do.
    mixture : Mixture or None
        The mixture that says how unlike the training rows a row is, where one was asked for.

    Examples
    --------
    >>> from shoal.data.columns import know_columns
    >>> frame = pl.DataFrame({"age": [20.0, 40.0, None], "city": ["Rome", "Oslo", "Bonn"]})
    >>> encoder = TableEncoder.fit(frame, know_columns(frame), Encoding(scaling="minmax"))
    >>> encoder.number_names
    ('age', 'age (missing)', 'city = Bonn', 'city = Oslo', 'city = Rome')
    >>> encoder.transform(frame).numbers.tolist()[2]
    [0.5, 1.0, 1.0, 0.0, 0.0]
    """

    parts: tuple[Part, ...]
    encoding: Encoding
    ignored: tuple[str, ...] = ()
    rotated: RotatedNumbers | None = None
    mixture: Mixture | None = None

    @classmethod
    def fit(
        cls,
        frame: pl.DataFrame,
        columns: Sequence[Column],
        encoding: Encoding | None = None,
        weight: np.ndarray | None = None,
    ) -> TableEncoder:
        """Learn the encoding from training rows, and from nothing else.

        Parameters
        ----------
        frame : polars.DataFrame of shape (rows, features)
            The training rows.
        columns : sequence of Column
            What `know_columns` said.
        encoding : Encoding, optional
        weight : array of shape (rows,), optional
            A row of weight 2 is learnt from as if it were there twice, of weight 0 as if it were absent.

        Returns
        -------
        TableEncoder

        Raises
        ------
        ColumnError
            If a column is missing or cannot be read as what it is said to be.
        SettingError
            If there are fewer numbers or rows than principal components or a mixture need.
        """
        encoding = encoding or Encoding()
        heavy = None if weight is None else np.asarray(weight, dtype=np.float64)
        used = [column for column in columns if column.used]
        # The bins of components take the place of those of columns.
        by_column = replace(encoding, bins=0) if encoding.rotates else encoding
        parts = [
            _PARTS[column.kind].fit(_column(frame, column.name), column, by_column, heavy) for column in used
        ]
        ignored = tuple(column.name for column in columns if not column.used)
        return cls(tuple(parts), encoding, ignored)._with_steps(frame, heavy)

    def _with_steps(self, frame: pl.DataFrame, weight: np.ndarray | None) -> TableEncoder:
        """Return the encoder with what is learnt from all numbers together: components, and a mixture."""
        components, covariance = mixture_setting(self.encoding.mixture)
        if not (self.encoding.rotates or components):
            return self
        numbers = self._of_columns(frame)
        whole = self
        if self.encoding.rotates:
            rotated = RotatedNumbers.fit(numbers, self.encoding, weight)
            whole, numbers = replace(self, rotated=rotated), rotated(numbers)
        if components:
            plain = numbers[:, ~whole.binned]
            whole = replace(whole, mixture=Mixture.fit(plain, components, covariance, weight))
        return whole

    @cached_property  # every network of a population asks
    def layout(self) -> Layout:
        """What the network's entrance looks like."""
        return Layout(len(self.number_names), tuple(part.size for part in self._embedded))

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """The places of measured numbers among the encoded ones; every component is one."""
        if self.rotated is not None:
            return tuple(range(self.rotated.components.size))
        places, at = [], 0
        for part in self.parts:
            if part.column.kind in (ColumnKind.NUMBER, ColumnKind.DATETIME) and part.names:
                places.append(at)
            at += len(part.names)
        return tuple(places)

    @property
    def number_names(self) -> tuple[str, ...]:
        """A name for each encoded number."""
        if self.rotated is not None:
            return self.rotated.names
        return tuple(name for part in self.parts for name in part.names)

    @property
    def number_sources(self) -> tuple[str, ...]:
        """The table's column from which each encoded number comes; for a component, which comes from all of
        them, its own name."""
        if self.rotated is not None:
            return self.rotated.sources
        return tuple(part.column.name for part in self.parts for _ in part.names)

    @property
    def binned(self) -> np.ndarray:
        """Whether each encoded number is a bin of another one, as bools of shape (numbers,)."""
        if self.rotated is not None:
            size = self.rotated.components.size
            return np.arange(len(self.rotated.names)) >= size
        return np.array([is_bin for part in self.parts for is_bin in part.binned], dtype=bool)

    @property
    def code_names(self) -> tuple[str, ...]:
        """The table's column of each code."""
        return tuple(part.column.name for part in self._embedded)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        return tuple(part.column.name for part in self.parts)

    @property
    def _embedded(self) -> list[CategoryPart]:
        return [part for part in self.parts if isinstance(part, CategoryPart) and part.embedded]

    def transform(self, frame: pl.DataFrame) -> Rows:
        """Encode rows; each row's numbers depend on that row alone.

        Parameters
        ----------
        frame : polars.DataFrame of shape (rows, features)
            Columns are found by name, in any order.

        Returns
        -------
        Rows

        Raises
        ------
        ColumnError
            If a column is gone, holds text where numbers were, or an infinite value.

        Warns
        -----
        DataNotice
            If the table has columns that were not there in training; they are ignored.
        """
        self._tell_of_extra_columns(frame)
        numbers = self._of_columns(frame)
        if self.rotated is not None:
            numbers = self.rotated(numbers)
        codes = [part.codes(_column(frame, part.column.name)) for part in self._embedded]
        stacked = np.column_stack(codes) if codes else np.zeros((frame.height, 0), dtype=np.int32)
        return Rows(numbers, stacked)

    def unlikeness(self, rows: Rows) -> Unlikeness:
        """Return how unlike the training rows some encoded rows are.

        Raises
        ------
        SettingError
            If no mixture was fitted.
        """
        if self.mixture is None:
            raise SettingError(
                "Expected a model that knows how its training rows are spread. This one was trained without: "
                "train it with the setting mixture, such as mixture=4."
            )
        return self.mixture.unlikeness(rows.numbers[:, ~self.binned])

    def _of_columns(self, frame: pl.DataFrame) -> np.ndarray:
        """Return the numbers of the columns, before they are rotated."""
        numbers = np.empty((frame.height, sum(len(part.names) for part in self.parts)))
        place = 0
        for part in self.parts:
            for values in part.numbers(_column(frame, part.column.name)):
                numbers[:, place] = values
                place += 1
        return numbers

    def to_json(self) -> dict[str, Any]:
        """Return the encoder as JSON data; floats keep their last digit."""
        return {
            "parts": [part.to_json() for part in self.parts],
            "encoding": self.encoding.to_json(),
            "ignored": list(self.ignored),
            **{name: step.to_json() for name, step in self._steps.items() if step is not None},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableEncoder:
        """Return the encoder that `to_json` wrote."""
        parts = [_PARTS_BY_WORD[part["kind"]].from_json(part) for part in data["parts"]]
        rotated = RotatedNumbers.from_json(data["rotated"]) if "rotated" in data else None
        mixture = Mixture.from_json(data["mixture"]) if "mixture" in data else None
        return cls(
            tuple(parts), Encoding.from_json(data["encoding"]), tuple(data["ignored"]), rotated, mixture
        )

    @property
    def _steps(self) -> dict[str, RotatedNumbers | Mixture | None]:
        return {"rotated": self.rotated, "mixture": self.mixture}

    def _tell_of_extra_columns(self, frame: pl.DataFrame) -> None:
        known = {*self.feature_names, *self.ignored}
        extra = [name for name in frame.columns if name not in known]
        if extra:
            listed = ", ".join(f"'{name}'" for name in extra[:5]) + (", ..." if len(extra) > 5 else "")
            warnings.warn(
                f"Columns that were not there in training are ignored: {listed}.", DataNotice, stacklevel=3
            )


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise ColumnError(
            f"Expected a column '{name}', as in training. The table has none."
            f"{did_you_mean(name, frame.columns)}"
        )
    return frame[name]
