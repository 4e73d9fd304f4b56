"""Initial values of weights, drawn with NumPy for the exact shape before any padding.

Every initializer is a function ``(generator, fan_in, fan_out, shape) -> float64 array``. The last axis of the
shape counts what goes out and the one before it what comes in; axes in front of these are places of a
convolution kernel, each of which adds to both fans: ``fan_in = height * width * channels in``. Drawing on the
host keeps compilation out of the start, and padding afterwards makes a 24-unit layer start alike in a
32- and a 64-unit bucket.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from shoal.errors import SettingError, did_you_mean
from shoal.rules import refuse_unknown

Initializer = Callable[[np.random.Generator, int, int, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class InitializerKind:
    """An initializer, called as one: a rule for each set of numbers, and the numbers unless others are given.

    Parameters
    ----------
    rule : callable
        Returns the `Initializer` for numbers given by name.
    numbers : mapping
        Names and defaults.
    """

    rule: Callable[..., Initializer]
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __call__(
        self, rng: np.random.Generator, fan_in: int, fan_out: int, shape: tuple[int, ...]
    ) -> np.ndarray:
        """Draw with the default numbers."""
        return self.rule(**self.numbers)(rng, fan_in, fan_out, shape)


def _normal(sigma: float) -> Initializer:
    return lambda rng, fan_in, fan_out, shape: sigma * rng.standard_normal(shape)


def _uniform(bound: float) -> Initializer:
    return lambda rng, fan_in, fan_out, shape: rng.uniform(-bound, bound, shape)


def _fan_normal(variance: Callable[[int, int], float]) -> InitializerKind:
    def draw(rng, fan_in, fan_out, shape):
        return rng.standard_normal(shape) * np.sqrt(variance(fan_in, fan_out))

    return InitializerKind(lambda: draw)


def _fan_uniform(variance: Callable[[int, int], float]) -> InitializerKind:
    def draw(rng, fan_in, fan_out, shape):
        bound = np.sqrt(3.0 * variance(fan_in, fan_out))  # U(-b, b) has variance b^2 / 3
        return rng.uniform(-bound, bound, shape)

    return InitializerKind(lambda: draw)


def _glorot(fan_in: int, fan_out: int) -> float:
    return 2.0 / (fan_in + fan_out)


def _he(fan_in: int, fan_out: int) -> float:
    return 2.0 / fan_in


def _lecun(fan_in: int, fan_out: int) -> float:
    return 1.0 / fan_in


def _torch(fan_in: int, fan_out: int) -> float:
    return 1.0 / (3.0 * fan_in)


def _orthogonal(gain: float) -> Initializer:
    """Random matrix with orthonormal rows or columns, Haar-distributed (Saxe et al., arXiv 1312.6120)."""

    def draw(rng, fan_in, fan_out, shape):
        flat = (int(np.prod(shape[:-1])), shape[-1])
        tall = (max(flat), min(flat))
        q, r = np.linalg.qr(rng.standard_normal(tall))
        q = q * np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices
        return gain * (q if flat == tall else q.T).reshape(shape)

    return draw


def _delta_orthogonal(gain: float) -> Initializer:
    """Orthogonal at the centre of the kernel and zero elsewhere, so that norms of images stay as they are."""

    def draw(rng, fan_in, fan_out, shape):
        if len(shape) < 3 or shape[-2] > shape[-1]:
            raise SettingError(
                "Expected for 'delta_orthogonal' a convolution with at least as many channels out as in. "
                f"Got a kernel of shape {shape}; take 'orthogonal' there."
            )
        kernel = np.zeros(shape)
        kernel[tuple(size // 2 for size in shape[:-2])] = _orthogonal(gain)(rng, fan_in, fan_out, shape[-2:])
        return kernel

    return draw


def _constant(value: float) -> InitializerKind:
    return InitializerKind(lambda: lambda rng, fan_in, fan_out, shape: np.full(shape, value))


INITIALIZERS: dict[str, InitializerKind] = {
    "zeros": _constant(0.0),
    "ones": _constant(1.0),
    "normal": InitializerKind(_normal, {"sigma": 0.05}),
    "uniform": InitializerKind(_uniform, {"bound": 0.05}),
    "glorot_normal": _fan_normal(_glorot),
    "glorot_uniform": _fan_uniform(_glorot),
    "he_normal": _fan_normal(_he),
    "he_uniform": _fan_uniform(_he),
    "lecun_normal": _fan_normal(_lecun),
    "lecun_uniform": _fan_uniform(_lecun),
    "torch_uniform": _fan_uniform(_torch),
    "orthogonal": InitializerKind(_orthogonal, {"gain": 1.0}),
    "delta_orthogonal": InitializerKind(_delta_orthogonal, {"gain": 1.0}),
}
"""Name -> initializer. Glorot (Xavier): ``var = 2/(fan_in+fan_out)``; He: ``2/fan_in``; LeCun: ``1/fan_in``;
normal: ``N(0, sigma^2)``; uniform: ``U(-bound, bound)``; torch_uniform: ``U(+-1/sqrt(fan_in))``, PyTorch's
default; orthogonal: ``gain`` times a random matrix with orthonormal rows or columns (arXiv 1312.6120);
delta_orthogonal: that at the centre of a convolution kernel, and zero elsewhere (arXiv 1806.05393)."""


@cache
def initializer(text: str) -> Initializer:
    """Return the initializer that a text names, with its numbers.

    Parameters
    ----------
    text : str
        A name in `INITIALIZERS`, or a name with numbers: ``"normal:sigma=0.01"``.

    Raises
    ------
    SettingError
        If there is no such initializer or number, or the number is not above 0.

    Examples
    --------
    >>> initializer("uniform:bound=0.5")(np.random.default_rng(0), 2, 3, (2, 3)).shape
    (2, 3)
    """
    name, _, told = text.partition(":")
    pairs = (part.partition("=") for part in told.split(",") if part.strip())
    numbers = _checked(name, {key.strip(): value.strip() for key, _, value in pairs})
    return INITIALIZERS[name].rule(**{**INITIALIZERS[name].numbers, **numbers})


def initializer_text(value: str | Mapping[str, Any]) -> str:
    """Return an initializer as the one text that a description of a network holds.

    Raises
    ------
    SettingError
        As `initializer` does.

    Examples
    --------
    >>> initializer_text({"kind": "normal", "sigma": 0.01})
    'normal:sigma=0.01'
    >>> initializer_text({"kind": "orthogonal", "gian": 2})
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: The initializer 'orthogonal' has no setting 'gian'. Did you mean 'gain'? \
Its settings are: gain.
    """
    if isinstance(value, str):
        initializer(value)
        return value
    rest = {name: number for name, number in value.items() if name != "kind"}
    name = value.get("kind", "")
    numbers = _checked(name, rest)
    return f"{name}:{','.join(f'{k}={v!r}' for k, v in numbers.items())}" if numbers else name


def _checked(name: str, given: Mapping[str, Any]) -> dict[str, float]:
    if name not in INITIALIZERS:
        raise SettingError(
            f"Unknown initializer {name!r}.{did_you_mean(str(name), INITIALIZERS)} Choose one of: "
            f"{', '.join(sorted(INITIALIZERS))}."
        )
    refuse_unknown(f"The initializer '{name}'", given, INITIALIZERS[name].numbers)
    return {key: _above_zero(name, key, value) for key, value in given.items()}


def _above_zero(name: str, key: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 < number < math.inf:
        raise SettingError(
            f"Expected {key} of the initializer '{name}' to be a number above 0. Got {value!r}."
        )
    return number
