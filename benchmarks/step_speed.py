"""Microseconds per network and training step: shoal beside scikit-learn and an eager PyTorch loop.

Every contestant trains the same network on the same rows, with Adam in float32. shoal and PyTorch also judge
a quarter as many validation rows in every epoch, record the losses and keep the best weights; scikit-learn
does not. Whole fits are timed (after one that compiles), and contestants take turns in every round.
"""

from __future__ import annotations

import importlib.util
import os
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import trainers
from machine import device, keep, load, options, show
from trainers import Data, Run, Size

SIZES = (
    Size("tiny", (8, 16, 16, 3), 32, 1024, nets=128, epochs=60, epochs_alone=200),
    Size("small", (16, 64, 64, 1), 256, 4096, nets=32, epochs=20, epochs_alone=100),
    Size("medium", (64, 128, 128, 10), 64, 2048, nets=64, epochs=8, epochs_alone=50),
    Size("large", (784, 256, 256, 10), 128, 4096, nets=16, epochs=4, epochs_alone=8),
)
TARGETS = {
    "tiny": {"sklearn": 30.0, "torch": 60.0},
    "medium": {"sklearn": 6.0, "torch": 4.5, "peak": 0.5},
    "large": {"sklearn": 3.0, "torch": 2.0, "peak": 0.7},
}
"""What a population is to reach: times as fast as a peer, and share of the peak."""
_PRODUCT = 2048  # rows and columns of the matrices that measure the peak


@dataclass
class Contestant:
    """Someone who trains; `work` is the number of nets times steps of a run, `times` the seconds of each."""

    name: str
    run: Run
    work: int
    times: list[float]

    @property
    def microseconds(self) -> float:
        """Median microseconds per network and step."""
        return median(self.times) / self.work * 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    sizes = [size for size in SIZES if not given.sizes or size.name in given.sizes]
    if given.quick:
        given.rounds = 1
        sizes = [replace(s, nets=8, epochs=2, epochs_alone=4) for s in sizes]
    print(f"{device()}; microseconds per network and step, median of {given.rounds} rounds\n{load()}")
    figures = {}
    for size in sizes:
        field, peaks = _race(size, given)
        figures[size.name] = _told(size, field, peaks, given.quick)
    keep(given.json, "step_speed", figures, rounds=given.rounds, quick=given.quick)


def _options():
    parser = options("step_speed", __doc__.splitlines()[0])
    names = [size.name for size in SIZES]
    parser.add_argument("--sizes", nargs="+", choices=names, metavar="SIZE", help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds of every size (default 7)")
    parser.add_argument("--own-seeds", action="store_true", help="also a population of one seed for each net")
    return parser


# ---------------------------------------------------------------- the race


def _race(size: Size, given: Namespace) -> tuple[list[Contestant], list[float]]:
    """Let all contestants take turns; the peak is measured between rounds, on the same machine."""
    field, peaks = _field(size, given), [_peak(given.quick)]
    for number in range(given.rounds):
        turn = number % len(field)
        for contestant in field[turn:] + field[:turn]:
            started = time.perf_counter()
            contestant.run()
            contestant.times.append(time.perf_counter() - started)
        peaks.append(_peak(given.quick))
    return field, peaks


def _field(size: Size, given: Namespace) -> list[Contestant]:
    """Return the contestants, each of whom has run once: compiled, threads started, caches warm."""
    data, alone = Data.of(size), size.epochs_alone
    many, one = size.nets * size.steps * size.epochs, size.steps * alone
    field = [
        Contestant("shoal", trainers.shoal(size, size.epochs, data, size.nets), many, []),
        Contestant("shoal, one net", trainers.shoal(size, alone, data, 1), one, []),
        Contestant("scikit-learn", trainers.sklearn(size, alone, data), one, []),
    ]
    if given.own_seeds:
        run = trainers.shoal(size, size.epochs, data, size.nets, own_seeds=True)
        field.append(Contestant("shoal, own seeds", run, many, []))
    for contestant in field:
        contestant.run()
    threads = {1} if given.quick else {1, 2, os.cpu_count() or 1}
    return field + _torch(size, data, one, sorted(threads))


def _torch(size: Size, data: Data, work: int, threads: Sequence[int]) -> list[Contestant]:
    """Return PyTorch with the number of threads that is best at this size; nobody if it is not installed."""
    if importlib.util.find_spec("torch") is None:
        return []
    trials = []
    for number in threads:
        run = trainers.torch(size, size.epochs_alone, data, number)
        trainers.torch(size, 1, data, number)()
        started = time.perf_counter()
        run()
        word = "thread" if number == 1 else "threads"
        trials.append((time.perf_counter() - started, f"PyTorch, {number} {word}", run))
    _, name, run = min(trials, key=lambda trial: trial[0])
    return [Contestant(name, run, work, [])]


def _peak(quick: bool) -> float:
    """Return the operations per second of a large float32 matrix product in NumPy, all cores."""
    n = 512 if quick else _PRODUCT
    a = np.ones((n, n), np.float32)
    started = time.perf_counter()
    for _ in range(3):
        a @ a
    return 3 * 2.0 * n**3 / (time.perf_counter() - started)


# ---------------------------------------------------------------- what it says


def _told(size: Size, field: list[Contestant], peaks: list[float], quick: bool) -> dict:
    """Print the figures of a size beside what is to be reached, and return them."""
    peers = {"sklearn": _find(field, "scikit-learn"), "torch": _find(field, "PyTorch")}
    peak = median(peaks)
    print(
        f"{size.name} {list(size.widths)}, batch {size.batch}, {size.flops / 1e6:.2f} MFLOP a step "
        f"and {size.validation_flops / 1e6:.2f} to validate",
        end="; ",
    )
    print(f"peak {peak / 1e9:.0f} GFLOP/s ({min(peaks) / 1e9:.0f} to {max(peaks) / 1e9:.0f})")
    rows, kept = [], []
    for entry in field:
        us, share = entry.microseconds, _share(size, entry, peak)
        ratios = [f"{peer.microseconds / us:.1f}x" if peer else "-" for peer in peers.values()]
        worst = f"{min(entry.times) / entry.work * 1e6:.1f} to {max(entry.times) / entry.work * 1e6:.1f}"
        name = f"shoal of {size.nets}" if entry.name == "shoal" else entry.name
        rows.append([name, f"{us:.1f}", worst, *ratios, f"{share:.0%}"])
        per_round = [round(seconds / entry.work * 1e6, 3) for seconds in entry.times]
        kept.append({"contestant": name, "microseconds": per_round, "share_of_peak": round(share, 4)})
    show(["", "us", "range", "over sklearn", "over PyTorch", "of peak"], rows)
    verdicts = [] if quick else _verdicts(size, field, peers, peak)
    print(*verdicts, "", sep="\n")
    gigaflops = [round(p / 1e9, 1) for p in peaks]
    flops = {"flops_of_a_step": size.flops, "flops_to_validate": size.validation_flops}
    return {**flops, "peak_gflops": gigaflops, "contestants": kept, "targets": verdicts}


def _share(size: Size, entry: Contestant, peak: float) -> float:
    """Return the share of the peak that went into products: those of the steps and of the validation."""
    peer = entry.name.startswith(("scikit-learn", "PyTorch"))
    flops = size.flops + (0.0 if peer else size.validation_flops)
    return flops / entry.microseconds * 1e6 / peak


def _find(field: list[Contestant], name: str) -> Contestant | None:
    return next((entry for entry in field if entry.name.startswith(name)), None)


def _verdicts(size: Size, field: list[Contestant], peers: dict, peak: float) -> list[str]:
    ours, alone = field[0].microseconds, field[1].microseconds
    reached = {n: peer.microseconds / ours for n, peer in peers.items() if peer}
    reached["peak"] = _share(size, field[0], peak)
    said = []
    for name, wanted in TARGETS.get(size.name, {}).items():
        if name in reached:
            form = ".0%" if name == "peak" else ".1f"
            word = "reached" if reached[name] >= wanted else "MISSED"
            said.append(f"  target {name}: {wanted:{form}}, is {reached[name]:{form}}: {word}")
    for name, peer in peers.items():
        if peer:
            word = "reached" if alone < peer.microseconds else "MISSED"
            said.append(f"  target one net alone faster than {name}: {word}")
    return said


if __name__ == "__main__":
    main()
