"""Layers, one by one: PyTorch's norms, hand-worked values, and what weights, masks and dropout mean."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import golden

from shoal.errors import SettingError
from shoal.nets.inputs import TableInput
from shoal.nets.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Pass,
    Repeat,
    Residual,
    Scale,
)
from shoal.nets.network import apply, init, shapes
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
    y, _ = Dropout(0.9).apply({}, {}, x, None, "layer", Pass())
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


def test_batch_norm_of_images_is_over_rows_and_places(seed):
    """A6: the statistics of a channel are those of all its places, as if each place were a row."""
    layer, rng = BatchNorm(), np.random.default_rng(seed)
    with jax.enable_x64(True):
        x = jnp.asarray(rng.standard_normal((3, 2, 4, 5)))
        weight = jnp.array([2.0, 1.0, 0.0])
        params = {k: jnp.asarray(v + rng.standard_normal(5)) for k, v in layer.init((2, 4, 5), rng).items()}
        running = {k: jnp.asarray(v) for k, v in layer.running((2, 4, 5)).items()}
        now = Pass(train=True, weight=weight)
        y, fresh = layer.apply(params, running, x, None, "layer", now)
        places = Pass(train=True, weight=jnp.repeat(weight, 8))
        flat, expected = layer.apply(params, running, x.reshape(24, 5), None, "layer", places)
        np.testing.assert_allclose(y.reshape(24, 5), flat, rtol=1e-12)
        np.testing.assert_allclose(fresh["mean"], expected["mean"], rtol=1e-12)
        np.testing.assert_allclose(fresh["var"], expected["var"], rtol=1e-12)
        predicted, _ = layer.apply(params, fresh, x, None, "layer", Pass())
        flat, _ = layer.apply(params, fresh, x.reshape(24, 5), None, "layer", Pass())
        np.testing.assert_allclose(predicted.reshape(24, 5), flat, rtol=1e-12)


def test_batch_norm_of_images_is_pytorchs(seed):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(seed).standard_normal((6, 3, 2, 4))
    theirs = torch.nn.BatchNorm2d(4, dtype=torch.float64)
    expected = theirs(torch.tensor(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).detach().numpy()
    with jax.enable_x64(True):
        layer = BatchNorm()
        params = {k: jnp.asarray(v) for k, v in layer.init((3, 2, 4), np.random.default_rng(0)).items()}
        running = {k: jnp.asarray(v) for k, v in layer.running((3, 2, 4)).items()}
        y, fresh = layer.apply(
            params, running, jnp.asarray(x), None, "layer", Pass(train=True, weight=jnp.ones(6))
        )
    np.testing.assert_allclose(y, expected, rtol=1e-9)
    np.testing.assert_allclose(fresh["var"], theirs.running_var.numpy(), rtol=1e-12)


@pytest.mark.parametrize("layer", [LayerNorm(), Dense(3)])
def test_a_layer_on_images_works_place_by_place(layer, seed):
    """Layer norm and dense map the last axis, whatever stands before it."""
    rng = np.random.default_rng(seed)
    x = jnp.asarray(rng.standard_normal((2, 3, 4, 5)), jnp.float32)
    params = {k: jnp.asarray(v, jnp.float32) for k, v in layer.init((3, 4, 5), rng).items()}
    y, _ = run(layer, params, x)
    flat, _ = run(layer, params, x.reshape(24, 5))
    assert y.shape == (2, *layer.shape((3, 4, 5)))
    np.testing.assert_allclose(y.reshape(24, -1), flat, rtol=1e-5, atol=1e-6)


def test_a_shortcut_around_an_image_projects_its_channels():
    """A8: a 1x1 convolution; what changes the places has no shortcut."""
    block = Residual((Dense(4, "zeros"),))
    assert block.shape((2, 3, 5)) == (2, 3, 4)
    assert block.init((2, 3, 5), np.random.default_rng(0))["shortcut"].shape == (5, 4)
    with pytest.raises(SettingError, match=r"keep all axes but the last\. Received: \(4,\) in, \(2, 4\) out"):
        Residual((Widened(),)).shape((4,))


class Widened(Layer):
    """A layer that adds an axis."""

    def shape(self, shape):
        return (2, *shape)


DEEP = NetSpec(
    TableInput(numbers=3),
    (Dense(4), Repeat((Dense(4, "orthogonal"), BatchNorm(), Activation("tanh"), Dropout(0.3)), 5)),
    "linear",
    2,
)


def test_repeated_layers_are_the_same_layers_written_out(seed):
    """A11: forward pass, statistics and slopes, without dropout, which draws by place."""
    block = (Dense(4, "orthogonal"), BatchNorm(), Activation("tanh"))
    spec = NetSpec(TableInput(numbers=3), (Dense(4), Repeat(block, 5)), "linear", 2)
    plain = NetSpec(spec.inputs, (Dense(4), *(block * 5)), "linear", 2)
    rng = np.random.default_rng(seed)
    with jax.enable_x64(True):
        given, running = (_arrays(part) for part in init(spec, seed, "float64"))
        given = {k: v + 0.1 * jnp.asarray(rng.standard_normal(v.shape)) for k, v in given.items()}
        x = jnp.asarray(rng.standard_normal((6, 3)))
        now = Pass(train=True, weight=jnp.ones(6))

        def loss(params, running, net):
            y, fresh = apply(net, params, running, {"numbers": x}, now)
            return jnp.sum(jnp.sin(y)), fresh

        slope = jax.grad(loss, has_aux=True)
        grads, fresh = slope(given, running, spec)
        grads_plain, fresh_plain = slope(_written_out(given), _written_out(running), plain)
        for name, value in _written_out({**grads, **fresh}).items():
            np.testing.assert_allclose(value, {**grads_plain, **fresh_plain}[name], rtol=1e-9, atol=1e-12)


def _arrays(values):
    return {k: jnp.asarray(v) for k, v in values.items()}


def _written_out(values):
    """Rename ``layers.1.layers.j.kernel[i]`` to ``layers.(1 + 3 i + j).kernel``."""
    found = {}
    for name, value in values.items():
        if name.startswith("layers.1.layers."):
            place, rest = name.removeprefix("layers.1.layers.").split(".", 1)
            found |= {f"layers.{1 + 3 * i + int(place)}.{rest}": part for i, part in enumerate(value)}
        else:
            found[name] = value
    return found


def test_each_repetition_starts_and_drops_differently():
    params, running = init(DEEP, 0)
    kernel = params["layers.1.layers.0.kernel"]
    assert kernel.shape == (5, 4, 4)
    assert running["layers.1.layers.1.mean"].shape == (5, 4)
    np.testing.assert_allclose(
        kernel @ kernel.transpose(0, 2, 1), np.broadcast_to(np.eye(4), (5, 4, 4)), atol=1e-6
    )
    assert len({part.tobytes() for part in kernel}) == 5
    found, statistics = shapes(DEEP)
    assert found == {k: v.shape for k, v in params.items()}
    assert statistics == {k: v.shape for k, v in running.items()}
    x = jnp.ones((64, 4), jnp.float32)
    drop = NetSpec(TableInput(numbers=4), (Repeat((Dropout(0.5),), 2),), "linear", 4)
    now = Pass(train=True, key=jnp.uint32(3), rates={"layers.0.layers.0": jnp.float32(0.5)})
    head = {"head.kernel": jnp.eye(4, dtype=jnp.float32), "head.bias": jnp.zeros(4, jnp.float32)}
    twice, _ = apply(drop, head, {}, {"numbers": x}, now)
    assert (
        0.1 < float(jnp.mean((twice > 0).astype(jnp.float32))) < 0.4
    )  # a quarter; one mask twice keeps half


def test_repeated_layers_must_keep_the_shape():
    with pytest.raises(
        SettingError, match=r"Received: \(3,\) in, \(4,\) out; what changes it belongs in front"
    ):
        Repeat((Dense(4),), 3).shape((3,))


def test_the_penalty_of_repeated_values_counts_every_repetition():
    spec = NetSpec(TableInput(numbers=1), (Repeat((Dense(1, "ones"), Activation("linear")), 3),), "linear", 1)
    params = {k: jnp.asarray(v) for k, v in init(spec, 0)[0].items()}
    now = Pass(activity={"layers.0.layers.1": (jnp.float32(1.0), jnp.float32(0.0))})
    x = jnp.array([[2.0], [4.0]], jnp.float32)
    assert float(apply(spec, params, {}, {"numbers": x}, now)[1]["activity_penalty"]) == pytest.approx(9.0)
