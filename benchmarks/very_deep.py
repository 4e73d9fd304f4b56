"""A plain network ten thousand layers deep: seconds to compile, seconds for an epoch, and its loss.

No norm, no shortcuts: orthogonal kernels keep the length of what passes through them, forward and backward
(dynamical isometry, arXiv 1806.05393). A gain slightly above 1 makes up for what tanh takes away: without it
the values shrink as one over the root of the depth. The repeated layer is compiled once, whatever the depth.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import numpy as np
from machine import device, keep, load, options, show

from shoal.nets import network
from shoal.nets.inputs import TableInput
from shoal.nets.listing import layers_of
from shoal.nets.spec import NetSpec
from shoal.train.events import Compiled, EpochsDone, Event
from shoal.train.loop import train_all
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.view import Batchable, View

GAIN = 1.01
RATE = 3e-4
BATCH = 64
MOST_COMPILE_SECONDS = 10.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    os.environ["SHOAL_CACHE"] = "off"  # a program from disk would take no compiling
    depth, epochs = (100, 2) if given.quick else (given.depth, given.epochs)
    print(f"{device()}; depth {depth}, {given.width} units, SGD, batch {BATCH}, breast cancer\n{load()}")
    found = measured(depth, given.width, epochs)
    show(["what", "value"], [[name, f"{value:,.4g}"] for name, value in found.items()])
    falls = found["last loss"] < found["first loss"]
    soon = found["seconds to compile"] < MOST_COMPILE_SECONDS
    print(f"its loss {'falls' if falls else 'DOES NOT FALL'}")
    print(f"it compiles in {'less' if soon else 'MORE'} than {MOST_COMPILE_SECONDS:g} s")
    keep(given.json, "very_deep", found, depth=depth, width=given.width, quick=given.quick)


def _options():
    parser = options("very_deep", __doc__.splitlines()[0])
    parser.add_argument("--depth", type=int, default=10_000, metavar="N", help="layers (default 10,000)")
    parser.add_argument("--width", type=int, default=32, metavar="N", help="units of each (default 32)")
    parser.add_argument("--epochs", type=int, default=5, metavar="N", help="epochs (default 5)")
    return parser


def deep(depth: int, width: int, inputs: int) -> NetSpec:
    """Return the network, as a list of layers."""
    layer = {
        "dense": width,
        "activation": "tanh",
        "initializer": {"kind": "orthogonal", "gain": GAIN},
    }
    return NetSpec(
        TableInput(inputs), layers_of([{"repeat": depth, "layers": [layer]}], (inputs,)), "sigmoid", 1
    )


def measured(depth: int, width: int, epochs: int) -> dict[str, float]:
    """Train the network and return what was measured."""
    view = _breast_cancer()
    spec = deep(depth, width, view.train.numbers.shape[1])
    began = time.perf_counter()
    params, _ = network.init(spec, 0)
    drawn = time.perf_counter() - began
    compiling: list[float] = []
    training: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, Compiled):
            compiling.append(event.seconds)
        if isinstance(event, EpochsDone):
            training.append(event.seconds)

    recipe = Recipe(
        "binary_cross_entropy",
        optimizer="sgd",
        learning_rate=RATE,
        batch_size=BATCH,
        epochs=epochs,
        monitor="loss",
    )
    [net] = train_all([Member(spec, recipe)], [view], on_event=watch)
    return {
        "parameters": float(sum(value.size for value in params.values())),
        "seconds to draw the weights": drawn,
        "seconds to compile": sum(compiling),
        "seconds for an epoch": sum(training) / epochs,
        "first loss": float(net.history[0, 0]),
        "last loss": float(net.history[-1, 0]),
    }


def _breast_cancer() -> View:
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    x = (table.data - table.data.mean(axis=0)) / table.data.std(axis=0)
    target = table.target.astype(float)[:, None]
    return View(Batchable(x, np.zeros((len(x), 0), np.int32), target, np.ones(len(x))))


if __name__ == "__main__":
    main()
