"""What a search found as tables: scikit-learn's ``cv_results_``, and a data frame of the trials."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from shoal.sweep.question import Question
from shoal.sweep.run import Found
from shoal.sweep.trials import Trial

_ENDINGS = ("complete", "early", "diverged", "interrupted", "paused", "loss", "accuracy", "level", "time")


def cv_results(found: Found, question: Question, several: bool) -> dict[str, Any]:
    """Return the trials as scikit-learn's searches give them.

    Parameters
    ----------
    found : Found
    question : Question
    several : bool
        Whether each score is called by its name; a single one is called "score".

    Returns
    -------
    dict of str to (trials,) array
        ``params``; ``param_<name>``, masked where a setting takes no part; ``split<i>_test_<score>`` with
        their mean, standard deviation and rank (1 is best; what came to nothing shares the last rank);
        ``mean_fit_time`` and its spread, shares of the time on the devices; ``n_resources``, the epochs
        trained.
    """
    trials = list(found.trials.values())
    names = question.scorers.names if several else (question.scorers.main,)
    table: dict[str, Any] = {"params": [question.space.params(t.values) for t in trials]}
    varied = dict.fromkeys(name for params in table["params"] for name in params)
    table |= {f"param_{name}": _masked([p.get(name, _ABSENT) for p in table["params"]]) for name in varied}
    times = np.array([[run.seconds for run in _runs(found, question, t)] for t in trials])
    table |= {"mean_fit_time": times.mean(axis=1), "std_fit_time": times.std(axis=1)}
    nothing = np.zeros(len(trials))  # scoring is a part of the program, or of its time
    table |= {"mean_score_time": nothing, "std_score_time": nothing.copy()}
    for name in names:
        title = name if several else "score"
        table |= _of_score(title, "test", [t.scores[name] for t in trials])
        table[f"rank_test_{title}"] = _ranks(table[f"mean_test_{title}"])
        if trials and trials[0].train_scores:
            table |= _of_score(title, "train", [t.train_scores[name] for t in trials])
    table["n_resources"] = np.array([t.epochs for t in trials])
    return table


def trials_frame(found: Found, question: Question) -> pl.DataFrame:
    """Return one row for each trial: what varied, mean and spread of each score, and how its networks ended.

    Columns are ``trial``, the settings by their names, ``mean_test_<score>`` and ``std_test_<score>``,
    ``epochs``, ``rung``, ``parent``, ``seconds``, and ``ended_<way>`` for each way in which any network
    ended.
    """
    trials = list(found.trials.values())
    params = [question.space.params(t.values) for t in trials]
    varied = dict.fromkeys(name for one in params for name in one)
    ways = [way for way in _ENDINGS if any(way in t.ended for t in trials)]
    columns: dict[str, list[Any]] = {"trial": [t.number for t in trials]}
    columns |= {name: [cell(one.get(name)) for one in params] for name in varied}
    for name in question.scorers.names:
        parts = [np.asarray(t.scores[name], float) for t in trials]
        columns[f"mean_test_{name}"] = [float(p.mean()) for p in parts]
        columns[f"std_test_{name}"] = [float(p.std()) for p in parts]
    columns |= {name: [getattr(t, name) for t in trials] for name in ("epochs", "rung", "parent", "seconds")}
    columns |= {f"ended_{way}": [t.ended.get(way, 0) for t in trials] for way in ways}
    return pl.DataFrame({name: column(values) for name, values in columns.items()})


def cell(value: Any) -> Any:
    """Return a setting as a table can hold it."""
    if isinstance(value, Mapping):
        return json.dumps(value)
    return str(list(value)) if isinstance(value, list | tuple) else value


def column(values: Sequence[Any]) -> pl.Series:
    """Return values as a column; of several kinds, as text."""
    kinds = {type(value) for value in values if value is not None}
    mixed = len(kinds) > 1 and not kinds <= {int, float}
    return pl.Series([None if v is None else str(v) for v in values] if mixed else list(values), strict=False)


_ABSENT = object()


def _masked(values: Sequence[Any]) -> np.ma.MaskedArray:
    """Return values as an array of objects, masked where there is none: as scikit-learn's are."""
    mask = [value is _ABSENT for value in values]
    data = np.empty(len(values), object)
    for i, value in enumerate(values):
        data[i] = None if mask[i] else value
    there = [value for value, gone in zip(values, mask, strict=True) if not gone]
    if there and all(isinstance(v, int | float) and not isinstance(v, bool) for v in there):
        kind = int if all(isinstance(v, int) for v in there) else float
        data = np.array([0 if gone else v for v, gone in zip(values, mask, strict=True)], kind)
    return np.ma.MaskedArray(data, mask)


def _of_score(title: str, rows: str, parts: Sequence[tuple[float, ...]]) -> dict[str, np.ndarray]:
    values = np.array(parts, float)
    splits = {f"split{i}_{rows}_{title}": values[:, i] for i in range(values.shape[1])}
    return splits | {
        f"mean_{rows}_{title}": values.mean(axis=1),
        f"std_{rows}_{title}": values.std(axis=1),
    }


def _ranks(means: np.ndarray) -> np.ndarray:
    """Return 1 for the best; equals share the better rank, what came to nothing the last."""
    low = np.where(np.isnan(means), -np.inf, means)
    return np.array([1 + int((low > value).sum()) for value in low], np.int32)


def _runs(found: Found, question: Question, trial: Trial) -> list[Any]:
    return [found.runs[key] for key in question.keys(trial.number)]
