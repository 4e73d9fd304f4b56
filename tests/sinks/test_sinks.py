"""What is written to a CSV file, to TensorBoard and to MLflow is read back as it was."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import polars as pl
import pytest

from shoal.errors import MissingExtraError, SettingError
from shoal.history import History
from shoal.sinks import SINKS, Sinks, checked_sinks

ROWS = [
    {"epoch": 1, "loss": 0.5, "gradient_norm/dense_0": 2.0},
    {"epoch": 2, "loss": float("nan")},
    {"epoch": 3, "loss": 0.25, "val_loss": float("inf"), "gradient_norm/dense_0": 0.125},
]
WHOLE = History([{**row, "val_rmse": float(row["epoch"]), "seconds": 0.1} for row in ROWS])


def write(name: str, folder: Path, *, earlier: History | None = None) -> None:
    sinks = Sinks([name], folder, {"hidden": [8], "learning_rate": 0.1}, "run", earlier)
    for row in ROWS:
        sinks.write(row)
    sinks.close(WHOLE)


def test_a_csv_file_can_be_read_while_it_is_written(tmp_path):
    sinks = Sinks(["csv"], tmp_path, {}, "run")
    for count, row in enumerate(ROWS, 1):
        sinks.write(row)
        assert pl.read_csv(tmp_path / "history.csv").height == count
    found = pl.read_csv(tmp_path / "history.csv")
    assert found.columns == ["epoch", "loss", "gradient_norm/dense_0", "val_loss"]
    assert found["gradient_norm/dense_0"].to_list() == [2.0, None, 0.125]
    assert found["val_loss"].to_list() == [None, None, float("inf")]
    sinks.close(WHOLE)
    assert pl.read_csv(tmp_path / "history.csv")["val_rmse"].to_list() == [1.0, 2.0, 3.0]


def test_a_csv_file_of_a_run_that_is_taken_up_has_the_epochs_before(tmp_path):
    sinks = Sinks(["csv"], tmp_path, {}, "run", History([{"epoch": 1, "loss": 3.0}]))
    sinks.write({"epoch": 2, "loss": 2.0})
    assert pl.read_csv(tmp_path / "history.csv")["epoch"].to_list() == [1, 2]


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    """Read event files: records of length, checksum, protocol buffer, checksum."""
    from tensorboardX.proto.event_pb2 import Event

    found = {}
    for path in folder.glob("events*"):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            event = Event.FromString(data[at + 12 : at + 12 + length])
            at += 16 + length
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found[value.tag, event.step] = value.simple_value
    return found


def test_tensorboard_reads_every_number_back(tmp_path):
    pytest.importorskip("tensorboardX", reason="the extra 'tensorboard' is not installed")
    write("tensorboard", tmp_path)
    found = scalars(tmp_path / "tensorboard")
    assert found["loss", 3] == 0.25
    assert found["gradient_norm/dense_0", 1] == 2.0
    assert ("gradient_norm/dense_0", 2) not in found
    assert found["val_rmse", 2] == 2.0  # known in the end only
    assert not any(tag == "seconds" for tag, _ in found)


def test_mlflow_reads_every_number_back(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="the extra 'mlflow' is not installed")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "runs").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    write("mlflow", tmp_path)
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("shoal")
    [run] = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["learning_rate"] == "0.1"
    loss = {m.step: m.value for m in client.get_metric_history(run.info.run_id, "loss")}
    assert loss[3] == 0.25


def test_an_unknown_sink_is_refused_with_the_nearest_known():
    with pytest.raises(SettingError, match=r"Got 'mlflw' instead\. Did you mean 'mlflow'"):
        checked_sinks(["csv", "mlflw"])
    with pytest.raises(SettingError, match="Got 3 instead"):
        checked_sinks(3)


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_missing_library_is_answered_with_the_command_that_installs_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, SINKS[name].library, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'shoal\[{name}\]'"):
        checked_sinks([name])
