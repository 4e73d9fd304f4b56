"""Activations: PyTorch's values and slopes, and no NaN anywhere."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import GOLDEN, golden, recipe, spec, trained, view

from shoal.errors import SettingError
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.initializers import INITIALIZERS
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, Dense, Pass
from shoal.nets.network import init
from shoal.nets.spec import NetSpec, mlp
from shoal.train.descent import penalty_of
from shoal.train.population import Member, program_key

POINTS = np.array([-30.0, -4.0, -1.7, -1.0, -0.3, -1e-3, 1e-3, 0.4, 0.9, 1.5, 3.0, 25.0])
UNITS = len(POINTS)
NUMBERS = {
    "leaky_relu number": 0.2,
    "prelu number": 0.2,
    "prelu_unit number": np.linspace(-0.5, 1.5, UNITS),
    "swish number": 0.7,
}
"""Numbers other than those that an activation starts from, as in ``golden/make_functions.py``."""
CASES = {*ACTIVATIONS, *NUMBERS}


def value_and_slope(name: str, x, number=None):
    """Return a layer's values for one row, and the slope of ``sum_i i * value_i``."""
    layer = Activation(name)
    params, running = layer.init((UNITS,), np.random.default_rng(0)), layer.running((UNITS,))
    if number is not None:
        params, running = (
            {k: np.broadcast_to(number, v.shape) for k, v in part.items()} for part in (params, running)
        )
    params, running = ({k: jnp.asarray(v, x.dtype) for k, v in part.items()} for part in (params, running))
    weights = jnp.arange(1, UNITS + 1, dtype=x.dtype)

    def weighed(x):
        y = layer.apply(params, running, x[None], None, "here", Pass())[0][0]
        return jnp.sum(weights[: len(x)] * y), y

    (_, y), slope = jax.value_and_grad(weighed, has_aux=True)(x)
    return y, slope


@jax.jit
def everything(x):
    """Value and slope of every activation, in one program."""
    return {name: value_and_slope(name.split()[0], x, NUMBERS.get(name)) for name in CASES}


@pytest.fixture(scope="module")
def found() -> dict:
    with jax.enable_x64(True):
        return jax.device_get(everything(jnp.asarray(POINTS)))


def test_the_table_and_pytorch_know_the_same_names():
    recorded = {n.removeprefix("activation ") for n in golden("functions") if n.startswith("activation ")}
    assert recorded == CASES


@pytest.mark.parametrize("name", sorted(CASES))
def test_values_and_slopes_are_pytorchs(name, found):
    values, slopes = golden("functions")[f"activation {name}"]
    tolerance = 2e-11 if name == "softplus" else 1e-12  # above 20, PyTorch's softplus is x itself
    np.testing.assert_allclose(found[name][0], values, rtol=tolerance, atol=1e-15)
    kinks = np.abs(POINTS) == 1.0 if name == "hard_tanh" else np.zeros(len(POINTS), bool)
    np.testing.assert_allclose(found[name][1][~kinks], slopes[~kinks], rtol=2e-11, atol=1e-13)


def test_pytorch_still_says_what_was_recorded(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(GOLDEN)
    import make_functions

    for name, values in {**make_functions.activations(), **make_functions.losses()}.items():
        np.testing.assert_allclose(values, golden("functions")[name], rtol=1e-12, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_zero_at_zero_says_the_truth(name):
    value = ACTIVATIONS[name].function(jnp.zeros((1, 3), jnp.float32))
    assert (not value.any()) == ACTIVATIONS[name].zero_at_zero


def test_far_out_nothing_becomes_nan_and_float32_stays():
    far = jnp.array([-1e12, -1e4, -100.0, 0.0, 100.0, 1e4, 1e12, 1, 2, 3, 4, 5], jnp.float32)
    for name, (value, slope) in jax.device_get(everything(far)).items():
        assert value.dtype == slope.dtype == np.float32, name
        assert not np.isnan(value).any(), name
        assert np.isfinite(slope).all(), name


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_initializer_that_suits_exists(name):
    assert ACTIVATIONS[name].initializer in INITIALIZERS


def test_a_step_is_one_from_zero_on():
    step = ACTIVATIONS["binary_step"].function
    assert step(jnp.array([-1e-30, -0.0, 0.0, 2.0])).tolist() == [0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_padded_units_have_no_part_in_a_softmax(name):
    x, mask = jnp.array([[0.3, -2.0, 50.0, 9.0]]), jnp.array([1.0, 1.0, 0.0, 0.0])
    padded, _ = Activation(name).apply({}, {}, x, mask, "here", Pass())
    plain, _ = Activation(name).apply({}, {}, x[:, :2], None, "here", Pass())
    np.testing.assert_allclose(padded[:, :2], plain, rtol=1e-6)
    assert padded[0, 2:].tolist() == [0.0, 0.0]


# ---------------------------------------------------------------- numbers of an activation's own


def learned(name: str, units: int = 5):
    return Activation(name).init((units,), np.random.default_rng(0))


def test_slopes_and_betas_are_parameters_that_start_as_in_the_papers():
    assert learned("prelu") == {"slope": 0.25}
    assert learned("prelu_unit")["slope"].tolist() == [0.25] * 5
    assert learned("swish") == {"beta": 1.0}
    assert learned("leaky_relu") == learned("silu") == {}
    assert Activation("prelu", slope=0.5).init((5,), np.random.default_rng(0)) == {"slope": 0.5}


@pytest.mark.parametrize(("name", "number"), [("prelu", "slope"), ("prelu_unit", "slope"), ("swish", "beta")])
def test_training_moves_what_is_learned(name, number):
    net = trained([Member(spec((4,), activation=name), recipe(epochs=3))], view())[0]
    value = net.params[f"layers.1.{number}"]
    assert value.shape == ((4,) if name == "prelu_unit" else ())
    assert (value != ACTIVATIONS[name].start).all()


def test_no_penalty_reaches_a_slope_or_beta():
    params = {f"layers.1.{name}": jnp.ones(3) for name in ("slope", "beta")} | {"head.kernel": jnp.ones(2)}
    net = {"l1": jnp.float32(1.0), "l2": jnp.float32(1.0)}
    assert penalty_of(params, net, ("l1", "l2")) == 4.0


def test_nets_with_other_slopes_share_a_program_and_keep_theirs():
    nets = [
        NetSpec(TableInput(3), (Dense(4), Activation("leaky_relu", slope=slope)), "linear", 1)
        for slope in (0.01, 0.3)
    ]
    members, data = [Member(net, recipe(epochs=2)) for net in nets], view()
    assert program_key(members[0], data, 2) == program_key(members[1], data, 2)
    together = trained(members, data)
    assert [float(net.running["layers.1.slope"]) for net in together] == [np.float32(0.01), np.float32(0.3)]
    alone = [trained([member], data)[0] for member in members]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one.params["head.kernel"], other.params["head.kernel"], rtol=1e-5)
    assert not np.allclose(alone[0].params["head.kernel"], alone[1].params["head.kernel"])


def test_who_starts_from_given_weights_keeps_the_slope_that_is_asked_for():
    low, high = (spec((4,), activation={"kind": "leaky_relu", "slope": slope}) for slope in (0.1, 0.3))
    first = trained([Member(low, recipe(epochs=1))], view())[0]
    start = {"params": first.params, "running": first.running}
    again = trained([Member(high, recipe(epochs=1), start=start)], view())[0]
    assert again.running == {"layers.1.slope": np.float32(0.3)}


def test_a_description_with_a_slope_survives_json():
    net = NetSpec(TableInput(3), (Dense(4), Activation("leaky_relu", slope=0.3)), "linear", 1)
    assert NetSpec.from_json(net.to_json()) == net
    assert init(net, 0)[1] == {"layers.1.slope": np.float32(0.3)}


# ---------------------------------------------------------------- what is refused


def test_unknown_activations_and_slopes_where_there_are_none():
    with pytest.raises(SettingError, match=r"Unknown activation 'relo'\. Did you mean 'relu'\?"):
        Activation("relo")
    with pytest.raises(
        SettingError, match=r"a slope for one of leaky_relu, prelu, prelu_unit only\. Got one for"
    ):
        Activation("relu", slope=0.1)
    with pytest.raises(SettingError, match=r"the slope of 'prelu' to be a finite number\. Got nan"):
        Activation("prelu", slope=float("nan"))


def test_a_step_without_a_slope_cannot_be_trained():
    member = Member(mlp(TableInput(3), (4,), "linear", 1, activation="binary_step"), recipe())
    with pytest.raises(SettingError, match=r"'binary_step' has no slope .* 'binary_step_straight_through'"):
        trained([member], view())
    through = Member(
        mlp(TableInput(3), (4,), "linear", 1, activation="binary_step_straight_through"), recipe()
    )
    before, after = init(through.spec, 0)[0], trained([through], view())[0].params
    assert not np.array_equal(before["layers.0.kernel"], after["layers.0.kernel"])


def test_a_setting_may_give_a_slope():
    net = spec((4, 4), activation=["tanh", {"kind": "leaky_relu", "slope": 0.2}])
    assert [layer.slope for layer in net.layers if isinstance(layer, Activation)] == [None, 0.2]
    with pytest.raises(SettingError, match=r"An activation has no setting 'slop'\. Did you mean 'slope'\?"):
        spec((4,), activation={"kind": "prelu", "slop": 0.1})
    with pytest.raises(SettingError, match=r"Unknown activation ''"):
        spec((4,), activation={"slope": 0.1})
