"""The layers: one frozen dataclass and one line in `LAYERS` each.

A layer is a description. `shape` maps the shape of one row's values through the layer, `init` draws its
parameters for that shape, `running` gives its running statistics, and `apply` is a pure function of
arrays. Parameters are flat dictionaries; a layer sees its own part under short names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from shoal.nets import draws
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.initializers import INITIALIZERS

Shape = tuple[int, ...]
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Pass:
    """What a layer may know of the forward pass besides its input.

    Parameters
    ----------
    train : bool
        Training (dropout active, batch statistics) or prediction.
    key : uint32 scalar or None
        Randomness of this step of this network; None in prediction.
    weight : (batch,) array or None
        Row weights; padding rows have weight 0 and must not touch batch statistics.
    rates : mapping
        Traced dropout rate of each dropout layer, by its path.
    masks : mapping
        1 for a real unit and 0 for a padded one, by the path of the layer that makes the units; empty
        where no unit is padded.
    """

    train: bool = False
    key: Array | None = None
    weight: Array | None = None
    rates: Mapping[str, Array] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)

    def key_for(self, path: str) -> Array:
        """Return the random key of the layer at `path` in this step."""
        assert self.key is not None, "only a training pass draws"
        return draws.fold(self.key, crc32(path.encode()))


@dataclass(frozen=True)
class Layer:
    """Base of all layers: keeps the shape, has no parameters and no running statistics."""

    kind: ClassVar[str] = ""
    zero_at_zero: ClassVar[bool] = True

    def shape(self, shape: Shape) -> Shape:
        """Return the shape of one row's values after the layer."""
        return shape

    def init(self, shape: Shape, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the parameters for inputs of `shape` (one row, without the batch axis)."""
        return {}

    def running(self, shape: Shape) -> dict[str, np.ndarray]:
        """Return the running statistics before training."""
        return {}

    def apply(
        self, params: Values, running: Values, x: Array, mask: Array | None, path: str, now: Pass
    ) -> tuple[Array, dict[str, Array]]:
        """Return the values after the layer and its new running statistics."""
        raise TypeError(f"{type(self).__name__} does not say how to apply itself.")


@dataclass(frozen=True)
class Dense(Layer):
    """Fully connected: ``y = x W + b``, ``W`` of shape ``(features, units)``."""

    kind: ClassVar[str] = "dense"
    units: int
    initializer: str = "he_normal"
    bias: bool = True

    def shape(self, shape):
        return (self.units,)

    def init(self, shape, rng):
        (features,) = shape
        draw = INITIALIZERS[self.initializer]
        values = {"kernel": draw(rng, features, self.units, (features, self.units))}
        if self.bias:
            values["bias"] = np.zeros(self.units)
        return values

    def apply(self, params, running, x, mask, path, now):
        y = x @ params["kernel"]
        return (y + params["bias"][None, :] if self.bias else y), {}


@dataclass(frozen=True)
class Activation(Layer):
    """An activation function from `shoal.nets.activations.ACTIVATIONS`, unit by unit."""

    kind: ClassVar[str] = "activation"
    name: str

    @property
    def zero_at_zero(self) -> bool:  # type: ignore[override]
        return ACTIVATIONS[self.name].zero_at_zero

    def apply(self, params, running, x, mask, path, now):
        return ACTIVATIONS[self.name].function(x), {}


@dataclass(frozen=True)
class Dropout(Layer):
    """Inverted dropout (Srivastava et al. 2014): keep with probability ``1 - rate``, divide by it."""

    kind: ClassVar[str] = "dropout"
    rate: float

    def apply(self, params, running, x, mask, path, now):
        if not now.train or now.key is None:
            return x, {}
        rate = now.rates[path]
        keep = draws.keep_mask(now.key_for(path), rate, x.shape)
        return jnp.where(keep, x / (1.0 - rate), jnp.zeros_like(x)), {}


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation (Ioffe and Szegedy 2015), with running statistics for prediction.

    ``x_hat = (x - mean) / sqrt(var + eps)``, ``y = gamma x_hat + beta``; mean and (biased) variance are
    weighted by the row weights. The running variance is unbiased, as PyTorch's.
    """

    kind: ClassVar[str] = "batch_norm"
    epsilon: float = 1e-5
    momentum: float = 0.1

    def init(self, shape, rng):
        return {"gamma": np.ones(shape), "beta": np.zeros(shape)}

    def running(self, shape):
        return {"mean": np.zeros(shape), "var": np.ones(shape)}

    def apply(self, params, running, x, mask, path, now):
        if now.train:
            mean, var, running = self._batch_statistics(running, x, now.weight)
        else:
            mean, var = running["mean"], running["var"]
        scale = params["gamma"] * jax.lax.rsqrt(var + self.epsilon)
        y = (x - mean[None, :]) * scale[None, :] + params["beta"][None, :]
        return y, dict(running)

    def _batch_statistics(self, running, x, weight):
        total = jnp.sum(weight)
        share = (weight / jnp.where(total > 0, total, 1.0))[:, None]
        mean = jnp.sum(share * x, axis=0)
        var = jnp.sum(share * jnp.square(x - mean[None, :]), axis=0)
        # n / (n - 1) for n rows; never below 1, so that weights that sum to little do not shrink it
        unbiased = var * jnp.maximum(total / jnp.maximum(total - 1.0, 1.0), 1.0)
        keep = 1.0 - self.momentum
        fresh = {
            "mean": keep * running["mean"] + self.momentum * jax.lax.stop_gradient(mean),
            "var": keep * running["var"] + self.momentum * jax.lax.stop_gradient(unbiased),
        }
        return mean, var, fresh


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalisation (Ba et al., arXiv 1607.06450) over the real units of each row."""

    kind: ClassVar[str] = "layer_norm"
    epsilon: float = 1e-5

    def init(self, shape, rng):
        return {"gamma": np.ones(shape), "beta": np.zeros(shape)}

    def apply(self, params, running, x, mask, path, now):
        real = jnp.ones(x.shape[-1:], x.dtype) if mask is None else mask
        share = (real / jnp.sum(real))[None, :]
        centered = x - jnp.sum(x * share, axis=-1, keepdims=True)
        var = jnp.sum(jnp.square(centered) * share, axis=-1, keepdims=True)
        y = centered * jax.lax.rsqrt(var + self.epsilon)
        y = y * params["gamma"][None, :] + params["beta"][None, :]
        return (y if mask is None else y * mask[None, :]), {}


@dataclass(frozen=True)
class Scale(Layer):
    """Elementwise learned scale, ``y = s x`` with ``s`` starting at 1 (soft feature selection)."""

    kind: ClassVar[str] = "scale"

    def init(self, shape, rng):
        return {"scale": np.ones(shape)}

    def apply(self, params, running, x, mask, path, now):
        return x * params["scale"][None, :], {}


@dataclass(frozen=True)
class Residual(Layer):
    """``y = shortcut(x) + layers(x)``: identity where shapes agree, a learned projection where not."""

    kind: ClassVar[str] = "residual"
    layers: tuple[Layer, ...]

    def shape(self, shape):
        for layer in self.layers:
            shape = layer.shape(shape)
        return shape

    def shortcut(self, shape: Shape) -> dict[str, tuple[int, int]]:
        """Return the shape of the projection, or nothing where the identity serves."""
        out = self.shape(shape)
        return {} if out == shape else {"shortcut": (shape[0], out[0])}

    def init(self, shape, rng):
        projection = self.shortcut(shape)
        draw = INITIALIZERS["lecun_normal"]
        return {name: draw(rng, size[0], size[1], size) for name, size in projection.items()}


LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer for layer in (Dense, Activation, Dropout, BatchNorm, LayerNorm, Scale, Residual)
}
"""Kind -> layer."""


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """Return a layer as plain JSON values."""
    values: dict[str, Any] = {"kind": layer.kind, **vars(layer)}
    if isinstance(layer, Residual):
        values["layers"] = [layer_to_json(inner) for inner in layer.layers]
    return values


def layer_from_json(values: Mapping[str, Any]) -> Layer:
    """Return the layer that `layer_to_json` wrote."""
    rest = dict(values)
    kind = LAYERS[rest.pop("kind")]
    if "layers" in rest:
        rest["layers"] = tuple(layer_from_json(inner) for inner in rest["layers"])
    return kind(**rest)
