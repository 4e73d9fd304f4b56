"""The encoders of single columns: numbers, categories, moments.

A part is plain data that was learnt from the training rows. It turns a column into blocks of
numbers, or into codes for an embedding, value by value: a row has the same numbers alone and among
thousands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from shoal.data.bins import bin_edges, bin_names, piecewise_linear
from shoal.data.categories import learn_levels, level_codes
from shoal.data.dates import circle, circles_of, elapsed_days, positions
from shoal.data.distribution import Distribution
from shoal.data.kinds import Column
from shoal.data.readings import read_levels, read_moments, read_numbers
from shoal.data.scaling import Scaler
from shoal.data.settings import Encoding


@dataclass(frozen=True)
class NumberPart:
    """A column of numbers: scaled, gaps filled by the median, with bins and a mark for gaps if asked.

    Attributes
    ----------
    column : Column
    scaler : Scaler
    fill : float
        Weighted median of the training rows, taken where a value is missing.
    marked : bool
        Whether a further number says 1 where the value was missing.
    edges : tuple of float
        Edges of the piecewise-linear bins, in rising order; empty for none.
    """

    kind: ClassVar[str] = "number"
    column: Column
    scaler: Scaler
    fill: float
    marked: bool = False
    edges: tuple[float, ...] = ()

    @classmethod
    def fit(
        cls, series: pl.Series, column: Column, encoding: Encoding, weight: np.ndarray | None
    ) -> NumberPart:
        """Learn median, scale and bins from the training rows."""
        values = read_numbers(series, column)
        return _number_part(values, column, encoding, weight)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers."""
        name = self.column.name
        return (name, *([f"{name} (missing)"] if self.marked else []), *bin_names(name, self.edges))

    @property
    def binned(self) -> tuple[bool, ...]:
        """Whether each number is a bin, and says nothing that the others do not say."""
        bins = max(len(self.edges) - 1, 0)
        return (False,) * (len(self.names) - bins) + (True,) * bins

    def numbers(self, series: pl.Series) -> Iterator[np.ndarray]:
        """Yield each number of the column, float64 of shape (rows,)."""
        return self.encode(read_numbers(series, self.column))

    def encode(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the numbers for values already read, NaN where missing."""
        gaps = np.isnan(values)
        filled = np.where(gaps, self.fill, values) if gaps.any() else values
        yield self.scaler(filled)
        if self.marked:
            yield gaps.astype(np.float64)
        yield from piecewise_linear(filled, self.edges)

    def to_json(self) -> dict[str, Any]:
        """Return the part as JSON data."""
        return _part_json(self, scaler=self.scaler.to_json(), edges=list(self.edges))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NumberPart:
        """Return the part that `to_json` wrote."""
        column, scaler = Column.from_json(data["column"]), Scaler.from_json(data["scaler"])
        return cls(column, scaler, data["fill"], data["marked"], tuple(data["edges"]))


@dataclass(frozen=True)
class CategoryPart:
    """A column of categories: one number per level, or one code for an embedding.

    Two levels become one number, -1 and +1, and 0 where missing or unseen. More levels become one
    number each, all 0 where missing or unseen. If rare levels were pooled there is one level more,
    the last, that stands for them and for values never seen.

    Attributes
    ----------
    column : Column
    levels : tuple of str
        In alphabetical order; code 0 is kept for missing and unseen values.
    pooled : bool
    embedded : bool
    """

    kind: ClassVar[str] = "category"
    column: Column
    levels: tuple[str, ...]
    pooled: bool = False
    embedded: bool = False

    @classmethod
    def fit(
        cls, series: pl.Series, column: Column, encoding: Encoding, weight: np.ndarray | None
    ) -> CategoryPart:
        """Learn the levels from the training rows."""
        levels, pooled = learn_levels(read_levels(series, column), weight, encoding.max_levels)
        return cls(column, levels, pooled, len(levels) + pooled > encoding.one_hot_levels)

    @property
    def size(self) -> int:
        """Codes of the column: missing and unseen, the levels, the pool."""
        return 1 + len(self.levels) + self.pooled

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers; none if the column is embedded."""
        if self.embedded or self.size == 1:
            return ()
        named = [f"{self.column.name} = {level}" for level in self.levels]
        named += [f"{self.column.name} = (rare)"] * self.pooled
        return (named[1],) if len(named) == 2 else tuple(named)

    @property
    def binned(self) -> tuple[bool, ...]:
        """Whether each number is a bin: none is."""
        return (False,) * len(self.names)

    def codes(self, series: pl.Series) -> np.ndarray:
        """Return int32 codes of shape (rows,)."""
        unknown = self.size - 1 if self.pooled else 0
        return level_codes(read_levels(series, self.column), self.levels, unknown)

    def numbers(self, series: pl.Series) -> Iterator[np.ndarray]:
        """Yield each number of the column, float64 of shape (rows,)."""
        if not self.names:
            return
        codes = self.codes(series)
        if self.size == 3:
            yield np.array([0.0, -1.0, 1.0])[codes]
            return
        for code in range(1, self.size):
            yield (codes == code).astype(np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return the part as JSON data."""
        return _part_json(self, levels=list(self.levels))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CategoryPart:
        """Return the part that `to_json` wrote."""
        return cls(Column.from_json(data["column"]), tuple(data["levels"]), data["pooled"], data["embedded"])


@dataclass(frozen=True)
class MomentPart:
    """A column of dates, moments, times of day or durations.

    Elapsed days, scaled as numbers are, and sine and cosine of the place on the circles of the year,
    the week and the day - those on which the training rows differ. Circles are 0 where it is missing.

    Attributes
    ----------
    column : Column
    elapsed : NumberPart
    circles : tuple of str
    """

    kind: ClassVar[str] = "datetime"
    column: Column
    elapsed: NumberPart
    circles: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls, series: pl.Series, column: Column, encoding: Encoding, weight: np.ndarray | None
    ) -> MomentPart:
        """Learn scale and circles from the training rows."""
        moments = read_moments(series, column)
        elapsed = _number_part(elapsed_days(moments), column, encoding, weight)
        heavy = moments if weight is None else moments.filter(pl.Series(weight > 0))
        present = heavy.drop_nulls()
        circles = [name for name in circles_of(moments) if len(np.unique(positions(present, name))) > 1]
        return cls(column, elapsed, tuple(circles))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers."""
        name = self.column.name
        waves = [f"{name} ({wave} of the {circle})" for circle in self.circles for wave in ("sine", "cosine")]
        return (*self.elapsed.names, *waves)

    @property
    def binned(self) -> tuple[bool, ...]:
        """Whether each number is a bin, and says nothing that the others do not say."""
        return (*self.elapsed.binned, *(False,) * (2 * len(self.circles)))

    def numbers(self, series: pl.Series) -> Iterator[np.ndarray]:
        """Yield each number of the column, float64 of shape (rows,)."""
        moments = read_moments(series, self.column)
        yield from self.elapsed.encode(elapsed_days(moments))
        for name in self.circles:
            place = positions(moments, name)
            for wave in circle(name):
                yield np.append(wave, 0.0)[place]  # place -1, missing, is the 0 at the end

    def to_json(self) -> dict[str, Any]:
        """Return the part as JSON data."""
        return _part_json(self, elapsed=self.elapsed.to_json(), circles=list(self.circles))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MomentPart:
        """Return the part that `to_json` wrote."""
        return cls(
            Column.from_json(data["column"]), NumberPart.from_json(data["elapsed"]), tuple(data["circles"])
        )


Part = NumberPart | CategoryPart | MomentPart


def _number_part(
    values: np.ndarray, column: Column, encoding: Encoding, weight: np.ndarray | None
) -> NumberPart:
    found = Distribution.of(values, weight)
    if found.empty:
        return NumberPart(column, Scaler(scale=0.0), 0.0)
    heavy = values if weight is None else values[weight > 0]
    marked = encoding.missing_indicators and bool(np.isnan(heavy).any())
    scaler = Scaler.fit(found, encoding.scaling, encoding.smooth_clip)
    return NumberPart(column, scaler, found.median(), marked, bin_edges(found, encoding.bins))


def _part_json(part: Part, **fields: Any) -> dict[str, Any]:
    return {**asdict(part), "column": part.column.to_json(), **fields, "kind": part.kind}
