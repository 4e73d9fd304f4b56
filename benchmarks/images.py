"""How well the defaults do on images: test accuracy and wall time, on digits and, where it is given, MNIST.

scikit-learn's digits (1,797 images of 8 x 8 pixels, a fifth of them to test) are trained with several seeds,
each with its own split. MNIST (60,000 images of 28 x 28 to train, 10,000 to test) is read from
``mnist/mnist.npz`` in the folder of tables (``--tables`` or ``SHOAL_TABLES``), an archive with ``x_train``,
``y_train``, ``x_test`` and ``y_test``. Its time is that of the whole process up to the last prediction::

    python benchmarks/images.py --only mnist --tables TABLES
"""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from machine import device, keep, load, options, show

_STARTED = time.perf_counter()
TARGETS = {"digits": (0.990, None), "mnist": (0.992, 360.0)}
"""Accuracy to reach, and seconds to take at most on two cores."""
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    names = [given.only] if given.only else list(TARGETS)
    if "mnist" in names and given.tables is None:
        print("MNIST is left out: no folder of tables was given (--tables or SHOAL_TABLES).")
        names.remove("mnist")
    print(f"{device()}; default settings\n{load()}")
    figures = {name: _told(name, list(_runs(name, given)), given) for name in names}
    keep(given.json, "images", figures, settings=given.set, quick=given.quick)


def _options() -> ArgumentParser:
    parser = options("images", __doc__.splitlines()[0])
    add = parser.add_argument
    folder = os.environ.get("SHOAL_TABLES")
    add("--tables", type=Path, default=folder and Path(folder), help="folder of tables [SHOAL_TABLES]")
    add("--only", choices=list(TARGETS), help="only this set")
    add("--seeds", type=int, default=5, metavar="N", help="seeds of digits (default 5); MNIST has one")
    add("--rows", type=int, metavar="N", help="most training images, for trials")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of shoal; repeatable")
    return parser


def _runs(name: str, given: Namespace) -> Iterator[dict]:
    """Train with each seed, and yield what came of it."""
    from shoal import NetClassifier
    from shoal.settings import Settings

    texts = dict(item.split("=", 1) for item in given.set) | ({"epochs": "1"} if given.quick else {})
    parsed = Settings.parse(texts)
    settings = {key: getattr(parsed, key) for key in texts}
    seeds = 1 if name == "mnist" or given.quick else given.seeds
    for seed in range(seeds):
        train, answers, test, truth = _split(name, seed, given)
        started = _STARTED if name == "mnist" and given.only else time.perf_counter()
        net = NetClassifier(random_state=seed, **settings).fit(train, answers)
        accuracy = float(net.score(test, truth))
        seconds = time.perf_counter() - started
        print(f"  {name}, seed {seed}: {accuracy:.4f} in {seconds:.1f} s, {net.n_iter_} epochs", flush=True)
        yield {"seed": seed, "accuracy": accuracy, "seconds": round(seconds, 2), "epochs": net.n_iter_}


def _split(name: str, seed: int, given: Namespace) -> Split:
    if name == "digits":
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        images, labels = load_digits(return_X_y=True)
        images = images.astype(np.uint8).reshape(-1, 8, 8)
        parts = train_test_split(images, labels, test_size=0.2, random_state=seed, stratify=labels)
        train, test, answers, truth = parts
    else:
        with np.load(given.tables / "mnist" / "mnist.npz") as file:
            train, answers, test, truth = (file[n] for n in ("x_train", "y_train", "x_test", "y_test"))
    rows = min(given.rows or len(train), 64 if given.quick else len(train))
    first = np.random.default_rng(0).permutation(len(train))[:rows] if rows < len(train) else slice(None)
    return train[first], answers[first].astype(int), test, truth.astype(int)


def _told(name: str, runs: list[dict], given: Namespace) -> dict:
    """Print mean and range, and whether they are what is to be reached."""
    accuracy, seconds = ([run[key] for run in runs] for key in ("accuracy", "seconds"))
    wanted, longest = TARGETS[name]
    row = [name, len(runs), f"{mean(accuracy):.4f}", f"{min(accuracy):.4f} to {max(accuracy):.4f}"]
    show(["", "seeds", "accuracy", "range", "seconds"], [[*row, f"{mean(seconds):.1f}"]])
    if not given.quick and not given.rows:
        word = "reached" if mean(accuracy) >= wanted else "MISSED"
        print(f"  target accuracy: {wanted:.3f}, is {mean(accuracy):.4f}: {word}")
        if longest is not None:
            word = "reached" if max(seconds) < longest else "MISSED"
            print(f"  target seconds: {longest:.0f}, is {max(seconds):.0f}: {word}")
    print()
    return {"runs": runs, "accuracy": round(mean(accuracy), 5)}


if __name__ == "__main__":
    main()
