"""Record PyTorch's activations, losses, norms and schedules, into nets.npz beside this file.

Run ``python tests/golden/make_nets.py`` where torch is installed (recorded with 2.13, in float64).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("nets.npz")

POINTS = np.array([-30.0, -4.0, -1.7, -1.0, -0.3, -1e-3, 1e-3, 0.4, 0.9, 1.5, 3.0, 25.0])
"""Where activations are compared; away from the kinks, where slopes are a matter of taste."""

EPOCHS, STEPS = 12, 3


def activations() -> dict[str, np.ndarray]:
    """Return value and slope of each activation at `POINTS`."""
    import torch
    from torch.nn import functional as F

    rules = {
        "linear": lambda x: x,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "gelu": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "gelu_sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
        "silu": F.silu,
        "mish": F.mish,
        "softplus": F.softplus,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "hard_tanh": F.hardtanh,
        "softsign": F.softsign,
    }
    found = {}
    for name, rule in rules.items():
        x = torch.tensor(POINTS, requires_grad=True)
        y = rule(x)
        y.sum().backward()
        found[f"activation {name}"] = np.stack([y.detach().numpy(), x.grad.numpy()])
    return found


def losses() -> dict[str, np.ndarray]:
    """Return each loss for every row of a small batch."""
    import torch
    from torch.nn import functional as F

    rng = np.random.default_rng(5)
    outputs, values = 3.0 * rng.standard_normal((6, 3)), rng.standard_normal((6, 3))
    classes, labels = rng.integers(0, 3, 6), rng.integers(0, 2, (6, 3)).astype(float)
    q, y = torch.tensor(outputs), torch.tensor(values)
    c, t = torch.tensor(classes), torch.tensor(labels)
    found = {
        "squared_error": F.mse_loss(q, y, reduction="none").mean(1),
        "absolute_error": F.l1_loss(q, y, reduction="none").mean(1),
        "huber 1": F.huber_loss(q, y, reduction="none").mean(1),
        "huber 0.3": F.huber_loss(q, y, reduction="none", delta=0.3).mean(1),
        "cross_entropy": F.cross_entropy(q, c, reduction="none"),
        "cross_entropy 0.2": F.cross_entropy(q, c, reduction="none", label_smoothing=0.2),
        "binary_cross_entropy": F.binary_cross_entropy_with_logits(q, t, reduction="none").mean(1),
        "binary_cross_entropy 0.2": F.binary_cross_entropy_with_logits(
            q, 0.8 * t + 0.1, reduction="none"
        ).mean(1),
    }
    given = {"outputs": outputs, "values": values, "classes": classes, "labels": labels}
    return {f"loss {k}": v.numpy() for k, v in found.items()} | {
        f"loss given {k}": v for k, v in given.items()
    }


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
    np.savez_compressed(FILE, **activations(), **losses(), **norms(), **schedules())


if __name__ == "__main__":
    main()
