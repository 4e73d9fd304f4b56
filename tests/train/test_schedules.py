"""Schedules: PyTorch's where it has them, formulas by hand where not, and refusals in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import golden

from shoal.errors import SettingError
from shoal.train.schedules import SCHEDULES, Clock, Schedule

EPOCHS, STEPS = 12, 3


def factors(kind: str, warmup: float = 0.0, epochs=EPOCHS, steps=STEPS, **settings) -> np.ndarray:
    return Schedule(kind, tuple(settings.items()), warmup).factors(epochs, steps, epochs)


def at(share: np.ndarray) -> Clock:
    """A clock that shows these shares of a run of one epoch."""
    return Clock(np.asarray(share, float), 1, 1)


def by_epoch(kind: str, **settings) -> np.ndarray:
    return factors(kind, epochs=EPOCHS, steps=1, **settings)[:, 0]


@pytest.mark.parametrize(
    ("recorded", "kind", "settings"),
    [
        ("exponential", "exponential", {"decay": 0.2}),
        ("linear", "linear", {"final": 0.1}),
        ("cosine", "cosine", {"final": 0.05}),
        ("triangular", "triangular", {"low": 0.2, "half": 3.0}),
        ("polynomial", "linear", {}),
        ("inverse_time", "inverse_time", {"decay": 0.3}),
        ("step", "step", {"factor": 0.3, "every": 4.0}),
    ],
)
def test_every_step_is_pytorchs(recorded, kind, settings):
    np.testing.assert_allclose(
        factors(kind, **settings), golden("nets")[f"schedule {recorded}"], rtol=1e-9, atol=1e-12
    )


def test_constant_and_power_by_hand():
    assert np.all(factors("constant") == 1.0)
    np.testing.assert_allclose(by_epoch("power", power=0.6), (1 + np.arange(12)) ** -0.6)


def test_coslog_has_the_zeros_and_peaks_of_its_authors():
    """RealMLP: zeros at t = 0, 1/15, 3/15, 7/15, 1; peaks at (2^(i + 1/2) - 1) / 15."""
    curve = SCHEDULES["coslog"].curve
    zeros = np.array([0, 1, 3, 7, 15]) / 15
    peaks = (2 ** (np.arange(4) + 0.5) - 1) / 15
    np.testing.assert_allclose(curve(at(zeros), cycles=4.0), 0.0, atol=1e-15)
    np.testing.assert_allclose(curve(at(peaks), cycles=4.0), 1.0)
    assert factors("coslog", epochs=256, steps=1)[0, 0] == 0.0


def test_flat_cosine_of_realmlp():
    """1 before half of the run, then 0.5 (1 + cos(pi (t - 0.5) / 0.5))."""
    t = np.arange(12) / 12
    expected = np.where(t < 0.5, 1.0, 0.5 * (1 + np.cos(np.pi * (t - 0.5) / 0.5)))
    np.testing.assert_allclose(by_epoch("flat_cosine"), expected, atol=1e-15)


def test_one_cycle_rises_to_one_and_falls_to_its_end():
    values = factors("one_cycle", rise=0.25).ravel()  # the ninth of 36 steps is the peak
    np.testing.assert_allclose(values[[0, 4, 8, -1]], [0.04, 0.52, 1.0, 4e-6])
    assert np.all(np.diff(values[:9]) > 0)
    assert np.all(np.diff(values[8:]) < 0)


def test_warm_up_rises_in_equal_parts_and_multiplies_the_schedule():
    np.testing.assert_allclose(
        factors("constant", warmup=2.0).ravel()[:8], [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1, 1]
    )
    plain, warm = factors("cosine"), factors("cosine", warmup=2.0)
    np.testing.assert_allclose(warm, plain * factors("constant", warmup=2.0))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("flat_cosine", {"flat": 1.0}),
        ("one_cycle", {"rise": 0.0}),
        ("one_cycle", {"rise": 1.0}),
        ("exponential", {"decay": 1e4}),
    ],
)
def test_extreme_settings_stay_numbers(kind, settings):
    values = factors(kind, **settings)
    assert np.isfinite(values).all()
    assert values.min() >= 0.0
    assert values.max() <= 1.0


@given(
    st.sampled_from(sorted(SCHEDULES)),
    st.integers(1, 40),
    st.integers(1, 9),
    st.sampled_from([0.0, 1.5, 30.0]),
)
def test_a_factor_is_a_share_of_the_peak(kind, epochs, steps, warmup):
    values = factors(kind, warmup, epochs, steps)
    assert values.shape == (epochs, steps)
    assert np.all((values >= 0.0) & (values <= 1.0))


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("cosin", (), r"Unknown schedule 'cosin'\. Did you mean 'cosine'\? Choose one of: constant,"),
        (
            "step",
            (("factr", 0.5),),
            r"The step schedule has no setting 'factr'\. Did you mean 'factor'\? It takes: factor",
        ),
        ("constant", (("decay", 0.5),), r"The constant schedule has no setting 'decay'\. It takes: none"),
        (
            "exponential",
            (("decay", -1.0),),
            r"The 'decay' parameter of the exponential schedule .* \[0, inf\)\. Got -1\.0",
        ),
        (
            "exponential",
            (("decay", float("nan")),),
            r"a float in the range \[0, inf\)\. Got nan",
        ),
        (
            "step",
            (("every", 0),),
            r"The 'every' parameter of the step schedule must be a float in the range \(0, inf\)\. Got 0",
        ),
        ("triangular", (("half", 0.0),), r"must be a float in the range \(0, inf\)\. Got 0\.0 instead"),
    ],
)
def test_what_cannot_be_is_refused(kind, settings, message):
    with pytest.raises(SettingError, match=message):
        Schedule(kind, settings)
