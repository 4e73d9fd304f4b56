"""C1 and C2: worked numbers of backpropagation, through shoal's own layers, losses and engine."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import recipe, trained

from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, Dense, Pass
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.network import apply
from shoal.nets.spec import NetSpec
from shoal.train.population import Member
from shoal.train.view import Batchable, View

SIGMOID = Activation("sigmoid")
ROW, TARGET, RATE = np.array([[0.4, 0.2, 0.7]]), np.array([[0.8]]), 0.1
TWO_AND_ONE = NetSpec(TableInput(3), (Dense(2), SIGMOID, Dense(1), SIGMOID), "linear", 1)
"""Hidden units A and B, then Z; the head hands Z on as it is."""

WEIGHTS = {
    "layers.0.kernel": np.array([[0.6, 0.9], [0.8, 0.8], [0.6, 0.4]]),  # columns A and B
    "layers.0.bias": np.array([0.5, 0.7]),
    "layers.2.kernel": np.array([[0.9], [0.9]]),
    "layers.2.bias": np.array([0.5]),
    "head.kernel": np.ones((1, 1)),
    "head.bias": np.zeros(1),
}


def loss_of(params, shifts=None):
    """Half the squared error of the one row; `shifts` are added to the net inputs of the dense layers."""
    moved = {**params}
    for path, shift in (shifts or {}).items():
        moved[f"{path}.bias"] = params[f"{path}.bias"] + shift
    outputs, _ = apply(TWO_AND_ONE, moved, {}, {"numbers": jnp.asarray(ROW)}, Pass())
    rows = LOSSES["half_squared_error"].function(outputs, jnp.asarray(TARGET), {})
    return weighted_mean(rows, jnp.ones(1)), outputs


@pytest.fixture(scope="module")
def worked():
    """Values forward, and the slope of the loss by each net input (delta)."""
    with jax.enable_x64(True):
        params = {name: jnp.asarray(value) for name, value in WEIGHTS.items()}
        inner = NetSpec(TableInput(3), (Dense(2),), "linear", 1)
        hidden = {k: v for k, v in params.items() if k.startswith("layers.0")}
        by_unit = {"head.kernel": jnp.eye(2), "head.bias": jnp.zeros(2)}
        nets = np.asarray(apply(inner, {**hidden, **by_unit}, {}, {"numbers": jnp.asarray(ROW)})[0])[0]
        none = {"layers.0": jnp.zeros(2), "layers.2": jnp.zeros(1)}
        deltas, z = jax.grad(lambda shifts: loss_of(params, shifts), has_aux=True)(none)
        return {"nets": nets, "z": float(z[0, 0]), "deltas": jax.device_get(deltas)}


def test_forward(worked):
    """C1: net_A 1.32, A 0.7892, net_B 1.50, B 0.8176, net_Z 1.9461, Z 0.8750."""
    assert worked["nets"].tolist() == pytest.approx([1.32, 1.50], abs=5e-3)
    a, b = (
        float(SIGMOID.apply({}, {}, jnp.asarray([[net]]), None, "", Pass())[0][0, 0])
        for net in worked["nets"]
    )
    assert (a, b) == (pytest.approx(0.7892, abs=5e-5), pytest.approx(0.8176, abs=5e-5))
    assert 0.5 + 0.9 * a + 0.9 * b == pytest.approx(1.9461, abs=5e-5)
    assert worked["z"] == pytest.approx(0.8750, abs=5e-5)


def test_backward(worked):
    """C1: delta_Z -0.0082, delta_B -0.0011, delta_A -0.0012, as the direction of descent."""
    delta_a, delta_b = -worked["deltas"]["layers.0"]
    assert -worked["deltas"]["layers.2"][0] == pytest.approx(-0.0082, abs=5e-5)
    assert (delta_a, delta_b) == (pytest.approx(-0.0012, abs=5e-5), pytest.approx(-0.0011, abs=5e-5))


def test_one_step_of_the_engine():
    """C1: new output weights 0.49918 (bias), 0.89935 (A), 0.89933 (B): the output was too high, so they fall.

    One source prints 0.5008, 0.90067 and 0.90069, which would raise it further.
    """
    start = {"params": WEIGHTS, "running": {}}
    settings = recipe(
        loss="half_squared_error",
        optimizer="sgd",
        learning_rate=RATE,
        epochs=1,
        batch_size=1,
        monitor="loss",
        precision="float64",
        rate_factors=(("head", 0.0),),
    )
    view = View(Batchable(ROW, np.zeros((1, 0), np.int32), TARGET, np.ones(1)))
    params = trained([Member(TWO_AND_ONE, settings, start=start)], view)[0].state["params"]
    assert params["layers.2.bias"][0] == pytest.approx(0.49918, abs=5e-6)
    assert params["layers.2.kernel"][:, 0].tolist() == pytest.approx([0.89935, 0.89933], abs=5e-6)
    assert not (params["layers.2.kernel"] > 0.9).any()
    assert params["head.kernel"].tolist() == [[1.0]]


def test_flow_through_a_graph():
    """C2: f 0.73; df/dw0 -0.20, df/dx0 0.39, df/dw1 -0.39, df/dx1 -0.59, df/dw2 0.20."""
    dense = Dense(1)

    def f(weights, x):
        params = {"kernel": weights[:2, None], "bias": weights[2:]}
        net, _ = dense.apply(params, {}, x[None], None, "", Pass())
        return SIGMOID.apply({}, {}, net, None, "", Pass())[0][0, 0]

    value, (dw, dx) = jax.value_and_grad(f, argnums=(0, 1))(
        jnp.array([2.0, -3.0, -3.0]), jnp.array([-1.0, -2.0])
    )
    assert float(value) == pytest.approx(0.73, abs=5e-3)
    assert dw.tolist() == pytest.approx([-0.20, -0.39, 0.20], abs=5e-3)
    assert dx.tolist() == pytest.approx([0.39, -0.59], abs=5e-3)


def test_slopes_add_at_forks():
    """C2: a value that is used twice gets the sum of what comes back from both uses."""
    dense = Dense(2, bias=False)

    def both(x, kernel):
        return jnp.sum(
            SIGMOID.apply(
                {}, {}, dense.apply({"kernel": kernel}, {}, x, None, "", Pass())[0], None, "", Pass()
            )[0]
        )

    x, kernel = jnp.array([[0.7]]), jnp.array([[2.0, -3.0]])
    together = jax.grad(both)(x, kernel)
    alone = [jax.grad(both)(x, kernel * jnp.eye(2)[i][None]) for i in range(2)]
    np.testing.assert_allclose(together, alone[0] + alone[1], rtol=1e-6)
