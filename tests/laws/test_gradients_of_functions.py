"""Law 7 and C3: gradients are central differences, in float64, for every activation, loss and head."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from central_differences import NUMBERS, STEP, agree, check, slopes
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads import HEADS
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, Dense, Pass
from shoal.nets.losses import LOSSES
from shoal.nets.ordinal import thresholds
from shoal.nets.spec import NetSpec

FLAT = ("binary_step", "binary_step_straight_through")
"""What has no slope, and what has another one than its own on purpose."""
SMOOTH_SIZES = st.floats(1e-3, 0.999) | st.floats(1.001, 30.0)
"""Sizes of a value away from every kink of an activation: 0 and 1."""
RESIDUALS = st.floats(1e-3, 0.599) | st.floats(0.601, 0.699) | st.floats(0.701, 1.099) | st.floats(1.101, 9.0)
"""Sizes of a residual away from every kink of a loss under `NUMBERS`: 0, 0.6, 0.7 and 1.1."""


def values_of(sizes):
    """Return arrays of rows whose entries have such sizes and any sign."""
    signed = st.builds(lambda size, sign: size * sign, sizes, st.sampled_from((-1.0, 1.0)))
    return st.lists(st.lists(signed, min_size=4, max_size=4), min_size=3, max_size=3).map(np.array)


# ---------------------------------------------------------------- activations


def layer_and_values(name: str, units: int, learned: float):
    """Return an activation's own numbers, and the function of them and of rows that it is."""
    layer = Activation(name)
    params, running = layer.init((units,), np.random.default_rng(0)), layer.running((units,))
    params = {k: jnp.full(v.shape, learned) for k, v in params.items()}
    running = {k: jnp.full(v.shape, 0.3) for k, v in running.items()}
    return params, lambda params, x: layer.apply(params, running, x, None, "here", Pass())[0]


@jax.jit
def activation_slopes(x, ways, learned):
    """Slopes along a direction of every activation: by the gradient, and by a central difference."""
    found = {}
    for name in ACTIVATIONS:
        params, values = layer_and_values(name, x.shape[1], learned)
        along = {k: jnp.full_like(v, 0.7) for k, v in params.items()}

        def weighed(t, values=values, params=params, along=along):
            moved = {k: v + t * along[k] for k, v in params.items()}
            return jnp.sum(ways[0] * values(moved, x + t * ways[1]))

        exact = jax.grad(weighed)(jnp.zeros((), x.dtype))
        found[name] = exact, (weighed(STEP) - weighed(-STEP)) / (2.0 * STEP)
    return found


@settings(max_examples=60)
@given(x=values_of(SMOOTH_SIZES), seed=st.integers(0, 999), learned=st.floats(-2.0, 2.0))
def test_activations(x, seed, learned):
    """All in one program, their own numbers included."""
    ways = np.clip(np.random.default_rng(seed).standard_normal((2, *x.shape)), -3.0, 3.0)
    with jax.enable_x64(True):
        found = jax.device_get(activation_slopes(jnp.asarray(x), jnp.asarray(ways), jnp.asarray(learned)))
    for name in FLAT:
        assert found[name][1] == 0.0
    assert found["binary_step"][0] == 0.0
    assert found["binary_step_straight_through"][0] == pytest.approx(np.sum(ways[0] * ways[1]))
    for name in ACTIVATIONS.keys() - set(FLAT):
        exact, numeric = found[name]
        # the rounding of a sum of values up to a hundred, over the step
        np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-7, err_msg=name)


# ---------------------------------------------------------------- losses


CLASSES = np.array([0, 3, 1])
LABELS = np.array([[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]])
CUTS = np.array([-1.3, -0.2, 0.4, 1.9])


def with_residuals(r, y):
    return y - r, y


LOSS_CASES = {name: (name, with_residuals) for name, kind in LOSSES.items() if "linear" in kind.heads}
LOSS_CASES |= {
    "quantile": ("quantile", lambda r, y: ((y[:, :2, None] - r.reshape(3, 2, 2)).reshape(3, 4), y[:, :2])),
    "poisson": ("poisson", lambda r, y: (0.3 * r, jnp.abs(y))),
    "gaussian": ("gaussian", lambda r, y: (jnp.hstack([y[:, :2] - r[:, :2], 0.3 * r[:, 2:]]), y[:, :2])),
    "cross_entropy": ("cross_entropy", lambda r, y: (r, CLASSES)),
    "binary_cross_entropy": ("binary_cross_entropy", lambda r, y: (r, LABELS)),
    "focal": ("focal", lambda r, y: (r, CLASSES)),
    "focal of labels": ("focal", lambda r, y: (r, LABELS)),
    "squared_emd": ("squared_emd", lambda r, y: (r, CLASSES)),
    "ordinal": ("ordinal", lambda r, y: (CUTS[None] + r[:, :1], CLASSES + np.array([0, 1, 0]))),
}
"""Name -> loss, and its outputs and target for given residuals (or logits) and any numbers."""


def test_every_loss_has_a_case():
    assert {loss for loss, _ in LOSS_CASES.values()} == set(LOSSES)


@jax.jit
def loss_slopes(r, y, way):
    """Slopes along a direction of the outputs, by the gradient and by a central difference, of every case."""
    numbers = {name: jnp.asarray(value) for name, value in NUMBERS.items()}
    found = {}
    for case, (loss, make) in LOSS_CASES.items():
        outputs, target = make(r, y)

        def mean(t, function=LOSSES[loss].function, outputs=outputs, target=target):
            return jnp.mean(function(outputs + t * way, jnp.asarray(target), numbers))

        found[case] = jax.grad(mean)(jnp.zeros(())), (mean(STEP) - mean(-STEP)) / (2.0 * STEP)
    return found


@settings(max_examples=60)
@given(r=values_of(RESIDUALS), seed=st.integers(0, 999))
def test_losses(r, seed):
    """All in one program, by their outputs, with residuals on every side of every kink."""
    y, way = np.clip(np.random.default_rng(seed).standard_normal((2, *r.shape)), -3.0, 3.0)
    with jax.enable_x64(True):
        found = jax.device_get(loss_slopes(jnp.asarray(r), jnp.asarray(y), jnp.asarray(way)))
    for case, (exact, numeric) in found.items():
        np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-7, err_msg=case)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_through_a_network(loss):
    """From the parameters on, with row weights, under each head that the loss suits."""
    for head in LOSSES[loss].heads:
        if (loss, head) != ("quantile", "linear"):  # one level only; the quantiles head has two here
            check(net(head), loss)


# ---------------------------------------------------------------- heads


OUTPUTS = {"gaussian": 4, "quantiles": 4, "sigmoid": 1}


def net(head: str, hidden: int = 4, numbers: int = 3) -> NetSpec:
    layers = (Dense(hidden), Activation("tanh"))
    return NetSpec(TableInput(numbers), layers, head, OUTPUTS.get(head, 3))


@settings(max_examples=8)
@given(
    head=st.sampled_from(sorted(HEADS)),
    hidden=st.integers(1, 5),
    numbers=st.integers(1, 4),
    batch=st.integers(1, 5),
    seed=st.integers(0, 999),
)
def test_heads_of_any_shape(head, hidden, numbers, batch, seed):
    check(net(head, hidden, numbers), batch=batch, seed=seed)


def test_thresholds_of_ordered_classes():
    """Through the softplus that keeps them in order."""
    weights = np.array([1.0, -0.5, 2.0])
    with jax.enable_x64(True):
        agree(
            *slopes(
                lambda v: jnp.sum(weights * thresholds(v["stored"])), {"stored": jnp.array([0.2, -3.0, 4.0])}
            )
        )
