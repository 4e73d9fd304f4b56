"""Random search of 64 settings, 3 folds, 30 epochs, on digits: whole processes beside scikit-learn and
PyTorch.

Rate, momentum, batch size (32 to 256), L2 and dropout vary; two hidden layers of 128. scikit-learn's network
has no dropout and does without. PyTorch trains the same settings one after the other, each core its share.
Stopping the losers (successive halving, Hyperband) is timed beside them, with the best score that each way
finds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from machine import keep, load, options, show

SETTINGS, FOLDS, EPOCHS, UNITS = 64, 3, 30, 128
BATCHES = (32, 64, 128, 256)
CONTESTANTS = ("shoal", "shoal halving", "shoal hyperband", "scikit-learn", "pytorch")
TARGETS = {"scikit-learn": 2.8, "pytorch": 5.0, "halving": 8.0}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line, or be one contestant of it."""
    parser = options("sweep_random", __doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of each (default 3)")
    parser.add_argument(
        "--contestant", choices=CONTESTANTS, help="be this one (used by the benchmark itself)"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.contestant:
        print(json.dumps(_contestant(given.contestant, given.seed, given.quick)))
        return
    print(load(), end="")
    rounds = 1 if given.quick else given.rounds
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    scores: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    with tempfile.TemporaryDirectory() as cache:
        for seed in range(rounds):
            for name in CONTESTANTS:
                took, found = _timed(name, seed, given.quick, Path(cache) / f"{seed}")
                seconds[name].append(took)
                scores[name].append(found["score"])
    rows = [
        [name, f"{median(seconds[name]):.2f} s", f"{_ratio(seconds, name):.1f}x", f"{mean(scores[name]):.4f}"]
        for name in CONTESTANTS
    ]
    show(["contestant", "whole process", "shoal is", "best score"], rows)
    print(f"wanted: {TARGETS['scikit-learn']}x scikit-learn, {TARGETS['pytorch']}x PyTorch")
    slow = median(seconds["scikit-learn"])
    for name in CONTESTANTS[1:3]:
        print(f"{name}: {slow / median(seconds[name]):.1f}x scikit-learn's whole search (wanted 8)")
    keep(given.json, "sweep_random", {"seconds": seconds, "scores": scores}, quick=given.quick)


def _ratio(seconds: dict[str, list[float]], name: str) -> float:
    """Return how many times longer a contestant takes than shoal, round by round."""
    return median(theirs / ours for theirs, ours in zip(seconds[name], seconds["shoal"], strict=True))


def _timed(name: str, seed: int, quick: bool, cache: Path) -> tuple[float, dict]:
    """Run a contestant in a fresh process; of shoal's programs nothing is cached."""
    command = [
        sys.executable,
        __file__,
        "--contestant",
        name,
        "--seed",
        str(seed),
        *(["--quick"] if quick else []),
    ]
    env = {**os.environ, "SHOAL_CACHE": str(cache / name.replace(" ", "-"))}
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    took = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return took, json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------- the contestants


def _contestant(name: str, seed: int, quick: bool) -> dict:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")
    count = 4 if quick else SETTINGS
    if name.startswith("shoal"):
        return _shoal(X, y, name, seed, count)
    return _scikit_learn(X, y, seed, count) if name == "scikit-learn" else _pytorch(X, y, seed, count)


def _shoal(X, y, name: str, seed: int, count: int) -> dict:
    from shoal import NetClassifier, SweepCV, choice, loguniform, uniform

    net = NetClassifier(
        hidden=(UNITS, UNITS),
        activation="relu",
        optimizer="momentum",
        schedule="constant",
        epochs=EPOCHS,
        validation=0.0,
        weight_decay=0.0,
        precision="float32",
        number_embedding="none",
        scaling="none",
        smooth_clip=False,
    )
    space = {
        "learning_rate": loguniform(1e-3, 1.0),
        "momentum": uniform(0.5, 0.99),
        "batch_size": choice(*BATCHES),
        "l2": loguniform(1e-6, 1e-2),
        "dropout": uniform(0.0, 0.5),
    }
    method = {"shoal": "random", "shoal halving": "halving", "shoal hyperband": "hyperband"}[name]
    search = SweepCV(net, space, cv=FOLDS, n_trials=count, method=method, refit=False, random_state=seed).fit(
        X, y
    )
    return {"score": search.best_score_}


def _drawn(seed: int, count: int) -> list[dict[str, float]]:
    import numpy as np

    rng = np.random.default_rng(seed)
    return [
        {
            "learning_rate": 10 ** rng.uniform(-3, 0),
            "momentum": rng.uniform(0.5, 0.99),
            "batch_size": int(rng.choice(BATCHES)),
            "l2": 10 ** rng.uniform(-6, -2),
            "dropout": rng.uniform(0.0, 0.5),
        }
        for _ in range(count)
    ]


def _scikit_learn(X, y, seed: int, count: int) -> dict:
    import warnings

    from scipy.stats import loguniform, uniform
    from sklearn.model_selection import RandomizedSearchCV
    from sklearn.neural_network import MLPClassifier

    os.environ["PYTHONWARNINGS"] = "ignore"
    warnings.simplefilter("ignore")
    net = MLPClassifier(
        (UNITS, UNITS), solver="sgd", max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=seed
    )
    space = {
        "learning_rate_init": loguniform(1e-3, 1.0),
        "momentum": uniform(0.5, 0.49),
        "batch_size": list(BATCHES),
        "alpha": loguniform(1e-6, 1e-2),
    }
    search = RandomizedSearchCV(
        net, space, n_iter=count, cv=FOLDS, n_jobs=2, refit=False, random_state=seed, error_score=0.0
    ).fit(X, y)
    return {"score": float(search.best_score_)}


def _pytorch(X, y, seed: int, count: int) -> dict:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from sklearn.model_selection import StratifiedKFold

    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, y))
    tasks = [(X, y, fold, one, seed) for one in _drawn(seed, count) for fold in folds]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(_train_one, tasks, chunksize=8))
    return {"score": max(mean(found[i : i + FOLDS]) for i in range(0, len(found), FOLDS))}


def _train_one(task) -> float:
    import torch

    X, y, (train, test), s, seed = task
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(X.shape[1], UNITS),
        torch.nn.ReLU(),
        torch.nn.Dropout(s["dropout"]),
        torch.nn.Linear(UNITS, UNITS),
        torch.nn.ReLU(),
        torch.nn.Dropout(s["dropout"]),
        torch.nn.Linear(UNITS, 10),
    )
    step = torch.optim.SGD(
        net.parameters(), lr=s["learning_rate"], momentum=s["momentum"], weight_decay=2 * s["l2"]
    )
    rows, answers = torch.from_numpy(X[train]), torch.from_numpy(y[train])
    for _ in range(EPOCHS):
        order = torch.randperm(len(rows))
        for at in range(0, len(rows), s["batch_size"]):
            part = order[at : at + s["batch_size"]]
            step.zero_grad()
            torch.nn.functional.cross_entropy(net(rows[part]), answers[part]).backward()
            step.step()
    net.eval()
    with torch.no_grad():
        said = net(torch.from_numpy(X[test])).argmax(1).numpy()
    return float((said == y[test]).mean())


if __name__ == "__main__":
    main()
