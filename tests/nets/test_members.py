"""Ensembles that share their kernels: TabM (A12)."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shoal.errors import SettingError
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Pass, SharedDense
from shoal.nets.members import combined, member_mean
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec, mlp

PLAIN = mlp(TableInput(numbers=3), (6, 5), "softmax", 4, activation="tanh")
MEMBERS = 3


def arrays(values):
    return {name: jnp.asarray(value) for name, value in values.items()}


def member_of(params, k: int):
    """Return the plain network that member `k` is: its scales multiplied into the shared kernels."""
    found = {}
    for name, value in params.items():
        layer, part = name.rsplit(".", 1)
        if layer == "head":
            found[name] = value[k]
        elif part in ("gamma", "beta") and value.ndim == 1:  # layer norm, shared
            found[name] = value
        elif part == "kernel":
            scales = params[f"{layer}.input_scale"][k], params[f"{layer}.output_scale"][k]
            found[name] = scales[0][:, None] * value * scales[1][None, :]
        elif part in ("bias", "gamma", "beta"):
            found[name] = value[k]
    return found


@pytest.fixture
def x(seed):
    with jax.enable_x64(True):
        yield jnp.asarray(np.random.default_rng(seed).standard_normal((7, 3)))


def varied(spec: NetSpec, seed: int):
    rng = np.random.default_rng([seed, 1])
    params, _ = init(spec, seed, "float64")
    return {k: jnp.asarray(v + 0.3 * rng.standard_normal(v.shape)) for k, v in params.items()}


@pytest.mark.parametrize("norm", [None, "batch", "layer"])
def test_each_member_is_a_plain_network_with_scaled_kernels(norm, x, seed):
    """In training and in prediction, with statistics of its own."""
    plain = mlp(TableInput(numbers=3), (6, 5), "softmax", 4, activation="tanh", norm=norm)
    spec = plain.with_members(MEMBERS)
    params, running = varied(spec, seed), arrays(init(spec, seed, "float64")[1])
    now = Pass(train=True, weight=jnp.arange(7.0))
    y, fresh = apply(spec, params, running, {"numbers": x}, now)
    predicted, _ = apply(spec, params, fresh, {"numbers": x})
    mean = 0.0
    for k in range(MEMBERS):
        own, state = member_of(params, k), {name: value[k] for name, value in running.items()}
        expected, after = apply(plain, own, state, {"numbers": x}, now)
        np.testing.assert_allclose(y[:, k], expected, rtol=1e-9, atol=1e-12)
        for name, value in after.items():
            np.testing.assert_allclose(fresh[name][k], value, rtol=1e-9)
        mean += jax.nn.softmax(apply(plain, own, after, {"numbers": x})[0]) / MEMBERS
    np.testing.assert_allclose(jnp.exp(predicted), mean, rtol=1e-9)


def test_one_member_with_scales_of_one_is_the_plain_network(x):
    """Law: bit for bit the same start, and the same outputs but for rounding."""
    one = PLAIN.with_members(1, scales="ones")
    plain, shared = init(PLAIN, 5, "float64")[0], init(one, 5, "float64")[0]
    assert {k: v for k, v in shared.items() if k.endswith("layers.0.kernel")} != {}
    for name, value in plain.items():
        np.testing.assert_array_equal(shared[name].reshape(value.shape), value)
    y, _ = apply(one, arrays(shared), {}, {"numbers": x}, Pass(train=True))
    expected, _ = apply(PLAIN, arrays(plain), {}, {"numbers": x})
    np.testing.assert_allclose(y[:, 0], expected, rtol=1e-12, atol=1e-14)


def test_the_loss_is_the_mean_of_the_members_losses_by_hand():
    outputs = jnp.array([[[1.0], [3.0]], [[0.0], [2.0]]])
    target = jnp.array([[0.0], [2.0]])

    def squared(outputs, target):
        return jnp.mean(jnp.square(outputs - target), axis=-1)

    assert member_mean(outputs, target, squared).tolist() == [5.0, 2.0]
    assert member_mean(outputs[:, 0], target, squared).tolist() == [1.0, 4.0]


@pytest.mark.parametrize("head", ["linear", "softmax", "sigmoid", "multilabel"])
def test_answers_are_means_of_probabilities_or_values(head, seed):
    z = 3.0 * np.random.default_rng(seed).standard_normal((5, 4, 3))
    with jax.enable_x64(True):
        found = np.asarray(combined(head, jnp.asarray(z)))
    if head == "linear":
        np.testing.assert_allclose(found, z.mean(axis=1), rtol=1e-12)
    elif head == "softmax":
        p = np.exp(z) / np.exp(z).sum(axis=2, keepdims=True)
        np.testing.assert_allclose(np.exp(found), p.mean(axis=1), rtol=1e-12)
    else:
        p = (1.0 / (1.0 + np.exp(-z))).mean(axis=1)
        np.testing.assert_allclose(1.0 / (1.0 + np.exp(-found)), p, rtol=1e-12)


def test_members_start_apart_by_signs_of_the_first_layers_inputs():
    params, _ = init(PLAIN.with_members(8), 0)
    scales = params["layers.0.input_scale"]
    assert scales.shape == (8, 3)
    assert set(np.unique(scales)) == {-1.0, 1.0}
    assert (params["layers.2.input_scale"] == 1.0).all()
    assert params["head.kernel"].shape == (8, 5, 4)
    assert len({head.tobytes() for head in params["head.kernel"]}) == 8


def test_the_penalty_of_activities_is_the_mean_over_members(x):
    one, three = (PLAIN.with_members(k, scales="ones") for k in (1, 3))
    pair = (jnp.asarray(0.5), jnp.asarray(0.25))
    found = []
    for spec in (one, three):
        params = arrays(init(spec, 0, "float64")[0])
        now = Pass(train=True, activity={"layers.1": pair})
        found.append(float(apply(spec, params, {}, {"numbers": x}, now)[1]["activity_penalty"]))
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_a_description_with_members_survives_json_and_padding_of_widths(x, seed):
    spec = PLAIN.with_members(MEMBERS)
    assert NetSpec.from_json(spec.to_json()) == spec
    assert spec.paddable()
    assert spec.multiply_adds() == MEMBERS * PLAIN.multiply_adds()
    wide = spec.with_units((8, 8))
    assert isinstance(wide.layers[0], SharedDense)
    params = varied(spec, seed)
    shapes = {k: v.shape for k, v in init(wide, 0)[0].items()}
    padded = {
        k: jnp.pad(v, [(0, b - a) for a, b in zip(v.shape, shapes[k], strict=True)])
        for k, v in params.items()
    }
    y, _ = apply(spec, params, {}, {"numbers": x})
    np.testing.assert_allclose(apply(wide, padded, {}, {"numbers": x})[0], y, rtol=1e-12)


def test_what_has_no_kernel_to_share_is_refused():
    with pytest.raises(SettingError, match=r"'tabm' to have rows of a table and a hidden layer of units"):
        replace(PLAIN, layers=()).with_members(4)
