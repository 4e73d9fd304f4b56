"""A grid of 125 settings, 3 folds: hidden layers 1 to 5, units 4 to 8, epochs 10, 30, 50, 70, 100.

Whole processes from their start to the table of results, on scikit-learn's digits and breast cancer:
`SweepCV` with nothing cached and with its programs on disk, beside ``GridSearchCV`` of scikit-learn's MLP on
two cores. Adam, batches of 32 rows, rate 0.001, no penalty, standardised columns on both sides. Contestants
take turns, a seed for each round; accuracies are compared depth by depth, over the seeds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median, stdev

from machine import device, keep, load, options, show

DEPTHS, UNITS, EPOCHS, FOLDS = range(1, 6), range(4, 9), (10, 30, 50, 70, 100), 3
TABLES = ("digits", "breast_cancer")
COLD, WARM, PEER = "shoal, nothing cached", "shoal, programs on disk", "scikit-learn, 2 jobs"
TARGETS = {"digits": {COLD: 20.0, WARM: 30.0}, "breast_cancer": {COLD: 10.0, WARM: 18.0}}
"""Times as fast as scikit-learn that shoal is to be."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line, or be one contestant of it."""
    parser = options("worked_grid", __doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of each (default 3)")
    parser.add_argument("--table", choices=TABLES, help="this table alone")
    parser.add_argument("--contestant", choices=("shoal", "sklearn"), help="be this one (used by itself)")
    parser.add_argument("--seed", type=int, default=0, help="of a contestant")
    given = parser.parse_args(arguments)
    if given.contestant:
        run = _shoal if given.contestant == "shoal" else _sklearn
        print(json.dumps(run(given.table, given.seed, *_grid(given.quick))))
        return
    rounds = 1 if given.quick else given.rounds
    print(f"{device()}; seconds of a whole process, median of {rounds} rounds\n{load()}", end="")
    figures = {}
    for table in (given.table,) if given.table else TABLES:
        figures[table] = _race(table, rounds, given.quick)
        _told(table, figures[table])
    keep(given.json, "worked_grid", figures, rounds=rounds, quick=given.quick)


def _grid(quick: bool) -> tuple[list[tuple[int, ...]], list[int]]:
    """Return the shapes and the numbers of epochs; fewer and shorter ones to see that it runs."""
    if quick:
        return [(4,), (4, 4)], [2, 4]
    return [(units,) * depth for depth in DEPTHS for units in UNITS], list(EPOCHS)


# ---------------------------------------------------------------- the contestants


def _data(table: str):
    from sklearn import datasets

    return getattr(datasets, f"load_{table}")(return_X_y=True)


def _shoal(table: str, seed: int, hidden: list, epochs: list) -> dict[str, float]:
    from shoal import NetClassifier, SweepCV

    net = NetClassifier(
        activation="relu",
        optimizer="adam",
        learning_rate=1e-3,
        schedule="constant",
        batch_size=32,
        dropout=0.0,
        weight_decay=0.0,
        validation=0.0,
        number_embedding="none",
        scaling="standard",
        smooth_clip=False,
        precision="float32",
        calibrate=False,
    )
    space = {"hidden": hidden, "epochs": epochs}
    search = SweepCV(net, space, method="grid", cv=_folds(seed), refit=False, random_state=seed)
    return _by_depth(search.fit(*_data(table)).cv_results_, "param_hidden")


def _sklearn(table: str, seed: int, hidden: list, epochs: list) -> dict[str, float]:
    import warnings

    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    os.environ["PYTHONWARNINGS"] = (
        "ignore"  # of epochs that were not enough, in the processes of the jobs too
    )
    warnings.simplefilter("ignore")
    net = MLPClassifier(batch_size=32, alpha=0.0, n_iter_no_change=10**6, random_state=seed)
    names = {"hidden": "mlpclassifier__hidden_layer_sizes", "epochs": "mlpclassifier__max_iter"}
    grid = {names["hidden"]: hidden, names["epochs"]: epochs}
    pipe = make_pipeline(StandardScaler(), net)
    search = GridSearchCV(pipe, grid, cv=_folds(seed), n_jobs=2, refit=False)
    return _by_depth(search.fit(*_data(table)).cv_results_, f"param_{names['hidden']}")


def _folds(seed: int):
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(FOLDS, shuffle=True, random_state=seed)


def _by_depth(results, column: str) -> dict[str, float]:
    """Return the mean accuracy of all settings of each depth."""
    scores: dict[str, list[float]] = {}
    for hidden, score in zip(results[column], results["mean_test_score"], strict=True):
        scores.setdefault(str(len(hidden)), []).append(float(score))
    return {depth: mean(found) for depth, found in scores.items()}


# ---------------------------------------------------------------- the race


def _race(table: str, rounds: int, quick: bool) -> dict[str, dict[str, list]]:
    """Let the contestants take turns, each in a fresh process."""
    found: dict[str, dict[str, list]] = {name: {"seconds": [], "accuracy": []} for name in (COLD, WARM, PEER)}
    with tempfile.TemporaryDirectory() as place:
        warm, cold = Path(place) / "warm", Path(place) / "cold"
        _timed(table, WARM, 0, quick, warm)  # fills the cache, and Python's bytecode
        for number in range(rounds):
            order = [COLD, WARM, PEER]
            for name in order[number % 3 :] + order[: number % 3]:
                shutil.rmtree(cold, ignore_errors=True)
                took, accuracy = _timed(table, name, number, quick, cold if name == COLD else warm)
                found[name]["seconds"].append(took)
                found[name]["accuracy"].append(accuracy)
    return found


def _timed(table: str, name: str, seed: int, quick: bool, cache: Path) -> tuple[float, dict[str, float]]:
    told = ["--table", table, "--seed", str(seed), "--contestant", "sklearn" if name == PEER else "shoal"]
    command = [sys.executable, __file__, *told, *(["--quick"] if quick else [])]
    started = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "SHOAL_CACHE": str(cache)}
    )
    took = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return took, json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------- what it says


def _told(table: str, found: dict[str, dict[str, list]]) -> None:
    """Print seconds beside what is to be reached, and the accuracy of each depth."""
    slow = median(found[PEER]["seconds"])
    rows = []
    for name, entry in found.items():
        took, wanted = median(entry["seconds"]), TARGETS[table].get(name)
        reached = "" if wanted is None else f"{'reached' if slow / took >= wanted else 'MISSED'} {wanted:g}x"
        spread = f"{min(entry['seconds']):.2f} to {max(entry['seconds']):.2f}"
        rows.append([name, f"{took:.2f}", spread, f"{slow / took:.1f}x", reached])
    show([table, "median", "range", "as fast", "wanted"], rows)
    show(["hidden layers", "shoal", "scikit-learn", "standard errors apart"], _accuracies(found))
    print()


def _accuracies(found: dict[str, dict[str, list]]) -> list[list[str]]:
    rows = []
    for depth in found[COLD]["accuracy"][0]:
        ours, theirs = ([run[depth] for run in found[name]["accuracy"]] for name in (COLD, PEER))
        rows.append([depth, f"{mean(ours):.4f}", f"{mean(theirs):.4f}", _apart(ours, theirs)])
    return rows


def _apart(ours: list[float], theirs: list[float]) -> str:
    """Return the difference of two means in standard errors of it; of one seed there is none."""
    if len(ours) < 2:
        return "-"
    error = ((stdev(ours) ** 2 + stdev(theirs) ** 2) / len(ours)) ** 0.5
    return f"{(mean(ours) - mean(theirs)) / max(error, 1e-12):+.1f}"


if __name__ == "__main__":
    main()
