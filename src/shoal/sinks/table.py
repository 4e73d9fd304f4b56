"""The sinks by name, and all those of one training together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.history.record import Cell, History
from shoal.sinks.base import Sink
from shoal.sinks.csv_file import CsvSink
from shoal.sinks.mlflow import MlflowSink
from shoal.sinks.tensorboard import TensorBoardSink

SINKS: dict[str, type[Sink]] = {"csv": CsvSink, "tensorboard": TensorBoardSink, "mlflow": MlflowSink}
"""Name -> sink."""


def checked_sinks(names: Any, owner: str = "shoal") -> tuple[str, ...]:
    """Return the names of sinks, or refuse the first that is unknown or whose library is not installed.

    Parameters
    ----------
    names : None, str or sequence of str
    owner : str
        Who was given them, for the message.

    Raises
    ------
    SettingError
        If there is no such sink, with the nearest that there is.
    MissingExtraError
        If its library is not installed.

    Examples
    --------
    >>> checked_sinks("csv"), checked_sinks(None)
    (('csv',), ())
    >>> checked_sinks(["tensorbord"], "NetClassifier")
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: The 'log' parameter of NetClassifier must be None, or some of 'csv', \
'tensorboard', 'mlflow'. Got 'tensorbord' instead. Did you mean 'tensorboard'?
    """
    if names is None:
        return ()
    given = [names] if isinstance(names, str) else names
    listed = list(given) if isinstance(given, Iterable) else [given]
    for name in listed:
        if name not in SINKS:
            known = ", ".join(map(repr, SINKS))
            raise SettingError(
                f"The 'log' parameter of {owner} must be None, or some of {known}. Got {name!r} instead."
                f"{did_you_mean(str(name), SINKS)}"
            )
        if SINKS[name].library:
            SINKS[name].module()
    return tuple(dict.fromkeys(listed))


class Sinks:
    """All sinks of one training, open from its first epoch to its end.

    Parameters
    ----------
    names : sequence of str
    folder : Path
    settings : mapping
    name : str
    earlier : History, optional
        Epochs of the run that is taken up.
    """

    def __init__(
        self,
        names: Sequence[str],
        folder: Path,
        settings: Mapping[str, Any],
        name: str,
        earlier: History | None = None,
    ) -> None:
        self._open = [SINKS[one](folder, settings, name) for one in names]
        self._told: set[str] = set()
        for row in earlier or ():
            for sink in self._open:
                if sink.replays:
                    sink.write(row)

    def write(self, row: Mapping[str, Cell]) -> None:
        """Tell every sink of an epoch."""
        self._told |= row.keys()
        for sink in self._open:
            sink.write(row)

    def close(self, history: History | None) -> None:
        """Complete and close every sink; without a history, training came to nothing."""
        for sink in self._open:
            if history is not None:
                sink.complete(history, {*self._told, "epoch", "seconds"})
            sink.close(sound=history is not None)
        self._open = []
