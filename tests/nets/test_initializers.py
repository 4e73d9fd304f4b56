"""Initial values: the variances of the papers, orthogonality, and seeds that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from populations import spec

from shoal.nets.initializers import INITIALIZERS
from shoal.nets.inputs import TableInput
from shoal.nets.network import init
from shoal.nets.spec import mlp

FAN_IN, FAN_OUT = 200, 300
VARIANCES = {
    "zeros": 0.0,
    "normal": 0.05**2,
    "uniform": 0.05**2 / 3,
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "torch_uniform": 1 / (3 * FAN_IN),
}


def draw(name: str, shape=(FAN_IN, FAN_OUT), seed: int = 0) -> np.ndarray:
    return INITIALIZERS[name](np.random.default_rng(seed), shape[0], shape[1], shape)


@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance(name, seed):
    values, variance = draw(name, seed=seed), VARIANCES[name]
    standard_error = np.sqrt(variance / values.size)
    assert abs(values.mean()) <= 4.5 * standard_error
    # the variance of a sample variance is 2 v^2 / n for the normal, less for the uniform
    assert abs(values.var() - variance) <= 4.5 * variance * np.sqrt(2 / values.size)


def test_no_initializer_is_left_out():
    assert set(INITIALIZERS) == {*VARIANCES, "ones", "orthogonal"}
    assert np.all(draw("ones") == 1.0)


@pytest.mark.parametrize("name", [n for n in VARIANCES if n.endswith("uniform")])
def test_uniform_draws_fill_their_range_and_stay_in_it(name, seed):
    bound = np.sqrt(3 * VARIANCES[name])
    values = draw(name, seed=seed)
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.999 * bound


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9), (1, 5), (5, 1)])
def test_orthogonal_rows_or_columns(shape, seed):
    q = draw("orthogonal", shape, seed)
    gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)


def test_orthogonal_draws_prefer_no_direction(seed):
    """Without the sign of R, the first entry would always be negative."""
    first = np.array([draw("orthogonal", (3, 3), 1000 * seed + i)[0, 0] for i in range(400)])
    assert abs(np.mean(first > 0) - 0.5) < 4.5 * 0.5 / np.sqrt(400)
    assert abs(np.mean(first**2) - 1 / 3) < 0.08  # the mean square of a coordinate on the sphere


def test_a_seed_draws_one_network_and_another_seed_another():
    a, b, c = (init(spec((8, 8)), seed)[0] for seed in (3, 3, 4))
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert all(not np.array_equal(a[name], c[name]) for name in a if name.endswith("kernel"))


def test_float64_draws_the_same_network():
    narrow, wide = (init(spec((8,)), 0, precision)[0] for precision in ("float32", "float64"))
    assert all(np.array_equal(narrow[name], wide[name].astype(np.float32)) for name in narrow)


def test_neighbouring_seeds_are_uncorrelated():
    kernels = np.array([init(spec((200, 200)), s)[0]["layers.2.kernel"].ravel() for s in range(6)])
    r = np.corrcoef(kernels)[np.triu_indices(6, 1)]
    assert np.max(np.abs(r)) < 4.5 / np.sqrt(kernels.shape[1])


def test_activations_choose_their_initializer():
    inputs = TableInput(numbers=200)
    kernels = {
        name: init(mlp(inputs, (300,), "linear", 1, activation=name), 0)[0]["layers.0.kernel"]
        for name in ("relu", "selu", "tanh")
    }
    expected = {"relu": 2 / 200, "selu": 1 / 200, "tanh": 2 / 500}
    for name, kernel in kernels.items():
        assert kernel.var() == pytest.approx(expected[name], rel=0.03), name
