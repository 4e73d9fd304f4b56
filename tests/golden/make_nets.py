"""Record PyTorch's norms, into nets.npz beside this file.

Run ``python tests/golden/make_nets.py`` where torch is installed (recorded with 2.13, in float64).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("nets.npz")


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


def main() -> None:
    """Write the file."""
    np.savez_compressed(FILE, **norms())


if __name__ == "__main__":
    main()
