"""How good the learning-rate finder is: training at its suggestion beside the best of a grid of 15 rates.

For each table, the finder sees the training rows only. Then networks with 15 rates from 1e-4 to 1, and with
the suggestion, the steepest and the valley point, are trained as one shoal with default settings; each is
judged by the validation loss (of rows that the finder did not see) of the weights that it keeps.
"""

from __future__ import annotations

import os
import time
import warnings
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import device, keep, line, load, options
from tables import Table, names_in, read_tables

GRID = np.geomspace(1e-4, 1.0, 15)
WITHIN = 0.02
"""How far above the best of the grid a suggestion may end, as a share of its loss."""
CHOSEN = (
    *("adult", "airlines", "bank", "bike_hourly", "california"),
    *("covtype20k", "diamonds", "higgs_small", "mammography", "telco_churn"),
)
"""The ten tables with rows enough for a difference of 2% to mean something."""
_QUICK = {"hidden": (16,), "epochs": 4}
_HEAD = ("table", "suggested", "interval", "its loss", "grid's best", "at", "ratio", "steepest", "valley")


@dataclass(frozen=True)
class Verdict:
    """One table: what was found, and where training ends with it.

    Parameters
    ----------
    suggestion, steepest, valley : float
        Learning rates.
    interval : (float, float)
    losses : dict of str to float
        Validation loss at "suggestion", "steepest" and "valley", mean over the seeds.
    grid : dict of str to float
        The same for each rate of the grid.
    trainings : float
        What the finder trained, in whole trainings.
    seconds : float
        Of the finder.
    """

    suggestion: float
    interval: tuple[float, float]
    steepest: float
    valley: float
    losses: dict[str, float]
    grid: dict[str, float]
    trainings: float
    seconds: float

    @property
    def best_rate(self) -> float:
        """The rate of the grid that ends lowest."""
        return float(min(self.grid, key=lambda rate: self.grid[rate]))

    def ratio(self, point: str = "suggestion") -> float:
        """Return the loss at a point over the lowest of the grid."""
        return self.losses[point] / min(self.grid.values())

    def row(self, name: str) -> list[str]:
        """Return the cells of the printed table."""
        low, high = self.interval
        return [
            name,
            f"{self.suggestion:.2g}",
            f"{low:.2g} .. {high:.2g}",
            f"{self.losses['suggestion']:.4f}",
            f"{min(self.grid.values()):.4f}",
            f"{self.best_rate:.2g}",
            *(f"{self.ratio(point):.3f}" for point in ("suggestion", "steepest", "valley")),
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _given(arguments)
    print(f"{load()}{device()}; at most {given.rows:,} training rows, {given.seeds} seeds in the grid")
    widths = [max(13, *map(len, given.only)), 9, 16, 8, 11, 7, 6, 8, 6]
    print(line(_HEAD, widths))
    verdicts: dict[str, Verdict] = {}
    for table in read_tables(given.tables, given.only, given.rows):
        verdicts[table.name] = judged(table, given)
        print(line(verdicts[table.name].row(table.name), widths), flush=True)
    for point in ("suggestion", "steepest", "valley"):
        good = sum(verdict.ratio(point) <= 1.0 + WITHIN for verdict in verdicts.values())
        print(f"{point}: within {WITHIN:.0%} of the grid's best on {good} of {len(verdicts)} tables")
    about = {"rows_cap": given.rows, "seeds": given.seeds, "quick": given.quick}
    keep(given.json, "lr_finder", {name: asdict(verdict) for name, verdict in verdicts.items()}, **about)


def _given(arguments: Sequence[str] | None) -> Namespace:
    parser = options("lr_finder", (__doc__ or "").splitlines()[0])
    add = parser.add_argument
    folder = os.environ.get("SHOAL_TABLES")
    add("--tables", type=Path, default=folder and Path(folder), help="folder of tables [SHOAL_TABLES]")
    add("--only", type=lambda text: text.split(","), metavar="NAMES", help="only these tables, as a,b,c")
    add("--rows", type=int, default=4000, metavar="N", help="most training rows (default 4000)")
    add("--seeds", type=int, default=3, metavar="N", help="seeds of the grid (default 3)")
    given = parser.parse_args(arguments)
    if given.quick:
        given.tables, given.only, given.rows, given.seeds = None, given.only or ["wine"], 500, 1
    there = names_in(given.tables)
    given.only = given.only or [name for name in CHOSEN if name in there] or there
    return given


def judged(table: Table, given: Namespace) -> Verdict:
    """Find a rate on the training rows of a table, and train with it and with the grid."""
    from shoal import lr_find
    from shoal.errors import ShoalWarning

    net = _net(table, _QUICK if given.quick else {})
    X, y = table.X.iloc[table.train], table.y[table.train]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShoalWarning)  # columns left out, rates of the grid that diverge
        started = time.perf_counter()
        found = lr_find(net, X, y)
        seconds = time.perf_counter() - started
        points = {name: getattr(found, name) for name in ("suggestion", "steepest", "valley")}
        losses = _losses(net, [*points.values(), *GRID], table, given)
    return Verdict(
        **points,
        interval=found.interval,
        losses=dict(zip(points, losses, strict=False)),
        grid={f"{rate:.6g}": loss for rate, loss in zip(GRID, losses[len(points) :], strict=True)},
        trainings=found.trainings,
        seconds=seconds,
    )


def _net(table: Table, settings: dict[str, Any]) -> Any:
    from shoal import NetClassifier, NetRegressor

    kind = NetRegressor if table.task == "regression" else NetClassifier
    return kind(random_state=0, **settings)


def _losses(net: Any, rates: Sequence[float], table: Table, given: Namespace) -> list[float]:
    """Return where trainings end, mean over the seeds: the validation loss of the weights kept."""
    from shoal import fit_many

    X, y = table.X.iloc[table.train], table.y[table.train]
    judges = table.test[: given.rows]
    nets = fit_many(
        net,
        [{"learning_rate": float(rate)} for rate in rates],
        X,
        y,
        seeds=range(100, 100 + given.seeds),  # others than the finder's
        X_val=table.X.iloc[judges],
        y_val=table.y[judges],
    )
    ends = [_end(one, code) for one, code in zip(nets, nets.codes, strict=True)]
    return np.reshape(ends, (len(rates), given.seeds)).mean(axis=1).tolist()


def _end(net: Any, code: str) -> float:
    best = net.history_.best() or {}
    loss = best.get("val_loss")
    return float("inf") if code == "diverged" or loss is None else float(loss)


if __name__ == "__main__":
    main()
