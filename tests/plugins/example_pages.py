"""A page of each kind, with every section on it, made without training anything."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shoal.data.kinds import Column, ColumnKind
from shoal.history import History, judged
from shoal.history.answers import Answers
from shoal.history.comparison import Comparison
from shoal.history.findings import Finding
from shoal.report import Facts, page
from shoal.report.compare_page import compare_page
from shoal.report.comparison import Compared, Run
from shoal.report.study_page import ablation_page, curve_page
from shoal.report.sweep_facts import SweepFacts
from shoal.report.sweep_page import sweep_page

LAYERS = [f"dense_{i}" for i in range(6)] + ["head"]
PROVENANCE = {
    "seed": 0,
    "date": "2026-01-31T12:00:00+00:00",
    "data": {"fingerprint": "sha256:76ce3ef5e4305523629d60127113b9b2"},
    "platform": {"system": "Linux", "machine": "x86_64", "device": "cpu"},
    "versions": {"shoal": "1.2.3", "python": "3.12.1", "jax": "0.10.2"},
}


def example_pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {
        "run": page(run_facts()),
        "quantity": page(quantity_facts()),
        "unfinished": page(Facts("a.csv", "", ["y"], history(3), unfinished="This run has no model.")),
        "sweep": sweep_page(sweep_facts()),
        "ablation": ablation_page(ablation()),
        "curve": curve_page(curve()),
        "compare": compare_page(compared()),
    }


def history(epochs: int) -> History:
    """Return a training whose first layers learn slowly."""
    return History(
        [_epoch(e, epochs) for e in range(1, epochs + 1)],
        best_epoch=max(1, int(0.7 * epochs)),
        stop_reason="the validation loss has not fallen for 18 epochs",
    )


def _epoch(e: int, epochs: int) -> dict[str, Any]:
    falling, measured = math.exp(-e / 12), e <= 3 or e % 3 == 0
    row: dict[str, Any] = {
        "epoch": e,
        "loss": falling + 0.05,
        "val_loss": falling + 0.1 + 0.002 * max(0, e - 30),
    }
    row |= {"val_accuracy": 1 - 0.5 * falling, "learning_rate": 0.0015 * (1 + math.cos(math.pi * e / epochs))}
    for i, layer in enumerate(LAYERS):
        row[f"gradient_norm/{layer}"] = 10 ** (0.5 * i - 3) / math.sqrt(e) if measured else None
        row[f"update_ratio/{layer}"] = 0.001 * (1 + i) / math.sqrt(e) if measured else None
        row[f"activation_std/{layer}"] = 0.5**i + 0.01 * e if measured else None
        row[f"dead_share/{layer}"] = 0.01 * i if measured else None
    return row


def run_facts() -> Facts:
    """Return the facts of a run that has everything."""
    truth = np.arange(60) % 3
    proba = np.where(np.eye(3)[truth] == 1, 0.9, 0.05)
    proba[:3] = [[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]
    dense = [{"kind": "dense", "units": 64}, {"kind": "activation", "name": "relu"}]
    shapes = {f"layers.{2 * i}.kernel": (64 if i else 12, 64) for i in range(6)} | {"head.kernel": (64, 3)}
    return Facts(
        table="penguins.csv",
        task="multiclass",
        targets=["species"],
        history=history(60),
        classes=("Adelie", "Chinstrap", "Gentoo"),
        rows={"train": 200, "valid": 84, "test": 60},
        judged=judged("multiclass", truth, proba) | {"method": "test rows", "calibration": calibration()},
        columns=[
            Column("island", ColumnKind.CATEGORY, True, "String", 0, 3, ""),
            Column("bill_length_mm", ColumnKind.NUMBER, True, "Float64", 2, 164, ""),
            Column("id", ColumnKind.IDENTIFIER, False, "Int64", 0, 344, "numbers the rows."),
        ],
        settings={"hidden": [64] * 6, "activation": "relu", "dropout": None, "learning_rate": 0.003},
        given={"hidden": [64] * 6, "activation": "relu"},
        provenance=PROVENANCE,
        command="shoal train penguins.csv --target species --hidden 64,64,64,64,64,64 --set activation=relu",
        notices=["Column 'id' numbers the rows."],
        network="12 numbers in, 6 hidden layers of 64 units (relu), 3 softmax outputs",
        seconds=12.3,
        findings=findings(),
        spec={
            "inputs": {"kind": "table", "numbers": 12},
            "layers": dense * 6,
            "head": "softmax",
            "outputs": 3,
        },
        weights=shapes,
        python='table = read_table("penguins.csv")\ndone = train_table(table, "species")',
        importances=importances(),
        answers=Answers("multiclass", ("Adelie", "Chinstrap", "Gentoo"), np.arange(60), truth, proba),
    )


def quantity_facts() -> Facts:
    """Return the facts of a run that predicts a quantity."""
    generator = np.random.default_rng(0)
    truth = generator.normal(size=200) * 10
    said = truth + generator.normal(size=200) * (1 + np.abs(truth) / 10)
    return Facts(
        table="cars.csv",
        task="regression",
        targets=["mpg"],
        history=history(40),
        rows={"train": 800, "valid": 0, "test": 200},
        judged=judged("regression", truth, said) | {"method": "test rows"},
        answers=Answers("regression", ("mpg",), np.arange(200), truth, said),
        findings=findings()[2:],
    )


def importances() -> dict[str, Any]:
    """Return what three columns are worth."""
    worth = (("bill_length_mm", 0.31, 0.25, 0.38), ("island", 0.1, 0.07, 0.14), ("sex", 0.0, -0.01, 0.01))
    columns = [{"name": name, "mean": m, "low": low, "high": high} for name, m, low, high in worth]
    return {
        "metric": "accuracy",
        "score": 0.95,
        "rows": 60,
        "repeats": 5,
        "columns": columns,
        "on": "test rows",
    }


def findings() -> list[Finding]:
    """Return a finding of each severity."""
    where = "layer dense_0, epochs 4 to 60"
    said = "The gradient of dense_0 was 0.0012 of that of the head."
    return [
        Finding(
            "S101", "not a number", "error", "The loss became NaN.", "Set learning_rate=0.0003.", "epoch 3"
        ),
        Finding(
            "S103",
            "vanishing gradients",
            "warning",
            said,
            "Set activation=silu.",
            where,
            {},
            {"activation": "silu"},
        ),
        Finding("S306", "few rows", "note", "60 rows judged.", "Judge by folds (--folds 5)."),
    ]


def calibration() -> dict[str, Any]:
    """Return a calibration that helped."""

    def bins(off: float) -> list[dict[str, float]]:
        places = np.linspace(0.4, 0.97, 8).tolist()
        return [{"confidence": c, "accuracy": min(1, c + off), "weight": 1 + 20 * c**4} for c in places]

    return {
        "temperature": 1.305,
        "rows": 344,
        "fitted_on": "rows that each of 5 networks had not seen",
        "measured_on": "the same rows, each by a temperature fitted to the others",
        "before": {"ece": 0.0305, "bins": bins(-0.06)},
        "after": {"ece": 0.0102, "bins": bins(0.01)},
    }


def sweep_facts() -> SweepFacts:
    """Return the facts of a search over four settings."""
    generator = np.random.default_rng(0)
    units = generator.random((40, 4))
    figures = (0.03 + (units[:, 0] - 0.6) ** 2 + 0.02 * generator.random(40)).tolist()
    ranks = (np.argsort(np.argsort(figures)) + 1).tolist()
    rates = (0.001 * 3000 ** units[:, 0]).tolist()
    places = [[float(a), float(b), (int(3 * c) + 0.5) / 3, None if d < 0.3 else 0.5] for a, b, c, d in units]
    lines = [
        {"trial": i, "places": places[i], "figure": figures[i], "rank": ranks[i]} for i in range(len(figures))
    ]
    rate_ticks = [{"place": u, "value": 0.001 * 3000**u} for u in (0.02, 0.25, 0.5, 0.75, 0.98)]
    names = ("relu", "tanh", "silu")
    choices = [{"place": (i + 0.5) / 3, "value": name} for i, name in enumerate(names)]
    axes = [
        {"name": "learning_rate", "ticks": rate_ticks},
        {"name": "dropout", "ticks": [{"place": u, "value": 0.6 * u} for u in (0.02, 0.5, 0.98)]},
        {"name": "activation", "ticks": choices},
        {"name": "norm", "ticks": [{"place": 0.5, "value": "batch"}]},
    ]
    order = sorted(range(40), key=lambda i: figures[i])
    trials = [
        {
            "trial": i,
            "figure": figures[i],
            "spread": 0.01,
            "others": {"accuracy": 1 - figures[i]},
            "values": {"learning_rate": rates[i], "dropout": 0.6 * places[i][1], "activation": names[i % 3]},
            "epochs": 12,
        }
        for i in order
    ]
    shares = ((0.9, 0.77, 1.0, True), (0.01, 0.0, 0.05, False), (0.0, 0.0, 0.05, False))
    bars = [
        {"name": axis["name"], "share": s, "low": low, "high": high, "seen": seen}
        for axis, (s, low, high, seen) in zip(axes, shares, strict=False)
    ]
    curves = [
        {"trial": i, "rank": ranks[i], "values": [figures[i] + 1 / e for e in range(1, 13)]}
        for i in range(40)
    ]
    values = [0.001 * 3000 ** (i / 31) for i in range(32)]
    by_rate = {
        "name": "learning_rate",
        "scale": "log",
        "ordered": True,
        "values": values,
        "figures": [0.04 + (i / 31 - 0.6) ** 2 for i in range(32)],
        "low": [0.01 + (i / 31 - 0.6) ** 2 for i in range(32)],
        "high": [0.07 + (i / 31 - 0.6) ** 2 for i in range(32)],
        "trials": [{"value": rates[i], "figure": figures[i]} for i in range(40)],
    }
    by_choice = {
        "name": "activation",
        "scale": "choice",
        "ordered": False,
        "values": list(names),
        "figures": [0.2, 0.21, 0.19],
        "low": [0.1, 0.12, 0.1],
        "high": [0.3, 0.31, 0.28],
        "trials": [{"value": names[i % 3], "figure": figures[i]} for i in range(40)],
    }
    return SweepFacts(
        table="penguins.csv",
        targets=["species"],
        figure="log loss",
        lower_is_better=True,
        best=[
            "Best is trial 6: log loss 0.031 ± 0.01.",
            "The best of 40 is overrated: a fair value is 0.04.",
        ],
        best_settings=trials[0]["values"],
        key_facts=[("Task", "multiclass"), ("Trials", "40 of 3 folds each"), ("Method", "random: as asked")],
        trials=trials,
        pictures={
            "parallel": {"axes": axes, "lines": lines},
            "importances": {"settings": bars, "interactions": [], "reason": ""},
            "slices": [by_rate, by_choice],
        },
        where="40 trials",
        curves=curves,
        curve_title="Validation loss of all trials",
        next_steps=["learning_rate: best values lie at the upper edge 3; try up to 10."],
        space=[("learning_rate", "the range from 0.001 to 3 on a log scale"), ("dropout", "0 to 0.6")],
        fixed={"batch_size": 64},
        command="shoal sweep penguins.csv --target species --trials 40",
        best_command="shoal sweep best runs/20260131-120000-penguins-species-sweep --out model.shoal",
        versions={"shoal": "1.2.3"},
    )


_STUDY = {
    "table": "penguins.csv",
    "targets": ["species"],
    "task": "multiclass",
    "rows": 344,
    "networks": 36,
    "folds": 3,
    "seeds": [0, 1],
    "seconds": 7.5,
    "notes": [],
    "interrupted": False,
    "command": "shoal ablate penguins.csv --target species",
    "versions": {"shoal": "1.2.3"},
    "figure": "log loss",
}


def ablation() -> dict[str, Any]:
    """Return an ablation in which one change helps."""

    def one(name: str, change: float, half: float, settings: dict[str, Any], advice: str) -> dict[str, Any]:
        bounds = {"mean": change, "low": change - half, "high": change + half}
        relative = {f"relative{k.removeprefix('mean') and '_' + k}": v / 0.5 for k, v in bounds.items()}
        told = {"helps": bool(advice), "advice": advice, "verdict": "helps: -12% log loss"}
        return {"name": name, "change": "put in", "settings": settings, **bounds, **relative, **told}

    return {
        **_STUDY,
        "goal": "min",
        "baseline": {"mean": 0.5, "low": 0.4, "high": 0.6},
        "techniques": [
            one("dropout", -0.06, 0.02, {"dropout": 0.25}, "put it in"),
            one("early stopping", 0.001, 0.02, {"patience": 10, "validation": 0.2}, ""),
            one("batch norm", 0.1, 0.09, {"norm": "batch"}, ""),
        ],
        "skipped": {"class weights": "The classes are balanced."},
        "next": {"settings": {"dropout": 0.25}, "command": "--set dropout=0.25"},
        "combination": None,
    }


def curve() -> dict[str, Any]:
    """Return an error that falls with the width."""
    points = []
    for width in (1, 4, 16, 64):
        error = 1 / math.sqrt(width)
        rows = {"test": error, "train": 0.7 * error, "bias": 0.8 * error, "variance": 0.02}
        ends = {
            f"{name}_{end}": rows[name] * k
            for name in ("test", "train")
            for end, k in (("low", 0.8), ("high", 1.2))
        }
        points.append({"value": width, **rows, **ends})
    verdicts = ["Lowest log loss at width 64: 0.125 (0.1 to 0.15).", "It still falls at the last value."]
    return {**_STUDY, "words": "units of every hidden layer", "verdicts": verdicts, "points": points}


def compared() -> Compared:
    """Return two runs of which one is better."""
    figures = {"accuracy": {"value": 0.9, "low": 0.85, "high": 0.94}}
    made = [
        Run(
            letter,
            f"runs/20260131-12000{i}-penguins-species",
            "penguins.csv",
            ["species"],
            "multiclass",
            history(40 + 20 * i),
            {"hidden": [64, 64], "dropout": 0.1 * i, "activation": "relu"},
            figures,
            "5-fold cross-validation",
            12.0,
            "12 numbers in, hidden layers of 64 and 64 units (relu), 3 softmax outputs",
        )
        for i, letter in enumerate("AB")
    ]
    found = [
        Comparison("accuracy", 0.9, 0.95, 0.05, 0.02, 0.08, "paired", 344),
        Comparison("log_loss", 0.2, 0.19, -0.01, -0.05, 0.03, "paired", 344),
    ]
    return Compared(made, {"B": found}, {"B": "A and B are compared row by row over the same 344 rows."})
