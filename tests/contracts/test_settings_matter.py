"""No setting is accepted and ignored: switched from its default, each changes what comes out.

One row for each setting. What comes out is weights, running statistics, history, the reason for stopping, the
encoder, the target, the temperature and the predictions; the record of the settings themselves is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from shoal import pipeline
from shoal.fitting.problem import Problem, problem_of
from shoal.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")

ROWS = 48
SMALL = {"hidden": (4,), "epochs": 3, "learning_rate": 0.02, "precision": "float64"}


@dataclass(frozen=True)
class Row:
    """A value other than the default, and what else must be set for it to have a part to play.

    Attributes
    ----------
    value : object
    beside : mapping
        Settings of both networks, the one with the value and the one with the default.
    task : str
    """

    value: Any
    beside: Mapping[str, Any] = field(default_factory=dict)
    task: str = "quantity"


def row(value: Any, task: str = "quantity", **beside: Any) -> Row:
    return Row(value, beside, task)


VALIDATED = {"validation": 0.3}
STOPS = {**VALIDATED, "epochs": 5, "patience": 1, "min_delta": 1e9}  # nothing is an improvement
SGD = {"optimizer": "sgd", "batch_size": 8}

CHANGES: dict[str, Row] = {
    "layers": row([{"kind": "dense", "units": 5}, {"kind": "activation", "name": "tanh"}], hidden="auto"),
    "hidden": row((5,)),
    "activation": row("tanh"),
    "norm": row("layer"),
    "norm_position": row("after", norm="layer"),
    "residual": row(True),
    "dropout": row(0.5),
    "input_dropout": row(0.5),
    "initializer": row("orthogonal"),
    "number_embedding": row("periodic"),
    "embedding_width": row(5),
    "ensemble": row(2),
    "start_from": row("another network", hidden="auto"),
    "frozen": row("layers.0"),
    "head": row("gaussian"),
    "quantiles": row((0.2, 0.8), head="quantiles"),
    "class_order": row(["c", "a", "b"], "classes", head="ordinal"),
    "loss": row("absolute_error"),
    "label_smoothing": row(0.2, "classes"),
    "huber_delta": row(0.1, loss="huber"),
    "class_weight": row("balanced", "classes"),
    "optimizer": row("sgd"),
    "learning_rate": row(0.1, learning_rate="default"),
    "momentum": row(0.5, optimizer="momentum"),
    "rho": row(0.5, optimizer="rmsprop"),
    "beta_1": row(0.5),
    "beta_2": row(0.5),
    "epsilon": row(0.1),
    "schedule": row("constant"),
    "warmup": row(2.0),
    "weight_decay": row(0.9),
    "l1": row(0.1),
    "l2": row(0.1),
    "bias_l1": row(0.1),
    "bias_l2": row(0.1),
    "activity_l1": row(0.1),
    "activity_l2": row(0.1),
    "constraint": row({"kind": "max_norm", "value": 0.1}),
    "clip_norm": row(1e-3, **SGD),
    "clip_value": row(1e-3, **SGD),
    "averaging": row({"kind": "ema", "decay": 0.5}),
    "augment": row({"mixup": 0.4}),
    "balance": row(True, "classes"),
    "batch_size": row(8),
    "base_batch_size": row(8),
    "accumulate": row(2, **SGD),
    "batch_growth": row({"factor": 2, "every": 1}, **SGD),
    "epochs": row(2, epochs="auto"),
    "min_epochs": row(4, **STOPS),
    "patience": row(2, **STOPS),
    "min_delta": row(1e9, **{**STOPS, "min_delta": 0.0, "learning_rate": 1e-3}),
    "stop_loss": row(1e9),
    "stop_accuracy": row(0.01, "classes", **VALIDATED),
    "stop_change": row(1e9),
    "max_time": row(1e-9, epochs=300),  # the clock is looked at after some hundred epochs of so small a net
    "monitor": row("val_metric", "noise", **VALIDATED, epochs=30, learning_rate=0.1),
    "validation": row(0.3),
    "split": row("time", **VALIDATED),
    "scaling": row("minmax"),
    "pca": row("all"),
    "whiten": row(True, pca="all"),
    "mixture": row(2),
    "smooth_clip": row(False),
    "one_hot_levels": row(20),
    "max_levels": row(3),
    "record": row("losses"),
    "calibrate": row(True, "classes", validation=0.5),
    "precision": row("float32"),
    "seed": row(1),
}
"""One row for each setting; a new setting needs one."""


@cache
def problem(task: str) -> Problem:
    """A table of numbers with outliers, a category of many levels, and a column that orders the rows."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_t(3, size=(2, ROWS))
    signal = a - b + 0.1 * rng.normal(size=ROWS)
    frame = pl.DataFrame({"a": a, "b": b, "c": [f"level {i % 12}" for i in range(ROWS)]})
    answers = {
        "quantity": signal,
        "classes": np.array(["a", "b", "c"])[np.digitize(signal, [-2.0, 1.0])],
        "noise": np.where(rng.random(ROWS) < 0.5, "no", "yes"),
    }
    frame = frame.with_columns(when=pl.int_range(ROWS), y=pl.Series(answers[task]))
    return problem_of(frame, "y", time_column="when", drop=["when"])


@cache
def another() -> Any:
    """A trained network to start from, of the shape that would have been drawn anew."""
    settings = Settings(hidden=(128, 128), epochs=1, number_embedding="none")
    return pipeline.fit(problem("quantity"), [settings])[0][0]


def settings_of(name: str, changed: bool) -> Settings:
    asked = CHANGES[name]
    own = {n: v for n, v in SMALL.items() if n != name}
    given = {**own, **asked.beside}
    given = {n: v for n, v in given.items() if v != "auto" and not (n == name and not changed)}
    if name == "split":
        given["split"] = "random"
    if changed:
        given[name] = another() if name == "start_from" else asked.value
    return Settings.of(given)


def what_comes_out(name: str, changed: bool) -> dict[str, Any]:
    """Train and return everything that could tell; most rows compare with the same network, trained once."""
    task, settings = CHANGES[name].task, settings_of(name, changed)
    known = (task, repr(settings.given()))
    if changed or known not in _trained:
        _trained[known] = trained(task, settings)
    return _trained[known]


_trained: dict[tuple[str, str], dict[str, Any]] = {}


def trained(name: str, settings: Settings) -> dict[str, Any]:
    task = problem(name)
    model, result, _ = pipeline.fit(task, [settings], exact=True)[0]
    told = {
        "reason": result.reason,
        "encoder": model.encoder.to_json(),
        "target": model.target.to_json(),
        "temperature": model.temperature,
        "networks": len(model.members),
        "scores": sorted(model.scores),
        "looked at": sorted(result.record),
    }
    arrays = {**model.params, **model.state, "history": result.history, "raw": model.raw(task.frame)}
    return {**told, **arrays}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    names = {*one, *other}
    return sorted(n for n in names if n not in one or n not in other or not alike(one[n], other[n]))


def alike(one: Any, other: Any) -> bool:
    if not isinstance(one, np.ndarray):
        return one == other
    same = one.shape == other.shape and one.dtype == other.dtype
    return same and np.array_equal(one, other, equal_nan=True)


def test_every_setting_has_a_row():
    assert set(CHANGES) == set(Settings.known())


@pytest.mark.parametrize("name", CHANGES)
def test_it_matters(name: str):
    before, after = (what_comes_out(name, changed) for changed in (False, True))
    assert differing(before, after), f"the setting {name!r} is accepted and ignored"


def test_the_same_settings_come_to_the_same():
    """Or everything above would say nothing."""
    one, other = (trained("quantity", Settings.of(SMALL)) for _ in range(2))
    assert differing(one, other) == []


def test_unlike_is_noticed():
    one = {"a": np.zeros(2), "b": 1}
    assert differing(one, {**one, "a": np.ones(2)}) == ["a"]
    assert differing(one, {"a": np.zeros(2)}) == ["b"]
    assert replace(row(1), value=2).value == 2
