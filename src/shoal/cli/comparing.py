"""How runs are compared: over the same rows where both kept what they said, else from their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase

from shoal.cli.run_facts import RunFacts, read_run
from shoal.errors import FileError
from shoal.history import default_metric
from shoal.history.comparison import Comparison, from_intervals, paired, shared_rows
from shoal.history.metrics import METRICS
from shoal.report.comparison import Compared, Run

MOST = len(ascii_uppercase)


def compared(paths: Sequence[str]) -> Compared:
    """Read runs and compare each with the first.

    Raises
    ------
    FileError
        If one of them is no run, or holds nothing that could be shown.
    """
    if not 2 <= len(paths) <= MOST:
        raise FileError(f"Expected 2 to {MOST} runs to compare. Got {len(paths)}.")
    read = [read_run(path) for path in paths]
    runs = [_run(letter, path, one) for letter, path, one in zip(ascii_uppercase, paths, read, strict=False)]
    found: dict[str, list[Comparison]] = {}
    reasons: dict[str, str] = {}
    for run, one in zip(runs[1:], read[1:], strict=True):
        found[run.letter], reasons[run.letter] = compare_two(read[0], one, (runs[0].letter, run.letter))
    return Compared(runs, found, reasons)


def compare_two(first: RunFacts, other: RunFacts, letters: tuple[str, str]) -> tuple[list[Comparison], str]:
    """Compare two runs, and say how that was done or why it cannot be.

    Returns
    -------
    list of Comparison
        The leading metric first; empty where they cannot be compared.
    str
        One or two sentences.
    """
    names = " and ".join(letters)
    one, two = first.facts, other.facts
    if (one.task, list(one.targets)) != (two.task, list(two.targets)):
        told = f"{', '.join(one.targets)} ({one.task or 'unknown'}) and {', '.join(two.targets)} ({two.task})"
        return [], f"{names} predict different things, {told}: their figures mean different things."
    if not one.judged or not two.judged:
        without = letters[0] if not one.judged else letters[1]
        return [], f"{without} was not judged on rows that it had not seen, so there is nothing to compare."
    metrics = _ordered(one.task, set(one.judged["figures"]) & set(two.judged["figures"]))
    rows = _rows_shared(first, other)
    if rows and first.answers is not None and other.answers is not None:
        found = [paired(first.answers, other.answers, name) for name in metrics]
        whole = len(first.answers), len(other.answers)
        of = "" if whole == (rows, rows) else f", of {whole[0]:,} and {whole[1]:,} that judged each"
        return [c for c in found if c], f"{names} are compared row by row over the same {rows:,} rows{of}."
    found = [
        from_intervals(name, one.judged["figures"][name], two.judged["figures"][name]) for name in metrics
    ]
    return found, f"{_unpaired(first, other, names)} The difference is told from the two intervals alone."


def _ordered(task: str, names: set[str]) -> list[str]:
    lead = default_metric(task).name
    return sorted((name for name in METRICS if name in names), key=lambda name: name != lead)


def _rows_shared(first: RunFacts, other: RunFacts) -> int:
    """Return how many rows judged both; 0 where that cannot be known."""
    if first.answers is None or other.answers is None or _source(first) != _source(other):
        return 0
    return len(shared_rows(first.answers, other.answers)[0])


def _source(run: RunFacts) -> tuple[str, str]:
    """Return what the numbers of the judged rows count: the rows of the table, or those of a test table."""
    if run.facts.method == "test table":
        return "test table", str(run.order.get("test"))
    return "table", run.fingerprint


def _unpaired(first: RunFacts, other: RunFacts, names: str) -> str:
    if first.fingerprint != other.fingerprint:
        return f"{names} learnt from different tables, and no row is known to have judged both."
    if first.answers is None or other.answers is None:
        return (
            f"Not both of {names} kept what they said row by row; if the same rows judged both, the interval "
            "is wider than it need be."
        )
    return f"No row judged both {names}, and each may have learnt from rows that judged the other."


def _run(letter: str, path: str, one: RunFacts) -> Run:
    facts = one.facts
    return Run(
        letter=letter,
        path=str(Path(path)),
        table=facts.table,
        targets=facts.targets,
        task=facts.task,
        history=facts.history,
        settings=facts.settings,
        figures=(facts.judged or {}).get("figures", {}),
        method=facts.method if facts.judged else "",
        seconds=facts.seconds,
        network=facts.network,
    )
