"""What raw outputs become."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from populations import spec

from shoal.errors import SettingError
from shoal.nets.heads import HEAD_OF_TASK, HEADS, deviations, probabilities, quantiles, values
from shoal.nets.heads.average import averaged
from shoal.nets.heads.layer import apply_head, init_head
from shoal.nets.heads.score import score
from shoal.nets.ordinal import first_thresholds, thresholds

Z = np.array([[0.0, 2.0, -1000.0], [1000.0, 1000.0, 0.0]])


def test_softmax_sums_to_one_and_never_overflows():
    p = probabilities("softmax", Z)
    np.testing.assert_allclose(p.sum(1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(p[0], [1 / (1 + np.e**2), np.e**2 / (1 + np.e**2), 0.0])
    np.testing.assert_allclose(p[1], [0.5, 0.5, 0.0])


def test_a_yes_or_no_has_two_columns_and_labels_one_each():
    p = probabilities("sigmoid", np.array([[np.log(3.0)], [-1000.0], [1000.0]]))
    np.testing.assert_allclose(p, [[0.25, 0.75], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(
        probabilities("multilabel", Z), [[0.5, 1 / (1 + np.exp(-2.0)), 0], [1, 1, 0.5]]
    )


def test_values_are_no_probabilities():
    with pytest.raises(ValueError, match="The linear head predicts values, not probabilities"):
        probabilities("linear", Z)


def test_each_task_has_a_head():
    assert set(HEAD_OF_TASK) == {kind.task for kind in HEADS.values()}
    assert all(HEADS[head].task == task for task, head in HEAD_OF_TASK.items())


# ---------------------------------------------------------------- quantities


def test_what_each_head_of_a_quantity_predicts():
    raw = np.array([[1.0, -2.0, 0.0, np.log(4.0)]])
    np.testing.assert_array_equal(values("linear", raw), raw)
    np.testing.assert_allclose(values("poisson", raw)[0, 3], 4.0)
    np.testing.assert_array_equal(values("gaussian", raw), raw[:, :2])
    np.testing.assert_allclose(deviations("gaussian", raw), [[1.0, 2.0]])
    np.testing.assert_array_equal(values("quantiles", raw, (0.2, 0.6)), [[1.0, np.log(4.0)]])


def test_quantiles_lie_side_by_side_and_never_cross():
    raw = np.array([[3.0, 1.0, 2.0, 7.0, 9.0, 8.0]])
    np.testing.assert_array_equal(quantiles(raw, (0.1, 0.5, 0.9)), [[[1, 2, 3], [7, 8, 9]]])
    np.testing.assert_array_equal(values("quantiles", raw, (0.1, 0.5, 0.9)), [[2, 8]])


@pytest.mark.parametrize("levels", [(0.1, 0.9), (0.05, 0.95), (0.2, 0.8)])
def test_two_quantiles_as_near_to_the_median_meet_in_the_middle(levels):
    raw = np.array([[2.0, 6.0, 5.0, -1.0]])
    np.testing.assert_array_equal(values("quantiles", raw, levels), [[4.0, 2.0]])


def test_who_asks_a_head_for_a_deviation_it_does_not_know():
    with pytest.raises(SettingError, match=r"the head 'gaussian', which predicts .* Got 'linear'"):
        deviations("linear", Z)


# ---------------------------------------------------------------- ordered classes


def test_ordered_classes_by_differences_of_sigmoids():
    p = probabilities("ordinal", np.array([[0.0, np.log(3.0)], [-1000.0, 1000.0], [800.0, 900.0]]))
    np.testing.assert_allclose(p, [[0.5, 0.25, 0.25], [0, 1, 0], [1, 0, 0]], atol=1e-12)


def test_thresholds_rise_whatever_is_stored_and_start_with_equal_classes(seed):
    stored = np.random.default_rng(seed).normal(0, 3, 5)
    assert (np.diff(np.asarray(thresholds(jnp.asarray(stored)))) > 0).all()
    first = np.asarray(thresholds(jnp.asarray(first_thresholds(4))))
    np.testing.assert_allclose(probabilities("ordinal", first[None]), np.full((1, 5), 0.2), rtol=1e-5)


def test_the_head_of_ordered_classes_has_one_score():
    head = init_head("ordinal", 3, "he_normal", 5, np.random.default_rng(0))
    assert {name: value.shape for name, value in head.items()} == {"kernel": (5, 1), "thresholds": (3,)}
    x = jnp.ones((2, 5), jnp.float32)
    raw = np.asarray(apply_head("ordinal", {k: jnp.asarray(v, jnp.float32) for k, v in head.items()}, x))
    expected = np.log([1 / 3, 1.0, 3.0]) - head["kernel"].sum()
    np.testing.assert_allclose(raw, np.tile(expected, (2, 1)), rtol=1e-5, atol=1e-6)


# ---------------------------------------------------------------- judging, averaging, refusing


def test_the_score_of_each_head():
    one = {
        "linear": ([[1.0, 3.0]], [[0.0, 1.0]], 2.5),
        "poisson": ([[np.log(3.0)]], [[1.0]], 4.0),
        "gaussian": ([[2.0, 9.0]], [[5.0]], 9.0),
        "quantiles": ([[4.0, 2.0, 3.0]], [[1.0]], 4.0),
        "sigmoid": ([[0.5]], [[1.0]], 1.0),
        "multilabel": ([[0.5, 0.5]], [[1.0, 0.0]], 0.5),
    }
    levels = {"levels": jnp.array([0.1, 0.5, 0.9])}
    for head, (outputs, target, expected) in one.items():
        assert float(score(head, jnp.array(outputs), jnp.array(target), levels)[0]) == pytest.approx(expected)
    ordered = jnp.array([[0.0, 3.0], [-3.0, 3.0], [-3.0, -1.0]])
    assert score("ordinal", ordered, jnp.array([0, 1, 1]), {}).tolist() == [1.0, 1.0, 0.0]
    assert score("softmax", jnp.array([[0.0, 1.0]] * 2), jnp.array([1, 0]), {}).tolist() == [1.0, 0.0]


def test_averages_mean_what_the_head_means():
    two = np.array([[[0.3, -1.0, 2.0, 1.0]], [[0.1, 1.0, 0.0, -1.0]]])
    soft, hard = (probabilities("softmax", averaged("softmax", two, 0)), probabilities("softmax", two[0]))
    np.testing.assert_allclose(soft, (hard + probabilities("softmax", two[1])) / 2)
    cuts = np.sort(two, axis=-1)
    ordinal = [probabilities("ordinal", part) for part in (averaged("ordinal", cuts, 0), *cuts)]
    np.testing.assert_allclose(ordinal[0], (ordinal[1] + ordinal[2]) / 2)
    rates = values("poisson", averaged("poisson", two, 0))
    np.testing.assert_allclose(rates, np.exp(two).mean(0))
    np.testing.assert_allclose(averaged("quantiles", two, 0), two.mean(0))
    both = averaged("gaussian", two, 0)  # of the mixture: E var + var E
    np.testing.assert_allclose(values("gaussian", both), two[..., :2].mean(0))
    expected = np.exp(two[..., 2:]).mean(0) + two[..., :2].var(0)
    np.testing.assert_allclose(deviations("gaussian", both), np.sqrt(expected))


@pytest.mark.parametrize(
    ("head", "outputs", "message"),
    [
        ("softmax", 1, r"Expected at least two classes for the softmax head\. Received: outputs=1"),
        ("ordinal", 1, r"Expected at least three classes, two thresholds, for the ordinal head"),
        ("gaussian", 3, r"Expected a mean and a variance of each quantity"),
        ("linear", 0, r"Expected at least one output for the linear head"),
    ],
)
def test_numbers_of_outputs_that_a_head_cannot_have(head, outputs, message):
    with pytest.raises(SettingError, match=message):
        spec((4,), head, outputs)
