"""Trains planted and healthy variants as populations, and judges them on rows kept apart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from planted_tables import Parts, parts_of, tables_of
from planted_trouble import Variant

from shoal import pipeline
from shoal.fitting.diagnosing import facts_of
from shoal.fitting.judging import predictions_of, truth_of
from shoal.history.findings import Evidence
from shoal.settings import Settings

_SAME_ROWS = 10  # variants that follow one another; those of one table among them train as one shoal
_LEAST = 1e-7  # probability below which a wrong prediction costs no more


@dataclass(frozen=True)
class Run:
    """A variant that was trained: what the rules see, and what it reached on rows kept apart."""

    variant: Variant
    evidence: Evidence
    judged: float


def trained(
    jobs: Sequence[tuple[Variant, dict[str, Any]]], folder: Path | None = None, record: str = "layers"
) -> list[Run]:
    """Train each variant with its settings changed as told; those that share rows train as one shoal."""
    groups: dict[Any, list[int]] = {}
    for i, (variant, _) in enumerate(jobs):
        groups.setdefault(_rows_of(variant), []).append(i)
    found: dict[int, Run] = {}
    for places in groups.values():
        parts = _parts(_rows_of(jobs[places[0]][0]), folder)
        settings = [_settings(*jobs[i], record) for i in places]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = pipeline.fit(parts.train, settings, valid=parts.valid)
        for i, (model, _, ready) in zip(places, done, strict=True):
            seen = Evidence(model.history, ready.settings.to_json(), facts_of(ready))
            found[i] = Run(jobs[i][0], seen, _judged(model, parts, jobs[i][0].measure))
    return [found[i] for i in range(len(jobs))]


def _settings(variant: Variant, change: dict[str, Any], record: str) -> Settings:
    wanted = {**variant.settings, **change}
    if "record" in Settings.known():
        wanted["record"] = record
    return Settings.of(wanted)


@dataclass(frozen=True)
class _Rows:
    table: str
    seed: int
    spoil: Any


def _rows_of(variant: Variant) -> _Rows:
    draw = variant.number // _SAME_ROWS
    return _Rows(variant.table, draw, variant.spoil)


@cache
def _parts(rows: _Rows, folder: Path | None) -> Parts:
    return parts_of(tables_of(folder)[rows.table](), rows.seed, rows.spoil)


def _judged(model: Any, parts: Parts, measure: str) -> float:
    truth, said = truth_of(model, parts.judge), predictions_of(model, parts.judge)
    if parts.judge.task == "regression":
        return float(np.square(truth - said).mean())
    costs = -np.log(np.maximum(said[np.arange(len(truth)), truth.reshape(-1).astype(int)], _LEAST))
    if measure == "loss":
        return float(costs.mean())
    return float(np.mean([costs[truth == one].mean() for one in np.unique(truth)]))
