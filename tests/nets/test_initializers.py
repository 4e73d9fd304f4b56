"""Initial values: the variances of the papers, orthogonality, and seeds that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from populations import spec

from shoal.errors import SettingError
from shoal.nets.initializers import INITIALIZERS, initializer, initializer_text
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
    assert set(INITIALIZERS) == {*VARIANCES, "ones", "orthogonal", "delta_orthogonal"}
    assert np.all(draw("ones") == 1.0)


@pytest.mark.parametrize(
    ("text", "variance"), [("normal:sigma=0.3", 0.09), ("uniform:bound=0.6", 0.12), ("normal", 0.0025)]
)
def test_numbers_that_are_set(text, variance, seed):
    values = initializer(text)(np.random.default_rng(seed), FAN_IN, FAN_OUT, (FAN_IN, FAN_OUT))
    assert abs(values.var() - variance) <= 4.5 * variance * np.sqrt(2 / values.size)


@pytest.mark.parametrize("name", ["glorot_normal", "he_uniform", "lecun_normal"])
def test_a_convolution_counts_the_places_of_its_kernel_in_both_fans(name):
    """A5: PyTorch's fans of a 3x5 convolution from 40 to 60 channels."""
    torch = pytest.importorskip("torch")
    kernel = (3, 5, 40, 60)
    fans = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(60, 40, 3, 5))
    assert fans == (3 * 5 * 40, 3 * 5 * 60)
    values = initializer(name)(np.random.default_rng(0), *fans, kernel)
    variance = {"glorot_normal": 2 / sum(fans), "he_uniform": 2 / fans[0], "lecun_normal": 1 / fans[0]}[name]
    assert values.shape == kernel
    assert abs(values.var() - variance) <= 4.5 * variance * np.sqrt(2 / values.size)


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


def test_orthogonal_with_a_gain(seed):
    q = initializer("orthogonal:gain=1.5")(np.random.default_rng(seed), 4, 4, (4, 4))
    np.testing.assert_allclose(q.T @ q, 1.5**2 * np.eye(4), atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3, 4, 4), (5, 3, 4, 7), (1, 1, 2, 3), (7, 2, 3)])
def test_delta_orthogonal_is_orthogonal_at_the_centre_and_zero_elsewhere(shape, seed):
    """A5: the convolution of an image keeps its norm (Xiao et al. 2018, algorithm 2)."""
    kernel = draw("delta_orthogonal", shape, seed)
    centre = tuple(size // 2 for size in shape[:-2])
    q = kernel[centre]
    np.testing.assert_allclose(q @ q.T, np.eye(shape[-2]), atol=1e-12)
    assert np.count_nonzero(kernel) == np.count_nonzero(q)


@pytest.mark.parametrize("shape", [(3, 3, 5, 4), (4, 4)])
def test_delta_orthogonal_where_it_cannot_be(shape):
    with pytest.raises(SettingError, match=r"at least as many channels out as in\. Got a kernel of shape \("):
        draw("delta_orthogonal", shape)


def test_a_text_or_a_mapping_says_the_same():
    assert initializer_text("he_normal") == initializer_text({"kind": "he_normal"}) == "he_normal"
    assert initializer_text({"kind": "uniform", "bound": 2}) == "uniform:bound=2.0"
    drawn = [
        initializer(text)(np.random.default_rng(0), 3, 3, (3, 3)) for text in ("normal:sigma=2", "normal")
    ]
    np.testing.assert_allclose(drawn[0], 40.0 * drawn[1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("he_norml", r"Unknown initializer 'he_norml'\. Did you mean 'he_normal'\?"),
        ("he_normal:sigma=1", r"'he_normal' has no setting 'sigma'\. Its settings are: none"),
        ({"kind": "normal", "sigm": 1}, r"no setting 'sigm'\. Did you mean 'sigma'\?"),
        ("normal:sigma=-1", r"Expected sigma of the initializer 'normal' to be a number above 0\. Got '-1'"),
        ("uniform:bound=wide", r"to be a number above 0\. Got 'wide'"),
        ({"kind": "orthogonal", "gain": True}, r"to be a number above 0\. Got True"),
    ],
)
def test_what_is_no_initializer(value, message):
    with pytest.raises(SettingError, match=message):
        initializer_text(value)


def test_nets_that_start_otherwise_share_a_program():
    a, b = (spec((4,), initializer=name) for name in ("he_normal", "orthogonal"))
    assert a.structure() == b.structure()
    assert not np.array_equal(init(a, 0)[0]["layers.0.kernel"], init(b, 0)[0]["layers.0.kernel"])


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
