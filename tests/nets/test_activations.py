"""Activations: PyTorch's values and slopes, and no NaN anywhere."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import golden

from shoal.nets.activations import ACTIVATIONS
from shoal.nets.initializers import INITIALIZERS

POINTS = np.array([-30.0, -4.0, -1.7, -1.0, -0.3, -1e-3, 1e-3, 0.4, 0.9, 1.5, 3.0, 25.0])


@jax.jit
def everything(x):
    """Value and slope of every activation, in one program."""
    return {
        name: (kind.function(x), jax.grad(lambda t, f=kind.function: jnp.sum(f(t)))(x))
        for name, kind in ACTIVATIONS.items()
    }


@pytest.fixture(scope="module")
def found() -> dict:
    with jax.enable_x64(True):
        return jax.device_get(everything(jnp.asarray(POINTS)))


def test_the_table_and_pytorch_know_the_same_names():
    recorded = {name.removeprefix("activation ") for name in golden("nets") if name.startswith("activation ")}
    assert recorded == set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_slopes_are_pytorchs(name, found):
    values, slopes = golden("nets")[f"activation {name}"]
    tolerance = 2e-11 if name == "softplus" else 1e-12  # above 20, PyTorch's softplus is x itself
    np.testing.assert_allclose(found[name][0], values, rtol=tolerance, atol=1e-15)
    kinks = np.abs(POINTS) == 1.0 if name == "hard_tanh" else np.zeros(len(POINTS), bool)
    np.testing.assert_allclose(found[name][1][~kinks], slopes[~kinks], rtol=2e-11, atol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_zero_at_zero_says_the_truth(name):
    assert (float(ACTIVATIONS[name].function(jnp.float32(0))) == 0.0) == ACTIVATIONS[name].zero_at_zero


def test_far_out_nothing_becomes_nan_and_float32_stays():
    far = jnp.array([-1e12, -1e4, -100.0, 0.0, 100.0, 1e4, 1e12], jnp.float32)
    for name, (value, slope) in jax.device_get(everything(far)).items():
        assert value.dtype == slope.dtype == np.float32, name
        assert not np.isnan(value).any(), name
        assert np.isfinite(slope).all(), name


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_initializer_that_suits_exists(name):
    assert ACTIVATIONS[name].initializer in INITIALIZERS
