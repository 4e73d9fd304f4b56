"""The tables of trials and runs: names, statistics worked by hand, and what CSV and Parquet give back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.sweep.store import RunRow, Store
from shoal.sweep.store.frames import runs_frame, trials_frame


def rows() -> list[RunRow]:
    """Three trials: one that went on to a second rung, one that diverged once, one of other settings."""
    first = {"learning_rate": 0.1, "hidden": [8, 8], "norm": "batch"}
    second = {"learning_rate": 1, "hidden": [4]}
    third = {"learning_rate": 0.5, "dropout": 0.2, "norm": None}
    return [
        RunRow(0, 0, 0, 0, 10, 9, {"r2": 0.1}, {"r2": 0.3}, ended="paused", seconds=1.0, values=first),
        RunRow(0, 0, 1, 0, 10, 9, {"r2": 0.2}, {"r2": 0.3}, ended="paused", seconds=1.0, values=first),
        RunRow(1, 0, 0, 0, 30, 20, {"r2": 0.6}, {"r2": 0.9}, ended="complete", seconds=2.0, values=first),
        RunRow(1, 0, 1, 0, 25, 15, {"r2": 0.8}, {"r2": 0.9}, ended="early", seconds=2.0, values=first),
        RunRow(0, 1, 0, 0, 10, 9, {"r2": 0.5}, {"r2": 0.5}, ended="paused", seconds=1.0, values=second),
        RunRow(0, 1, 1, 0, 3, 0, {"r2": None}, {"r2": None}, ended="diverged", seconds=1.0, values=second),
        RunRow(0, 2, 0, 0, 10, 9, {"r2": math.nan}, {"r2": math.inf}, seconds=1.0, values=third),
        RunRow(0, 2, 1, 0, 10, 9, {"r2": 0.5}, {"r2": 0.5}, seconds=1.0, values=third),
    ]


def test_one_row_for_each_trial() -> None:
    frame = trials_frame(rows())
    expected = {
        "trial": [0, 1, 2],
        "batch": [1, 0, 0],
        "rung": [1, 0, 0],
        "param_learning_rate": [0.1, 1.0, 0.5],
        "param_hidden": ["[8,8]", "[4]", None],
        "param_norm": ["batch", None, None],
        "param_dropout": [None, None, 0.2],
        "mean_test_r2": [0.7, None, math.nan],
        "std_test_r2": [0.1, None, math.nan],
        "mean_train_r2": [0.9, None, math.inf],
        "std_train_r2": [0.0, None, math.nan],
        "runs": [2, 2, 2],
        "epochs": [30, 10, 10],
        "mean_best_epoch": [17.5, 4.5, 9.0],
        "ended_complete": [1, 0, 2],
        "ended_diverged": [0, 1, 0],
        "ended_early": [1, 0, 0],
        "ended_paused": [0, 1, 0],
        "seconds": [6.0, 2.0, 2.0],
    }
    assert frame.columns == list(expected)
    for name, values in expected.items():
        found = frame[name].to_list()
        if frame[name].dtype == pl.Float64:
            plain = [[math.pi if value is None else value for value in some] for some in (found, values)]
            np.testing.assert_allclose(plain[0], plain[1], atol=1e-12)
        else:
            assert found == values, name


def test_the_order_of_the_runs_is_of_no_account(seed: int) -> None:
    shuffled = [rows()[place] for place in np.random.default_rng(seed).permutation(8)]
    ours = trials_frame(rows())
    assert repr(trials_frame(shuffled).select(ours.columns).rows()) == repr(ours.rows())


def test_one_row_for_each_run() -> None:
    frame = runs_frame(rows())
    names = ["batch", "trial", "fold", "seed", "epochs", "best_epoch"]
    settings = ["param_learning_rate", "param_hidden", "param_norm", "param_dropout"]
    scores = ["test_r2", "train_r2"]
    assert frame.columns == [*names, *settings, *scores, "ended", "reason", "seconds", "finished"]
    assert frame.height == 8
    assert repr(frame["test_r2"].to_list()) == "[0.1, 0.2, 0.6, 0.8, 0.5, None, nan, 0.5]"


@pytest.mark.parametrize("frame", [runs_frame, trials_frame])
def test_no_runs_are_an_empty_table(frame) -> None:
    assert frame([]).height == 0
    assert "trial" in frame([]).columns


@pytest.mark.parametrize(
    ("values", "dtype", "kept"),
    [
        ([1, 0.5], pl.Float64, [1.0, 0.5]),
        ([1, 2], pl.Int64, [1, 2]),
        ([True, None], pl.Boolean, [True, None]),
        (["auto", 0.1], pl.String, ["auto", "0.1"]),
        ([{"kind": "huber"}, "log"], pl.String, ['{"kind":"huber"}', "log"]),
        ([True, 1], pl.String, ["true", "1"]),
        ([None, None], pl.String, [None, None]),
    ],
)
def test_settings_of_several_types(values: list, dtype: pl.DataType, kept: list) -> None:
    frame = runs_frame([RunRow(0, trial, values={"x": value}) for trial, value in enumerate(values)])
    assert (frame["param_x"].dtype, frame["param_x"].to_list()) == (dtype, kept)


@pytest.mark.parametrize(("name", "read"), [("t.csv", pl.read_csv), ("t.parquet", pl.read_parquet)])
def test_tables_are_exported(name: str, read, tmp_path: Path) -> None:
    with Store.open(tmp_path, create=True) as store:
        store.begin({})
        store.add_runs(rows())
        store.export(tmp_path / name)
        assert repr(read(tmp_path / name).rows()) == repr(store.trials_frame().rows())
        store.export(tmp_path / name, runs=True)
        assert read(tmp_path / name).drop("reason").height == 8
