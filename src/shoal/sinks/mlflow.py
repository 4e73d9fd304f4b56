"""Runs of MLflow: settings as parameters, columns as metrics by epoch."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from shoal.history.record import Cell
from shoal.sinks.base import Sink, numbers

_MOST_METRICS = 1000  # of one request
_MOST_PARAMS = 100
_LONGEST = 500  # characters of a parameter's value that every store takes


class MlflowSink(Sink):
    """Makes a run in the experiment ``shoal``, where MLflow is set to keep its runs.

    Server and experiment are MLflow's own environment variables, ``MLFLOW_TRACKING_URI`` and
    ``MLFLOW_EXPERIMENT_NAME``.
    """

    library: ClassVar[str] = "mlflow"
    extra: ClassVar[str] = "mlflow"

    def __init__(self, folder: Path, settings: Mapping[str, Any], name: str) -> None:
        super().__init__(folder, settings, name)
        mlflow = self.module()
        self._entities, self._client = mlflow.entities, mlflow.MlflowClient()
        self._run = self._client.create_run(self._experiment(), run_name=name).info.run_id
        texts = [(key, str(value)[:_LONGEST]) for key, value in settings.items() if value is not None]
        for at in range(0, len(texts), _MOST_PARAMS):
            params = [self._entities.Param(*pair) for pair in texts[at : at + _MOST_PARAMS]]
            self._client.log_batch(self._run, params=params)

    def write(self, row: Mapping[str, Cell]) -> None:
        """Write the metrics of an epoch."""
        now, step = int(time.time() * 1000), int(row["epoch"] or 0)
        found = [self._entities.Metric(_name(name), value, now, step) for name, value in numbers(row).items()]
        for at in range(0, len(found), _MOST_METRICS):
            self._client.log_batch(self._run, metrics=found[at : at + _MOST_METRICS])

    def close(self, *, sound: bool) -> None:
        """End the run: finished, or killed where training was broken off by an error."""
        self._client.set_terminated(self._run, status="FINISHED" if sound else "FAILED")

    def _experiment(self) -> str:
        wanted = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "shoal"
        found = self._client.get_experiment_by_name(wanted)
        return self._client.create_experiment(wanted) if found is None else found.experiment_id


def _name(column: str) -> str:
    """Return a column's name in the characters that MLflow takes.

    Examples
    --------
    >>> _name("gradient_norm/dense_1[25]")
    'gradient_norm/dense_1.25'
    """
    return column.replace("[", ".").replace("]", "")
