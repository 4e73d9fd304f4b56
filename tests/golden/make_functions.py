"""Record PyTorch's activations and losses, into functions.npz beside this file.

Run ``python tests/golden/make_functions.py`` where torch is installed (recorded with 2.13, in float64). What
PyTorch has no function for is written down here a second time, from the paper, in PyTorch's operations.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("functions.npz")

POINTS = np.array([-30.0, -4.0, -1.7, -1.0, -0.3, -1e-3, 1e-3, 0.4, 0.9, 1.5, 3.0, 25.0])
"""Where activations are compared; away from the kinks, where slopes are a matter of taste."""

SLOPE, BETA = 0.2, 0.7
"""Numbers of activations that have one, other than those they start from."""


def activations() -> dict[str, np.ndarray]:
    """Return each activation at `POINTS`, and the slope of ``sum_i i * activation(x)_i``."""
    import torch
    from torch.nn import functional as F

    step = lambda x: torch.heaviside(x, torch.ones((), dtype=x.dtype))  # noqa: E731
    rules = {
        "linear": lambda x: x,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "leaky_relu number": lambda x: F.leaky_relu(x, SLOPE),
        "prelu": torch.nn.PReLU(dtype=torch.float64),
        "prelu number": lambda x: F.prelu(x, torch.tensor([SLOPE], dtype=x.dtype)),
        "prelu_unit": torch.nn.PReLU(len(POINTS), dtype=torch.float64),
        "prelu_unit number": lambda x: F.prelu(x[None], torch.tensor(per_unit(), dtype=x.dtype))[0],
        "elu": F.elu,
        "selu": F.selu,
        "gelu": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "gelu_sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
        "silu": F.silu,
        "swish": F.silu,
        "swish number": lambda x: x * torch.sigmoid(BETA * x),
        "mish": F.mish,
        "softplus": F.softplus,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "hard_tanh": F.hardtanh,
        "softsign": F.softsign,
        "softmax": lambda x: F.softmax(x, dim=-1),
        "log_softmax": lambda x: F.log_softmax(x, dim=-1),
        "binary_step": lambda x: step(x.detach()) + 0.0 * x,
        "binary_step_straight_through": lambda x: x + (step(x) - x).detach(),
    }
    weights = torch.arange(1.0, len(POINTS) + 1.0, dtype=torch.float64)
    found = {}
    for name, rule in rules.items():
        x = torch.tensor(POINTS, requires_grad=True)
        y = rule(x[None])[0] if name == "prelu_unit" else rule(x)
        (weights * y).sum().backward()
        found[f"activation {name}"] = np.stack([y.detach().numpy(), x.grad.numpy()])
    return found


def per_unit() -> np.ndarray:
    """Return a slope for each of `POINTS`."""
    return np.linspace(-0.5, 1.5, len(POINTS))


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


def main() -> None:
    """Write the file."""
    np.savez_compressed(FILE, **activations(), **losses())


if __name__ == "__main__":
    main()
