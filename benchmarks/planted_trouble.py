"""The kinds of trouble that are planted: settings, or a spoilt table, that surely cause them.

Each kind names the rule that is to find it, and draws its variants: the same place in the list is the same
variant on every machine. The first are there to fix thresholds by, the others to report.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from planted_tables import CLASSES, QUANTITIES, TARGET

Draw = Callable[[np.random.Generator], dict[str, Any]]
Spoil = Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]
_PLAIN = {"hidden": (64, 64), "patience": None, "number_embedding": "none"}
FIRST, SOUND_FIRST = range(10), range(22)
"""Variants by which thresholds were fixed, of each kind and of the sound trainings of each table."""

REPORTED, SOUND_REPORTED = range(20, 40), range(32, 54)
"""Variants that are drawn and trained when nothing is changed any more. Those between were reported once and
looked at since, to mend rules by them, so they are neither."""


@dataclass(frozen=True)
class Kind:
    """A kind of trouble.

    Parameters
    ----------
    name : str
    codes : tuple of str
        The rules of which one must speak.
    tables : sequence of str
    draw : callable
        Settings of a variant.
    spoil : callable, optional
        What is done to the table before it is cut.
    measure : {"loss", "balanced"}
        What a remedy is to improve on the rows that judge: the loss, or its mean over the classes.
    """

    name: str
    codes: tuple[str, ...]
    tables: Sequence[str]
    draw: Draw
    spoil: Spoil | None = None
    measure: str = "loss"


@dataclass(frozen=True)
class Variant:
    """One training: of a kind (or healthy), on a table."""

    kind: str
    number: int
    table: str
    settings: dict[str, Any]
    codes: tuple[str, ...] = ()
    spoil: Spoil | None = field(default=None, compare=False)
    measure: str = "loss"

    @property
    def reported(self) -> bool:
        """Whether thresholds were fixed without it."""
        return self.number in (SOUND_REPORTED if self.kind == "healthy" else REPORTED)


def variants(kinds: Sequence[Kind], numbers: Iterable[int] = (*FIRST, *REPORTED)) -> list[Variant]:
    """Draw variants of all kinds, the tables in turn."""
    return [
        Variant(
            kind.name,
            i,
            kind.tables[i % len(kind.tables)],
            {**kind.draw(_generator(kind.name, i)), "seed": i},
            kind.codes,
            kind.spoil,
            kind.measure,
        )
        for kind in kinds
        for i in numbers
    ]


def healthy(tables: Sequence[str], numbers: Iterable[int] = (*SOUND_FIRST, *SOUND_REPORTED)) -> list[Variant]:
    """Return sound trainings: the defaults, and the sizes, rates and functions that people choose."""
    found = []
    for i in numbers:
        for name in tables:
            settings = _sound(_generator(f"healthy {name}", i), i, name)
            found.append(Variant("healthy", i, name, {**settings, "seed": i}))
    return found


def _sound(generator: np.random.Generator, number: int, table: str) -> dict[str, Any]:
    if number % 2 == 0:
        return {}  # the defaults
    return {
        "hidden": (64, 64),
        "activation": ["relu", "silu"][len(table) % 2],
        "optimizer": "adam",
        "learning_rate": _between(generator, 1e-3, 5e-3),
        "dropout": float(generator.choice([0.0, 0.1, 0.2])),
        "batch_size": 64,
        "epochs": 80,
        "patience": 20,
    }


def _generator(name: str, number: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(name.encode()), number])


def _between(generator: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform, with two digits."""
    return float(f"{np.exp(generator.uniform(np.log(low), np.log(high))):.2g}")


# ---------------------------------------------------------------- settings that cause trouble


def _diverging(generator):
    rate = _between(generator, 20, 200)
    return {**_PLAIN, "optimizer": "momentum", "learning_rate": rate, "activation": "relu", "epochs": 20}


def _too_high(generator):
    rate = _between(generator, 0.2, 2.0)
    return {**_PLAIN, "optimizer": "adam", "learning_rate": rate, "schedule": "constant", "epochs": 40,
            "batch_size": 64, "activation": "relu"}  # fmt: skip


def _oscillating(generator):
    rate = _between(generator, 0.03, 0.1)
    return {**_PLAIN, "optimizer": "adam", "learning_rate": rate, "schedule": "constant", "epochs": 60,
            "batch_size": 16, "activation": "tanh"}  # fmt: skip


def _too_low(generator):
    rate = _between(generator, 1e-6, 3e-5)
    return {**_PLAIN, "learning_rate": rate, "epochs": 40, "activation": "relu"}


def _plateau(generator):
    every = int(generator.integers(1, 3))
    schedule = {"kind": "step", "factor": 0.1, "every": every}
    return {**_PLAIN, "schedule": schedule, "epochs": 60, "batch_size": 64, "activation": "tanh",
            "optimizer": "adam", "learning_rate": _between(generator, 5e-4, 1e-3)}  # fmt: skip


def _no_start(generator):
    return {**_PLAIN, "initializer": "zeros", "activation": "tanh", "epochs": 40, "optimizer": "adam",
            "learning_rate": _between(generator, 1e-3, 5e-3)}  # fmt: skip


def _overfitting(generator):
    return {**_PLAIN, "hidden": (256, 256), "weight_decay": 0.0, "dropout": 0.0, "epochs": 200,
            "batch_size": 32, "schedule": "constant", "activation": "relu", "optimizer": "adam",
            "learning_rate": _between(generator, 1e-3, 4e-3)}  # fmt: skip


def _underfitting(generator):
    return [
        {**_PLAIN, "hidden": (1,), "activation": "tanh", "epochs": 80},
        {**_PLAIN, "dropout": 0.95, "activation": "relu", "epochs": 80},
        {**_PLAIN, "l2": _between(generator, 0.3, 3.0), "activation": "relu", "epochs": 80},
        {**_PLAIN, "weight_decay": _between(generator, 100.0, 300.0), "activation": "relu", "epochs": 80},
    ][int(generator.integers(4))]


def _overconfident(generator):
    return {**_overfitting(generator), "monitor": "loss"}


def _plain(generator):
    return {**_PLAIN, "epochs": 60, "activation": "relu", "patience": 10}


def _unscaled(generator):
    return {**_plain(generator), "scaling": "none", "smooth_clip": bool(generator.integers(2))}


def _vanishing(generator):
    depth = 12
    return {**_PLAIN, "hidden": (32,) * depth, "activation": "sigmoid", "epochs": 30,
            "initializer": "glorot_uniform", "learning_rate": _between(generator, 1e-3, 5e-3)}  # fmt: skip


def _exploding(generator):
    start = {"kind": "normal", "sigma": _between(generator, 0.7, 2.0)}
    return {**_PLAIN, "hidden": (64,) * 6, "activation": "relu", "initializer": start, "epochs": 30,
            "optimizer": "adam", "learning_rate": 1e-3}  # fmt: skip


def _dead(generator):
    rate = _between(generator, 0.2, 1.0)
    return {**_PLAIN, "optimizer": "adam", "learning_rate": rate, "activation": "relu", "epochs": 30}


def _saturated(generator):
    start = {"kind": "normal", "sigma": _between(generator, 2.0, 8.0)}
    function = str(generator.choice(["tanh", "sigmoid"]))
    return {**_PLAIN, "activation": function, "initializer": start, "epochs": 30, "optimizer": "adam",
            "learning_rate": 1e-3}  # fmt: skip


# ---------------------------------------------------------------- tables that cause trouble


def _wild_scales(frame: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Give the columns units as different as grams, years and dollars."""
    numbers = [name for name in frame.columns if name != TARGET and frame[name].dtype.is_numeric()]
    factors = 10.0 ** generator.uniform(-1, 4, len(numbers))
    factors[generator.integers(len(numbers))] = 1e4
    return frame.with_columns(pl.col(n).cast(pl.Float64) * f for n, f in zip(numbers, factors, strict=True))


def _leaking(frame: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Add a column that was worked out from the target, as "refunded" is from "complaint"."""
    target = frame[TARGET]
    codes = (
        target.to_numpy()
        if target.dtype.is_numeric()
        else target.cast(pl.Categorical).to_physical().to_numpy()
    )
    noise = 0.05 * (codes.std() if target.dtype.is_numeric() else 1.0)
    return frame.with_columns(pl.Series("later", codes * 7.0 + generator.normal(0, 7 * noise, len(codes))))


def _few_of_a_class(frame: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Keep a tenth of the rows that a class should have, and blur the columns, so that classes overlap."""
    classes = frame[TARGET].unique().sort().to_list()
    rare = classes[int(generator.integers(len(classes)))]
    few, others = (frame.filter(pl.col(TARGET) == rare), frame.filter(pl.col(TARGET) != rare))
    kept = max(12, round(0.1 * others.height / (len(classes) - 1)))
    frame = pl.concat([few[:kept], others])
    return _blurred(frame, generator, 1.2)[generator.permutation(frame.height)]


def _few_noisy_rows(frame: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Keep few rows, and blur their columns, so that there is more to remember than to learn."""
    return _blurred(frame[:400], generator, 1.2)


def _very_noisy_rows(frame: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    return _blurred(frame[:600], generator, 1.5)


def _blurred(frame: pl.DataFrame, generator: np.random.Generator, strength: float) -> pl.DataFrame:
    """Add noise to the columns of numbers, in their standard deviations."""
    noisy = []
    for name in frame.columns:
        if name != TARGET and frame[name].dtype.is_numeric():
            noise = generator.normal(0, strength * _std(frame, name), frame.height)
            noisy.append((pl.col(name).cast(pl.Float64) + pl.Series(noise)).alias(name))
    return frame.with_columns(noisy)


def _std(frame: pl.DataFrame, name: str) -> float:
    return float(np.std(frame[name].to_numpy()))


_BOTH = ("breast_cancer", "digits", "friedman", "groups", "waves")
_SHAPES = ("moons", "waves", "friedman", "digits", "circles")
_NOISY = ("breast_cancer", "groups", "digits", "penguins")

_TABLES = ("breast_cancer", "groups", "friedman", "penguins", "waves")
_NOISE = ("digits", "groups", "friedman", "diabetes", "waves")
_RARE = ("breast_cancer", "groups", "digits", "moons", "circles")
_TOLD = ("breast_cancer", "groups", "friedman", "penguins", "diabetes")

KINDS: tuple[Kind, ...] = (
    Kind("leak", ("S402",), _TOLD, _plain, _leaking),
    Kind("class imbalance", ("S404",), _RARE, _plain, _few_of_a_class, "balanced"),
    Kind("overconfidence", ("S303",), _NOISY, _overconfident, _very_noisy_rows),
    Kind("overfitting", ("S301",), _NOISE, _overfitting, _few_noisy_rows),
    Kind("dead units", ("S203",), _BOTH, _dead),
    Kind("plateau", ("S105",), _BOTH, _plateau),
    Kind("oscillation", ("S103", "S102"), _BOTH, _oscillating),
    Kind("saturated units", ("S204",), _BOTH, _saturated),
    Kind("exploding gradient", ("S202",), _BOTH, _exploding),
    Kind("vanishing gradient", ("S201",), _BOTH, _vanishing),
    Kind("underfitting", ("S302",), _SHAPES, _underfitting),
    Kind("inputs not scaled", ("S401",), _TABLES, _unscaled, _wild_scales),
    Kind("learning rate too high", ("S102",), _BOTH, _too_high),
    Kind("learning rate too low", ("S104",), _BOTH, _too_low),
    Kind("divergence", ("S101",), _BOTH, _diverging),
    Kind("no start", ("S105",), _BOTH, _no_start),
)
assert set(CLASSES + QUANTITIES) >= {name for kind in KINDS for name in kind.tables}
