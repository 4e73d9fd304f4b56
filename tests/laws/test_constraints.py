"""E4 and E1 by layer: what weights are held to, and what each layer is penalised with."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from populations import recipe, rows, spec, trained, view

from shoal.errors import SettingError
from shoal.nets.layers import Activation, Dense
from shoal.train.constraints import CONSTRAINTS
from shoal.train.penalties import as_constraint
from shoal.train.population import Member
from shoal.train.view import View

FAST = {"learning_rate": 0.3, "optimizer": "sgd", "epochs": 5, "monitor": "loss", "precision": "float64"}


def held(constraint: tuple, **more) -> dict[str, np.ndarray]:
    net = trained([Member(spec((6,)), recipe(constraint=constraint, **{**FAST, **more}))], view(23, 0))[0]
    return {name: value for name, value in net.state["params"].items() if name.endswith("kernel")}


def test_max_norm_holds_for_every_unit_and_touches_no_shorter_one():
    free, bound = held(()), held(("max_norm", 0.5))
    assert max(np.linalg.norm(value, axis=0).max() for value in free.values()) > 0.6
    assert all(np.linalg.norm(value, axis=0).max() < 0.5 + 1e-12 for value in bound.values())
    for name, value in held(("max_norm", 1e6)).items():
        np.testing.assert_allclose(value, free[name], rtol=1e-12)


def test_unit_norm_and_non_negative():
    for value in held(("unit_norm", 0.0)).values():
        np.testing.assert_allclose(np.linalg.norm(value, axis=0), 1.0, rtol=1e-12)
    assert all((value >= 0).all() for value in held(("non_negative", 0.0)).values())


def test_a_constraint_can_be_that_of_one_layer():
    base = spec((6, 6))
    layers = list(base.layers)
    layers[0] = replace(layers[0], constraint=("max_norm", 0.1))
    net = trained([Member(replace(base, layers=tuple(layers)), recipe(**FAST))], view(23, 0))[0]
    norms = {k: np.linalg.norm(v, axis=0).max() for k, v in net.state["params"].items() if v.ndim == 2}
    assert norms.pop("layers.0.kernel") < 0.1 + 1e-12
    assert min(norms.values()) > 0.11


def test_frozen_weights_are_not_held():
    frozen = held(("max_norm", 0.01), rate_factors=(("layers.0", 0.0),))
    assert np.linalg.norm(frozen["layers.0.kernel"], axis=0).max() > 0.1


def test_max_norm_is_pytorchs_renorm():
    torch = pytest.importorskip("torch")
    kernel = np.random.default_rng(0).standard_normal((5, 4))
    ours = CONSTRAINTS["max_norm"].project(jnp.asarray(kernel, jnp.float32), jnp.float32(1.5))
    theirs = torch.renorm(torch.tensor(kernel), 2, 1, 1.5).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_values_of_constraints_are_data():
    """Different lengths share a tile, and each net keeps its own."""
    members = [Member(spec((6,)), recipe(constraint=("max_norm", v), **FAST)) for v in (0.2, 0.4)]
    for value, net in zip((0.2, 0.4), trained(members, view(23, 0), tile=2), strict=True):
        longest = np.linalg.norm(net.state["params"]["layers.0.kernel"], axis=0).max()
        assert value * 0.9 < longest < value + 1e-12


# ---------------------------------------------------------------- penalties

STILL = {"optimizer": "sgd", "batch_size": 99, "epochs": 1, "monitor": "loss", "precision": "float64"}


def moved(net_spec, **settings) -> dict[str, np.ndarray]:
    """Return by how much one step with rate 1 moves each parameter beyond the step without penalties."""
    data = View(rows(12))
    start = {"params": _start(net_spec), "running": {}}
    nets = [
        trained([Member(s, recipe(learning_rate=1.0, **STILL, **more), start=start)], data)[0]
        for s, more in ((spec((2,)), {}), (net_spec, settings))
    ]
    return {name: nets[1].state["params"][name] - nets[0].state["params"][name] for name in start["params"]}


def _start(net_spec) -> dict[str, np.ndarray]:
    kernel = np.array([[0.5, -0.4], [0.3, 0.2], [-0.1, 0.6]])
    return {
        "layers.0.kernel": kernel,
        "layers.0.bias": np.array([0.25, -0.5]),
        "head.kernel": np.array([[0.7], [-0.9]]),
        "head.bias": np.array([0.1]),
    }


def test_l2_of_biases_moves_biases_alone():
    change = moved(spec((2,)), bias_l2=0.01)
    np.testing.assert_allclose(change["layers.0.bias"], -2 * 0.01 * np.array([0.25, -0.5]), rtol=1e-9)
    np.testing.assert_allclose(change["head.bias"], [-2 * 0.01 * 0.1], rtol=1e-9)
    assert not change["layers.0.kernel"].any()
    assert not change["head.kernel"].any()


def test_l2_of_one_layer_stays_there():
    base = spec((2,))
    net = replace(base, layers=(replace(base.layers[0], kernel_l2=0.05, bias_l2=0.01), *base.layers[1:]))
    change = moved(net, l2=0.02)
    start = _start(net)
    np.testing.assert_allclose(change["layers.0.kernel"], -0.1 * start["layers.0.kernel"], rtol=1e-9)
    np.testing.assert_allclose(change["layers.0.bias"], -0.02 * start["layers.0.bias"], rtol=1e-9)
    np.testing.assert_allclose(change["head.kernel"], -0.04 * start["head.kernel"], rtol=1e-9)
    assert not change["head.bias"].any()


@pytest.mark.parametrize("power", [1, 2])
def test_activity_penalties_are_a_part_of_the_gradient(power):
    """Against central differences of the penalty, mean over rows of the sum over units."""
    change = moved(spec((2,)), **{f"activity_l{power}": 0.03})
    start, x = _start(None), rows(12).numbers

    def penalty(kernel, bias):
        return 0.03 * np.mean(np.sum(np.abs(np.tanh(x @ kernel + bias)) ** power, axis=1))

    for i, j in np.ndindex(3, 2):
        step = np.zeros((3, 2))
        step[i, j] = 1e-6
        up, down = (penalty(start["layers.0.kernel"] + s * step, start["layers.0.bias"]) for s in (1, -1))
        assert change["layers.0.kernel"][i, j] == pytest.approx(-(up - down) / 2e-6, rel=1e-5)
    assert not change["head.kernel"].any()


def test_one_activation_may_have_its_own_penalty():
    base = spec((6, 6))
    strong = replace(base.layers[1], activity_l2=10.0)
    assert isinstance(strong, Activation)
    assert isinstance(base.layers[0], Dense)
    net = replace(base, layers=(base.layers[0], strong, *base.layers[2:]))
    own, none = (trained([Member(s, recipe(epochs=30, monitor="loss"))], view(23, 0))[0] for s in (net, base))
    values = [np.abs(np.tanh(rows(23).numbers @ n.params["layers.0.kernel"])).mean() for n in (own, none)]
    assert values[0] < 0.5 * values[1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            {"kind": "max_norm", "value": 0},
            "'value' parameter of the constraint 'max_norm' must be a float in the range \\(0, inf\\). Got 0",
        ),
        ({"kind": "unit_norm", "value": 2}, "'unit_norm' has no setting 'value'"),
    ],
)
def test_a_wrong_constraint_is_refused(value, words):
    with pytest.raises(SettingError, match=words):
        as_constraint(value)
