"""Law 7: gradients are central differences, in float64, for every layer, activation and loss."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.nets.activations import ACTIVATIONS
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import Input, TableInput
from shoal.nets.layers import (
    LAYERS,
    Activation,
    AveragePool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    MaxPool,
    Pass,
    Repeat,
    Residual,
    Scale,
)
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.members import member_mean
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec

STEP = 1e-6  # the error of a central difference is about 1e-10 here, of its rounding 1e-10 too
DIRECTIONS = 8


def slopes(function, values, seed: int = 0):
    """Return slopes of `function` along random directions: by its gradient, and by central differences."""
    rng = np.random.default_rng(seed)
    flat, unravel = jax.flatten_util.ravel_pytree(values)
    ways = jnp.asarray(rng.standard_normal((DIRECTIONS, flat.size)))

    def both(flat, ways):
        def f(v):
            return function(unravel(v))

        ahead, behind = jax.lax.map(
            lambda w: f(flat + STEP * w), jnp.stack([ways, -ways]).reshape(-1, flat.size)
        ).reshape(2, -1)
        return ways @ jax.grad(f)(flat), (ahead - behind) / (2.0 * STEP)

    quickly = {"xla_backend_optimization_level": "0"}  # of compiling; the arithmetic is the same
    return jax.device_get(jax.jit(both, compiler_options=quickly)(flat, ways))


def check(spec: NetSpec, loss: str = "squared_error", batch: int = 5, seed: int = 0) -> None:
    """Compare the slopes of the whole objective of training, row weights and dropout included."""
    rng = np.random.default_rng(seed)
    with jax.enable_x64(True):
        params, running = (_arrays(part) for part in init(spec, seed, "float64"))
        params = {k: v + 0.1 * jnp.asarray(rng.standard_normal(v.shape)) for k, v in params.items()}
        rates = {path: jnp.asarray(rate) for path, rate in spec.rates().items()}
        weight = jnp.asarray(rng.uniform(0.5, 2.0, batch))
        given_rows = {
            "numbers": jnp.asarray(rng.standard_normal((batch, spec.inputs.numbers))),
            "codes": jnp.asarray([[r % n for n in spec.inputs.levels] for r in range(batch)], jnp.int32),
        }
        target = _target(loss, batch, spec.outputs, rng)
        numbers = {"huber_delta": jnp.asarray(0.7), "label_smoothing": jnp.asarray(0.2)}

        def objective(params):
            now = Pass(train=True, key=jnp.uint32(seed), weight=weight, rates=rates)
            outputs, _ = apply(spec, params, running, given_rows, now)
            rows = member_mean(outputs, target, lambda y, t: LOSSES[loss].function(y, t, numbers))
            return weighted_mean(rows, weight)

        exact, numeric = slopes(objective, params, seed)
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8)
    assert np.abs(exact).max() > 1e-4, "a slope of nothing tests nothing"


def _arrays(values):
    return {k: jnp.asarray(v) for k, v in values.items()}


def _target(loss: str, batch: int, outputs: int, rng):
    if loss == "cross_entropy":
        return jnp.asarray(rng.integers(0, outputs, batch), jnp.int32)
    if loss == "binary_cross_entropy":
        return jnp.asarray(rng.integers(0, 2, (batch, outputs)), jnp.float64)
    return jnp.asarray(rng.standard_normal((batch, outputs)))


def net(*layers: Layer, inputs: Input | None = None, outputs: int = 2) -> NetSpec:
    return NetSpec(inputs or TableInput(numbers=3), layers, "linear", outputs)


SMOOTH = Activation("tanh")
LAYER_CASES = {
    "dense": net(Dense(4), SMOOTH, Dense(3, bias=False)),
    "activation": net(Dense(4), Activation("silu")),
    "dropout": net(Dropout(0.2), Dense(6), SMOOTH, Dropout(0.5)),
    "batch_norm": net(Dense(4), BatchNorm(), SMOOTH),
    "layer_norm": net(Dense(4), LayerNorm(), SMOOTH),
    "scale": net(Scale(), Dense(3), Scale()),
    "residual": net(Residual((Dense(3), SMOOTH)), Residual((Dense(5), BatchNorm(), Activation("gelu")))),
    "repeat": net(Dense(4), Repeat((Dense(4, "orthogonal"), BatchNorm(), SMOOTH, Dropout(0.2)), 4)),
    "embeddings": net(
        Dense(4),
        SMOOTH,
        inputs=TableInput(2, continuous=(1,), levels=(3, 70), widths=(2, 1), number_embedding="periodic"),
    ),
}


IMAGES = ImageInput(5, 6, 2)
LAYER_CASES |= {
    "conv2d": net(Conv2D(3, (3, 2), stride=(1, 2)), SMOOTH, Conv2D(2, dilation=2), Flatten(), inputs=IMAGES),
    "max_pool": net(Conv2D(2), MaxPool(3, stride=2, padding="same"), MaxPool(2), Flatten(), inputs=IMAGES),
    "average_pool": net(Conv2D(17), AveragePool(2), Conv2D(2), BatchNorm(), Flatten(), inputs=IMAGES),
    "global_average_pool": net(Conv2D(3), SMOOTH, GlobalAveragePool(), inputs=IMAGES),
    "global_max_pool": net(Conv2D(3, 1, bias=False), SMOOTH, GlobalMaxPool(), inputs=IMAGES),
    "flatten": net(Flatten(), Dense(3), SMOOTH, inputs=IMAGES),
}
LAYER_CASES["shared_dense"] = net(Dense(4), SMOOTH, Dense(3), SMOOTH).with_members(3)
LAYER_CASES["member_batch_norm"] = net(Dense(4), BatchNorm(), SMOOTH).with_members(2)


def test_every_layer_has_a_case():
    assert set(LAYERS) <= set(LAYER_CASES)


@pytest.mark.parametrize("name", LAYER_CASES)
def test_layers(name):
    check(LAYER_CASES[name])


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss):
    check(net(Dense(4), SMOOTH, outputs=3), loss)


def test_activations():
    """All in one program; points are at least a thousand steps from any kink."""
    x = np.array([-31.0, -4.1, -1.7, -1.003, -0.3, -1e-2, 1e-2, 0.4, 0.97, 1.5, 3.0, 25.0])
    ways = np.random.default_rng(1).standard_normal((2, len(x)))

    @jax.jit
    def everything(x):
        found = {}
        for name, kind in ACTIVATIONS.items():
            # along a direction, because a softmax looks at all of its units
            weighed = lambda t, f=kind.function: jnp.sum(ways[0] * f(t))  # noqa: E731
            numeric = (weighed(x + STEP * ways[1]) - weighed(x - STEP * ways[1])) / (2.0 * STEP)
            found[name] = (jnp.sum(ways[1] * jax.grad(weighed)(x)), numeric)
        return found

    with jax.enable_x64(True):
        found = jax.device_get(everything(jnp.asarray(x)))
    exact, numeric = found.pop("binary_step_straight_through")
    assert (exact, numeric) == (pytest.approx(ways[0] @ ways[1]), 0.0), "its slope is that of a line"
    for name, (exact, numeric) in found.items():
        np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-8, err_msg=name)


@settings(max_examples=4)
@given(
    batch=st.integers(2, 6),
    numbers=st.integers(1, 4),
    units=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    outputs=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_any_shape(batch, numbers, units, outputs, seed):
    layers = [
        layer
        for n in units
        for layer in (Residual((Dense(n), LayerNorm(), Activation("softplus"))), Dropout(0.3))
    ]
    check(net(*layers, inputs=TableInput(numbers), outputs=outputs), "huber", batch, seed)


def test_rows_do_not_see_each_other():
    """H6: without batch norm, the outputs of one row have no slope by another row."""
    spec = net(Dense(4), LayerNorm(), SMOOTH, Dropout(0.5))
    params, running = init(spec, 0)
    now = {"train": True, "key": jnp.uint32(1), "rates": {"layers.3": jnp.float32(0.5)}}

    def outputs(params, x):
        return apply(spec, params, running, {"numbers": x}, Pass(**now, weight=jnp.ones(4)))[0]

    slope = jax.jit(jax.jacobian(outputs, argnums=1))(params, np.ones((4, 3), np.float32))
    across = np.asarray(slope)[~np.eye(4, dtype=bool).reshape(4, 1, 4).repeat(2, 1)]
    assert not across.any()
    assert np.asarray(slope).any()
