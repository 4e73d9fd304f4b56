"""What a minute of searching is worth: shoal beside Optuna driving PyTorch, halving with scikit-learn,
KerasTuner.

Every contestant gets the training rows of a table, both cores and the same seconds, search and final training
included, and is judged on the test rows (AUC, accuracy, or RMSE over the standard deviation). The rivals get
the table made ready as is usual for them: gaps filled, numbers scaled, categories one-hot. KerasTuner and
PyTorch take part where they are installed.

    python benchmarks/sweep_budget.py --tables FOLDER --only adult,california --json
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from contestants import _prepared
from machine import keep, load, options, show
from tables import LOWER_IS_BETTER, Table, names_in, read_tables

RIVALS = {"optuna": "torch", "halving": "sklearn", "kerastuner": "keras_tuner"}
"""Contestant -> the package that it needs."""
WIDTHS, MOST_EPOCHS = (64, 128, 256), 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line, or be one contestant of it."""
    parser = options("sweep_budget", __doc__.splitlines()[0])
    add, folder = parser.add_argument, os.environ.get("SHOAL_TABLES")
    add("--tables", type=Path, default=folder and Path(folder), help="folder of tables [SHOAL_TABLES]")
    add("--only", default="", metavar="NAMES", help="only these tables, as a,b,c")
    add("--budget", type=float, default=60.0, metavar="SECONDS", help="of each contestant (default 60)")
    add("--seeds", type=int, default=1, metavar="N", help="rounds of all contestants (default 1)")
    add("--contestant", choices=["shoal", *RIVALS], help="be this one (used by the benchmark itself)")
    add("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    names = [name for name in given.only.split(",") if name] or names_in(given.tables)[:5]
    if given.contestant:
        [table] = read_tables(given.tables, names)
        print(json.dumps({"score": _contest(given.contestant, table, given.budget, given.seed)}))
        return
    print(load(), end="")
    rivals = [name for name, package in RIVALS.items() if find_spec(package)]
    print(
        "".join(
            f"{name} is left out: {RIVALS[name]} is not installed\n" for name in set(RIVALS) - set(rivals)
        ),
        end="",
    )
    budget = 20.0 if given.quick else given.budget  # less does not see shoal compiled
    found = {name: _table(name, ["shoal", *rivals], budget, given) for name in names}
    for rival in rivals:
        better = sum(_better(table, rival) for table in found.values())
        print(f"shoal is better than {rival} on {better} of {len(found)} tables (wanted 4 of 5)")
    keep(given.json, "sweep_budget", found, budget=budget, quick=given.quick)


def _table(name: str, contestants: Sequence[str], budget: float, given: Any) -> dict[str, Any]:
    [table] = read_tables(given.tables, [name])
    scores: dict[str, list[float]] = {one: [] for one in contestants}
    seconds: dict[str, list[float]] = {one: [] for one in contestants}
    for seed in range(given.seeds):
        for one in contestants:
            took, score = _timed(one, name, budget, seed, given.tables)
            scores[one].append(score)
            seconds[one].append(took)
    cells = [f"{mean(scores[one]):.4f} in {mean(seconds[one]):.0f} s" for one in contestants]
    show([name, *contestants], [[table.measure, *cells]])
    return {"measure": table.measure, "scores": scores, "seconds": seconds}


def _better(found: dict[str, Any], rival: str) -> bool:
    ours, theirs = mean(found["scores"]["shoal"]), mean(found["scores"][rival])
    return ours < theirs if found["measure"] in LOWER_IS_BETTER else ours > theirs


def _timed(one: str, table: str, budget: float, seed: int, folder: Path | None) -> tuple[float, float]:
    """Run a contestant in a fresh process, imports and reading the table included."""
    command = [sys.executable, __file__, "--contestant", one, "--only", table, "--seed", str(seed)]
    command += ["--budget", str(budget), *(["--tables", str(folder)] if folder else [])]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{one} failed on {table}:\n{done.stderr}")
    return took, json.loads(done.stdout.splitlines()[-1])["score"]


# ---------------------------------------------------------------- the contestants


def _contest(name: str, table: Table, budget: float, seed: int) -> float:
    warnings.simplefilter("ignore")
    contestants = {"shoal": _shoal, "optuna": _optuna, "halving": _halving, "kerastuner": _kerastuner}
    return table.score(contestants[name](table, budget, seed, time.perf_counter()))


def _shoal(table: Table, budget: float, seed: int, started: float) -> np.ndarray:
    from shoal import NetClassifier, NetRegressor, SweepCV

    net = NetRegressor() if table.task == "regression" else NetClassifier()
    scoring = "neg_root_mean_squared_error" if table.task == "regression" else "neg_log_loss"
    folds = 5 if len(table.train) < 5_000 else 3 if len(table.train) < 50_000 else 2
    search = SweepCV(net, cv=folds, budget=budget, scoring=scoring, random_state=seed)
    search.fit(table.X.iloc[table.train], table.y[table.train])
    return _said(search, table, table.X.iloc[table.test])


def _said(model: Any, table: Table, rows: Any) -> np.ndarray:
    if table.task != "binary":
        return model.predict(rows)
    return model.predict_proba(rows)[:, list(model.classes_).index(table.positive)]


def _numbers(table: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training and test rows as numbers, the training answers as numbers, and the classes."""
    steps = _prepared(table.X)
    train = steps.fit_transform(table.X.iloc[table.train])
    test = steps.transform(table.X.iloc[table.test])
    dense = [np.asarray(x.todense() if hasattr(x, "todense") else x, np.float32) for x in (train, test)]
    y = table.y[table.train]
    if table.task == "regression":
        return (
            dense[0],
            dense[1],
            ((y - y.mean()) / y.std()).astype(np.float32),
            np.array([y.mean(), y.std()]),
        )
    classes, codes = np.unique(y.astype(str), return_inverse=True)
    return dense[0], dense[1], codes.astype(np.int64), classes


def _answer(table: Table, outputs: np.ndarray, about: np.ndarray) -> np.ndarray:
    """Return what is judged, from logits or standardised values."""
    if table.task == "regression":
        return outputs[:, 0] * about[1] + about[0]
    if table.task == "multiclass":
        return about[outputs.argmax(1)]
    return outputs[:, list(about).index(table.positive)] - outputs[:, 1 - list(about).index(table.positive)]


def _optuna(table: Table, budget: float, seed: int, started: float) -> np.ndarray:
    import optuna
    import torch
    from sklearn.model_selection import train_test_split

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    torch.manual_seed(seed)
    X, rest, y, about = _numbers(table)
    labels = None if table.task == "regression" else y
    train, valid = train_test_split(np.arange(len(y)), test_size=0.2, random_state=seed, stratify=labels)
    parts = [torch.from_numpy(a) for a in (X[train], y[train], X[valid], y[valid], rest)]
    outputs = 1 if table.task == "regression" else len(about)
    best: dict[str, Any] = {"loss": np.inf, "said": np.zeros((len(rest), outputs))}

    def objective(trial: Any) -> float:
        return _torch_trial(trial, parts, outputs, best, started + 0.97 * budget)

    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed), pruner=optuna.pruners.MedianPruner(n_warmup_steps=5)
    )
    while time.perf_counter() - started < 0.97 * budget:
        study.optimize(objective, n_trials=1)
    return _answer(table, best["said"], about)


def _torch_trial(trial: Any, parts: list[Any], outputs: int, best: dict[str, Any], end: float) -> float:
    import optuna
    import torch

    X, y, X_valid, y_valid, rest = parts
    net = _torch_net(trial, X.shape[1], outputs)
    rate = trial.suggest_float("lr", 1e-4, 3e-2, log=True)
    decay = trial.suggest_float("weight_decay", 1e-6, 0.3, log=True)
    batch = trial.suggest_categorical("batch", [64, 128, 256, 512])
    step = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
    one = outputs == 1
    loss_of = torch.nn.functional.mse_loss if one else torch.nn.functional.cross_entropy
    lowest, waited = np.inf, 0
    for epoch in range(MOST_EPOCHS):
        net.train()
        for part in torch.randperm(len(X)).split(batch):
            if len(part) < 2:
                continue
            step.zero_grad()
            said = net(X[part])
            loss_of(said[:, 0] if one else said, y[part]).backward()
            step.step()
            if time.perf_counter() > end:
                return float(lowest) if np.isfinite(lowest) else 1e9
        net.eval()
        with torch.no_grad():
            said = net(X_valid)
            loss = float(loss_of(said[:, 0] if one else said, y_valid))
            if loss < best["loss"]:
                best.update(loss=loss, said=net(rest).numpy())
        waited = 0 if loss < lowest else waited + 1
        lowest = min(lowest, loss)
        trial.report(loss, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
        if waited >= 10:
            break
    return lowest


def _torch_net(trial: Any, features: int, outputs: int) -> Any:
    import torch

    layers: list[Any] = []
    width, dropout = (
        trial.suggest_categorical("width", list(WIDTHS)),
        trial.suggest_float("dropout", 0.0, 0.5),
    )
    for _ in range(trial.suggest_int("layers", 1, 3)):
        layers += [torch.nn.Linear(features, width), torch.nn.ReLU(), torch.nn.Dropout(dropout)]
        features = width
    return torch.nn.Sequential(*layers, torch.nn.Linear(features, outputs))


def _halving(table: Table, budget: float, seed: int, started: float) -> np.ndarray:
    """Search with ever more candidates while the next, twice as large search is expected to end in time."""
    from scipy.stats import loguniform
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingRandomSearchCV
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    X, rest, y, about = _numbers(table)
    regression = table.task == "regression"
    net = (MLPRegressor if regression else MLPClassifier)(random_state=seed, early_stopping=len(y) > 1000)
    space = {
        "hidden_layer_sizes": [(w,) * d for w in WIDTHS for d in (1, 2, 3)],
        "learning_rate_init": loguniform(1e-4, 3e-2),
        "alpha": loguniform(1e-6, 1e-1),
        "batch_size": [64, 128, 256, 512],
    }
    candidates, said = 4, np.zeros((len(rest), 1 if regression else len(about)))
    while True:
        begun = time.perf_counter()
        search = HalvingRandomSearchCV(
            net,
            space,
            n_candidates=candidates,
            resource="max_iter",
            max_resources=MOST_EPOCHS,
            min_resources=max(4, MOST_EPOCHS // candidates),
            cv=3,
            n_jobs=2,
            random_state=seed,
            scoring="neg_root_mean_squared_error" if regression else "neg_log_loss",
        ).fit(X, y)
        took, left = time.perf_counter() - begun, started + budget - time.perf_counter()
        if left >= 0 or candidates == 4:  # the smallest search counts even where it took too long
            said = search.predict(rest)[:, None] if regression else np.log(search.predict_proba(rest) + 1e-12)
        if left < 2.2 * took:
            return _answer(table, said, about)
        candidates *= 2


def _kerastuner(table: Table, budget: float, seed: int, started: float) -> np.ndarray:
    os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "jax")
    import tempfile

    import keras
    import keras_tuner

    keras.utils.set_random_seed(seed)
    X, rest, y, about = _numbers(table)
    outputs = 1 if table.task == "regression" else len(about)
    loss = "mse" if outputs == 1 else keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def build(hp: Any) -> Any:
        net = keras.Sequential([keras.Input((X.shape[1],))])
        width, dropout = hp.Choice("width", list(WIDTHS)), hp.Float("dropout", 0.0, 0.5)
        for _ in range(hp.Int("layers", 1, 3)):
            net.add(keras.layers.Dense(width, activation="relu"))
            net.add(keras.layers.Dropout(dropout))
        net.add(keras.layers.Dense(outputs))
        rate = hp.Float("lr", 1e-4, 3e-2, sampling="log")
        decay = hp.Float("weight_decay", 1e-6, 0.3, sampling="log")
        net.compile(keras.optimizers.AdamW(rate, weight_decay=decay), loss)
        return net

    best: dict[str, Any] = {"loss": np.inf, "said": np.zeros((len(rest), outputs))}

    class Watch(keras.callbacks.Callback):
        """Keeps the best predictions, and ends everything when the time is over."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if logs["val_loss"] < best["loss"]:
                best.update(loss=logs["val_loss"], said=self.model.predict(rest, verbose=0, batch_size=4096))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if time.perf_counter() - started > 0.97 * budget:
                raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as place:
        tuner = keras_tuner.Hyperband(
            build, "val_loss", max_epochs=MOST_EPOCHS, hyperband_iterations=100, seed=seed, directory=place
        )
        with contextlib.suppress(KeyboardInterrupt):
            tuner.search(X, y, validation_split=0.2, batch_size=256, callbacks=[Watch()], verbose=0)
    return _answer(table, best["said"], about)


if __name__ == "__main__":
    main()
