"""What was ordered with ``shoal train``: plain data that a run folder keeps and a later run takes up."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from shoal.data import read_table
from shoal.data.image_files import arrays_to_test
from shoal.errors import FileError, SettingError
from shoal.plain_yaml import read_yaml
from shoal.rules import parse, refuse_unknown
from shoal.settings import RULES, Settings

CHANGEABLE = frozenset(
    {"epochs", "min_epochs", "patience", "min_delta", "learning_rate", "schedule", "warmup"}
    | {"weight_decay", "l1", "l2", "clip_norm"}
)
"""Settings that may change when a run is taken up; the others shaped what it has learnt."""


@dataclass(frozen=True)
class Order:
    """One call of ``shoal train``, as it was typed.

    Attributes
    ----------
    table : str
        Path of the table.
    targets : sequence of str
        Names of the target columns.
    task : str or None
        The task, where the user gave it.
    settings : mapping
        Settings by name; texts are read by the rule of their setting.
    test : str or None
        Path of a test table, or a share of the rows.
    folds : str or None
        Number of folds to judge by, or "all".
    group, time, weight : str or None
        Columns with a role in splitting and weighing.
    drop, kinds, reading
        Columns to leave out, kinds to take, layout of the file.
    """

    table: str
    targets: Sequence[str]
    task: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    test: str | None = None
    folds: str | None = None
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    drop: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, str | None] = field(default_factory=dict)

    def parsed_settings(self) -> Settings:
        """Return the settings, checked.

        Raises
        ------
        SettingError
            If a name is unknown or a value out of its range.
        """
        refuse_unknown("shoal", self.settings, Settings.known())
        values = {
            name: parse(name, value, RULES[name]) if isinstance(value, str) else value
            for name, value in self.settings.items()
        }
        return Settings.of(values)

    def arguments(self) -> dict[str, Any]:
        """Return what `shoal.pipeline.train_table` is told besides table, target, settings and task."""
        return {
            "test": self._test(),
            "folds": self._folds(),
            "kinds": dict(self.kinds),
            "drop": tuple(self.drop),
            "weight": self.weight,
            "group": self.group,
            "time_column": self.time,
            "source": Path(self.table).name,
        }

    def _test(self) -> float | pl.DataFrame | None:
        if self.test is None:
            return arrays_to_test(Path(self.table)) if self.table.lower().endswith(".npz") else None
        try:
            share = float(self.test)
        except ValueError:
            return read_table(self.test, **self.reading)
        if not 0 <= share < 1:
            raise SettingError(f"--test expects a file or a share in [0, 1). Got {self.test} instead.")
        return share

    def _folds(self) -> int | str | None:
        if self.folds is None or self.folds == "all":
            return self.folds
        if not self.folds.isdecimal() or int(self.folds) < 2:
            raise SettingError(f"--folds expects a number from 2 on, or 'all'. Got {self.folds} instead.")
        return int(self.folds)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; the table is told by its full path, for a run from another folder.

        A list of layers is told itself, because its file may change before the run goes on.
        """
        settings = dict(self.settings)
        if settings.get("layers"):
            settings["layers"] = self.parsed_settings().layers
        return {**asdict(self), "settings": settings, "table": os.path.abspath(self.table)}

    @classmethod
    def of_run(cls, path: str, settings: Mapping[str, Any]) -> Order:
        """Return the order that a run folder keeps, with changed settings.

        Raises
        ------
        FileError
            If that is not a run folder.
        SettingError
            If a setting cannot change any more.
        """
        refuse_unknown("shoal", settings, Settings.known())
        for name in settings.keys() - CHANGEABLE:
            raise SettingError(
                f"The setting '{name}' of a run cannot change when it goes on; leave it out, or train anew."
            )
        try:
            kept = json.loads((Path(path) / "settings.given.json").read_text(encoding="utf-8"))
            order = cls(**kept)
        except (OSError, ValueError, TypeError):
            raise FileError(
                f"'{path}' is not the folder of a run: it has no readable settings.given.json."
            ) from None
        return replace(order, settings={**order.settings, **settings})


def settings_file(path: str) -> dict[str, Any]:
    """Read settings from a YAML or JSON file.

    Raises
    ------
    FileError
        If the file cannot be read, or is not a mapping of names to values.
    """
    import yaml

    try:
        values = read_yaml(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"The settings file '{path}' cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise FileError(f"The settings file '{path}' is neither YAML nor JSON: {first}.") from None
    if not isinstance(values, dict):
        raise FileError(f"The settings file '{path}' must hold names and values, such as 'epochs: 60'.")
    return {str(name): value for name, value in values.items()}
