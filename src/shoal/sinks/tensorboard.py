"""Event files that TensorBoard reads, written by tensorboardX, which needs neither TensorFlow nor PyTorch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from shoal.history.record import Cell
from shoal.sinks.base import Sink, numbers


class TensorBoardSink(Sink):
    """Writes a folder ``tensorboard`` of event files: a scalar for each column, the settings as text.

    Columns of layers are called ``gradient_norm/dense_0``, so TensorBoard shows a quantity of all layers in
    one group. Look with ``tensorboard --logdir runs``.
    """

    library: ClassVar[str] = "tensorboardX"
    extra: ClassVar[str] = "tensorboard"

    def __init__(self, folder: Path, settings: Mapping[str, Any], name: str) -> None:
        super().__init__(folder, settings, name)
        self._writer = self.module().SummaryWriter(str(folder / "tensorboard"))
        self._writer.add_text("settings", f"```\n{json.dumps(settings, indent=1, default=str)}\n```")

    def write(self, row: Mapping[str, Cell]) -> None:
        """Write the scalars of an epoch, to be seen at once."""
        for name, value in numbers(row).items():
            self._writer.add_scalar(name, value, row["epoch"])
        self._writer.flush()

    def close(self, *, sound: bool) -> None:
        """Close the event file."""
        self._writer.close()
