"""What ``shoal train`` does: read, train under watch, keep, tell."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from shoal.cli.calibrate import said as calibration_said
from shoal.cli.diagnose import told
from shoal.cli.importances import keep_importances
from shoal.cli.order import Order
from shoal.cli.run_facts import read_run
from shoal.cli.run_folder import RunFolder
from shoal.cli.say import write_json
from shoal.cli.watch import Earlier, Watch
from shoal.data import infer_task, notices, read_table
from shoal.errors import FileError
from shoal.history import History, default_metric, read_history
from shoal.history.answers import write_answers
from shoal.history.wording import compact, counted, with_bounds
from shoal.model.archive import read_archive
from shoal.model.contents import from_members
from shoal.model.fingerprint import fingerprint
from shoal.model.zeros import zeros_said
from shoal.pipeline import Trained, train_table
from shoal.report import write_report
from shoal.sinks import checked_sinks
from shoal.train.checkpoint import read_state, write_state

DONE, INTERRUPTED = 0, 130


@dataclass(frozen=True)
class Wish:
    """How the run is kept and told, besides what is ordered.

    Attributes
    ----------
    runs : str
        Where run folders go.
    model : str or None
        Where the model is kept as well.
    resume : str or None
        The run folder to take up.
    as_json : bool
    command : str
        The command line, for the report.
    log : tuple of str
        Sinks that are told of every epoch.
    act : bool
        Whether remedies are applied while it trains.
    """

    runs: str = "runs"
    model: str | None = None
    resume: str | None = None
    as_json: bool = False
    command: str = ""
    log: tuple[str, ...] = ()
    act: bool = False


def train_and_keep(order: Order, wish: Wish) -> int:
    """Train as ordered, leave a run folder, tell about it; return the exit code.

    Raises
    ------
    ShoalError
        If the table, the settings or the disk do not allow it. A table that is refused leaves no folder.
    """
    settings, log = order.parsed_settings(), checked_sinks(wish.log)
    frame = read_table(order.table, **order.reading)
    task = order.task or _task(frame, order)
    earlier = _earlier(wish.resume, frame) if wish.resume else None
    with noted() as said:
        watch = Watch(order, task, wish.runs, earlier, log)
        with watch:
            trained = train_table(
                frame,
                order.targets[0] if len(order.targets) == 1 else list(order.targets),
                settings,
                task=order.task,
                start=earlier.state if earlier else None,
                act=wish.act,
                on_event=watch.see,
                **order.arguments(),
            )
        folder = watch.folder
        assert folder is not None
        trained = _with_history(trained, earlier)
        watch.finish(trained.history)
        keep(order, wish, folder, trained, [*notices(trained.model.columns), *said])
        keep_importances(order, frame, trained, folder)
        write_report(read_run(folder.path).facts, folder.report)
    tell(order, wish, folder, trained, frame.height)
    return INTERRUPTED if trained.interrupted else DONE


def keep(order: Order, wish: Wish, folder: RunFolder, trained: Trained, said: list[str]) -> None:
    """Write everything that the run folder holds; the model first, because it matters most."""
    trained.model.save(folder.model)
    folder.forget_known()
    if wish.model:
        trained.model.save(wish.model)
    folder.write_resolved(trained.settings.to_json())
    folder.write_history(trained.history)
    folder.write_notes(said)
    if trained.answers is not None:
        write_answers(trained.answers, folder.answers)
    write_state(trained.state, folder.state)
    if wish.command:
        folder.note_command(wish.command)


def tell(order: Order, wish: Wish, folder: RunFolder, trained: Trained, rows: int) -> None:
    """Say on stdout what came of it and where it lies."""
    if trained.interrupted:
        print("shoal: Interrupted; the best network so far is kept.", file=sys.stderr)
    if wish.as_json:
        write_json(_plain(order, wish, folder, trained, rows))
        return
    print(
        f"{Path(order.table).name}: {rows:,} rows, {', '.join(order.targets)} ({trained.model.target.task})"
    )
    print(_figure(trained))
    if "calibration" in trained.scores:
        print(calibration_said(trained.scores["calibration"]))
    epochs = counted(len(trained.history), "epoch")
    print(f"{epochs} in {trained.seconds:.1f} s. {trained.history.stop_reason}")
    if zeros := zeros_said(trained.model.zeros(), trained.model.provenance):
        print(f"{zeros}.")
    for line in told(trained.model.diagnosis):
        print(line)
    print(f"model   {wish.model or folder.model}")
    print(f"report  {folder.report}")


def _plain(order: Order, wish: Wish, folder: RunFolder, trained: Trained, rows: int) -> dict[str, Any]:
    history = trained.history
    return {
        "run": str(folder.path),
        "model": str(wish.model or folder.model),
        "report": str(folder.report),
        "history": str(folder.history),
        "task": trained.model.target.task,
        "targets": list(order.targets),
        "rows": rows,
        "scores": trained.scores,
        "epochs": len(history),
        "best_epoch": history.best_epoch,
        "stop_reason": history.stop_reason,
        "zeros": trained.model.zeros().to_json(),
        "findings": [one.to_json() for one in trained.model.diagnosis],
        "interrupted": trained.interrupted,
        "seconds": trained.seconds,
        "settings": trained.settings.to_json(),
    }


def _figure(trained: Trained) -> str:
    """Return the leading figure with its interval, in one line."""
    figures = trained.scores.get("figures", {})
    lead = default_metric(trained.model.target.task)
    if lead.name not in figures:
        return "no rows were kept aside to judge it"
    found = figures[lead.name]
    value, bounds = with_bounds(found["value"], found["low"], found["high"])
    told = f"{lead.title} {value} (95 % interval {bounds}), {trained.scores['method']}"
    alone = trained.scores.get("members")
    if alone is None:
        return told
    mean = compact(alone["figures"][lead.name])
    return f"{told}; each of its {alone['count']} networks alone {mean} on average"


@contextmanager
def noted() -> Iterator[list[str]]:
    """Collect the texts of warnings while they are shown as usual."""
    said: list[str] = []
    shown = warnings.showwarning

    def show(message: Warning | str, *rest: Any, **more: Any) -> None:
        if str(message) not in said:
            said.append(str(message))
        shown(message, *rest, **more)

    warnings.showwarning = show
    try:
        yield said
    finally:
        warnings.showwarning = shown


def _task(frame: pl.DataFrame, order: Order) -> str:
    """Return the task for the progress bar; what is wrong with the target the pipeline says better."""
    known = [name for name in order.targets if name in frame.columns]
    if len(known) < len(order.targets):
        return "regression"
    return infer_task(frame[known[0]] if len(known) == 1 else frame.select(known))


def _earlier(path: str, frame: pl.DataFrame) -> Earlier:
    folder = RunFolder(Path(path))
    if not folder.state.exists():
        raise FileError(f"The run '{path}' left no state to go on from (state.safetensors); train anew.")
    learnt = from_members(read_archive(folder.model), str(folder.model)).document["provenance"]
    if learnt["data"]["fingerprint"] != fingerprint(frame):
        raise FileError(f"The table is not the one that the run '{path}' learnt from; train anew.")
    chosen = folder.read_resolved().get("optimizer", "adam")
    optimizer = chosen["kind"] if isinstance(chosen, dict) else chosen
    return Earlier(folder, read_state(folder.state, optimizer), read_history(folder.history))


def _with_history(trained: Trained, earlier: Earlier | None) -> Trained:
    """Put the epochs of the earlier run in front."""
    if earlier is None:
        return trained
    new = trained.history
    old = earlier.history[: len(earlier.history) if not len(new) else int(new[0, "epoch"]) - 1]
    whole = History([*old, *new], stop_reason=new.stop_reason, best_epoch=new.best_epoch, notes=new.notes)
    return replace(trained, history=whole, model=replace(trained.model, history=whole))
