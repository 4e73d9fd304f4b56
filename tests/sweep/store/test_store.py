"""What goes into a store comes out of it, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import FileError, SettingError, StoreError
from shoal.sweep.store import Batch, RunRow, Store


def run_of(trial: int, fold: int = 0, **more: object) -> RunRow:
    """Return a run with a value in every field."""
    fields: dict[str, object] = {
        "batch": 0,
        "seed": 2**40 + 1,
        "epochs": 30,
        "best_epoch": 21,
        "scores": {"accuracy": 0.1 + 0.2, "loss": 1 / 3},
        "train_scores": {"accuracy": 1.0, "loss": 1e-300},
        "curve": {"loss": [1.0, 0.1, 1 / 3], "valid_loss": [math.inf, 0.2]},
        "ended": "early",
        "reason": "No improvement of loss for 9 epochs; the best was epoch 21.",
        "seconds": 0.125,
        "values": {"hidden": [64, 64], "learning_rate": 0.1 + 0.2, "norm": None, "schedule.kind": "step"},
        "finished": "2026-11-20T12:00:00.000+00:00",
    }
    return RunRow(trial=trial, fold=fold, **(fields | more))  # pyright: ignore


def begun(place: str) -> Store:
    """Return a store with a sweep."""
    store = Store.open(place, create=True)
    store.begin({"method": "random", "seed": 3})
    return store


def written_together(store: Store, *rows: RunRow) -> None:
    """Write runs one by one, with a state, in one transaction."""
    with store.transaction():
        store.put_states({(0, 0, 0): b"abc"})
        for row in rows:
            store.add_runs([row])
        assert len(store.runs()) == len(rows)  # seen from inside


def test_runs_come_back_as_they_were(place: str) -> None:
    rows = [run_of(trial, fold) for trial in (0, 1) for fold in (0, 1, 2)]
    with begun(place) as store:
        store.add_runs(rows[:4])
        store.add_runs(rows[4:])
        assert store.runs() == rows
    with Store.open(place) as store:
        assert store.runs() == rows
        assert store.plan() == {"method": "random", "seed": 3}
        assert (store.sweeps(), store.name) == (["sweep"], "sweep")


@pytest.mark.parametrize("number", [math.inf, -math.inf, None, 5e-324, -0.0, 1.7976931348623157e308])
def test_numbers_at_the_ends(place: str, number: float | None) -> None:
    row = run_of(0, scores={"r2": number}, train_scores={"r2": number}, values={"limit": number})
    asks = [{"trial": 0, "values": {"limit": number, "word": "NaN"}}]
    told = [{"trial": 0, "score": number, "parts": [number, 1.0]}]
    with begun(place) as store:
        store.add_runs([row])
        store.open_batch(0, asks)
        store.close_batch(0, told)
        assert repr(store.runs()) == repr([row])  # repr tells -0.0 from 0.0
        assert repr(store.batches()) == repr([Batch(0, asks, told)])


def test_nan_is_not_nothing(place: str) -> None:
    scores = {"a": math.nan, "b": None, "c": 0.5}
    with begun(place) as store:
        store.add_runs([run_of(0, scores=scores, curve={"loss": [math.nan, 1.0]}, values={"x": math.nan})])
        store.open_batch(0, [])
        store.close_batch(0, [{"score": math.nan}])
        (row,) = store.runs()
        assert repr(row.scores) == repr(scores)
        assert repr(row.curve) == "{'loss': [nan, 1.0]}"
        assert math.isnan(row.values["x"])
        assert math.isnan(store.batches()[0].told[0]["score"])  # pyright: ignore


def test_numbers_of_numpy_become_plain(place: str) -> None:
    values = {"units": np.int64(8), "rates": np.array([0.5, np.inf]), "rate": np.float32("nan")}
    with begun(place) as store:
        store.add_runs([RunRow(0, 4, scores={"r2": np.float64(0.5)}, values=values)])
        (back,) = store.runs()
    assert (back.scores, repr(back.values)) == (
        {"r2": 0.5},
        "{'units': 8, 'rates': [0.5, inf], 'rate': nan}",
    )


def test_a_run_of_the_same_key_takes_the_place_of_the_first(place: str) -> None:
    with begun(place) as store:
        store.add_runs([run_of(0), run_of(1)])
        store.add_runs([run_of(1, seconds=9.0, values={"hidden": [8]}), run_of(2)])
        store.add_runs([run_of(1, seconds=9.0, values={"hidden": [8]}), run_of(2)])
        found = store.runs()
    assert [(row.trial, row.seconds) for row in found] == [(0, 0.125), (1, 9.0), (2, 0.125)]
    assert found[1].values == {"hidden": [8]}


def test_a_trial_that_goes_on_keeps_its_earlier_runs(place: str) -> None:
    with begun(place) as store:
        store.add_runs([run_of(0, batch=0, epochs=10), run_of(1, batch=0, epochs=10)])
        store.add_runs([run_of(1, batch=1, epochs=30)])
        assert [(row.batch, row.trial, row.epochs) for row in store.runs()] == [
            (0, 0, 10),
            (0, 1, 10),
            (1, 1, 30),
        ]
        assert [row.trial for row in store.runs(batch=1)] == [1]
        assert store.runs(batch=2) == []
        assert store.runs(curves=False) == [replace(row, curve=None) for row in store.runs()]


def test_no_rows_are_no_work(place: str) -> None:
    with begun(place) as store:
        store.add_runs([])
        assert store.runs() == []
        assert store.batches() == []
        assert store.states() == {}


def test_a_transaction_is_kept_whole_or_not_at_all(place: str) -> None:
    with begun(place) as store:
        with pytest.raises(SettingError, match="JSON"):
            written_together(store, run_of(0), run_of(1, values={"x": object()}))
        assert (store.runs(), store.states()) == ([], {})
        written_together(store, run_of(0))
        assert (len(store.runs()), store.states()) == (1, {(0, 0, 0): b"abc"})


def test_batches_are_asked_and_told(place: str) -> None:
    asks = [{"trial": 0, "values": {"dropout": 0.2}, "epochs": None, "parent": None}]
    told = [{"trial": 0, "score": 0.5, "epochs": 30, "spread": None, "parts": [0.4, 0.6]}]
    with begun(place) as store:
        store.open_batch(0, asks)
        store.open_batch(0, asks)  # a sweep that goes on opens it again
        assert store.batches() == [Batch(0, asks)]
        store.close_batch(0, told)
        store.close_batch(0, told)
        store.open_batch(1, [])
        assert store.batches() == [Batch(0, asks, told), Batch(1, [], None)]


def test_a_batch_asks_and_is_told_the_same_again(place: str) -> None:
    with begun(place) as store:
        store.open_batch(0, [{"trial": 0}])
        with pytest.raises(StoreError, match=r"Batch 0 of the sweep 'sweep' in .* asked something else when"):
            store.open_batch(0, [{"trial": 1}])
        store.close_batch(0, [{"score": 1.0}])
        with pytest.raises(StoreError, match=r"Batch 0 .* is closed, with other results"):
            store.close_batch(0, [{"score": 2.0}])
        with pytest.raises(StoreError, match=r"Batch 7 .* was never opened"):
            store.close_batch(7, [])


def test_several_sweeps_in_one_database(place: str) -> None:
    with Store.open(place, create=True) as store:
        with pytest.raises(StoreError, match=r"holds no sweep yet; call begin first"):
            store.runs()
        for name in ("first", "second"):
            store.begin({"of": name}, name=name)
            store.add_runs([run_of(len(name))])
            store.put_states({(0, 0, 0): name.encode()})
        assert store.sweeps() == ["first", "second"]
    with (
        Store.open(place) as store,
        pytest.raises(StoreError, match=r"several sweeps.* one of 'first', 'second'"),
    ):
        store.plan()
    with Store.open(place, sweep="first") as store:
        assert [row.trial for row in store.runs()] == [5]
        assert store.states() == {(0, 0, 0): b"first"}
    with pytest.raises(StoreError, match=r"no sweep 'secnd'. Did you mean 'second'"):
        Store.open(place, sweep="secnd")


def test_a_sweep_goes_on_with_its_plan_alone(place: str) -> None:
    with begun(place) as store:
        store.add_runs([run_of(0)])
    with Store.open(place) as store:
        store.begin({"seed": 3, "method": "random"})  # the order of names is of no account
        assert len(store.runs()) == 1
        with pytest.raises(StoreError, match="holds a sweep 'sweep' with another plan"):
            store.begin({"method": "grid"})


def test_what_json_cannot_say_is_refused(place: str) -> None:
    with begun(place) as store:
        with pytest.raises(SettingError, match=r"values that JSON can say.* Got .*Path.*, a PosixPath"):
            store.add_runs([run_of(0, values={"x": Path("x")})])
        assert store.runs() == []


def test_states_come_back_bit_for_bit(place: str) -> None:
    noise = np.random.default_rng(0).bytes(3_000_000)
    with begun(place) as store:
        store.put_states({(0, 0, 0): b"", (0, 1, 2**40): noise, (7, 0, 0): bytes(range(256))})
        assert store.states() == {(0, 0, 0): b"", (0, 1, 2**40): noise, (7, 0, 0): bytes(range(256))}
        assert store.states([(7, 0, 0), (8, 0, 0)]) == {(7, 0, 0): bytes(range(256))}
        assert store.states([]) == {}
        assert store.states_size() == 3_000_256
        store.drop_states([(0, 1, 2**40), (9, 9, 9)])
        assert sorted(store.states()) == [(0, 0, 0), (7, 0, 0)]
        store.drop_states()
        assert (store.states(), store.states_size()) == ({}, 0)


def test_many_states_are_read_in_parts(place: str) -> None:
    many = {(trial, fold, 0): bytes([trial % 256]) for trial in range(300) for fold in (0, 1)}
    with begun(place) as store:
        store.put_states(many)
        assert store.states(many) == many
        store.put_states(many)  # idempotent
        store.drop_states(list(many)[:-1])
        assert store.states() == {(299, 1, 0): bytes([299 % 256])}


def test_states_of_earlier_batches_stay_until_the_batch_is_closed(place: str) -> None:
    key, other = (0, 0, 0), (1, 0, 0)
    with begun(place) as store:
        store.put_states({key: b"old", other: b"other"}, batch=0)
        store.open_batch(1, [])
        store.put_states({key: b"new"}, batch=1)
        assert store.states([key]) == {key: b"new"}
        assert store.states(before=1) == {key: b"old", other: b"other"}
        store.close_batch(1, [])
        assert store.states(before=1) == {other: b"other"}
        assert store.states() == {key: b"new", other: b"other"}
        assert store.states_size() == 8


def test_states_are_bounded(place: str) -> None:
    with Store.open(place, create=True, states_limit=10) as store:
        store.begin({})
        store.put_states({(0, 0, 0): b"12345678"})
        store.put_states({(0, 0, 0): b"1234567890"})
        with pytest.raises(
            StoreError, match=r"need 0.00 GB, and this store keeps at most 0.00 GB.* states_limit"
        ):
            store.put_states({(1, 0, 0): b"1"})
        assert store.states() == {(0, 0, 0): b"1234567890"}


def test_a_state_larger_than_a_value_may_be_is_refused(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.sweep.store.kept_states.LARGEST", 3)
    with (
        begun(place) as store,
        pytest.raises(StoreError, match=r"The state of trial 5 has 0 MB; a database holds"),
    ):
        store.put_states({(5, 0, 0): b"1234"})


def test_an_export_needs_a_known_end(place: str, tmp_path: Path) -> None:
    with begun(place) as store:
        with pytest.raises(FileError, match=r"to a .csv or .parquet file. Got '.*trials.xlsx'"):
            store.export(tmp_path / "trials.xlsx")
        with pytest.raises(FileError, match="cannot be written"):
            store.export(tmp_path / "nowhere" / "trials.csv")
