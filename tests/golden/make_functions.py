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
    given = loss_inputs()
    found = {**_quantities(given), **_likelihoods(given), **_classes(given)}
    return {f"loss {k}": v.numpy() for k, v in found.items()} | {
        f"loss given {k}": v for k, v in given.items()
    }


def loss_inputs() -> dict[str, np.ndarray]:
    """Return outputs and targets."""
    rng = np.random.default_rng(5)
    given = {"outputs": 3.0 * rng.standard_normal((6, 3)), "values": rng.standard_normal((6, 3))}
    given["classes"], given["labels"] = rng.integers(0, 3, 6), rng.integers(0, 2, (6, 3)).astype(float)
    given["wide outputs"] = rng.standard_normal((6, 6))
    given["counts"] = rng.poisson(2.0, (6, 3)).astype(float)
    given["cumulative"] = np.sort(rng.standard_normal((6, 2)), axis=1)
    return given


def _quantities(given):
    import torch
    from torch.nn import functional as F

    q, y = torch.tensor(given["outputs"]), torch.tensor(given["values"])
    wide = torch.tensor(given["wide outputs"]).reshape(6, 3, 2)
    levels = torch.tensor([0.1, 0.75], dtype=torch.float64)
    r, size = y - q, (y - q).abs()
    half = F.huber_loss(q, y, reduction="none", delta=0.8)
    pinball = lambda q, y, level: torch.maximum(level * (y - q), (level - 1) * (y - q))  # noqa: E731
    return {
        "squared_error": F.mse_loss(q, y, reduction="none").mean(1),
        "half_squared_error": 0.5 * F.mse_loss(q, y, reduction="none").mean(1),
        "absolute_error": F.l1_loss(q, y, reduction="none").mean(1),
        "smooth_l1": F.smooth_l1_loss(q, y, reduction="none", beta=0.3).mean(1),
        "huber 1": F.huber_loss(q, y, reduction="none").mean(1),
        "huber 0.3": F.huber_loss(q, y, reduction="none", delta=0.3).mean(1),
        "asymmetric_huber": torch.where(r > 0, 0.9 * half, 0.1 * half).mean(1),
        "quantile": pinball(q, y, 0.7).mean(1),
        "quantile several": pinball(wide, y[:, :, None], levels).mean((1, 2)),
        "wing": torch.where(
            size < 1.2,
            1.2 * torch.log(1 + size / 0.5),
            size - (1.2 - 1.2 * np.log(1 + 1.2 / 0.5)),
        ).mean(1),
    }


def _likelihoods(given):
    import torch
    from torch.nn import functional as F

    q, y = torch.tensor(given["outputs"]), torch.tensor(given["values"])
    mean, log_variance = torch.tensor(given["wide outputs"]).chunk(2, dim=1)
    rate = torch.distributions.Poisson(q.exp())
    counts = torch.tensor(given["counts"])
    return {
        "poisson": F.poisson_nll_loss(q, counts, log_input=True, reduction="none").mean(1),
        "poisson likelihood": (-rate.log_prob(counts) - torch.lgamma(counts + 1)).mean(1),
        "gaussian": F.gaussian_nll_loss(mean, y, log_variance.exp(), reduction="none").mean(1),
    }


def _classes(given):
    import torch
    from torch.nn import functional as F

    q, c, t = (torch.tensor(given[name]) for name in ("outputs", "classes", "labels"))
    cross, binary = F.cross_entropy, F.binary_cross_entropy_with_logits
    p, sure = F.softmax(q, 1)[torch.arange(6), c], torch.where(t > 0, q.sigmoid(), (-q).sigmoid())
    cut = torch.tensor(given["cumulative"]).sigmoid()
    share = torch.diff(cut, prepend=torch.zeros(6, 1).double(), append=torch.ones(6, 1).double())
    gap = torch.cumsum(F.softmax(q, 1), 1) - torch.cumsum(F.one_hot(c, 3), 1)
    return {
        "cross_entropy": cross(q, c, reduction="none"),
        "cross_entropy 0.2": cross(q, c, reduction="none", label_smoothing=0.2),
        "binary_cross_entropy": binary(q, t, reduction="none").mean(1),
        "binary_cross_entropy 0.2": binary(q, 0.8 * t + 0.1, reduction="none").mean(1),
        "focal": -((1 - p) ** 1.7) * p.log(),
        "focal labels": (-((1 - sure) ** 1.7) * sure.log()).mean(1),
        "squared_emd": (gap**2).sum(1),
        "ordinal": -share[torch.arange(6), c].log(),
    }


def main() -> None:
    """Write the file."""
    np.savez_compressed(FILE, **activations(), **losses())


if __name__ == "__main__":
    main()
