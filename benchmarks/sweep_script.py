"""The searches that ``sweep_promises.py`` runs in processes of their own: one is killed, others are compared.

Started as ``python sweep_script.py NAME STORE CORES``; writes the table of trials as CSV to standard output.
"""

from __future__ import annotations

import os
import sys


def main(name: str, store: str, cores: int) -> None:
    """Run one search to its end, or go on with the one that the store holds."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    from sklearn.datasets import load_breast_cancer

    from shoal import NetClassifier, SweepCV, choice, loguniform, uniform

    X, y = load_breast_cancer(return_X_y=True)
    space = {
        "learning_rate": loguniform(1e-4, 1e-1),
        "hidden": choice((16,), (32,), (16, 16)),
        "dropout": uniform(0.0, 0.5),
        "l2": loguniform(1e-6, 1e-2),
    }
    if name == "trivial":
        space = {"learning_rate": [1e-4 * 1.07**i for i in range(100)]}
    told = {
        "random": {"method": "random", "n_trials": 24},
        "hyperband": {"method": "hyperband", "n_trials": 30},
        "tpe": {"method": {"kind": "tpe", "batch": 8, "startup": 8}, "n_trials": 24},
        "genetic": {"method": {"kind": "genetic", "population": 8}, "n_trials": 24},
        "pbt": {"method": {"kind": "pbt", "population": 8, "every": 3}, "n_trials": 8},
        "trivial": {"method": "grid"},
    }[name]
    if name == "pbt":
        space = {n: space[n] for n in ("learning_rate", "dropout", "l2")}
    net = NetClassifier(hidden=(8,), epochs=1 if name == "trivial" else 9, validation=0.0)
    where = store if store != "-" else None
    search = SweepCV(net, space, cv=3, random_state=0, refit=False, store=where, **told).fit(X, y)
    columns = [n for n in search.trials_frame_.columns if n != "seconds"]
    sys.stdout.write(search.trials_frame_.select(columns).write_csv(float_precision=None))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
