"""Record PyTorch's norms and schedules, into nets.npz beside this file.

Run ``python tests/golden/make_nets.py`` where torch is installed (recorded with 2.13, in float64).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("nets.npz")

EPOCHS, STEPS = 12, 3


def norms() -> dict[str, np.ndarray]:
    """Return what three batches do to batch norm and layer norm, in training and in prediction."""
    import torch

    rng = np.random.default_rng(6)
    x = 2.0 * rng.standard_normal((3, 5, 4)) + 1.0
    gamma, beta = rng.standard_normal(4), rng.standard_normal(4)
    found = {"norm x": x, "norm gamma": gamma, "norm beta": beta}
    for name, norm in {"batch": torch.nn.BatchNorm1d(4), "layer": torch.nn.LayerNorm(4)}.items():
        norm = norm.double()
        norm.weight.data, norm.bias.data = torch.tensor(gamma), torch.tensor(beta)
        trained = np.stack([norm(torch.tensor(batch)).detach().numpy() for batch in x])
        found[f"norm {name} trained"] = trained
        found[f"norm {name} predicted"] = norm.eval()(torch.tensor(x[0])).detach().numpy()
        if name == "batch":
            found["norm mean"], found["norm var"] = norm.running_mean.numpy(), norm.running_var.numpy()
    return found


def schedules() -> dict[str, np.ndarray]:
    """Return the factor of every step of schedules that PyTorch has too; its clock counts steps."""
    from torch.optim import lr_scheduler as torch_schedules

    total = EPOCHS * STEPS
    made = {
        "step": lambda o: torch_schedules.StepLR(o, step_size=4 * STEPS, gamma=0.3),
        "exponential": lambda o: torch_schedules.ExponentialLR(o, gamma=float(np.exp(-0.2 / STEPS))),
        "linear": lambda o: torch_schedules.LinearLR(o, 1.0, 0.1, total_iters=total),
        "cosine": lambda o: torch_schedules.CosineAnnealingLR(o, T_max=total, eta_min=0.05),
        "triangular": lambda o: torch_schedules.CyclicLR(
            o, base_lr=0.2, max_lr=1.0, step_size_up=3 * STEPS, cycle_momentum=False
        ),
        "polynomial": lambda o: torch_schedules.PolynomialLR(o, total_iters=total, power=1.0),
        "inverse_time": lambda o: torch_schedules.LambdaLR(o, lambda s: 1.0 / (1.0 + 0.3 * s / STEPS)),
    }
    return {f"schedule {name}": _rates(make) for name, make in made.items()}


def _rates(make) -> np.ndarray:
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, rates = make(optimizer), []
    for _ in range(EPOCHS * STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return np.array(rates).reshape(EPOCHS, STEPS)


def main() -> None:
    """Write the file."""
    np.savez_compressed(FILE, **norms(), **schedules())


if __name__ == "__main__":
    main()
