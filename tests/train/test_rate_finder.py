"""D6, the range test: one step at each rate, smoothed, ended where it diverges, the same again."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import recipe, spec, view

from shoal import backend
from shoal.nets import network
from shoal.nets.losses import LOSSES
from shoal.train.population import Member
from shoal.train.rate_finder import smoothed, steepest, sweep, usable, valley

RATES = np.geomspace(1e-5, 1.0, 30)


def members(count: int = 3, net=None, **settings) -> list[Member]:
    settings = {"optimizer": "adam", "monitor": "loss", **settings}
    return [Member(net or spec(), recipe(**settings), seed=seed) for seed in range(count)]


def test_the_first_loss_is_that_of_the_first_batch_before_any_step():
    """With one batch for all rows the loss at the start is that of the untrained network."""
    data = view(16, 0)
    losses = sweep(members(2, batch_size=16), [data], RATES)
    for seed in range(2):
        params, _ = network.init(spec(), seed)
        params = {name: jnp.asarray(value) for name, value in params.items()}
        numbers, target = (jnp.asarray(v, jnp.float32) for v in (data.train.numbers, data.train.target))
        outputs, _ = network.apply(spec(), params, {}, {"numbers": numbers})
        rows = LOSSES["squared_error"].function(outputs, target, {})
        assert losses[seed, 0] == pytest.approx(float(rows.mean()), rel=1e-5)


def test_a_rate_that_stays_the_same_is_plain_gradient_descent():
    """On one unit with all rows in a batch: ``w <- w - rate * gradient``, worked by hand in NumPy."""
    data = view(12, 0)
    x, y = data.train.numbers, data.train.target
    rates = np.linspace(0.01, 0.1, 12)
    member = Member(
        spec(hidden=()), recipe(optimizer="sgd", batch_size=12, monitor="loss", precision="float64")
    )
    with backend.precision("float64"):
        found = sweep([member], [data], rates)[0]
    params, _ = network.init(member.spec, 0, "float64")
    w, b = params["head.kernel"], params["head.bias"]
    expected = []
    for rate in rates:
        residual = x @ w + b - y
        expected.append(float(np.mean(residual**2)))
        w = w - rate * 2 * x.T @ residual / len(x)
        b = b - rate * 2 * residual.mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_same_seed_same_answer_and_neighbours_change_nothing():
    together = sweep(members(3), [view()], RATES)
    again = sweep(members(3), [view()], RATES)
    np.testing.assert_array_equal(together, again)
    alone = sweep(members(3)[1:2], [view()], RATES)
    np.testing.assert_allclose(alone[0], together[1], rtol=1e-4)


def test_no_program_for_other_rates():
    sweep(members(2), [view()], RATES)
    with backend.counting_compilations() as count:
        sweep(members(2), [view()], RATES * 0.5)
    assert count == [0]


def test_it_ends_where_the_smoothed_loss_runs_away():
    losses = sweep(members(2, optimizer="sgd"), [view()], np.geomspace(1e-3, 1e4, 60))
    for row in losses:
        ran = int(np.isfinite(row).sum())
        smooth = smoothed(row[:ran])
        assert ran < 60
        assert np.isnan(row[ran:]).all()
        best = np.minimum.accumulate(smooth)
        assert (smooth[:-1] <= 4 * best[:-1]).all()
        assert not smooth[-1] <= 4 * best[-1]


@pytest.mark.parametrize(
    "settings",
    [
        {"accumulate": 2},
        {"clip_norm": 0.5},
        {"averaging": ("ema", 0.9)},
        {"weight_decay": 0.1, "l1": 0.01},
        {"momentum_start": 0.5, "optimizer": "momentum"},
    ],
)
def test_the_rest_of_the_recipe_is_the_users(settings):
    losses = sweep(members(2, **settings), [view()], RATES)
    assert np.isfinite(losses[:, :10]).all()


def test_dropout_and_batch_norm_are_swept_too():
    losses = sweep(members(2, net=spec(norm="batch", dropout=0.4)), [view()], RATES)
    assert np.isfinite(losses).all()


def test_the_smoothed_loss_is_the_corrected_exponential_mean():
    losses = np.array([[3.0, 1.0, 2.0]])
    mean = [0.06, 0.98 * 0.06 + 0.02, 0.98 * (0.98 * 0.06 + 0.02) + 0.04]
    expected = [m / (1 - 0.98 ** (i + 1)) for i, m in enumerate(mean)]
    np.testing.assert_allclose(smoothed(losses)[0], expected, rtol=1e-12)


def fastai_valley(rates, losses):
    """The longest descent as fastai's finder seeks it, pair by pair."""
    longest, end, start = [1] * len(losses), 0, 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and longest[i] < longest[j] + 1:
                longest[i] = longest[j] + 1
        if longest[end] < longest[i]:
            end, start = i, i - longest[i]
    third = (end - start) / 3
    return rates[max(start, 0) + int(third) + int(third / 2)]


@given(st.lists(st.integers(0, 1000), min_size=8, max_size=40, unique=True))
def test_the_valley_is_half_way_down_the_longest_descent(bumps):
    falling = np.linspace(10.0, 0.0, 50) + 0.001 * np.resize(np.array(bumps, float), 50)
    losses = np.concatenate([np.full(5, 11.0), falling, np.linspace(0.1, 60.0, 15)])
    rates = np.geomspace(1e-6, 10, len(losses))
    assert valley(rates, losses) == fastai_valley(rates, losses)


def test_the_steepest_point_is_where_the_loss_falls_fastest():
    rates = np.geomspace(1e-4, 1.0, 41)
    losses = -np.tanh((np.log10(rates) + 2.0) * 2.0)
    assert steepest(rates, losses) == pytest.approx(1e-2, rel=0.3)


def test_the_noisy_start_and_the_runaway_end_are_not_looked_at():
    losses = np.concatenate([np.arange(80.0), np.full(20, np.nan)])
    rates, kept = usable(np.arange(100.0), losses)
    assert (rates[0], rates[-1]) == (10.0, 74.0)
    np.testing.assert_array_equal(kept, losses[10:75])


def test_of_a_sweep_that_ended_at_once_all_is_looked_at():
    losses = np.concatenate([np.arange(4.0), np.full(96, np.nan)])
    rates, _ = usable(np.arange(100.0), losses)
    assert len(rates) == 4


def test_rows_of_weight_zero_change_nothing_and_the_last_batch_may_be_short():
    data = view(20, 0)
    more = data.train.take(np.r_[np.arange(20), 0, 1])
    weighted = replace(data, train=replace(more, weight=np.r_[np.ones(20), 0.0, 0.0]))
    np.testing.assert_array_equal(sweep(members(1), [data], RATES), sweep(members(1), [weighted], RATES))
