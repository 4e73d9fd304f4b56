"""What compiling a training program takes, and a step of it: as shipped, and without what makes it short.

The sizes of `step_speed.py`, one network alone and, of tiny ones, a tile of 16. Beside the program as shipped
one with an array for each weight instead of one vector for all, and the code that XLA makes by default. All
programs of a size are compiled and run in turns, on one core.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from unittest.mock import patch

if __name__ == "__main__":  # one core, before JAX looks for them
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])

import jax
import numpy as np
from machine import device, keep, load, options, show
from step_speed import SIZES
from trainers import Data, Size, view_of

from shoal import backend
from shoal.nets.inputs import TableInput
from shoal.nets.spec import mlp
from shoal.train import program
from shoal.train.feed import Feed
from shoal.train.key import ProgramKey
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.tiles import seated, tile_of

SHIPPED, ARRAYS, DEFAULT = "as shipped", "an array for each weight", "XLA's default code"
_STEPS = 4000  # of a run that is timed


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    parser = options("compile_time", (__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="programs of each (default 5)")
    given = parser.parse_args(arguments)
    rounds = 1 if given.quick else given.rounds
    print(f"{device()}; median of {rounds} rounds\n{load()}")
    figures = {}
    for size, nets in [(SIZES[0], 16), *((size, 1) for size in SIZES)][: 1 if given.quick else None]:
        name = f"{size.name}, {nets} nets" if nets > 1 else size.name
        figures[name] = _told(name, _measured(size, nets, rounds, 40 if given.quick else _STEPS))
    keep(given.json, "compile_time", figures, rounds=rounds, quick=given.quick)


def _measured(size: Size, nets: int, rounds: int, steps: int) -> dict[str, dict[str, list[float]]]:
    found = {name: {"kernels": [], "compiling": [], "step": []} for name in (SHIPPED, ARRAYS, DEFAULT)}
    for number in range(rounds):
        names = list(found)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            for column, value in _once(size, nets, name, steps).items():
                found[name][column].append(value)
    return found


def _once(size: Size, nets: int, way: str, steps: int) -> dict[str, float]:
    """Compile one program, and run it; kernels, seconds of processor time, microseconds a step."""
    epochs = max(1, min(100, steps // size.steps))
    with _in_the_way(way):
        run, args, found = _compiled(size, nets, way, epochs)
        times = []
        for _ in range(3):
            state = jax.tree.map(np.array, args[0])
            started = time.perf_counter()
            np.asarray(run(state, *args[1:])[1])
            times.append(time.perf_counter() - started)
    return {**found, "step": min(times) / (epochs * size.steps) * 1e6}


@contextmanager
def _in_the_way(way: str) -> Iterator[None]:
    if way == ARRAYS:
        with patch.object(ProgramKey, "flat", False):
            yield
    else:
        yield


def _compiled(size: Size, nets: int, way: str, epochs: int):
    inputs = TableInput(size.widths[0], continuous=tuple(range(size.widths[0])))
    head, loss = ("linear", "squared_error") if size.widths[-1] == 1 else ("softmax", "cross_entropy")
    spec = mlp(inputs, size.widths[1:-1], head, size.widths[-1], activation="relu")
    recipe = Recipe(loss, batch_size=size.batch, epochs=epochs)
    members = [Member(spec, replace(recipe, learning_rate=1e-3 * (1 + i))) for i in range(nets)]
    views = [view_of(Data.of(size))]
    tile = tile_of(members, seated(members, views, cpu=True, exact=False, tile=nets)[0])
    feed = Feed(members, views)
    args = feed.arguments(tile, feed.tables(tile, epochs), backend.devices()[0])
    jax.clear_caches()
    lowered = jax.jit(program._tile_program(tile.key), donate_argnums=(0,)).lower(*args)
    asked = {} if way == DEFAULT else program.options_of(tile.key)
    started = time.process_time()
    run = lowered.compile(compiler_options=asked)
    seconds = time.process_time() - started
    return run, args, {"kernels": run.as_text().count(" fusion("), "compiling": seconds}


def _told(name: str, found: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, list[float]]]:
    rows = [
        [way, *(f"{median(got[column]):{form}}" for column, form in _COLUMNS.items())]
        for way, got in found.items()
    ]
    show([name, "kernels", "s of compiling", "us a step"], rows)
    print()
    return {
        way: {c: [round(v, 3) for v in values] for c, values in got.items()} for way, got in found.items()
    }


_COLUMNS = {"kernels": ".0f", "compiling": ".2f", "step": ".1f"}


if __name__ == "__main__":
    main()
