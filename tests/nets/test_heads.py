"""What raw outputs become."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.nets.heads import HEAD_OF_TASK, HEADS, probabilities

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
