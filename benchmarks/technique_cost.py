"""What each technique adds to a training step, over the bare step of the same network.

The bare step is that of `step_speed.py`'s medium size: three dense layers, ReLU, Adam, one learning rate.
Each technique is switched on alone. Bare populations run before and after every few techniques, and each
round compares a technique with its neighbours in time, because the machine's speed drifts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean, median
from typing import Any

from machine import device, keep, load, options, show
from step_speed import SIZES
from trainers import Data, Size, view_of

from shoal.nets.inputs import TableInput
from shoal.nets.spec import NetSpec, mlp
from shoal.train.growth import Growth
from shoal.train.loop import train_all
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.schedules import SCHEDULES, Schedule

WANTED = {
    "dropout": 0.35,
    "batch norm": 0.35,
    "a schedule for each net": 0.35,
    "clipping by norm": 0.35,
    "clipping by value": 0.35,
    "EMA of the weights": 0.35,
}
"""Largest share that a technique may add."""
_BETWEEN = 3  # techniques between two bare runs
_FULL_BATCH = ("lbfgs",)  # wants all rows at once: no step of this size


@dataclass
class Technique:
    """A technique, and what it changes: options of the layers, fields of the recipe, or the whole network."""

    name: str
    layers: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    change: Callable[[NetSpec], NetSpec] = lambda spec: spec
    ratios: list[float] = field(default_factory=list)

    @property
    def extra(self) -> float:
        """Median share of a step that it adds."""
        return median(self.ratios) - 1.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with the options of a command line."""
    given = _options().parse_args(arguments)
    size = next(size for size in SIZES if size.name == "medium")
    size = replace(size, nets=2, epochs=2) if given.quick else replace(size, nets=given.nets, epochs=6)
    chosen = [t for t in techniques() if not given.only or any(word in t.name for word in given.only)]
    rounds = 1 if given.quick else given.rounds
    print(
        f"{device()}; {list(size.widths)}, batch {size.batch}, {size.nets} networks; extra time of a step, "
        f"median of {rounds} rounds\n{load()}"
    )
    bare = _measure(size, chosen, rounds)
    _tell(chosen, bare, given.quick)
    figures = {t.name: [round(ratio, 4) for ratio in t.ratios] for t in chosen}
    keep(given.json, "technique_cost", figures, rounds=rounds, quick=given.quick, bare_microseconds=bare)


def _options():
    parser = options("technique_cost", __doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="WORD", help="techniques with one of these words")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds (default 7)")
    parser.add_argument("--nets", type=int, default=8, metavar="N", help="networks of each run (default 8)")
    return parser


# ---------------------------------------------------------------- the techniques


def techniques() -> Iterator[Technique]:
    """Yield every technique that acts in a step."""
    yield Technique("bare, again")  # what the noise is
    yield from _of_layers()
    yield from _of_the_step()
    yield from _of_learning()
    yield from _of_activations()


def _of_layers() -> Iterator[Technique]:
    yield Technique("dropout", {"dropout": 0.5})
    yield Technique("dropout of inputs", {"input_dropout": 0.2})
    yield Technique("batch norm", {"norm": "batch"})
    yield Technique("layer norm", {"norm": "layer"})
    yield Technique("shortcuts", {"residual": True})
    yield Technique("scale of inputs", {"input_scale": True})


def _of_the_step() -> Iterator[Technique]:
    yield Technique("clipping by norm", recipe={"clip_norm": 1.0})
    yield Technique("clipping by value", recipe={"clip_value": 0.1})
    yield Technique("EMA of the weights", recipe={"averaging": ("ema", 0.999)})
    yield Technique("SWA", recipe={"averaging": ("swa", 0.5)})
    yield Technique("weight decay", recipe={"weight_decay": 0.1})
    yield Technique("L2", recipe={"l2": 1e-4})
    yield Technique("L1", recipe={"l1": 1e-5})
    yield Technique("L2 of biases", recipe={"bias_l2": 1e-4})
    yield Technique("L2 of activities", recipe={"activity_l2": 1e-4})
    yield Technique("max-norm", recipe={"constraint": ("max_norm", 3.0)})
    yield Technique("label smoothing", recipe={"label_smoothing": 0.1})
    yield Technique("focal loss", recipe={"loss": "focal"})
    yield Technique("two batches to a step", recipe={"accumulate": 2})
    yield Technique("a growing batch", recipe={"growth": Growth(2, 2)})
    yield Technique("mixup", recipe={"augment": (("mixup", 0.2),)})
    yield Technique("noise on inputs", recipe={"augment": (("noise", 0.1),)})
    yield Technique("balanced classes", recipe={"balance": True})


def _of_learning() -> Iterator[Technique]:
    yield Technique("a schedule for each net", recipe={"schedule": None})
    yield Technique("momentum that rises", recipe={"momentum_start": 0.5})
    for name in OPTIMIZERS:
        if name not in ("adam", *_FULL_BATCH):
            yield Technique(f"optimizer {name}", recipe={"optimizer": name})


def _of_activations() -> Iterator[Technique]:
    for name in ("leaky_relu", "prelu", "elu", "selu", "gelu", "gelu_tanh", "silu", "swish", "mish", "tanh"):
        yield Technique(f"activation {name}", {"activation": name})


# ---------------------------------------------------------------- measuring


def _measure(size: Size, chosen: Sequence[Technique], rounds: int) -> float:
    """Fill in the ratios of all techniques, and return the microseconds of a bare step."""
    data = Data.of(size)
    bare = _run(Technique("bare"), size, data)
    runs = [_run(technique, size, data) for technique in chosen]
    for run in (bare, *runs):
        run()  # compiles
    all_bare = []
    for number in range(rounds):
        places = list(range(len(chosen)))
        places = places[number % len(places) :] + places[: number % len(places)]
        for at in range(0, len(places), _BETWEEN):
            group = places[at : at + _BETWEEN]
            before = _seconds(bare)
            taken = [_seconds(runs[place]) for place in group]
            around = mean([before, _seconds(bare)])
            all_bare.append(around)
            for place, seconds in zip(group, taken, strict=True):
                chosen[place].ratios.append(seconds / around)
    return round(median(all_bare) / (size.nets * size.steps * size.epochs) * 1e6, 2)


def _run(technique: Technique, size: Size, data: Data) -> Callable[[], object]:
    """Return what trains a population with a technique."""
    options_ = {"activation": "relu", **technique.layers}
    inputs = TableInput(size.widths[0], continuous=tuple(range(size.widths[0])))
    spec = mlp(inputs, size.widths[1:-1], "softmax", size.widths[-1], **options_)
    spec = technique.change(spec)
    common = {"loss": "cross_entropy", "batch_size": size.batch, "epochs": size.epochs, **technique.recipe}
    kinds = [Schedule(name) for name in SCHEDULES if name not in ("cosine_restarts", "piecewise")]
    members = []
    for i in range(size.nets):
        own = {"learning_rate": 1e-3 * (1 + i / 100), **common}
        if "schedule" in own:
            own["schedule"] = kinds[i % len(kinds)]
        members.append(Member(spec, Recipe(**own)))
    views = [view_of(data)]
    return lambda: train_all(members, views)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _tell(chosen: Sequence[Technique], bare: float, quick: bool) -> None:
    rows = []
    for technique in chosen:
        low, high = min(technique.ratios) - 1.0, max(technique.ratios) - 1.0
        wanted = WANTED.get(technique.name)
        verdict = "" if wanted is None or quick else "reached" if technique.extra < wanted else "MISSED"
        bound = f"under {wanted:.0%}" if wanted is not None else ""
        rows.append([technique.name, f"{technique.extra:+.0%}", f"{low:+.0%} to {high:+.0%}", bound, verdict])
    print(f"the bare step takes {bare:.0f} us")
    show(["", "extra", "range", "wanted", ""], rows)


if __name__ == "__main__":
    main()
