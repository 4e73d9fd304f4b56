"""Record PyTorch's learning-rate schedules, and Keras' where PyTorch has none, into schedules.npz.

Run ``python tests/golden/make_schedules.py`` where torch is installed (recorded with 2.13, in float64).
PyTorch's clock counts calls of ``scheduler.step()``, one for each step here; ours counts epochs of ten
steps. Keras' rules are written out as its source has them (`keras.optimizers.schedules`, version 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

EPOCHS, STEPS = 10, 10
TOTAL = EPOCHS * STEPS

FILE = Path(__file__).with_name("schedules.npz")


@dataclass(frozen=True)
class Case:
    """A schedule in shoal's words, and who says what its 100 steps are.

    Parameters
    ----------
    name : str
    schedule : dict
        What `shoal.train.schedules.Schedule.of` reads.
    torch : callable, optional
        ``(lr_scheduler module, optimizer) -> scheduler``.
    keras : callable, optional
        ``(step) -> factor``.
    """

    name: str
    schedule: dict[str, Any]
    torch: Callable[[Any, Any], Any] | None = None
    keras: Callable[[float], float] | None = None


def cases() -> Iterator[Case]:
    """Yield every case."""
    yield from _falling()
    yield from _cyclic()
    yield from _warmed()
    yield from _keras()


def _falling() -> Iterator[Case]:
    def case(name, schedule, torch):
        return Case(name, schedule, torch)

    yield case("constant", {"kind": "constant"}, lambda s, o: s.ConstantLR(o, 1.0))
    step = {"kind": "step", "factor": 0.3, "every": 4}
    yield case("step", step, lambda s, o: s.StepLR(o, 4 * STEPS, 0.3))
    decay = math.exp(-0.2 / STEPS)
    yield case("exponential", {"kind": "exponential", "decay": 0.2}, lambda s, o: s.ExponentialLR(o, decay))
    yield case("linear", {"kind": "linear", "final": 0.1}, lambda s, o: s.LinearLR(o, 1.0, 0.1, TOTAL))
    cosine = {"kind": "cosine", "final": 0.05}
    yield case("cosine", cosine, lambda s, o: s.CosineAnnealingLR(o, TOTAL, 0.05))
    polynomial = {"kind": "polynomial", "power": 2.5}
    yield case("polynomial", polynomial, lambda s, o: s.PolynomialLR(o, TOTAL, 2.5))
    steps = {"kind": "piecewise", "boundaries": [3, 7.5], "values": [1.0, 0.2, 0.04]}
    yield case("piecewise", steps, lambda s, o: s.MultiStepLR(o, [3 * STEPS, 75], 0.2))


def _cyclic() -> Iterator[Case]:
    for factor in (1, 2, 3):
        restarts = {"kind": "cosine_restarts", "period": 2, "factor": factor, "final": 0.01}
        yield Case(
            f"cosine_restarts {factor}",
            restarts,
            lambda s, o, m=factor: s.CosineAnnealingWarmRestarts(o, 2 * STEPS, m, 0.01),
        )
    yield Case("one_cycle", {"kind": "one_cycle"}, lambda s, o: s.OneCycleLR(o, 1.0, TOTAL))
    other = {"kind": "one_cycle", "rise": 0.17, "start": 0.1, "final": 0.01}
    yield Case(
        "one_cycle, other",
        {**other, "momentum_low": 0.5, "momentum_high": 0.9},
        lambda s, o: s.OneCycleLR(
            o,
            1.0,
            TOTAL,
            pct_start=0.17,
            base_momentum=0.5,
            max_momentum=0.9,
            div_factor=10.0,
            final_div_factor=10.0,
        ),
    )
    for kind, more, gamma in (
        ("triangular", {}, 1.0),
        ("triangular2", {}, 1.0),
        ("exp_range", {"decay": 0.1}, math.exp(-0.1 / STEPS)),
    ):
        yield Case(
            kind,
            {"kind": kind, "low": 0.2, "half": 1.5, **more},
            lambda s, o, k=kind, g=gamma: s.CyclicLR(o, 0.2, 1.0, 15, mode=k, gamma=g, cycle_momentum=False),
        )


def _warmed() -> Iterator[Case]:
    """A warm-up multiplies the schedule behind it, as in PyTorch's ChainedScheduler."""

    def chained(rest):
        return lambda s, o: s.ChainedScheduler([s.LinearLR(o, 1 / 20, 1.0, 19), rest(s, o)])

    cosine = chained(lambda s, o: s.CosineAnnealingLR(o, TOTAL))
    yield Case("warm-up, cosine", {"kind": "cosine", "warmup": 2}, cosine)
    step = chained(lambda s, o: s.StepLR(o, 10, 0.5))
    yield Case("warm-up, step", {"kind": "step", "every": 1, "factor": 0.5, "warmup": 2}, step)


def _keras() -> Iterator[Case]:
    def polynomial(step, end=0.1, power=3.0):
        return (1.0 - end) * (1.0 - min(step, TOTAL) / TOTAL) ** power + end

    def piecewise(step, boundaries=(29, 59), values=(1.0, 0.5, 0.1)):  # a boundary is the last step before it
        return values[sum(step > boundary for boundary in boundaries)]

    yield Case("keras PolynomialDecay", {"kind": "polynomial", "power": 3.0, "final": 0.1}, keras=polynomial)
    steps = {"kind": "piecewise", "boundaries": [3, 6], "values": [1.0, 0.5, 0.1]}
    yield Case("keras PiecewiseConstantDecay", steps, keras=piecewise)
    inverse = {"kind": "inverse_time", "decay": 0.3}
    yield Case("keras InverseTimeDecay", inverse, keras=lambda step: 1.0 / (1.0 + 0.3 * step / STEPS))
    yield Case(
        "keras ExponentialDecay",
        {"kind": "exponential", "decay": -math.log(0.7)},
        keras=lambda step: 0.7 ** (step / STEPS),
    )


def rates(case: Case) -> np.ndarray:
    """Return the factor of the rate at each of the 100 steps, and where PyTorch moves it the momentum."""
    if case.keras is not None:
        return np.array([[case.keras(step), np.nan] for step in range(TOTAL)])
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.7)
    scheduler = case.torch(torch.optim.lr_scheduler, optimizer)
    found = []
    for _ in range(TOTAL):
        group = optimizer.param_groups[0]
        found.append((group["lr"], group["momentum"]))
        optimizer.step()
        if len(found) < TOTAL:  # OneCycleLR ends with its last step
            scheduler.step()
    return np.array(found)


REACTIONS = {
    "plateau": {"factor": 0.3, "patience": 2},
    "plateau, at once": {"factor": 0.5, "patience": 0, "threshold": 0.05, "low": 1e-4},
    "plateau, cooldown": {"factor": 0.5, "patience": 1, "cooldown": 3, "low": 0.1},
}
"""Name -> settings of ReduceLROnPlateau."""


def losses() -> np.ndarray:
    """Return 40 losses that fall, stand still and rise, as validation losses do."""
    rng = np.random.default_rng(3)
    return np.round(np.exp(-np.arange(40) / 5.0) + 0.2 * rng.standard_normal(40) ** 2 + 0.2, 3)


def scales(settings: dict[str, float]) -> np.ndarray:
    """Return the scale of the rate after each epoch, as ReduceLROnPlateau has it."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    options = {"min_lr" if name == "low" else name: value for name, value in settings.items()}
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    found = []
    for loss in losses():
        scheduler.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return np.array(found)


def main() -> None:
    """Write the file."""
    found = {case.name: rates(case) for case in cases()}
    found |= {name: scales(settings) for name, settings in REACTIONS.items()}
    np.savez_compressed(FILE, **found)


if __name__ == "__main__":
    main()
