"""Runs as tables, with the column names of scikit-learn's ``cv_results_``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shoal.errors import FileError
from shoal.sweep.store.encoding import to_text
from shoal.sweep.store.records import RunRow

_PLAIN = (bool, int, float, str)


def runs_frame(runs: Sequence[RunRow]) -> pl.DataFrame:
    """Return one row for each run.

    Parameters
    ----------
    runs : sequence of RunRow

    Returns
    -------
    DataFrame
        Columns ``batch``, ``trial``, ``fold``, ``seed``, ``epochs``, ``best_epoch``; ``param_<setting>``,
        empty where the setting had no part; ``test_<score>`` and ``train_<score>``, empty for what came to
        nothing; ``ended``, ``reason``, ``seconds``, ``finished``. The curves are not in it.

    Examples
    --------
    >>> runs_frame([RunRow(0, 0, scores={"r2": 0.5}, values={"hidden": [8, 8]})]).row(0)[:8]
    (0, 0, 0, 0, 0, 0, '[8,8]', 0.5)
    """
    names = ("batch", "trial", "fold", "seed", "epochs", "best_epoch")
    first = {name: pl.Series(name, [getattr(run, name) for run in runs], pl.Int64) for name in names}
    types = {"ended": pl.String, "reason": pl.String, "seconds": pl.Float64, "finished": pl.String}
    last = [pl.Series(name, [getattr(run, name) for run in runs], kind) for name, kind in types.items()]
    scores = [
        _scores(f"{side}_{name}", [getattr(run, field).get(name) for run in runs])
        for side, field in (("test", "scores"), ("train", "train_scores"))
        for name in _names(getattr(run, field) for run in runs)
    ]
    return pl.DataFrame([*first.values(), *_settings(runs), *scores, *last])


def trials_frame(runs: Sequence[RunRow]) -> pl.DataFrame:
    r"""Return one row for each trial.

    Of a trial that went on, batch after batch, each network counts as it was last: with its last run.

    Parameters
    ----------
    runs : sequence of RunRow

    Returns
    -------
    DataFrame
        ``trial``; ``batch``, the last one; ``rung``, how often the trial was asked to go on before that;
        ``param_<setting>``; ``mean_test_<score>`` and ``std_test_<score>`` over folds and seeds (and
        ``..._train_...``), empty if one of the networks came to nothing; ``runs``, how many networks;
        ``epochs``, the longest; ``mean_best_epoch``; ``ended_<code>``, how many networks ended so;
        ``seconds``, all runs of the trial together.

    Notes
    -----
    The spread is scikit-learn's, with n in the denominator:
    :math:`\sqrt{\frac{1}{n} \sum_i (s_i - \bar s)^2}`.
    """
    groups: dict[int, list[RunRow]] = {}
    for run in sorted(runs, key=lambda run: run.key):
        groups.setdefault(run.trial, []).append(run)
    trials = sorted(groups)
    last = {trial: _last(groups[trial]) for trial in trials}
    numbers = {
        "trial": trials,
        "batch": [last[trial][-1].batch for trial in trials],
        "rung": [len({run.batch for run in groups[trial]}) - 1 for trial in trials],
    }
    columns = [pl.Series(name, values, pl.Int64) for name, values in numbers.items()]
    columns += _settings([last[trial][-1] for trial in trials])
    columns += _statistics([last[trial] for trial in trials])
    columns += _endings([last[trial] for trial in trials])
    seconds = [sum(run.seconds for run in groups[trial]) for trial in trials]
    return pl.DataFrame([*columns, pl.Series("seconds", seconds, pl.Float64)])


def write_frame(frame: pl.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as .csv or .parquet, by the name's end.

    Raises
    ------
    FileError
        If it cannot be written there.
    """
    write = frame.write_csv if Path(path).suffix == ".csv" else frame.write_parquet
    try:
        write(Path(path))
    except OSError as error:
        raise FileError(f"'{os.fspath(path)}' cannot be written: {error.strerror or error}.") from None


def _last(runs: Iterable[RunRow]) -> list[RunRow]:
    """Return each network's last run; the runs come in the order of their batches."""
    last: dict[tuple[int, int], RunRow] = {}
    for run in runs:
        last[run.fold, run.seed] = run
    return sorted(last.values(), key=lambda run: (run.batch, run.fold, run.seed))


def _statistics(trials: Sequence[Sequence[RunRow]]) -> list[pl.Series]:
    columns = []
    for side, field in (("test", "scores"), ("train", "train_scores")):
        for name in _names(getattr(run, field) for runs in trials for run in runs):
            both = [_mean_and_spread([getattr(run, field).get(name) for run in runs]) for runs in trials]
            columns += [_scores(f"mean_{side}_{name}", [mean for mean, _ in both])]
            columns += [_scores(f"std_{side}_{name}", [spread for _, spread in both])]
    return columns


def _mean_and_spread(scores: Sequence[float | None]) -> tuple[float | None, float | None]:
    # The mean of those that came to something would make settings that often diverge look good.
    parts = [score for score in scores if score is not None]
    if not parts or len(parts) < len(scores):
        return None, None
    with np.errstate(invalid="ignore"):  # an infinite score has no spread
        return float(np.mean(parts)), float(np.std(parts))


def _endings(trials: Sequence[Sequence[RunRow]]) -> list[pl.Series]:
    codes = sorted({run.ended for runs in trials for run in runs})
    counts = {f"ended_{code}": [sum(run.ended == code for run in runs) for runs in trials] for code in codes}
    numbers = {
        "runs": [len(runs) for runs in trials],
        "epochs": [max(r.epochs for r in runs) for runs in trials],
    }
    best = [float(np.mean([run.best_epoch for run in runs])) for runs in trials]
    return [
        *(pl.Series(name, values, pl.Int64) for name, values in numbers.items()),
        pl.Series("mean_best_epoch", best, pl.Float64),
        *(pl.Series(name, values, pl.Int64) for name, values in counts.items()),
    ]


def _settings(runs: Sequence[RunRow]) -> list[pl.Series]:
    names = _names(run.values for run in runs)
    return [_column(f"param_{name}", [run.values.get(name) for run in runs]) for name in names]


def _column(name: str, values: list[Any]) -> pl.Series:
    """Return a column of settings: of their type where they have one, else of JSON."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pl.Series(name, values, pl.Float64, strict=False)
    if len(kinds) == 1 and kinds <= set(_PLAIN):
        return pl.Series(name, values)
    texts = [None if v is None else v if isinstance(v, str) else to_text(v) for v in values]
    return pl.Series(name, texts, pl.String)


def _scores(name: str, values: Sequence[float | None]) -> pl.Series:
    return pl.Series(name, values, pl.Float64)


def _names(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names in the order in which they first appear."""
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))
