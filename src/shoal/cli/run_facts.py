"""What the folder of a training says, as facts for a report; a half-written folder says what it can."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shoal.cli.diagnosis import contents_of, findings_of_unfinished
from shoal.cli.run_folder import RunFolder
from shoal.data.columns import Column
from shoal.data.kinds import ColumnKind
from shoal.errors import FileError, ShoalWarning
from shoal.history import History, read_history
from shoal.history.answers import Answers, read_answers
from shoal.history.wording import counted
from shoal.model.archive import read_archive
from shoal.model.contents import Contents, from_members
from shoal.model.diagnosis import diagnosis_of
from shoal.model.zeros import Zeros, zeros_said
from shoal.report import Facts


@dataclass(frozen=True)
class RunFacts:
    """What is there of a run.

    Attributes
    ----------
    folder : RunFolder
    facts : Facts
    answers : Answers or None
        What was said about each row that judged; None where that was not kept.
    fingerprint : str
        Of the table.
    """

    folder: RunFolder
    facts: Facts
    answers: Answers | None = None
    fingerprint: str = ""
    order: Mapping[str, Any] = field(default_factory=dict)


def read_run(path: str | Path) -> RunFacts:
    """Read the folder of a training, or a model without one.

    Raises
    ------
    FileError
        If that is no folder, or nothing in it can be shown: neither epochs nor a model.
    """
    folder = RunFolder(Path(path))
    if folder.path.is_file():
        return _alone(folder.path)
    if not folder.path.is_dir():
        raise FileError(
            f"'{path}' is not the folder of a run; 'shoal train' makes one and says where it lies."
        )
    contents, broken = contents_of(folder)
    history = _history(folder, contents)
    if contents is None and not len(history):
        raise FileError(
            f"The run '{path}' has nothing to show yet: it holds neither an epoch (history.jsonl) nor a "
            f"model (model.shoal){broken and f'; {broken}'}."
        )
    order = _json(folder.path / "settings.given.json")
    notes = _lines(folder.notes)
    command = "\n".join(_lines(folder.command))
    if contents is None:
        facts = _unfinished(order, history, broken, folder, command, notes)
        return RunFacts(folder, facts, order=order)
    answers, found = _answers(folder), _json(folder.importances)
    looks = {name: _json(getattr(folder, name)) or None for name in ("row", "landscape")}
    facts = replace(
        facts_of_model(contents, history, order, command, notes),
        answers=answers,
        importances=found or None,
        **looks,
    )
    fingerprint = facts.provenance.get("data", {}).get("fingerprint", "")
    return RunFacts(folder, facts, answers, fingerprint, order)


def _alone(path: Path) -> RunFacts:
    """Return what a model file says by itself."""
    contents = from_members(read_archive(path), str(path))
    facts = facts_of_model(contents, contents.history, {}, "", [])
    return RunFacts(
        RunFolder(path.parent), facts, None, facts.provenance.get("data", {}).get("fingerprint", "")
    )


def facts_of_model(
    contents: Contents, history: History, order: Mapping[str, Any], command: str, notes: list[str]
) -> Facts:
    """Return what a model and the order behind it say."""
    document = contents.document
    target, provenance, scores = (document[name] for name in ("target", "provenance", "scores"))
    settings = provenance.get("settings", {})
    return Facts(
        table=provenance.get("data", {}).get("source") or Path(order.get("table", "a table")).name,
        task=target["task"],
        targets=target["names"],
        history=history,
        classes=target["classes"],
        rows=_rows(provenance, scores),
        judged=scores if scores.get("figures") else None,
        columns=tuple(_column(one) for one in document["columns"]),
        settings=settings.get("resolved", {}),
        given=settings.get("given", {}),
        provenance=provenance,
        command=command,
        notices=notes,
        network=_network(contents),
        seconds=provenance.get("seconds"),
        spec=document["spec"],
        weights={name: array.shape for name, array in contents.params.items()},
        python=python_of(order, settings.get("given", {})),
        findings=diagnosis_of(history, provenance, scores),
    )


def python_of(order: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return the same training in Python; "" where it is not known what was ordered."""
    if not order.get("table"):
        return ""
    settings = "".join(f"{name}={_python(value)}, " for name, value in given.items()).removesuffix(", ")
    targets = order["targets"]
    target = repr(targets[0] if len(targets) == 1 else list(targets))
    names = {"task": "task", "kinds": "kinds", "drop": "drop", "weight": "weight", "group": "group"}
    names["time"] = "time_column"
    more = "".join(f", {name}={order[key]!r}" for key, name in names.items() if order.get(key))
    folds, test = order.get("folds"), order.get("test")
    more += f", folds={folds if str(folds).isdecimal() else repr(folds)}" if folds else ""
    read = "".join(f", {name}={value!r}" for name, value in order.get("reading", {}).items() if value)
    if test:
        more += f", test={test}" if _is_number(test) else f", test=read_table({test!r}{read})"
    return (
        "from shoal.data import read_table\n"
        "from shoal.pipeline import train_table\n"
        "from shoal.settings import Settings\n\n"
        f"table = read_table({order['table']!r}{read})\n"
        f"done = train_table(table, {target}, Settings({settings}){more})\n"
        'done.model.save("model.shoal")'
    )


def _python(value: Any) -> str:
    return repr(tuple(value)) if isinstance(value, list) else repr(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _history(folder: RunFolder, contents: Contents | None) -> History:
    """Return the epochs on disk, or those of the model where they are gone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShoalWarning)  # the page says that the run was not finished
            found = read_history(folder.history)
    except FileError:
        if contents is None and folder.history.exists():
            raise
        found = History()
    return found if len(found) or contents is None else contents.history


def _answers(folder: RunFolder) -> Answers | None:
    return read_answers(folder.answers) if folder.answers.exists() else None


def _unfinished(
    order: Mapping[str, Any], history: History, broken: str, folder: RunFolder, command: str, notes: list[str]
) -> Facts:
    why = f"its model cannot be read ({broken})" if broken else "it still runs, or was stopped"
    return Facts(
        table=Path(order.get("table", "a table")).name,
        task=order.get("task") or "",
        targets=order.get("targets") or ["the target"],
        history=history,
        settings=_json(folder.path / "settings.json"),
        given=order.get("settings", {}),
        command=command,
        notices=notes,
        findings=findings_of_unfinished(history, folder),
        unfinished=f"This run has no model: {why}. Shown is what there is: {counted(len(history), 'epoch')}.",
    )


def _rows(provenance: Mapping[str, Any], scores: Mapping[str, Any]) -> dict[str, int]:
    tested = scores.get("rows", 0) if scores.get("method") == "test rows" else 0
    return {**provenance.get("rows", {}), "test": tested}


def _column(one: Mapping[str, Any]) -> Column:
    known = {name: one[name] for name in ("name", "used", "dtype", "missing", "distinct", "notice")}
    return Column(kind=ColumnKind(one["kind"]), **known)


def _network(contents: Contents) -> str:
    from shoal.model.drawing import network_in_words
    from shoal.nets.spec import NetSpec

    spec, nets = NetSpec.from_json(contents.document["spec"]), (contents, *contents.others)
    zeros = Zeros.of(net.params for net in nets)
    told = zeros_said(zeros, contents.document["provenance"])
    return ". ".join(filter(None, (network_in_words(spec, len(nets)), told)))


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, ValueError):
        return []
