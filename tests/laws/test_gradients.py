"""Law 7 and C3: gradients are central differences, in float64, for every layer and penalty."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from central_differences import check, slopes
from hypothesis import given, settings
from hypothesis import strategies as st

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
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec
from shoal.train.descent import descended, penalty_of


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


@settings(max_examples=12)
@given(name=st.sampled_from(sorted(LAYER_CASES)), batch=st.integers(2, 6), seed=st.integers(0, 999))
def test_any_layer_with_any_values(name, batch, seed):
    check(LAYER_CASES[name], batch=batch, seed=seed)


@pytest.mark.parametrize("name", ["dense", "residual", "repeat", "conv2d", "shared_dense"])
def test_penalties_of_activities(name):
    """E1, on the values after the activations: the slopes of loss and penalty together."""
    spec = LAYER_CASES[name]
    paths = [path for path, layer, _ in spec.walk() if isinstance(layer, Activation)]
    check(spec, activity=paths)


def test_penalties_of_weights():
    """E1: what L2 adds to the gradient is the slope of the penalty, of kernels and of biases."""
    rng = np.random.default_rng(3)
    uses = ("l2", "bias_l2")
    with jax.enable_x64(True):
        params = {
            name: jnp.asarray(rng.standard_normal((3, 2))) for name in ("a.kernel", "a.bias", "a.gamma")
        }
        strengths = {"l2": {"a.kernel": jnp.asarray(0.3), "a.bias": jnp.asarray(0.7)}}
        still = {name: jnp.zeros_like(value) for name, value in params.items()}
        rate = jnp.asarray(1.0)
        moved, _ = descended(params, still, (), rate, strengths, "sgd", uses)
        added = {name: params[name] - moved[name] for name in params}
        exact, numeric = slopes(lambda p: penalty_of(p, strengths, uses), params)
        along, _ = slopes(lambda p: sum(jnp.sum(added[n] * p[n]) for n in p), params)
    np.testing.assert_allclose(exact, numeric, rtol=1e-6)
    np.testing.assert_allclose(along, exact, rtol=1e-12)
    assert not added["a.gamma"].any()


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
    check(net(*layers, inputs=TableInput(numbers), outputs=outputs), "half_squared_error", batch, seed)


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
