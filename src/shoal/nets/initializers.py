"""Initial values of weights, drawn with NumPy for the exact shape before any padding.

Every initializer is a function ``(generator, fan_in, fan_out, shape) -> float64 array``. Drawing on the
host keeps compilation out of the start, and padding afterwards makes a 24-unit layer start alike in a
32- and a 64-unit bucket.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Initializer = Callable[[np.random.Generator, int, int, tuple[int, ...]], np.ndarray]


def _scaled_normal(variance: Callable[[int, int], float]) -> Initializer:
    def draw(rng, fan_in, fan_out, shape):
        return rng.standard_normal(shape) * np.sqrt(variance(fan_in, fan_out))

    return draw


def _scaled_uniform(variance: Callable[[int, int], float]) -> Initializer:
    def draw(rng, fan_in, fan_out, shape):
        bound = np.sqrt(3.0 * variance(fan_in, fan_out))  # U(-b, b) has variance b^2 / 3
        return rng.uniform(-bound, bound, shape)

    return draw


def _glorot(fan_in: int, fan_out: int) -> float:
    return 2.0 / (fan_in + fan_out)


def _he(fan_in: int, fan_out: int) -> float:
    return 2.0 / fan_in


def _lecun(fan_in: int, fan_out: int) -> float:
    return 1.0 / fan_in


def _torch(fan_in: int, fan_out: int) -> float:
    return 1.0 / (3.0 * fan_in)


def _orthogonal(rng, fan_in, fan_out, shape):
    """Random matrix with orthonormal rows or columns, Haar-distributed (Saxe et al., arXiv 1312.6120)."""
    flat = (int(np.prod(shape[:-1])), shape[-1])
    tall = (max(flat), min(flat))
    q, r = np.linalg.qr(rng.standard_normal(tall))
    q = q * np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices
    return (q if flat == tall else q.T).reshape(shape)


def _zeros(rng, fan_in, fan_out, shape):
    return np.zeros(shape)


def _ones(rng, fan_in, fan_out, shape):
    return np.ones(shape)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": _zeros,
    "ones": _ones,
    "normal": _scaled_normal(lambda fan_in, fan_out: 0.05**2),
    "uniform": _scaled_uniform(lambda fan_in, fan_out: 0.05**2 / 3.0),
    "glorot_normal": _scaled_normal(_glorot),
    "glorot_uniform": _scaled_uniform(_glorot),
    "he_normal": _scaled_normal(_he),
    "he_uniform": _scaled_uniform(_he),
    "lecun_normal": _scaled_normal(_lecun),
    "lecun_uniform": _scaled_uniform(_lecun),
    "torch_uniform": _scaled_uniform(_torch),
    "orthogonal": _orthogonal,
}
"""Name -> initializer. Glorot: ``var = 2/(fan_in+fan_out)``; He: ``2/fan_in``; LeCun: ``1/fan_in``;
normal: sigma 0.05; uniform: U(-0.05, 0.05); torch_uniform: U(+-1/sqrt(fan_in)), PyTorch's default."""
