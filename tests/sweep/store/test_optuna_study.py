"""A sweep read as a study by Optuna itself."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.pool import NullPool

from shoal.errors import MissingExtraError, SettingError, StoreError
from shoal.sweep.store import OptunaStudy, RunRow, Store

optuna = pytest.importorskip("optuna")
from optuna.trial import TrialState  # noqa: E402

DOMAINS = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "log": True},
    "dropout": {"kind": "float", "low": 0.0, "high": 0.5, "step": 0.1},
    "units": {"kind": "int", "low": 8, "high": 64, "step": 8},
    "depth": {"kind": "int", "low": 1, "high": 64, "log": True, "step": 2},
    "hidden": {"kind": "categorical", "choices": [[64], [64, 64], None, "auto"]},
}


def asked(trial: int, epochs: int | None = None, **values: object) -> dict[str, Any]:
    """Return what a strategy asks, as a store keeps it."""
    return {"trial": trial, "values": {"learning_rate": 0.01, **values}, "epochs": epochs, "parent": None}


def told(trial: int, score: float | None, epochs: int = 30) -> dict[str, Any]:
    """Return what a strategy is told, as a store keeps it."""
    parts = [] if score is None else [score - 0.1, score + 0.1]
    return {"trial": trial, "score": score, "epochs": epochs, "spread": 0.1, "parts": parts}


def add(store: Store, number: int, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Open a batch, run it and close it."""
    store.open_batch(number, [ask for ask, _ in pairs])
    store.add_runs(
        [
            RunRow(number, ask["trial"], fold, 0, tell["epochs"], scores={"r2": part}, seconds=2.0)
            for ask, tell in pairs
            for fold, part in enumerate(tell["parts"])
        ]
    )
    store.close_batch(number, [tell for _, tell in pairs])


def loaded(study: OptunaStudy) -> optuna.Study:
    """Read a study as anybody would; a connection is closed as soon as it is not needed."""
    storage = optuna.storages.RDBStorage(study.url, engine_kwargs={"poolclass": NullPool})
    return optuna.load_study(study_name="tries", storage=storage)


@pytest.fixture
def store(place: str):
    with Store.open(place, create=True) as opened:
        opened.begin({"method": "tpe"}, name="tries")
        yield opened


def test_optuna_reads_the_same_trials(store: Store) -> None:
    values = [
        {"learning_rate": 1e-4, "dropout": 0.1 + 0.2, "units": 8, "depth": 2, "hidden": [64, 64]},
        {"learning_rate": 0.1, "dropout": 0.5, "units": 64, "depth": 33, "hidden": None, "norm": "batch"},
        {"learning_rate": 0.05, "hidden": "auto"},
    ]
    scores = [0.5, 0.75, None]
    pairs = [(asked(n, **v), told(n, s)) for n, (v, s) in enumerate(zip(values, scores, strict=True))]
    add(store, 0, pairs)
    with OptunaStudy(store, DOMAINS, metric="r2") as study:
        assert study.update() == 3
        read = loaded(study)
        assert read.metric_names == ["r2"]
        assert read.direction == optuna.study.StudyDirection.MAXIMIZE
        assert (read.best_value, read.best_trial.number) == (0.75, 1)
        assert read.best_params == {name: values[1][name] for name in read.best_params}
        first, second, third = read.trials
        assert first.params == {**values[0], "hidden": "[64,64]"}
        assert [trial.state for trial in read.trials] == [TrialState.COMPLETE] * 2 + [TrialState.FAIL]
        assert third.params == values[2]
        assert first.intermediate_values == {30: 0.5}
        assert first.user_attrs == {"trial": 0, "parts": [0.4, 0.6], "r2": [0.4, 0.6]}
        assert second.user_attrs["settings"] == '{"norm":"batch"}'
        assert first.distributions["dropout"] == optuna.distributions.FloatDistribution(0.0, 0.5, step=0.1)
        assert first.datetime_start is not None
        assert first.datetime_complete is not None
        finished = datetime.fromisoformat(store.runs()[0].finished).astimezone().replace(tzinfo=None)
        assert abs((first.datetime_complete - finished).total_seconds()) < 1
        assert 2 <= (first.datetime_complete - first.datetime_start).total_seconds() < 3


def test_trials_go_on_from_rung_to_rung(store: Store) -> None:
    with OptunaStudy(store, DOMAINS, max_epochs=90) as study:
        add(store, 0, [(asked(n, 10), told(n, 0.1 * n, 10)) for n in range(4)])
        assert study.update() == 4
        assert study.update() == 0
        assert {trial.state for trial in loaded(study).trials} == {TrialState.RUNNING}
        add(store, 1, [(asked(n, 30), told(n, 0.2 * n, 30)) for n in (2, 3)])
        assert study.update() == 2
    with OptunaStudy(store, DOMAINS, max_epochs=90) as study:  # another sitting
        assert study.update() == 0
        add(store, 2, [(asked(3, 90), told(3, 0.9, 90)), (asked(2, 90), told(2, None, 40))])
        store.open_batch(3, [asked(9, 10)])  # open: nothing is known of it yet
        assert study.update() == 2
        assert study.update(over=True) == 2
        assert study.update(over=True) == 0
        trials = loaded(study).trials
    states = [TrialState.PRUNED, TrialState.PRUNED, TrialState.FAIL, TrialState.COMPLETE]
    assert [trial.state for trial in trials] == states
    assert trials[3].intermediate_values == {10: pytest.approx(0.3), 30: pytest.approx(0.6), 90: 0.9}
    assert trials[3].user_attrs["r2"] == [0.8, 1.0]
    assert trials[1].value == pytest.approx(0.1)


def test_without_a_highest_rung_the_longest_are_complete_in_the_end(store: Store) -> None:
    add(store, 0, [(asked(0, 10), told(0, 0.1, 10)), (asked(1, 10), told(1, 0.2, 10))])
    add(store, 1, [(asked(1, 20), told(1, 0.3, 15))])
    with OptunaStudy(store, DOMAINS) as study:
        assert study.update() == 2
        assert study.update(over=True) == 2
        assert [trial.state for trial in loaded(study).trials] == [TrialState.PRUNED, TrialState.COMPLETE]


def test_numbers_that_optuna_has_no_word_for(store: Store) -> None:
    pairs = [
        (asked(0), {"trial": 0, "score": float("-inf"), "epochs": 3, "parts": [float("-inf"), float("nan")]}),
        (asked(1), {"trial": 1, "score": float("nan"), "epochs": 3}),
        (asked(2, learning_rate=0.5), told(2, 0.5)),  # outside: the range is widened
    ]
    store.open_batch(0, [ask for ask, _ in pairs])
    store.close_batch(0, [tell for _, tell in pairs])
    with OptunaStudy(store, DOMAINS) as study:
        study.update()
        first, second, third = loaded(study).trials
    assert (first.value, first.user_attrs["parts"]) == (float("-inf"), ["-Infinity", "NaN"])
    assert second.state == TrialState.FAIL
    assert third.params == {"learning_rate": 0.5}


def test_trials_are_numbered_as_they_were_asked(store: Store) -> None:
    add(store, 0, [(asked(5), told(5, 0.1)), (asked(7), told(7, 0.2))])
    with OptunaStudy(store, DOMAINS) as study:
        study.update()
        assert [(t.number, t.user_attrs["trial"]) for t in loaded(study).trials] == [(0, 5), (1, 7)]


def test_a_study_of_somebody_else_is_left_alone(store: Store) -> None:
    url = store.url.render_as_string(hide_password=False)
    theirs = optuna.storages.RDBStorage(url, engine_kwargs={"poolclass": NullPool})
    number = theirs.create_new_study([optuna.study.StudyDirection.MAXIMIZE], "tries")
    theirs.create_new_trial(number)
    with pytest.raises(
        StoreError, match=r"has a study 'tries' that no sweep wrote; give the sweep another name"
    ):
        OptunaStudy(store, DOMAINS)


def test_a_choice_that_is_none_of_the_choices(store: Store) -> None:
    add(store, 0, [(asked(0, hidden="wide"), told(0, 0.1))])
    with (
        OptunaStudy(store, DOMAINS) as study,
        pytest.raises(StoreError, match=r"Trial 0 has settings outside of the domains .*'wide'"),
    ):
        study.update()


def test_a_sweep_in_memory_has_no_study() -> None:
    with (
        Store.open("sqlite://", create=True) as store,
        pytest.raises(StoreError, match="in memory has no study"),
    ):
        OptunaStudy(store, {})


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        (
            {"kind": "flot", "low": 0, "high": 1},
            r"one of 'float', 'int', 'categorical'. Got 'flot' .* 'float'\?",
        ),
        (
            {"kind": "float", "low": 0},
            r"'x', of the kind 'float', must have low and high and may have log and",
        ),
        ({"kind": "categorical", "values": [1]}, r"'categorical', must have choices. Got \{'kind'"),
    ],
)
def test_domains_of_another_form(tmp_path: Path, domain: dict[str, Any], message: str) -> None:
    with Store.open(tmp_path, create=True) as store:
        store.begin({})
        with pytest.raises(SettingError, match=message):
            OptunaStudy(store, {"x": domain})


def test_optuna_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "shoal.sweep.store.optuna_study")
    monkeypatch.delattr("shoal.sweep.store.OptunaStudy")
    with pytest.raises(MissingExtraError, match=r"needs Optuna: pip install 'shoal\[sweep\]'"):
        from shoal.sweep.store import OptunaStudy  # noqa: F401
