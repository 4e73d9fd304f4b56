"""Layers, one by one: PyTorch's norms, hand-worked values, and what weights, masks and dropout mean."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import golden

from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, BatchNorm, Dense, Dropout, Layer, LayerNorm, Pass, Residual, Scale
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec


def run(layer, params, x, now=None, running=None, mask=None):
    """Apply one layer in one program."""
    now = now or Pass()
    return jax.jit(lambda p, r, x: layer.apply(p, r, x, mask, "layer", now))(params, running or {}, x)


@pytest.fixture
def known():
    with jax.enable_x64(True):
        yield {
            name.removeprefix("norm "): v for name, v in golden("nets").items() if name.startswith("norm ")
        }


def test_batch_norm_is_pytorchs_in_training_and_in_prediction(known):
    params = {"gamma": known["gamma"], "beta": known["beta"]}
    running = BatchNorm().running((4,))
    trained = jax.jit(
        lambda r, x: BatchNorm().apply(params, r, x, None, "layer", Pass(train=True, weight=jnp.ones(5)))
    )
    for x, y in zip(known["x"], known["batch trained"], strict=True):
        found, running = trained(running, x)
        np.testing.assert_allclose(found, y, rtol=1e-9)
    np.testing.assert_allclose(running["mean"], known["mean"], rtol=1e-12)
    np.testing.assert_allclose(running["var"], known["var"], rtol=1e-12)
    predicted, _ = run(BatchNorm(), params, known["x"][0], running=running)
    np.testing.assert_allclose(predicted, known["batch predicted"], rtol=1e-9)


def test_layer_norm_is_pytorchs(known):
    params = {"gamma": known["gamma"], "beta": known["beta"]}
    found, _ = run(LayerNorm(), params, known["x"][0])
    np.testing.assert_allclose(found, known["layer trained"][0], rtol=1e-9)


def normed(x, weight):
    """Return what batch norm makes of a batch, and the statistics that it leaves."""
    layer, units = BatchNorm(), np.shape(x)[1]

    def train(x, weight):
        now = Pass(train=True, weight=weight)
        params = {"gamma": jnp.ones(units), "beta": jnp.zeros(units)}
        running = jax.tree.map(jnp.asarray, layer.running((units,)))
        return layer.apply(params, running, x, None, "layer", now)

    y, running = jax.jit(train)(jnp.asarray(x), jnp.asarray(weight, float))
    return np.asarray(y), np.asarray(running["mean"]), np.asarray(running["var"])


def test_batch_norm_counts_weights_as_rows(seed):
    with jax.enable_x64(True):
        x = np.random.default_rng(seed).standard_normal((6, 2))
        y, mean, var = normed(x[[0, 0, 1, 2]], [1, 1, 1, 1])
        weighted = normed(x, [2, 1, 1, 0, 0, 0])
        np.testing.assert_allclose(weighted[0][:3], y[1:], rtol=1e-12)
        np.testing.assert_allclose(weighted[1:], (mean, var), rtol=1e-12)


def test_weights_that_sum_to_little_do_not_shrink_the_running_variance(seed):
    """Weights may be shares that sum to 1, less in a batch; only their ratios may matter for the spread."""
    with jax.enable_x64(True):
        x = np.random.default_rng(seed).standard_normal((50, 2))
        _, _, counted = normed(x, np.ones(50))
        _, _, shares = normed(x, np.full(50, 1 / 500))
        np.testing.assert_allclose(shares, counted, rtol=1.0 / 49)  # up to the factor n / (n - 1)


def test_a_batch_of_one_row_and_of_no_weight_stay_finite():
    for weight in ([1.0], [0.0]):
        y, mean, var = normed([[3.0, -2.0]], weight)
        assert np.isfinite(y).all()
        assert np.isfinite([mean, var]).all()
        assert (var > 0).all()


@pytest.mark.parametrize("rate", [0.2, 0.7])
def test_dropout_keeps_the_expectation(rate):
    """A7: inverted dropout; each value is 0 or x / (1 - rate), and the mean over masks is x."""
    layer, x = Dropout(rate), jnp.array([[1.0, -2.0, 3.0]], jnp.float32)

    def once(key):
        now = Pass(train=True, key=key, rates={"layer": jnp.float32(rate)})
        return layer.apply({}, {}, x, None, "layer", now)[0]

    found = np.asarray(jax.jit(jax.vmap(once))(jnp.arange(20_000, dtype=jnp.uint32)))[:, 0]
    kept = found != 0
    np.testing.assert_allclose(found[kept], (kept * np.asarray(x[0]) / (1 - rate))[kept], rtol=1e-6)
    spread = np.abs(np.asarray(x[0])) * np.sqrt(rate / (1 - rate) / len(found))
    assert np.all(np.abs(found.mean(0) - np.asarray(x[0])) < 4.5 * spread)


def test_dropout_does_nothing_in_prediction():
    x = jnp.ones((4, 4))
    y, _ = Dropout(0.9).apply({}, {}, x, None, "layer", Pass(key=jnp.uint32(1)))
    assert y is x


def test_two_layers_of_one_network_drop_different_units():
    now = Pass(train=True, key=jnp.uint32(1), rates={"a": jnp.float32(0.5), "b": jnp.float32(0.5)})
    a, b = (Dropout(0.5).apply({}, {}, jnp.ones((16, 16)), None, path, now)[0] for path in "ab")
    assert not np.array_equal(a, b)


def test_dense_and_scale_by_hand():
    x = jnp.array([[1.0, 2.0]])
    dense = {"kernel": jnp.array([[1.0, 0.0, -1.0], [0.5, 2.0, 3.0]]), "bias": jnp.array([0.0, 1.0, 0.0])}
    assert run(Dense(3), dense, x)[0].tolist() == [[2.0, 5.0, 5.0]]
    assert run(Dense(3, bias=False), {"kernel": dense["kernel"]}, x)[0].tolist() == [[2.0, 4.0, 5.0]]
    assert run(Scale(), {"scale": jnp.array([3.0, -1.0])}, x)[0].tolist() == [[3.0, -2.0]]


def test_a_shortcut_adds_the_input_where_shapes_agree_and_a_projection_where_not():
    """A8, with a block whose weights are zero: what remains is the shortcut."""
    for units in (2, 3):
        block = Residual((Dense(units, "zeros"), Activation("relu")))
        spec = NetSpec(TableInput(numbers=2), (block,), "linear", 1, "ones")
        params, _ = init(spec, 0)
        x = np.array([[1.0, 2.0]], np.float32)
        found = jax.jit(lambda p, x, spec=spec: apply(spec, p, {}, {"numbers": x})[0])(params, x)
        projection = params.get("layers.0.shortcut", np.eye(2, dtype=np.float32))
        assert ("layers.0.shortcut" in params) == (units == 3)
        np.testing.assert_allclose(found, [[np.sum(x @ projection)]], rtol=1e-6)


def test_a_layer_without_apply_says_so():
    with pytest.raises(TypeError, match="Layer does not say how to apply itself"):
        Layer().apply({}, {}, jnp.ones((1, 1)), None, "layer", Pass())


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def test_backpropagation_of_the_lecture():
    """C1: two hidden units and one output, sigmoid everywhere, one step of gradient descent."""
    spec = NetSpec(TableInput(numbers=3), (Dense(2), Activation("sigmoid")), "sigmoid", 1)
    params = {
        "layers.0.kernel": jnp.array([[0.6, 0.9], [0.8, 0.8], [0.6, 0.4]]),
        "layers.0.bias": jnp.array([0.5, 0.7]),
        "head.kernel": jnp.array([[0.9], [0.9]]),
        "head.bias": jnp.array([0.5]),
    }

    @jax.jit
    @jax.value_and_grad
    def half_squared_error(params):
        z, _ = apply(spec, params, {}, {"numbers": jnp.array([[0.4, 0.2, 0.7]])})
        return 0.5 * jnp.sum((jax.nn.sigmoid(z) - 0.8) ** 2)

    loss, grads = half_squared_error(params)
    assert np.sqrt(2.0 * float(loss)) == pytest.approx(0.8750 - 0.8, abs=5e-5)
    assert float(grads["head.bias"][0]) == pytest.approx(0.0082, abs=5e-5)  # minus delta_Z
    assert grads["layers.0.bias"].tolist() == pytest.approx([0.0012, 0.0011], abs=5e-5)
    moved = [0.5 - 0.1 * grads["head.bias"][0], *(0.9 - 0.1 * grads["head.kernel"][:, 0])]
    assert np.array(moved).tolist() == pytest.approx([0.49918, 0.89935, 0.89933], abs=5e-6)


def test_gradient_flow_through_a_sigmoid():
    """C2: f = sigmoid(w0 x0 + w1 x1 + w2) and its five slopes."""
    spec = NetSpec(TableInput(numbers=2), (), "sigmoid", 1)

    def f(params, x):
        return jax.nn.sigmoid(apply(spec, params, {}, {"numbers": x})[0])[0, 0]

    params = {"head.kernel": jnp.array([[2.0], [-3.0]]), "head.bias": jnp.array([-3.0])}
    value, (weights, x) = jax.jit(jax.value_and_grad(f, argnums=(0, 1)))(params, jnp.array([[-1.0, -2.0]]))
    assert float(value) == pytest.approx(0.73, abs=0.005)
    found = [*weights["head.kernel"][:, 0].tolist(), *weights["head.bias"].tolist(), *x[0].tolist()]
    assert found == pytest.approx([-0.20, -0.39, 0.20, 0.39, -0.59], abs=0.005)


def test_the_penalty_of_values_is_their_weighted_mean_over_rows():
    """E1, activities: sum of l1 |a| + l2 a^2 over units, by hand; a padded unit adds nothing."""
    spec = NetSpec(TableInput(numbers=1), (Dense(2, "ones"), Activation("sigmoid")), "linear", 1)
    params, _ = init(spec, 0, "float64")
    x, weight = np.array([[0.0], [2.0], [9.0]]), np.array([1.0, 3.0, 0.0])

    def penalty(net, params, masks):
        pair = (jnp.asarray(0.5), jnp.asarray(2.0))
        now = Pass(train=True, weight=jnp.asarray(weight), masks=masks, activity={"layers.1": pair})
        values = jax.tree.map(jnp.asarray, params)
        return apply(net, values, {}, {"numbers": jnp.asarray(x)}, now)[1]["activity_penalty"]

    a = sigmoid(x[:, 0])
    by_hand = np.average(2 * (0.5 * a + 2.0 * a**2), weights=weight)
    wide = {"layers.0.kernel": np.ones((1, 5)), "layers.0.bias": np.zeros(5), "head.kernel": np.ones((5, 1))}
    with jax.enable_x64(True):
        assert float(penalty(spec, params, {})) == pytest.approx(by_hand, rel=1e-12)
        mask = {"layers.0": jnp.array([1.0, 1.0, 0.0, 0.0, 0.0])}
        found = penalty(spec.with_units((5,)), {**params, **wide}, mask)
        assert float(found) == pytest.approx(by_hand, rel=1e-12)
