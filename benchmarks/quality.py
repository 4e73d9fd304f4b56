"""How well the defaults do: shoal beside scikit-learn's MLP and HistGradientBoosting, on real tables.

For each table, contestant and seed: the figure on the test rows (AUC, accuracy, or RMSE over the standard
deviation) and the wall time of the fit. To try settings::

    python benchmarks/quality.py --only california,adult --contestants shoal --set number_embedding=periodic
    python benchmarks/quality.py --only wine --try "hidden=256 dropout=0.2" --try norm=batch
"""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import contestants
from machine import device, keep, line, options
from outcome import RIVALS, Figure, Outcome, summary
from tables import ONLY_WHEN_NAMED, Table, names_in, read_tables

SLOW = ("airlines",)
"""Tables on which scikit-learn's MLP takes many minutes."""
MOST_PASSES = 200  # of scikit-learn's MLP, by default
Run = tuple[float, float, float]
"""Test figure, wall seconds and processor seconds of one fit."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    if given.quick:
        given.tables, given.only = None, given.only or ["wine", "diabetes"]
        given.seeds, given.rows = 1, given.rows or 500
    entries = _entries(given)
    print(f"{device()}; mean and spread over {given.seeds} seeds, median wall seconds of a fit")
    if given.tables is None:
        print(f"Without a folder of tables (--tables or SHOAL_TABLES) only: {', '.join(names_in(None))}.")
    elif not given.only:
        print(f"Left out unless named with --only: {', '.join(ONLY_WHEN_NAMED)}.")
    outcomes = list(_run(entries, given))
    print(*summary(outcomes, [name for name in entries if name not in RIVALS]), sep="\n")
    asked = {"seeds": given.seeds, "settings": given.set, "rows_cap": given.rows, "quick": given.quick}
    keep(given.json, "quality", {o.table: o.to_json() for o in outcomes}, **asked)


def _options() -> ArgumentParser:
    parser = options("quality", __doc__.splitlines()[0])
    add = parser.add_argument
    folder = os.environ.get("SHOAL_TABLES")
    add("--tables", type=Path, default=folder and Path(folder), help="folder of tables [SHOAL_TABLES]")
    add("--only", type=_words, default=[], metavar="NAMES", help="only these tables, as a,b,c")
    add("--rows", type=int, metavar="N", help="most training rows of a table")
    add("--seeds", type=int, default=3, metavar="N", help="how many seeds (default 3)")
    add("--contestants", type=_words, default=["shoal", *RIVALS], metavar="NAMES", help="of shoal,mlp,hgb")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of shoal; repeatable")
    tries = "one more shoal, with these settings too, as 'norm=batch dropout=0.1'; repeatable"
    add("--try", dest="tries", action="append", default=[], metavar="SETTINGS", help=tries)
    add("--together", action="store_true", help="train all seeds as one shoal: quicker trials")
    add("--door", choices=["auto", "estimators", "pipeline"], default="auto", help="how the table goes in")
    budget = f"leave the MLP out where its {MOST_PASSES} passes could take longer"
    add("--mlp-budget", type=float, metavar="SECONDS", help=budget)
    add("--skip-slow", action="store_true", help=f"leave the MLP out on {', '.join(SLOW)}")
    add("--recorded", type=Path, metavar="JSON", help="take the rivals' figures from an earlier run's file")
    return parser


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _entries(given: Namespace) -> dict[str, dict]:
    """Return the columns of the printed table: name -> settings of shoal (empty for the rivals)."""
    unknown = sorted(set(given.contestants) - {"shoal", *RIVALS})
    if unknown:
        raise SystemExit(f"No contestant is called {', '.join(unknown)}. There are: shoal, mlp, hgb.")
    entries = {name: {} for name in given.contestants}
    if "shoal" in entries:
        entries["shoal"] = _settings(given.set)
        entries |= {text: _settings([*given.set, *text.split()]) for text in given.tries}
    return entries


def _settings(items: Sequence[str]) -> dict:
    from shoal.settings import Settings

    texts = dict(item.split("=", 1) for item in items)
    parsed = Settings.parse(texts)
    return {name: getattr(parsed, name) for name in texts}


# ---------------------------------------------------------------- the runs


def _run(entries: dict[str, dict], given: Namespace):
    """Yield the outcome of each table, and print its line as soon as it is known."""
    first = max(13, *map(len, names_in(given.tables)))
    widths = [first, 6, 8, *(max(25, len(name)) for name in entries), 8, 8]
    print(line(["table", "rows", "figure", *entries, "over MLP", "over HGB"], widths))
    for table in read_tables(given.tables, given.only, given.rows):
        outcome = Outcome(table.name, len(table.train), table.measure, _on_table(table, entries, given))
        print(line(outcome.row(), widths), flush=True)
        yield outcome


def _on_table(table: Table, entries: dict[str, dict], given: Namespace) -> dict[str, Figure]:
    known = {name: _known(table, name, given) for name in entries}
    runs: dict[str, list[Run]] = {n: [] for n, figure in known.items() if figure is None}
    one_by_one = list(runs)
    if given.together:
        one_by_one = [name for name in runs if name in RIVALS]
        for name in set(runs) - set(one_by_one):
            runs[name] = _timed_together(table, given.seeds, entries[name])
    for seed in range(given.seeds):
        for name in _turned(one_by_one, seed):
            runs[name].append(_timed(_contestant(name, entries[name], given.door), table, seed))
    return {
        name: known[name] or Figure(*(list(values) for values in zip(*runs[name], strict=True)))
        for name in entries
    }


def _contestant(name: str, settings: dict, door: str) -> contestants.Contestant:
    if name in RIVALS:
        return {"mlp": contestants.mlp, "hgb": contestants.boosting}[name]
    return contestants.shoal(settings, door=door)


def _turned(names: list[str], by: int) -> list[str]:
    """Let another contestant begin with each seed, so that none always finds the machine warm."""
    start = by % max(len(names), 1)
    return names[start:] + names[:start]


def _timed(contestant: contestants.Contestant, table: Table, seed: int) -> Run:
    started, busy = time.perf_counter(), time.process_time()
    fitted = contestant(table, seed)
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    return table.score(fitted(table.X.iloc[table.test])), seconds, cpu


def _timed_together(table: Table, seeds: int, settings: dict) -> list[Run]:
    started, busy = time.perf_counter(), time.process_time()
    fitted = contestants.together(table, list(range(seeds)), settings)
    seconds, cpu = (time.perf_counter() - started) / seeds, (time.process_time() - busy) / seeds
    return [(table.score(one(table.X.iloc[table.test])), seconds, cpu) for one in fitted]


def _known(table: Table, name: str, given: Namespace) -> Figure | None:
    """Return a figure that need not be measured now; None where it must be."""
    if name not in RIVALS:
        return None
    recorded = _recorded(given.recorded, table, name) if given.recorded else None
    if recorded or name != "mlp":
        return recorded
    if given.skip_slow and table.name in SLOW:
        return Figure([], [], [], "left out as slow")
    if given.mlp_budget:
        _, seconds, _ = _timed(lambda t, seed: contestants.mlp(t, seed, max_iter=1), table, 0)
        if seconds * MOST_PASSES > given.mlp_budget:
            return Figure([], [], [], f"left out: a fit could take {seconds * MOST_PASSES:.0f} s")
    return None


def _recorded(path: Path, table: Table, name: str) -> Figure | None:
    kept = json.loads(path.read_text())
    found = kept["figures"].get(table.name)
    if found is None or found["rows"] != len(table.train):
        return None
    figure = found["figures"].get(name)
    if figure is None or not figure["scores"]:
        return None
    return Figure(**{**figure, "note": f"recorded on {kept['date']}"})


if __name__ == "__main__":
    main()
