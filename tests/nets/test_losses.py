"""Losses: PyTorch's values, weights that count rows, and logits of any size."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import golden

from shoal.nets.heads import HEADS
from shoal.nets.losses import LOSSES, weighted_mean

CASES = {
    "squared_error": ("squared_error", "values", {"huber_delta": 1.0}),
    "absolute_error": ("absolute_error", "values", {}),
    "huber 1": ("huber", "values", {"huber_delta": 1.0}),
    "huber 0.3": ("huber", "values", {"huber_delta": 0.3}),
    "cross_entropy": ("cross_entropy", "classes", {}),
    "cross_entropy 0.2": ("cross_entropy", "classes", {"label_smoothing": 0.2}),
    "binary_cross_entropy": ("binary_cross_entropy", "labels", {}),
    "binary_cross_entropy 0.2": ("binary_cross_entropy", "labels", {"label_smoothing": 0.2}),
}


@pytest.fixture(scope="module")
def found() -> dict[str, np.ndarray]:
    """Every case in one program."""
    known = golden("functions")
    outputs = known["loss given outputs"]
    targets = {name: known[f"loss given {name}"] for name in ("values", "classes", "labels")}
    targets["classes"] = targets["classes"].astype(np.int32)

    @jax.jit
    def everything(outputs, targets, numbers):
        return {
            name: LOSSES[loss].function(outputs, targets[target], numbers[name])
            for name, (loss, target, _) in CASES.items()
        }

    with jax.enable_x64(True):
        numbers = {name: {k: jnp.asarray(v) for k, v in case[2].items()} for name, case in CASES.items()}
        return jax.device_get(everything(outputs, targets, numbers))


@pytest.mark.parametrize("name", CASES)
def test_values_are_pytorchs(name, found):
    np.testing.assert_allclose(found[name], golden("functions")[f"loss {name}"], rtol=1e-12)


def test_every_loss_is_compared_and_suits_a_head():
    assert {case[0] for case in CASES.values()} == set(LOSSES)
    assert {head for kind in LOSSES.values() for head in kind.heads} == set(HEADS)


def test_without_knowledge_the_loss_is_the_entropy():
    """H6: all logits equal give log C for C classes, and log 2 for a yes or no."""
    flat = jnp.zeros((2, 5))
    np.testing.assert_allclose(
        LOSSES["cross_entropy"].function(flat, jnp.array([0, 4]), {}), np.log(5), rtol=1e-6
    )
    np.testing.assert_allclose(
        LOSSES["binary_cross_entropy"].function(flat, jnp.ones((2, 5)), {}), np.log(2), rtol=1e-6
    )


def test_huge_logits_give_finite_losses_and_slopes():
    outputs = jnp.array([[1e4, -1e4, 0.0], [-1e30, 1e30, 0.0]], jnp.float32)
    classes, labels = jnp.array([1, 0]), jnp.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    for name, target in (("cross_entropy", classes), ("binary_cross_entropy", labels)):
        function = LOSSES[name].function
        assert np.isfinite(function(outputs, target, {})).all()
        slopes = jax.jit(jax.grad(lambda q, f=function, t=target: jnp.sum(f(q, t, {}))))(outputs)
        assert np.isfinite(slopes).all()


def test_a_weight_of_two_is_the_row_twice_and_zero_is_absent():
    values = jnp.array([1.0, 5.0, 7.0])
    twice = weighted_mean(jnp.array([1.0, 1.0, 5.0]), jnp.ones(3))
    assert weighted_mean(values, jnp.array([2.0, 1.0, 0.0])) == twice
    assert weighted_mean(values, jnp.array([0.2, 0.1, 0.0])) == pytest.approx(float(twice))


def test_a_batch_without_weight_gives_zero_and_no_slope():
    mean, slope = jax.value_and_grad(weighted_mean)(jnp.array([1.0, 2.0]), jnp.zeros(2))
    assert float(mean) == 0.0
    assert slope.tolist() == [0.0, 0.0]
