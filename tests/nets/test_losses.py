"""Losses: PyTorch's values, weights that count rows, and logits of any size."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import golden

from shoal.errors import SettingError
from shoal.nets.heads import HEADS
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.losses.choice import LossChoice

CASES = {
    "squared_error": ("squared_error", "outputs", "values", {}),
    "half_squared_error": ("half_squared_error", "outputs", "values", {}),
    "absolute_error": ("absolute_error", "outputs", "values", {}),
    "smooth_l1": ("smooth_l1", "outputs", "values", {"beta": 0.3}),
    "huber 1": ("huber", "outputs", "values", {"delta": 1.0}),
    "huber 0.3": ("huber", "outputs", "values", {"delta": 0.3}),
    "asymmetric_huber": ("asymmetric_huber", "outputs", "values", {"delta": 0.8, "omega": 0.9}),
    "quantile": ("quantile", "outputs", "values", {"levels": [0.7]}),
    "quantile several": ("quantile", "wide outputs", "values", {"levels": [0.1, 0.75]}),
    "wing": ("wing", "outputs", "values", {"width": 1.2, "curvature": 0.5}),
    "poisson": ("poisson", "outputs", "counts", {}),
    "poisson likelihood": ("poisson", "outputs", "counts", {}),
    "gaussian": ("gaussian", "wide outputs", "values", {}),
    "cross_entropy": ("cross_entropy", "outputs", "classes", {}),
    "cross_entropy 0.2": ("cross_entropy", "outputs", "classes", {"label_smoothing": 0.2}),
    "binary_cross_entropy": ("binary_cross_entropy", "outputs", "labels", {}),
    "binary_cross_entropy 0.2": ("binary_cross_entropy", "outputs", "labels", {"label_smoothing": 0.2}),
    "focal": ("focal", "outputs", "classes", {"gamma": 1.7}),
    "focal labels": ("focal", "outputs", "labels", {"gamma": 1.7}),
    "squared_emd": ("squared_emd", "outputs", "classes", {}),
    "ordinal": ("ordinal", "cumulative", "classes", {}),
}
"""What was recorded -> loss, outputs, target, numbers."""


@pytest.fixture(scope="module")
def found() -> dict[str, np.ndarray]:
    """Every case in one program."""
    known = {name.removeprefix("loss given "): value for name, value in golden("functions").items()}
    known["classes"] = known["classes"].astype(np.int32)

    @jax.jit
    def everything(known, numbers):
        return {
            name: LOSSES[loss].function(known[outputs], known[target], numbers[name])
            for name, (loss, outputs, target, _) in CASES.items()
        }

    with jax.enable_x64(True):
        numbers = {name: {k: jnp.asarray(v) for k, v in case[3].items()} for name, case in CASES.items()}
        return jax.device_get(everything({k: v for k, v in known.items() if v.ndim}, numbers))


@pytest.mark.parametrize("name", CASES)
def test_values_are_pytorchs(name, found):
    np.testing.assert_allclose(found[name], golden("functions")[f"loss {name}"], rtol=1e-12)


def test_every_loss_is_compared_and_suits_a_head():
    assert {case[0] for case in CASES.values()} == set(LOSSES)
    assert {head for kind in LOSSES.values() for head in kind.heads} == set(HEADS)


@pytest.mark.parametrize(
    ("loss", "numbers", "worked"),
    [  # residuals y - q of 3, -0.5 and 0
        ("squared_error", {}, [9.0, 0.25, 0.0]),
        ("half_squared_error", {}, [4.5, 0.125, 0.0]),
        ("absolute_error", {}, [3.0, 0.5, 0.0]),
        ("smooth_l1", {"beta": 2.0}, [2.0, 0.0625, 0.0]),  # 3 - 1; 0.25 / 4
        ("huber", {"delta": 2.0}, [4.0, 0.125, 0.0]),  # 2 (3 - 1); 0.25 / 2
        ("asymmetric_huber", {"delta": 2.0, "omega": 0.75}, [3.0, 0.03125, 0.0]),
        ("quantile", {"levels": [0.9]}, [2.7, 0.05, 0.0]),
        ("wing", {"width": 1.0, "curvature": 0.5}, [2.0 + np.log(3.0), np.log(2.0), 0.0]),
    ],
)
def test_worked_by_hand(loss, numbers, worked):
    """B1, the residuals on both sides of every bend."""
    settings = {name: jnp.asarray(value) for name, value in numbers.items()}
    target = jnp.array([[3.0], [-0.5], [0.0]])
    np.testing.assert_allclose(LOSSES[loss].function(jnp.zeros((3, 1)), target, settings), worked, rtol=1e-6)


def test_likelihoods_worked_by_hand():
    """B1: exp(f) - y f at f = 0 and log 2; (s + r^2 exp(-s)) / 2 at s = log 4, r = 2."""
    found = LOSSES["poisson"].function(jnp.array([[0.0], [np.log(2.0)]]), jnp.array([[3.0], [3.0]]), {})
    np.testing.assert_allclose(found, [1.0, 2.0 - 3.0 * np.log(2.0)], rtol=1e-6)
    found = LOSSES["gaussian"].function(jnp.array([[1.0, np.log(4.0)]]), jnp.array([[3.0]]), {})
    np.testing.assert_allclose(found, [np.log(4.0) / 2 + 0.5], rtol=1e-6)


def test_ordered_classes_worked_by_hand():
    """B3: all in the wrong class costs 1 for each class that lies between; half and half costs a quarter."""
    far, near = jnp.array([[50.0, 0.0, 0.0]]), jnp.array([[50.0, 50.0, 0.0]])
    emd = LOSSES["squared_emd"].function
    assert [float(emd(far, jnp.array([k]), {})[0]) for k in range(3)] == pytest.approx([0, 1, 2])
    assert float(emd(near, jnp.array([0]), {})[0]) == pytest.approx(0.25)
    # sigmoid(0) = 1/2 and sigmoid(log 3) = 3/4: a half, a quarter, a quarter
    loss = LOSSES["ordinal"].function(jnp.array([[0.0, np.log(3.0)]] * 3), jnp.arange(3), {})
    np.testing.assert_allclose(np.exp(-loss), [0.5, 0.25, 0.25], rtol=1e-6)


def test_focal_without_gamma_is_cross_entropy_and_tells_certainty_less():
    z, c = jnp.array([[3.0, 0.0, -1.0]]), jnp.array([0])
    focal, gamma = LOSSES["focal"].function, jnp.float32
    plain = LOSSES["cross_entropy"].function(z, c, {})
    np.testing.assert_allclose(focal(z, c, {"gamma": gamma(0.0)}), plain, rtol=1e-6)
    p = np.exp(-plain)
    np.testing.assert_allclose(focal(z, c, {"gamma": gamma(2.0)}), (1 - p) ** 2 * plain, rtol=1e-5)


def test_without_knowledge_the_loss_is_the_entropy():
    """H6: all logits equal give log C for C classes, and log 2 for a yes or no."""
    flat = jnp.zeros((2, 5))
    np.testing.assert_allclose(
        LOSSES["cross_entropy"].function(flat, jnp.array([0, 4]), {}), np.log(5), rtol=1e-6
    )
    np.testing.assert_allclose(
        LOSSES["binary_cross_entropy"].function(flat, jnp.ones((2, 5)), {}), np.log(2), rtol=1e-6
    )


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "focal", "squared_emd"])
def test_huge_logits_give_finite_losses_and_slopes(name):
    outputs = jnp.array([[1e4, -1e4, 0.0], [-1e30, 1e30, 0.0]], jnp.float32)
    classes, labels = jnp.array([1, 0]), jnp.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    function, settings = LOSSES[name].function, {"gamma": jnp.float32(0.5)}
    for target in {"focal": [classes, labels], "binary_cross_entropy": [labels]}.get(name, [classes]):
        assert np.isfinite(function(outputs, target, settings)).all()
        slopes = jax.jit(jax.grad(lambda q, t=target: jnp.sum(function(q, t, settings))))(outputs)
        assert np.isfinite(slopes).all()


def test_thresholds_that_fall_together_give_finite_losses_and_slopes():
    outputs = jnp.array([[1e4, 1e4], [-50.0, -50.0], [0.0, 80.0]], jnp.float32)
    function = LOSSES["ordinal"].function
    for k in range(3):
        target = jnp.full(3, k)
        assert np.isfinite(function(outputs, target, {})).all()
        assert np.isfinite(jax.grad(lambda q, t=target: jnp.sum(function(q, t, {})))(outputs)).all()


def test_a_weight_of_two_is_the_row_twice_and_zero_is_absent():
    values = jnp.array([1.0, 5.0, 7.0])
    twice = weighted_mean(jnp.array([1.0, 1.0, 5.0]), jnp.ones(3))
    assert weighted_mean(values, jnp.array([2.0, 1.0, 0.0])) == twice
    assert weighted_mean(values, jnp.array([0.2, 0.1, 0.0])) == pytest.approx(float(twice))


def test_a_batch_without_weight_gives_zero_and_no_slope():
    mean, slope = jax.value_and_grad(weighted_mean)(jnp.array([1.0, 2.0]), jnp.zeros(2))
    assert float(mean) == 0.0
    assert slope.tolist() == [0.0, 0.0]


# ---------------------------------------------------------------- numbers of a loss's own


def test_a_loss_brings_its_numbers():
    assert LossChoice.of("squared_error") == LossChoice("squared_error")
    assert LossChoice.of("asymmetric_huber").numbers == (("delta", 1.0), ("omega", 0.5))
    assert LossChoice.of({"kind": "quantile", "levels": 0.9}).numbers == (("levels", (0.9,)),)
    assert LossChoice.of("huber", delta=3).numbers == (("delta", 3.0),)
    assert LossChoice.of({"kind": "huber", "delta": 2}, delta=3).numbers == (("delta", 2.0),)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hubber", r"Unknown loss 'hubber'\. Did you mean 'huber'\?"),
        ({"delta": 1.0}, r"Unknown loss ''"),
        ({"kind": "huber", "omega": 1.0}, r"The loss 'huber' has no setting 'omega'"),
        ({"kind": "squared_error", "delta": 1.0}, r"no setting 'delta'\. Its settings are: none"),
        ({"kind": "huber", "delta": 0}, r"delta of the loss 'huber' to be a float in the range \(0, inf\)"),
        ({"kind": "huber", "delta": [1.0, 2.0]}, r"delta of the loss 'huber' to be a float"),
        ({"kind": "asymmetric_huber", "omega": 1.0}, r"omega .* \(0, 1\)\. Got 1\.0 instead"),
        ({"kind": "quantile", "levels": []}, r"levels of the loss 'quantile' .* sequence of them.* Got \[\]"),
        (
            {"kind": "quantile", "levels": [0.9, 0.1]},
            r"levels of the loss 'quantile' to rise\. Got \[0\.9, 0",
        ),
        ({"kind": "focal", "gamma": float("nan")}, r"gamma .* \[0, inf\)\. Got nan"),
        ({"kind": "focal", "gamma": None}, r"gamma .* \[0, inf\)\. Got None"),
    ],
)
def test_what_is_no_loss(value, message):
    with pytest.raises(SettingError, match=message):
        LossChoice.of(value)
