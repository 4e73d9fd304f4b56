"""Record what PyTorch's optimizers do with fixed gradients, into optimizers.npz beside this file.

Run ``python tests/golden/make_optimizers.py`` where torch is installed (recorded with 2.13, in float64).
The kernel is decayed or penalised, the bias never: shoal's rule, and two parameter groups in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

STEPS = 100
KEPT = (1, 2, 3, 5, 10, 20, 40, 60, 80, 100)
"""Steps after which the parameters are recorded."""

FILE = Path(__file__).with_name("optimizers.npz")


@dataclass(frozen=True)
class Case:
    """One optimizer with its settings, in shoal's words and in PyTorch's.

    Parameters
    ----------
    name : str
        Of the case.
    optimizer : str
        Name in `shoal.train.optimizers.OPTIMIZERS`.
    rate : float
    settings : dict
        Settings of the optimizer.
    penalty : dict
        ``weight_decay`` (decoupled) or ``l2`` (coupled; PyTorch's weight_decay is twice that).
    torch : str
        Class in `torch.optim`, or "lion" or "muon" for a rule written out below.
    options : dict
        Its arguments.
    cycle : bool
        Whether rate and momentum follow PyTorch's OneCycleLR over the steps.
    """

    name: str
    optimizer: str
    rate: float
    settings: dict[str, float]
    penalty: dict[str, float]
    torch: str
    options: dict[str, Any] = field(default_factory=dict)
    cycle: bool = False


def cases() -> Iterator[Case]:
    """Yield every case."""
    yield from _plain()
    yield from _penalised()
    for optimizer, rate, torch in (
        ("momentum", 0.01, "SGD"),
        ("adam", 1e-2, "Adam"),
        ("nadam", 1e-2, "NAdam"),
    ):
        options = {"momentum": 0.9} if torch == "SGD" else {}
        yield Case(f"{optimizer}, one cycle", optimizer, rate, {}, {}, torch, options, cycle=True)


def _plain() -> Iterator[Case]:
    def case(name, optimizer, rate, settings, torch, **options):
        return Case(name, optimizer, rate, settings, {}, torch, options)

    yield case("sgd", "sgd", 0.1, {}, "SGD")
    for m in (0.9, 0.5):
        yield case(f"momentum {m}", "momentum", 0.01, {"momentum": m}, "SGD", momentum=m)
        yield case(f"nesterov {m}", "nesterov", 0.01, {"momentum": m}, "SGD", momentum=m, nesterov=True)
    yield case("adagrad", "adagrad", 0.05, {}, "Adagrad")
    yield case("adagrad, epsilon", "adagrad", 0.05, {"epsilon": 0.1}, "Adagrad", eps=0.1)
    yield case("adadelta", "adadelta", 1.0, {}, "Adadelta")
    yield case(
        "adadelta, rho", "adadelta", 0.5, {"rho": 0.95, "epsilon": 1e-4}, "Adadelta", rho=0.95, eps=1e-4
    )
    yield case("rmsprop", "rmsprop", 1e-3, {}, "RMSprop")
    yield case("rmsprop, rho", "rmsprop", 1e-2, {"rho": 0.9, "epsilon": 1e-2}, "RMSprop", alpha=0.9, eps=1e-2)
    yield case("adam", "adam", 1e-3, {}, "Adam")
    betas = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}
    yield case("adam, betas", "adam", 1e-2, betas, "Adam", betas=(0.8, 0.95), eps=1e-3)
    yield case("nadam", "nadam", 2e-3, {}, "NAdam")
    slow = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3, "momentum_decay": 0.1}
    yield case(
        "nadam, momentum", "nadam", 1e-2, slow, "NAdam", betas=(0.8, 0.95), eps=1e-3, momentum_decay=0.1
    )
    yield case("adafactor", "adafactor", 1e-2, {}, "Adafactor")
    named = {"beta_2_decay": -0.5, "epsilon": 1e-4, "epsilon_2": 0.1, "clip_threshold": 1.2}
    yield case(
        "adafactor, clip", "adafactor", 0.5, named, "Adafactor", beta2_decay=-0.5, eps=(1e-4, 0.1), d=1.2
    )
    yield case("muon", "muon", 1e-2, {}, "muon", momentum=0.95)
    yield case("muon, momentum", "muon", 1e-2, {"momentum": 0.5}, "muon", momentum=0.5)
    fixed = {"search_steps": 0}  # PyTorch's step without a search
    yield case("lbfgs", "lbfgs", 0.05, fixed, "LBFGS", max_iter=1, history_size=10)
    yield case("lion", "lion", 1e-3, {}, "lion", betas=(0.9, 0.99))
    yield case("lion, betas", "lion", 1e-2, {"beta_1": 0.95, "beta_2": 0.98}, "lion", betas=(0.95, 0.98))


def _penalised() -> Iterator[Case]:
    def coupled(optimizer, rate, torch, **options):
        options |= {"weight_decay": 0.2}
        settings = {"momentum": 0.9} if "momentum" in options else {}
        return Case(f"{optimizer}, l2", optimizer, rate, settings, {"l2": 0.1}, torch, options)

    yield coupled("sgd", 0.1, "SGD")
    yield coupled("momentum", 0.01, "SGD", momentum=0.9)
    yield coupled("nesterov", 0.01, "SGD", momentum=0.9, nesterov=True)
    yield coupled("adagrad", 0.05, "Adagrad")
    yield coupled("adadelta", 1.0, "Adadelta")
    yield coupled("rmsprop", 1e-3, "RMSprop")
    yield coupled("adam", 1e-3, "Adam")
    yield coupled("nadam", 2e-3, "NAdam")
    decay = {"weight_decay": 0.2}
    yield Case("adamw", "adamw", 1e-2, {}, decay, "AdamW", decay)
    yield Case("nadam, decay", "nadam", 1e-2, {}, decay, "NAdam", {"decoupled_weight_decay": True, **decay})
    yield Case("adafactor, decay", "adafactor", 1e-2, {}, decay, "Adafactor", decay)
    yield Case("muon, decay", "muon", 1e-2, {}, decay, "muon", {"momentum": 0.95, **decay})
    searchless = {"max_iter": 1, "history_size": 10}
    yield Case("lbfgs, l2", "lbfgs", 0.05, {"search_steps": 0}, {"l2": 0.01}, "LBFGS", searchless)
    yield Case("sgd, decay", "sgd", 0.1, {}, decay, "SGD", decay)  # coupled = decoupled under plain SGD
    yield Case("lion, decay", "lion", 1e-3, {}, decay, "lion", {"betas": (0.9, 0.99), **decay})


def problem() -> dict[str, np.ndarray]:
    """Make the first parameters and the gradients of every step."""
    rng = np.random.default_rng(20)
    size = 10.0 ** rng.uniform(-3, 1, (STEPS, 1))  # gradients of very different sizes, as in life
    return {
        "kernel": rng.standard_normal((3, 2)),
        "bias": rng.standard_normal(2),
        "kernel gradient": rng.standard_normal((STEPS, 3, 2)) * size[..., None],
        "bias gradient": rng.standard_normal((STEPS, 2)) * size,
        # what L-BFGS walks down, which wants a real slope: uneven features, and labels of -1 and 1
        "features": rng.standard_normal((20, 3)) * [3.0, 1.0, 0.3],
        "labels": rng.choice([-1.0, 1.0], (20, 2)),
    }


def trajectory(case: Case, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return kernel and bias after the steps in `KEPT`, as PyTorch moves them."""
    import torch

    kernel, bias = (torch.tensor(given[n], requires_grad=True) for n in ("kernel", "bias"))
    step = _walk(case, kernel, bias, given) if case.torch == "LBFGS" else _optimizer(case, kernel, bias)
    schedule = _one_cycle(case, step) if case.cycle else None
    step = step if schedule is None else schedule.optimizer.step  # which the schedule counts
    kept: dict[str, list[np.ndarray]] = {"kernel": [], "bias": []}
    for at in range(STEPS):
        kernel.grad = torch.tensor(given["kernel gradient"][at])
        bias.grad = torch.tensor(given["bias gradient"][at])
        step()
        if schedule is not None and at + 1 < STEPS:
            schedule.step()
        if at + 1 in KEPT:
            kept["kernel"].append(kernel.detach().numpy().copy())
            kept["bias"].append(bias.detach().numpy().copy())
    return {name: np.stack(values) for name, values in kept.items()}


def _optimizer(case: Case, kernel: Any, bias: Any) -> Callable[[], Any]:
    import torch

    if case.torch in ("lion", "muon"):
        return {"lion": _lion, "muon": _muon}[case.torch](case, kernel, bias)
    options = {k: v for k, v in case.options.items() if k != "weight_decay"}
    groups = [
        {"params": [kernel], "weight_decay": case.options.get("weight_decay", 0.0)},
        {"params": [bias], "weight_decay": 0.0},
    ]
    return getattr(torch.optim, case.torch)(groups, lr=case.rate, **options).step


def _one_cycle(case: Case, step: Callable[[], Any]) -> Any:
    import torch

    return torch.optim.lr_scheduler.OneCycleLR(step.__self__, max_lr=case.rate, total_steps=STEPS)


def _lion(case: Case, kernel: Any, bias: Any) -> Callable[[], None]:
    """Algorithm 2 of Chen et al., arXiv 2302.06675, which PyTorch does not have."""
    import torch

    first, second = case.options["betas"]
    decays = {id(kernel): case.options.get("weight_decay", 0.0), id(bias): 0.0}
    mean = {id(p): torch.zeros_like(p) for p in (kernel, bias)}

    @torch.no_grad()
    def step() -> None:
        for p in (kernel, bias):
            m = mean[id(p)]
            direction = torch.sign(first * m + (1 - first) * p.grad)
            p -= case.rate * (direction + decays[id(p)] * p)
            mean[id(p)] = second * m + (1 - second) * p.grad

    return step


def _muon(case: Case, kernel: Any, bias: Any) -> Callable[[], None]:
    """PyTorch's Muon with ``match_rms_adamw``, but for its rounding to bfloat16; AdamW beside."""
    import torch

    share, decay = case.options["momentum"], case.options.get("weight_decay", 0.0)
    mean = torch.zeros_like(kernel)
    rest = torch.optim.AdamW([bias], lr=case.rate, weight_decay=0.0)

    @torch.no_grad()
    def step() -> None:
        mean.lerp_(kernel.grad, 1 - share)
        x = kernel.grad.lerp(mean, share).T
        x = x / x.norm().clamp(min=1e-7)
        for _ in range(5):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        kernel.mul_(1 - case.rate * decay)
        kernel.add_(x.T, alpha=-case.rate * 0.2 * max(kernel.shape) ** 0.5)
        rest.step()

    return step


def _walk(case: Case, kernel: Any, bias: Any, given: dict[str, np.ndarray]) -> Callable[[], None]:
    """Return a step of PyTorch's L-BFGS down a logistic regression."""
    import torch

    features, labels = (torch.tensor(given[name]) for name in ("features", "labels"))
    l2 = case.penalty.get("l2", 0.0)
    optimizer = torch.optim.LBFGS([kernel, bias], lr=case.rate, **case.options)

    def closure():
        optimizer.zero_grad()
        scores = features @ kernel + bias
        loss = torch.nn.functional.softplus(-labels * scores).mean() + l2 * (kernel**2).sum()
        loss.backward()
        return loss

    return lambda: optimizer.step(closure)


def main() -> None:
    """Write the file."""
    given = problem()
    found = {
        f"{case.name}: {part}": values for case in cases() for part, values in trajectory(case, given).items()
    }
    np.savez_compressed(FILE, **{f"given: {k}": v for k, v in given.items()}, **found)


if __name__ == "__main__":
    main()
