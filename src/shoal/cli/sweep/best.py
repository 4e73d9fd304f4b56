"""``shoal sweep best``: the model of the best trial, or of another one, or its settings."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shoal.cli.say import finite, write_json
from shoal.cli.sweep.folder import SweepFolder
from shoal.cli.sweep.kept import Kept, open_store, read_kept
from shoal.errors import FileError, SettingError, TrainingError
from shoal.sweep.trials import Trial


def keep_best(path: str, out: str | None, trial: int | None, printed: bool, as_json: bool) -> None:
    """Write the model of a trial, or print its settings.

    Raises
    ------
    FileError
        If that is no sweep's folder, its table has changed, or the model cannot be written.
    SettingError
        If there is no such trial.
    """
    folder = SweepFolder(Path(path))
    order, outcome = folder.read_order(), folder.read_outcome()
    with open_store(folder, order) as store:
        kept = read_kept(store)
    chosen = _chosen(kept, trial, path)
    model = outcome.get("model") or {}
    if model.get("trial") == chosen.number and folder.model.exists():
        settings = model["settings"]
        if out:
            _copied(folder.model, out)
    else:
        settings = _trained(order, path, kept, chosen, out)
    _tell(kept, chosen, settings, out, printed, as_json)


def yaml_of(settings: Mapping[str, Any]) -> str:
    """Return settings as ``shoal train --config`` reads them.

    Examples
    --------
    >>> print(yaml_of({"hidden": (64, 64), "learning_rate": 1e-05}), end="")
    hidden: [64, 64]
    learning_rate: 1.0e-05
    """
    import yaml

    def written(value: object) -> str:
        return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("...\n").strip()

    return "".join(f"{name}: {written(value)}\n" for name, value in finite(dict(settings)).items())


def _chosen(kept: Kept, trial: int | None, path: str) -> Trial:
    if trial is None:
        best = kept.best()
        if best is None:
            raise TrainingError(f"The sweep '{path}' has no best trial: none was finished, or all diverged.")
        return best
    if trial not in kept.trials:
        last = max(kept.trials, default=-1)
        has = f"finished trials from {min(kept.trials)} to {last}" if kept.trials else "no finished trial"
        raise SettingError(f"Expected --trial to be a finished trial of '{path}'. Got {trial}, it has {has}.")
    return kept.trials[trial]


def _trained(
    written: Mapping[str, Any], path: str, kept: Kept, trial: Trial, out: str | None
) -> dict[str, Any]:
    """Train a trial's settings on all rows, if a model is wanted, and return the settings."""
    from shoal.cli.sweep.final import judged, refitted, settings_of
    from shoal.cli.sweep.order import SweepOrder
    from shoal.cli.sweep.posing import taken_up

    asked = taken_up(SweepOrder.from_json(written), path)
    if out is None:
        return settings_of(asked.question, trial).given()
    made = refitted(asked.question, trial)
    judged(asked, kept, made).save(out)
    return made.settings.given()


def _copied(model: Path, out: str) -> None:
    if Path(out).resolve() == model.resolve():
        return
    try:
        shutil.copyfile(model, out)
    except OSError as error:
        raise FileError(f"The model cannot be written to '{out}': {error.strerror}.") from None


def _tell(
    kept: Kept, trial: Trial, settings: Mapping[str, Any], out: str | None, printed: bool, as_json: bool
) -> None:
    if as_json:
        figures = {"value": kept.main.figure(trial.score), "spread": trial.spread}
        told = {"trial": trial.number, "score": kept.main.name, **figures, "settings": settings, "model": out}
        write_json(told)
        return
    if printed:
        print(yaml_of(settings), end="")
    if out and not printed:
        print(f"trial {trial.number}: {kept.main.title} {kept.main.said(trial.score)}")
        print(f"model   {out}")
