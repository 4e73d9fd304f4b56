"""What ``shoal diagnose`` finds in a run folder or a model file; what is half-written is told apart."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shoal.cli.run_folder import RunFolder
from shoal.errors import FileError, ShoalError, ShoalWarning
from shoal.history import History, read_history
from shoal.history.findings import Evidence, Finding, find
from shoal.history.wording import counted
from shoal.model.archive import read_archive
from shoal.model.contents import Contents, from_members
from shoal.model.diagnosis import evidence_of


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    path : str
    findings : list of Finding
    epochs : int
        Epochs that were looked at.
    notes : tuple of str
        What is missing or torn, and what that means for the findings.
    """

    path: str
    findings: list[Finding]
    epochs: int
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "path": self.path,
            "epochs": self.epochs,
            "notes": list(self.notes),
            "findings": [one.to_json() for one in self.findings],
        }


@dataclass(frozen=True)
class _Seen:
    """What is there of a run, and what is said about what is not."""

    evidence: Evidence
    notes: tuple[str, ...] = field(default=())


def diagnose_path(path: str, ignore: Collection[str] = ()) -> Diagnosis:
    """Diagnose a run folder, finished or not, or a model file.

    Parameters
    ----------
    path : str
    ignore : collection of str
        Codes that are to be silent.

    Raises
    ------
    FileError
        If there is neither, or nothing in the folder tells of a training.
    ArtefactError
        If the model file is damaged and there is no run around it.
    SettingError
        If a code is unknown.
    """
    where = Path(path)
    if not where.exists():
        raise FileError(
            f"There is no run folder or model file '{path}'; 'shoal train' makes both and says where."
        )
    seen = _of_folder(RunFolder(where)) if where.is_dir() else _of_model(where)
    found = find(seen.evidence, ignore=ignore)
    return Diagnosis(path, found, len(seen.evidence.history), seen.notes)


def findings_of_unfinished(history: History, folder: RunFolder) -> list[Finding]:
    """Return the findings of a run that left epochs and no model."""
    return find(_unfinished(history, folder))


def _of_model(path: Path) -> _Seen:
    contents = from_members(read_archive(path), str(path))
    beside = (path.parent / "history.jsonl").exists()
    note = (
        () if beside else ("The run folder of this model is gone; its own record of the training is used.",)
    )
    return _Seen(_of_contents(contents), (*note, *_missing(contents)))


def _of_contents(contents: Contents) -> Evidence:
    document = contents.document
    return evidence_of(contents.history, document["provenance"], document["scores"])


def _missing(contents: Contents) -> tuple[str, ...]:
    if "facts" in contents.document["provenance"]:
        return ()
    return ("The model does not say what was known of its table, so rules about the table are silent.",)


def _of_folder(folder: RunFolder) -> _Seen:
    contents, broken = contents_of(folder)
    history, torn = _history(folder)
    if contents is not None:
        evidence = _of_contents(contents)
        whole = len(history) >= len(contents.history)
        evidence = replace(evidence, history=history) if whole and not torn else evidence
        return _Seen(evidence, (*torn, *_missing(contents)))
    if not len(history):
        raise FileError(
            f"The run '{folder.path}' tells of no training: it holds neither an epoch (history.jsonl) nor a "
            f"model (model.shoal){broken and f'; {broken}'}."
        )
    why = (
        f"Its model cannot be read ({broken})."
        if broken
        else "It has no model: it still runs, or was stopped."
    )
    note = f"{why} Rules about its {counted(len(history), 'epoch')} speak, rules about the table are silent."
    return _Seen(_unfinished(history, folder), (note, *torn))


def _unfinished(history: History, folder: RunFolder) -> Evidence:
    known = folder.read_known()
    settings = known.get("settings") or _ordered(folder.read_given())
    return Evidence(history, settings, {**known.get("facts", {}), "running": not history.stop_reason})


def _ordered(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as given; none where they cannot be read."""
    from shoal.cli.order import Order

    try:
        known = {name: value for name, value in order.items() if name in Order.__dataclass_fields__}
        return Order(**known).parsed_settings().to_json() if known else {}
    except (ShoalError, TypeError):
        return {}


def contents_of(folder: RunFolder) -> tuple[Contents | None, str]:
    """Return what the model file of a run holds, and why it cannot be read where it cannot."""
    if not folder.model.exists():
        return None, ""
    try:
        return from_members(read_archive(folder.model), str(folder.model)), ""
    except ShoalError as error:
        return None, str(error).rstrip(".")


def _history(folder: RunFolder) -> tuple[History, tuple[str, ...]]:
    """Return the epochs on disk, and what is wrong with them."""
    if not folder.history.exists():
        return History(), ("Its history.jsonl is gone; the record inside the model is used.",)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ShoalWarning)
        try:
            return read_history(folder.history), tuple(str(one.message) for one in said)
        except FileError as error:
            return History(), (str(error),)
