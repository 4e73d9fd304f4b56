"""What recording every layer adds to a training step, over keeping the losses alone.

One network of `step_speed.py`'s medium size is trained alone, as estimators and ``shoal train`` do: with its
losses only, with the layers looked at as seldom as by default, and after every epoch of 32 steps. The three
take turns within each round, because the machine's speed drifts; the default is also measured on eight times
the rows, where looks are rarer still in steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from machine import device, keep, load, options, show
from step_speed import SIZES
from trainers import Data, Size, view_of

from shoal.nets.inputs import TableInput
from shoal.nets.spec import mlp
from shoal.train.loop import train_all
from shoal.train.population import Member
from shoal.train.recipe import Recipe

WANTED = {"by default": 0.05, "after every epoch": 0.15}
"""Largest share that looking into the layers may add."""
RECORDS = {"losses": (), "by default": ("layers", 0), "after every epoch": ("layers", 1)}
EPOCHS = 100


@dataclass
class Way:
    """A way to record, with the seconds of each round and its looks."""

    name: str
    run: Callable[[], int]
    looks: int = 0
    times: list[float] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    medium = next(size for size in SIZES if size.name == "medium")
    epochs = 6 if given.quick else EPOCHS
    if given.quick:
        given.rounds = 1
    print(f"{device()}; one net, {epochs} epochs, median of {given.rounds} rounds\n{load()}")
    figures = {}
    for size in (medium, replace(medium, rows=8 * medium.rows)):
        ways = _measured(size, epochs if size is medium else max(epochs // 4, 6), given.rounds)
        figures[f"{size.rows} rows"] = _told(size, ways, given.quick)
    keep(given.json, "record_cost", figures, rounds=given.rounds, quick=given.quick)


def _options():
    parser = options("record_cost", (__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds (default 15)")
    return parser


def _measured(size: Size, epochs: int, rounds: int) -> list[Way]:
    """Train in every way, taking turns; the first training of each compiles and does not count."""
    views = [view_of(Data.of(size))]
    inputs = TableInput(size.widths[0], continuous=tuple(range(size.widths[0])))
    spec = mlp(inputs, size.widths[1:-1], "softmax", size.widths[-1], activation="relu")

    def training(record: tuple) -> Callable[[], int]:
        recipe = Recipe("cross_entropy", batch_size=size.batch, epochs=epochs, record=record)
        return lambda: len(train_all([Member(spec, recipe)], views)[0].record)

    ways = [Way(name, training(record)) for name, record in RECORDS.items()]
    for way in ways:
        way.looks = way.run()
    for number in range(rounds):
        turn = number % len(ways)
        for way in ways[turn:] + ways[:turn]:
            started = time.perf_counter()
            way.run()
            way.times.append((time.perf_counter() - started) / (epochs * size.steps))
    return ways


def _told(size: Size, ways: list[Way], quick: bool) -> dict[str, dict]:
    """Print what each way takes beside the losses alone, and return the figures."""
    bare, rows, found = ways[0], [], {}
    print(f"medium {list(size.widths)}, batch {size.batch}, {size.rows:,} rows ({size.steps} steps an epoch)")
    for way in ways:
        ratios = [own / other for own, other in zip(way.times, bare.times, strict=True)]
        extra, wanted = median(ratios) - 1.0, WANTED.get(way.name)
        verdict = "" if wanted is None or quick else "reached" if extra < wanted else "MISSED"
        bound = "" if wanted is None else f"under {wanted:.0%}"
        shown = [f"{median(way.times) * 1e6:.1f}", f"{extra:+.1%}", str(way.looks), bound, verdict]
        rows.append([f"layers {way.name}" if wanted else way.name, *shown])
        microseconds = [round(seconds * 1e6, 2) for seconds in way.times]
        found[way.name] = {"microseconds": microseconds, "looks": way.looks, "extra": round(extra, 4)}
    show(["", "us a step", "extra", "looks", "wanted", ""], rows)
    print()
    return found


if __name__ == "__main__":
    main()
