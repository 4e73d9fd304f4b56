"""The data of reliability diagrams: counted by hand, and at one with the calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.history.metrics import ece
from shoal.history.reliability import reliability


def drawn(seed: int, rows: int = 300, classes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(classes) / 2, rows)
    return rng.integers(0, classes, rows), proba, rng.random(rows)


def test_counted_by_hand() -> None:
    found = reliability([0, 1, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.9, 0.1]])
    first, second = found["bins"]
    assert (first["rows"], second["rows"], found["rows"]) == (1, 3, 4)
    assert (first["confidence"], first["accuracy"]) == (0.8, 1.0)
    np.testing.assert_allclose((second["confidence"], second["accuracy"]), (0.9, 2 / 3))
    np.testing.assert_allclose((second["low"], second["high"]), (13 / 15, 14 / 15))
    np.testing.assert_allclose(found["ece"], 0.25 * 0.2 + 0.75 * (0.9 - 2 / 3))


def test_the_gaps_add_up_to_the_calibration_error(seed: int) -> None:
    truth, proba, weight = drawn(seed)
    found = reliability(truth, proba, weight)
    total = sum(b["weight"] for b in found["bins"])
    gaps = sum(b["weight"] * abs(b["accuracy"] - b["confidence"]) for b in found["bins"])
    np.testing.assert_allclose(gaps / total, found["ece"], rtol=1e-12)
    np.testing.assert_allclose(found["ece"], ece(truth, proba, weight), rtol=1e-15)


def test_weight_two_is_the_row_twice_and_weight_zero_no_row(seed: int) -> None:
    truth, proba, _ = drawn(seed)
    counts = np.random.default_rng(seed).integers(0, 3, len(truth))
    weighted = reliability(truth, proba, counts.astype(float))
    repeated = reliability(np.repeat(truth, counts), np.repeat(proba, counts, axis=0))
    assert weighted["rows"] == (counts > 0).sum()
    for one, other in zip(weighted["bins"], repeated["bins"], strict=True):
        for name in ("weight", "confidence", "accuracy"):
            np.testing.assert_allclose(one[name], other[name], rtol=1e-12)


def test_of_labels_every_answer_counts() -> None:
    found = reliability(np.array([[1, 0], [0, 0]]), np.array([[0.9, 0.1], [0.9, 0.2]]), np.array([1.0, 3.0]))
    assert [(b["rows"], b["weight"]) for b in found["bins"]] == [(1, 3.0), (3, 5.0)]
    np.testing.assert_allclose([b["accuracy"] for b in found["bins"]], [1.0, 2 / 5])
    assert found["rows"] == 2


@pytest.mark.parametrize("weight", [None, [0.0, 1.0]])
def test_one_row(weight) -> None:
    found = reliability([0, 1], [[1.0, 0.0], [0.0, 1.0]], weight)
    assert [b["high"] for b in found["bins"]] == [1.0]
    assert found["ece"] == 0.0
