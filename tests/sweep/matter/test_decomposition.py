"""Bias, variance and noise add up to the error, to the last digits, and are what the papers define."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from shoal.errors import InputError, SettingError
from shoal.sweep.matter.decomposition import bias_variance

sizes = st.tuples(st.integers(1, 6), st.integers(1, 8), st.integers(2, 5), st.integers(0, 10_000))


def drawn(models, rows, outputs, seed):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(models, rows, outputs)), rng.integers(0, outputs, rows)


@given(sizes)
def test_squared_error_adds_up(size):
    rng, made, _ = drawn(*size)
    truth = rng.normal(size=made.shape[1:])
    found = bias_variance(made, truth)
    assert found.error == pytest.approx(np.mean(((made - truth) ** 2).sum(-1)), abs=1e-12)
    assert found.bias + found.variance == pytest.approx(found.error, abs=1e-12)
    assert found.noise == 0
    assert found.bias == pytest.approx(((made.mean(0) - truth) ** 2).sum(-1).mean(), abs=1e-12)
    assert found.variance == pytest.approx(made.var(0).sum(-1).mean(), abs=1e-12)


@given(sizes)
def test_noise_of_repeated_truths_adds_up(size):
    rng, made, _ = drawn(*size)
    truth = rng.normal(size=(3, *made.shape[1:]))
    found = bias_variance(made, truth)
    error = np.mean([((made - one) ** 2).sum(-1).mean() for one in truth])
    assert found.error == pytest.approx(error, abs=1e-12)
    assert found.bias + found.variance + found.noise == pytest.approx(error, abs=1e-12)
    assert found.noise == pytest.approx(truth.var(0).sum(-1).mean(), abs=1e-12)


@given(sizes)
def test_log_loss_adds_up(size):
    rng, made, labels = drawn(*size)
    q = special.softmax(made, axis=-1)
    found = bias_variance(q, labels, loss="log_loss")
    error = -np.log(q[:, np.arange(len(labels)), labels]).mean()
    assert found.error == pytest.approx(error, abs=1e-12)
    assert found.bias + found.variance == pytest.approx(error, abs=1e-12)
    assert found.noise == 0
    main = special.softmax(np.log(q).mean(0), axis=-1)
    assert found.variance == pytest.approx(special.rel_entr(main, q).sum(-1).mean(), abs=1e-12)
    shares = rng.dirichlet(np.ones(made.shape[-1]), len(labels))
    soft = bias_variance(q, shares, loss="log_loss")
    assert soft.noise == pytest.approx(special.entr(shares).sum(-1).mean(), abs=1e-12)
    assert soft.bias == pytest.approx(special.rel_entr(shares, main).sum(-1).mean(), abs=1e-11)
    assert soft.bias + soft.variance + soft.noise == pytest.approx(soft.error, abs=1e-12)


@given(sizes)
def test_zero_one_loss_adds_up(size):
    _, made, labels = drawn(*size)
    q = special.softmax(made, axis=-1)
    found = bias_variance(q, labels, loss="zero_one")
    assert found.error == pytest.approx(np.mean(q.argmax(-1) != labels), abs=1e-12)
    assert found.bias + found.variance == pytest.approx(found.error, abs=1e-12)
    assert found.variance == pytest.approx(found.variance_hurts - found.variance_helps, abs=1e-12)
    if (
        made.shape[-1] == 2
    ):  # Domingos, theorem 2: with two classes the sign of the variance is that of the bias
        votes = q.argmax(-1)
        main = (votes.mean(0) > 0.5).astype(int)
        gross = (votes != main).mean(0)
        sign = np.where(main == labels, 1, -1)
        assert found.variance == pytest.approx((sign * gross).mean(), abs=1e-12)


def test_zero_one_by_hand():
    """Three voters; row 1: all right but one; row 2: two of three wrong, so disagreeing helps by 1/3."""
    votes = np.eye(3)[[[0, 1], [0, 1], [2, 2]]]
    found = bias_variance(votes, [0, 2], loss="zero_one")
    assert (found.error, found.bias) == pytest.approx((0.5, 0.5))
    assert (found.variance_hurts, found.variance_helps) == pytest.approx((1 / 6, 1 / 6))


def test_one_model_has_no_variance():
    for loss, made, truth in [
        ("squared", [[1.0, 2.0]], [0.0, 0.0]),
        ("log_loss", [[[0.3, 0.7]]], [1]),
        ("zero_one", [[[0.3, 0.7]]], [0]),
    ]:
        found = bias_variance(made, truth, loss=loss)
        assert found.variance == pytest.approx(0, abs=1e-15)
        assert (found.models, found.bias) == (1, pytest.approx(found.error))


def test_certain_and_wrong_stays_finite():
    found = bias_variance([[[1.0, 0.0]], [[0.5, 0.5]]], [1], loss="log_loss")
    assert np.isfinite([found.error, found.bias, found.variance]).all()
    assert found.bias + found.variance == pytest.approx(found.error)


def test_what_is_refused():
    with pytest.raises(SettingError, match=r"'loss' parameter of bias_variance .* Did you mean 'log_loss'"):
        bias_variance([[1.0]], [1.0], loss="logloss")
    with pytest.raises(
        InputError, match=r"shape \(models, rows, outputs\), .* \(1, 1, 1\) came, not all finite"
    ):
        bias_variance([[np.nan]], [1.0])
    with pytest.raises(InputError, match=r"have the rows of the predictions, 2 .* shape \(3,\)"):
        bias_variance([[1.0, 2.0]], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"add up to 1 in every row; the sums go from 0.9 to 0.9"):
        bias_variance([[[0.5, 0.4]]], [0], loss="log_loss")
    with pytest.raises(InputError, match=r"whole numbers from 0 to 1, .* int64 came, such as"):
        bias_variance([[[0.5, 0.5]]], [2], loss="zero_one")
    with pytest.raises(InputError, match="truth's probabilities must be zero or more"):
        bias_variance([[[0.5, 0.5]]], [[0.5, 0.4]], loss="log_loss")
    with pytest.raises(InputError, match="rows of the predictions"):
        bias_variance([[[0.5, 0.5]]], [[0.5, 0.5]], loss="zero_one")
