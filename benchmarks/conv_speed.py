"""Milliseconds per network and training step of a small convolutional network: shoal beside eager PyTorch.

Images of 28 x 28 pixels go through two convolutions of 3 x 3 (16 and 32 filters), each with ReLU and max
pooling, and a head of ten classes; Adam, float32. Both judge a quarter as many validation images in every
epoch, record the losses and keep the best weights. PyTorch takes the number of threads and the order of
memory that suit it best. Whole fits are timed (after one that compiles), and contestants take turns in every
round.
"""

from __future__ import annotations

import importlib.util
import os
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import median

import numpy as np
from machine import device, keep, load, options, show

SIDE, FILTERS, CLASSES, ROWS, NETS = 28, (16, 32), 10, 1024, 8
BATCHES = (64, 128, 256)
Run = Callable[[], object]


@dataclass
class Contestant:
    """Someone who trains; `work` is the number of nets times steps of a run, `times` the seconds of each."""

    name: str
    run: Run
    work: int
    times: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """Median milliseconds per network and step."""
        return median(self.times) / self.work * 1e3


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    if given.quick:
        given.rounds, given.rows, given.epochs, given.batches = 1, 64, 1, [32]
    print(f"{device()}; milliseconds per network and step, median of {given.rounds} rounds\n{load()}")
    figures = {str(batch): _told(batch, _race(batch, given), given.quick) for batch in given.batches}
    keep(given.json, "conv_speed", figures, rounds=given.rounds, quick=given.quick)


def _options():
    parser = options("conv_speed", __doc__.splitlines()[0])
    parser.add_argument("--batches", nargs="+", type=int, default=BATCHES, metavar="N", help="rows of a step")
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="N", help="rounds of every batch (default 5)"
    )
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help=f"images (default {ROWS})")
    parser.add_argument("--epochs", type=int, default=3, metavar="N", help="epochs of a run (default 3)")
    return parser


# ---------------------------------------------------------------- the race


def _race(batch: int, given: Namespace) -> list[Contestant]:
    """Let all contestants take turns."""
    rows = _rows(given.rows * 5 // 4)
    steps = given.epochs * -(-given.rows // batch)
    field = [
        Contestant(f"shoal of {NETS}", shoal(rows, given.rows, batch, given.epochs, NETS), NETS * steps),
        Contestant("shoal, one net", shoal(rows, given.rows, batch, given.epochs, 1), steps),
    ]
    for contestant in field:
        contestant.run()
    field += _torch(rows, batch, given, steps)
    for number in range(given.rounds):
        turn = number % len(field)
        for contestant in field[turn:] + field[:turn]:
            started = time.perf_counter()
            contestant.run()
            contestant.times.append(time.perf_counter() - started)
    return field


def _rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    images = draw.normal(size=(count, SIDE, SIDE, 1)).astype(np.float32)
    return images, draw.integers(0, CLASSES, count).astype(np.int32)


def _torch(rows, batch: int, given: Namespace, steps: int) -> list[Contestant]:
    """Return PyTorch in the form that is best here; nobody if it is not installed."""
    if importlib.util.find_spec("torch") is None:
        return []
    threads = sorted({1} if given.quick else {1, 2, os.cpu_count() or 1})
    trials = []
    for number, last in product(threads, (False, True)):
        run = torch(rows, given.rows, batch, given.epochs, number, channels_last=last)
        torch(rows, given.rows, batch, 1, number, channels_last=last)()
        started = time.perf_counter()
        run()
        word = f"{number} thread{'s' if number > 1 else ''}, channels {'last' if last else 'first'}"
        trials.append((time.perf_counter() - started, f"PyTorch, {word}", run))
    _, name, run = min(trials, key=lambda trial: trial[0])
    return [Contestant(name, run, steps)]


# ---------------------------------------------------------------- who takes part


def shoal(rows, train: int, batch: int, epochs: int, nets: int) -> Run:
    """Train networks that differ in their learning rates."""
    from shoal.nets.image_input import ImageInput
    from shoal.nets.listing import layers_of
    from shoal.nets.spec import NetSpec
    from shoal.train.loop import train_all
    from shoal.train.population import Member
    from shoal.train.recipe import Recipe
    from shoal.train.view import Batchable, View

    images, labels = rows
    entries = [e for n in FILTERS for e in ({"conv2d": n, "activation": "relu"}, {"max_pool": 2})]
    spec = NetSpec(ImageInput(SIDE, SIDE, 1), layers_of([*entries, "flatten"]), "softmax", CLASSES)
    settings = {"batch_size": batch, "epochs": epochs}
    members = [
        Member(spec, Recipe("cross_entropy", learning_rate=1e-3 * (1 + i / 100), **settings))
        for i in range(nets)
    ]

    def part(at: slice) -> Batchable:
        flat, none = images[at].reshape(-1, SIDE * SIDE), np.zeros((len(labels[at]), 0), np.int32)
        return Batchable(flat, none, labels[at], np.ones(len(labels[at]), np.float32))

    views = [View(part(slice(0, train)), part(slice(train, None)))]
    return lambda: train_all(members, views)


def torch(rows, train: int, batch: int, epochs: int, threads: int, *, channels_last: bool) -> Run:
    """Train in a plain eager loop that validates, records and keeps the best weights."""
    import torch as t

    form = t.channels_last if channels_last else t.contiguous_format
    images = t.tensor(rows[0]).permute(0, 3, 1, 2).contiguous(memory_format=form)
    labels = t.tensor(rows[1]).long()
    loss_of = t.nn.functional.cross_entropy

    def net():
        last, layers = 1, []
        for filters in FILTERS:
            layers += [t.nn.Conv2d(last, filters, 3, padding=1), t.nn.ReLU(), t.nn.MaxPool2d(2)]
            last = filters
        head = t.nn.Linear(last * (SIDE // 2 ** len(FILTERS)) ** 2, CLASSES)
        return t.nn.Sequential(*layers, t.nn.Flatten(), head).to(memory_format=form)

    def run():
        t.set_num_threads(threads)
        model = net()
        optimizer, best, kept = t.optim.Adam(model.parameters()), float("inf"), {}
        for _ in range(epochs):
            total = 0.0
            for at in t.randperm(train).split(batch):
                optimizer.zero_grad()
                loss = loss_of(model(images[at]), labels[at])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(at)
            with t.no_grad():
                judged = loss_of(model(images[train:]), labels[train:]).item()
            if judged < best:
                best, kept = judged, {name: value.clone() for name, value in model.state_dict().items()}
        return kept, total

    return run


# ---------------------------------------------------------------- what it says


def _told(batch: int, field: list[Contestant], quick: bool) -> dict:
    """Print the figures of a batch size, and return them."""
    peer = next((entry for entry in field if entry.name.startswith("PyTorch")), None)
    rows, kept = [], []
    for entry in field:
        ms = [seconds / entry.work * 1e3 for seconds in entry.times]
        ratio = f"{peer.milliseconds / entry.milliseconds:.2f}x" if peer else "-"
        rows.append([entry.name, f"{entry.milliseconds:.2f}", f"{min(ms):.2f} to {max(ms):.2f}", ratio])
        kept.append({"contestant": entry.name, "milliseconds": [round(value, 4) for value in ms]})
    print(f"batch {batch}")
    show(["", "ms", "range", "over PyTorch"], rows)
    verdicts = (
        [] if quick or peer is None else [_verdict(entry, peer) for entry in field if entry is not peer]
    )
    print(*verdicts, "", sep="\n")
    return {"contestants": kept, "targets": verdicts}


def _verdict(entry: Contestant, peer: Contestant) -> str:
    word = "reached" if entry.milliseconds < peer.milliseconds else "MISSED"
    return f"  target {entry.name} faster than PyTorch: {word}"


if __name__ == "__main__":
    main()
