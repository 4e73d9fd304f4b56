"""What the scripts share: what machine this is, plain tables on the screen, and results kept as JSON."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
_ONE_LINE = 400  # characters of an entry that stays on one line
_LIBRARIES = ("shoal", "jax", "numpy", "scikit-learn", "torch", "polars", "pandas")


def device() -> str:
    """Return what the figures were taken on, for example "2 cores, AMD EPYC"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def load() -> str:
    """Return a warning where other programs are at work, which would spoil the figures; else nothing."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"(others are at work here: load {busy:.1f}; these figures are not to be quoted)\n"
        if busy > 0.7
        else ""
    )


def versions() -> dict[str, str]:
    """Return the versions of the libraries that take part."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def options(name: str, said: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(prog=f"{name}.py", description=said)
    parser.add_argument("--quick", action="store_true", help="little work: to see that it runs, not to quote")
    parser.add_argument(
        "--json",
        nargs="?",
        const=RESULTS / f"{datetime.date.today():%Y-%m-%d}-{name}.json",
        type=Path,
        metavar="PATH",
        help="keep the figures (benchmarks/results/<date>-<name>.json if no path is given)",
    )
    return parser


def keep(path: Path | None, name: str, figures: Any, **about: Any) -> None:
    """Write figures with date, device and versions, where a path was given."""
    if path is None:
        return
    record = {
        "benchmark": name,
        "date": f"{datetime.date.today():%Y-%m-%d}",
        "device": device(),
        "versions": versions(),
        **about,
        "figures": figures,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(in_lines(record) + "\n")
    print(f"kept in {path}")


def in_lines(value: Any, depth: int = 0) -> str:
    """Return JSON with an entry a line, each case of a list on a line of its own.

    Examples
    --------
    >>> print(in_lines({"a": 1, "rows": [{"x": 1, "y": [2, 3]}, {"x": 4, "y": []}]}))
    {
     "a": 1,
     "rows": [
      {"x": 1, "y": [2, 3]},
      {"x": 4, "y": []}
     ]
    }
    """
    written, is_map = json.dumps(value), isinstance(value, dict)
    cases = isinstance(value, list) and any(isinstance(one, dict) for one in value)
    if not value or not (is_map or cases) or (depth and not cases and len(written) <= _ONE_LINE):
        return written
    pad = "\n" + " " * (depth + 1)
    if is_map:
        entries = [f"{json.dumps(str(key))}: {in_lines(one, depth + 1)}" for key, one in value.items()]
    else:
        entries = [in_lines(one, depth + 1) for one in value]
    opened, closed = "{}" if is_map else "[]"
    return f"{opened}{pad}{f',{pad}'.join(entries)}{pad[:-1]}{closed}"


def show(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column left, all others right."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print(line(row, widths))


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return one line of a table with columns of the given widths."""
    cells = [str(cell).rjust(width) for cell, width in zip(row, widths, strict=True)]
    return "  ".join([str(row[0]).ljust(widths[0]), *cells[1:]]).rstrip()
