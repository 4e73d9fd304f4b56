"""Convolution and pooling: PyTorch's values and gradients, shapes, refusals; and images as input."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from populations import golden

from shoal.errors import SettingError
from shoal.nets.image_input import ImageInput
from shoal.nets.layers import (
    AveragePool,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    Pass,
)
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec

SCRIPT = Path(__file__).parents[1] / "golden" / "make_images.py"


def script():
    found = importlib.util.spec_from_file_location("make_images", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


torchs = script()
POOLS = {"max": MaxPool, "average": AveragePool}


def with_gradients(layer, x, params):
    """Return what a layer makes of images, and the gradients of the sum of its squares."""

    def value(x, params):
        y, _ = layer.apply(params, {}, x, None, "layer", Pass(train=True))
        return jnp.sum(jnp.square(y)), y

    with jax.enable_x64(True):
        both = jax.value_and_grad(value, argnums=(0, 1), has_aux=True)
        (_, y), (dx, dparams) = jax.jit(both)(jnp.asarray(x), jax.tree.map(jnp.asarray, params))
    assert y.shape[1:] == layer.shape(x.shape[1:])
    return [y, dx, *dparams.values()]


def conv_of(case):
    _, _, filters, kernel, stride, padding, dilation = case
    return Conv2D(filters, kernel, stride=stride, padding=padding, dilation=dilation, bias=False)


def close(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", torchs.CONVOLUTIONS)
def test_convolutions_are_pytorchs(name):
    case, known = torchs.CONVOLUTIONS[name], golden("images")
    x, kernel = torchs.convolution_arrays(name, case)
    close(
        with_gradients(conv_of(case), x, {"kernel": kernel}),
        [known[f"conv {name} {what}"] for what in ("y", "dx", "dw")],
    )


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("name", torchs.POOLINGS)
def test_poolings_are_pytorchs_ties_included(kind, name):
    case, known = torchs.POOLINGS[name], golden("images")
    image, size, stride, padding = case
    [x] = torchs.arrays_of(name, (torchs.ROWS, *image, 3), ties=kind == "max")
    found = with_gradients(POOLS[kind](size, stride, padding), x, {})
    close(found, [known[f"{kind} {name} {what}"] for what in ("y", "dx")])


two = st.tuples(st.integers(1, 3), st.integers(1, 3))
sides = st.tuples(st.integers(3, 9), st.integers(3, 9))
paddings = st.sampled_from(["same", "valid"])
cases = st.tuples(sides, st.sampled_from([1, 2, 16]), st.integers(1, 3), two, two, paddings, two)


@settings(max_examples=12)
@given(cases)
def test_any_convolution_is_pytorchs(case):
    pytest.importorskip("torch")
    layer = conv_of(case)
    assume(_fits(layer, (*case[0], case[1])))
    x, kernel = torchs.convolution_arrays(repr(case), case)
    close(with_gradients(layer, x, {"kernel": kernel}), torchs.convolved(case, x, kernel))


@settings(max_examples=12)
@given(st.tuples(sides, two, two, paddings), st.sampled_from(sorted(POOLS)))
def test_any_pooling_is_pytorchs(case, kind):
    pytest.importorskip("torch")
    layer = POOLS[kind](*case[1:])
    assume(_fits(layer, (*case[0], 2)))
    [x] = torchs.arrays_of(repr(case), (torchs.ROWS, *case[0], 2), ties=kind == "max")
    close(with_gradients(layer, x, {}), torchs.pooled(kind, case, x))


def _fits(layer, shape):
    try:
        layer.shape(shape)
    except SettingError:
        return False
    return True


def test_a_convolution_by_hand():
    x = jnp.arange(9.0).reshape(1, 3, 3, 1)
    kernel = jnp.array([[1.0, 0.0], [0.0, -1.0]]).reshape(2, 2, 1, 1)
    layer = Conv2D(1, 2, padding="valid")
    found, _ = layer.apply({"kernel": kernel, "bias": jnp.array([10.0])}, {}, x, None, "layer", Pass())
    assert np.ravel(found).tolist() == [6.0] * 4  # x[i, j] - x[i + 1, j + 1] = -4


def test_the_whole_image_becomes_features():
    x = np.array([[[1.0, 5.0], [2.0, 0.0]], [[3.0, 5.0], [2.0, 2.0]]])[None]
    assert np.ravel(GlobalAveragePool().apply({}, {}, x, None, "", Pass())[0]).tolist() == [2.0, 3.0]
    assert np.ravel(GlobalMaxPool().apply({}, {}, x, None, "", Pass())[0]).tolist() == [3.0, 5.0]
    flat = np.ravel(Flatten().apply({}, {}, x, None, "", Pass())[0]).tolist()
    assert flat == [1.0, 5.0, 2.0, 0.0, 3.0, 5.0, 2.0, 2.0]
    _, slope = with_gradients(GlobalMaxPool(), x, {})
    assert slope[0, ..., 1].tolist() == [[10.0, 0.0], [0.0, 0.0]]  # the first of two fives


def test_multiply_adds_and_shapes_are_counted():
    conv = Conv2D(16, (5, 3), stride=2)
    assert conv.shape((28, 28, 3)) == (14, 14, 16)
    assert conv.multiply_adds((28, 28, 3)) == 14 * 14 * 16 * 5 * 3 * 3
    assert MaxPool(2).multiply_adds((8, 8, 3)) == 0
    kernel = conv.init((28, 28, 3), np.random.default_rng(0))["kernel"]
    assert kernel.shape == (5, 3, 3, 16)
    assert np.std(kernel) == pytest.approx(np.sqrt(2.0 / 45.0), rel=0.1)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Conv2D(4, 5, padding="valid"), (4, 6, 1), "convolution of 5x5 is larger than the image of 4x6"),
        (Conv2D(4, 5), (2, 2, 1), "convolution of 5x5 is larger than the image of 2x2"),
        (Conv2D(4, 3, padding="valid", dilation=2), (4, 4, 1), r"of 3x3, 5x5 with its dilation, is larger"),
        (MaxPool(3), (2, 8, 1), "pooling of 3x3 is larger than the image of 2x8"),
        (Conv2D(4), (64,), r"Expected images of \(height, width, channels\) before the convolution"),
        (AveragePool(2), (64,), "before the pooling"),
        (GlobalAveragePool(), (64,), "before the pooling"),
    ],
)
def test_what_does_not_fit_is_refused(layer, shape, words):
    with pytest.raises(SettingError, match=words):
        layer.shape(shape)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv2D(0), r"filters to be a whole number of at least 1. Received: filters=0"),
        (lambda: Conv2D(4, (3, 3, 3)), r"kernel to be a whole number .* Received: kernel=\(3, 3, 3\)"),
        (lambda: Conv2D(4, 2.5), "Received: kernel=2.5"),
        (lambda: Conv2D(4, stride=0), "Received: stride=0"),
        (lambda: MaxPool(2, padding="sane"), "'same' or 'valid'. Did you mean 'same'"),
    ],
)
def test_wrong_numbers_are_refused(make, words):
    with pytest.raises(SettingError, match=words):
        make()


def test_an_image_larger_than_a_window_is_told_at_the_door():
    with pytest.raises(SettingError, match="larger than the image of 3x3"):
        init(NetSpec(ImageInput(3, 3, 1), (Conv2D(2, 4, padding="valid"), Flatten()), "softmax", 2), 0)


def test_bytes_are_standardised_inside_the_network():
    inputs = ImageInput(2, 2, 2, mean=(10.0, 20.0), std=(2.0, 4.0))
    spec = NetSpec(inputs, (Flatten(), Dense(3)), "linear", 1)
    params, running = init(spec, 0, "float64")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8)).astype(np.uint8)
    scaled = ((pixels.reshape(-1, 2, 2, 2) - [10.0, 20.0]) / [2.0, 4.0]).reshape(-1, 8)
    with jax.enable_x64(True):
        params, running = jax.tree.map(jnp.asarray, (params, running))
        rows = {"numbers": jnp.asarray(pixels), "codes": jnp.zeros((5, 0), jnp.int32)}
        found, after = apply(spec, params, running, rows)
        wanted, _ = apply(spec, params, running, {**rows, "numbers": jnp.asarray(scaled)})
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert np.array_equal(after["inputs.mean"], [10.0, 20.0])


def test_mean_and_spread_make_no_other_program():
    one, other = (ImageInput(4, 4, 1, mean=(m,), std=(s,)) for m, s in ((3.0, 2.0), (5.0, 7.0)))
    assert one.structure() == other.structure()
    assert one.structure() != ImageInput(4, 4, 1).structure()
