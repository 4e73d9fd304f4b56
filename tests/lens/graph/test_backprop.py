"""C4: the gradients of a trace are those of jax.grad, for every activation and loss of dense networks."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest

from shoal.errors import InputError, SettingError
from shoal.lens.graph.door import backprop
from shoal.lens.graph.passes import through_network
from shoal.lens.graph.units import graph_of
from shoal.nets import network
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, BatchNorm, Dense, Dropout, LayerNorm, Repeat, Residual, Scale
from shoal.nets.losses import LOSSES
from shoal.nets.spec import NetSpec

ENTRANCE, WIDE = TableInput(3, levels=(4,), widths=(2,)), TableInput(3, (0, 2), (4,), (2,), "periodic")
NUMBERS, CODES = np.array([[0.4, -1.2, 0.7]]), np.array([[2]], np.int32)
OUTPUTS = {"gaussian": 2, "softmax": 3, "ordinal": 3, "multilabel": 2, "quantiles": 3}
TARGETS = {"softmax": np.array([1]), "ordinal": np.array([2]), "sigmoid": [[1.0]], "multilabel": [[1.0, 0.0]]}


def drawn(spec: NetSpec):
    """Parameters and statistics with no zero among them."""
    params, running = network.init(spec, 3, "float64")
    rng = np.random.default_rng(5)
    params = {
        name: np.asarray(value + 0.3 * rng.standard_normal(value.shape)) for name, value in params.items()
    }
    return params, {name: np.asarray(value + 0.1) for name, value in running.items()}


def numbers_of(kind: str) -> dict:
    return {
        name: np.asarray(n.default if kind != "quantile" else (0.1, 0.5, 0.9), np.float64)
        for name, n in LOSSES[kind].numbers.items()
    }


def check(spec: NetSpec, loss_kind: str) -> None:
    """Compare all gradients of a trace with those that JAX finds of the whole network at once."""
    params, running = drawn(spec)
    target = np.asarray(TARGETS.get(spec.head, [[1.3]]))
    settings = numbers_of(loss_kind)

    def loss(outputs):
        given = {name: jnp.asarray(value) for name, value in settings.items()}
        return LOSSES[loss_kind].function(outputs, jnp.asarray(target), given)

    stages, value, _ = through_network(spec, params, running, NUMBERS, CODES, loss)
    with jax.enable_x64(True):
        inputs = {"numbers": jnp.asarray(NUMBERS), "codes": jnp.asarray(CODES)}

        def whole(params):
            state = {name: jnp.asarray(v) for name, v in running.items()}
            return loss(network.apply(spec, params, state, inputs)[0])[0]

        wanted = jax.device_get(jax.value_and_grad(whole)({k: jnp.asarray(v) for k, v in params.items()}))
    assert value == pytest.approx(float(wanted[0]), rel=1e-12)
    found = {f"{s.path}.{p.name}": p.gradient for s in stages for p in s.parameters}
    for name, gradient in wanted[1].items():
        if name.startswith("inputs."):
            continue  # the trace begins behind them
        mine = found.get(name)
        if mine is None:  # of a layer that repeats, whose turns are shown one by one
            at, rest = name.split(".layers.")
            mine = np.stack([found[f"{at}[{turn}].layers.{rest}"] for turn in range(len(gradient))])
        np.testing.assert_allclose(mine, gradient, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("some", range(4))
def test_every_activation(some):
    layers: list = []
    for name in sorted(ACTIVATIONS)[some::4]:
        layers += [Dense(4), Activation(name)]
    check(NetSpec(ENTRANCE, tuple(layers), "linear", 1), "squared_error")


@pytest.mark.parametrize("kind", sorted(LOSSES))
def test_every_loss(kind):
    for head in LOSSES[kind].heads:
        outputs = 1 if (kind, head) == ("quantile", "linear") else OUTPUTS.get(head, 1)
        if (kind, head) == ("quantile", "linear"):
            continue  # one level: the same function as with three, of the quantiles head
        check(NetSpec(ENTRANCE, (Dense(3), Activation("tanh")), head, outputs), kind)


def test_norms_shortcuts_and_repetitions():
    block = (Dense(4), LayerNorm(), Activation("gelu"))
    layers = (
        Scale(),
        Dropout(0.5),
        Dense(4),
        BatchNorm(),
        Activation("prelu_unit"),
        Residual(block),
        Residual((Dense(5), Activation("softmax"))),
        Repeat((Dense(5), Activation("tanh")), times=2),
    )
    check(NetSpec(WIDE, layers, "linear", 1), "huber")


def test_gradients_that_leave_a_unit_add_up_at_shortcuts_too():
    layers = (Dense(3), Activation("tanh"), Residual((Dense(3), Activation("sigmoid"))))
    spec = NetSpec(TableInput(3), layers, "linear", 1)
    stages, value, _ = through_network(
        spec, *drawn(spec), NUMBERS, np.zeros((1, 0), np.int32), lambda outputs: jnp.square(outputs[:, 0])
    )
    from shoal.lens.graph.trace import Trace

    trace = Trace(tuple(stages), ("a", "b", "c"), ("y",), "", "", "squared_error", value, 0.1)
    graph = graph_of(trace)
    for node in graph.nodes[:-1]:
        assert sum(e.gradient for e in graph.leaving(node.name)) == pytest.approx(node.gradient), node.name


@pytest.fixture(scope="module")
def fitted():
    from shoal import NetClassifier

    frame = pl.DataFrame({"a": [0.1, 0.5, 0.9, 0.3] * 8, "b": ["u", "v", "w", "u"] * 8})
    y = ["no", "yes", "yes", "no"] * 8
    return NetClassifier(hidden=(3,), epochs=2, random_state=0).fit(frame, y), frame, y


def test_the_loss_of_a_trace_is_the_models_own(fitted):
    net, frame, y = fitted
    trace = backprop(net, frame, y, row=1)
    p = net.predict_proba(frame[1:2])[0]
    assert trace.loss == pytest.approx(-np.log(p[1]), rel=1e-5)
    assert trace.target == "yes"
    assert len(trace.names) == len(trace["inputs"].values)
    assert trace.outputs == ("yes",)


def test_one_step_lowers_the_loss(fitted):
    net, frame, y = fitted
    before = backprop(net, frame, y, row=2, learning_rate=0.01)
    model = net.model_
    params = {
        f"{s.path}.{p.name}": p.after(0.01).astype(model.precision)
        for s in before.stages
        for p in s.parameters
    }
    after = backprop(replace(model, params={**model.params, **params}), frame, y, row=2)
    assert after.loss < before.loss


def test_what_cannot_be_traced_is_refused(fitted):
    net, frame, y = fitted
    with pytest.raises(InputError, match="Expected row to be one of the 32 rows, counted from 0"):
        backprop(net, frame, y, row=32)
    with pytest.raises(InputError, match="Expected the true answers, as y or as column"):
        backprop(net, frame)
    with pytest.raises(SettingError, match="Expected member to be one of the 1 networks"):
        backprop(net, frame, y, member=1)
    with pytest.raises(SettingError, match="Expected a fitted estimator, a model, or the path of one"):
        backprop(object(), frame, y)
    with pytest.raises(SettingError, match="learning_rate"):
        backprop(net, frame, y, learning_rate=0.0)
