"""D5, D2: schedules are PyTorch's and Keras' over 100 steps, formulas by hand where neither has them."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import GOLDEN, golden

from shoal.errors import SettingError
from shoal.train.schedules import SCHEDULES, Clock, Schedule

EPOCHS, STEPS = 12, 3


def recorder():
    """Return the script that recorded the golden file; it imports torch only when it is asked to record."""
    found = importlib.util.spec_from_file_location("make_schedules", GOLDEN / "make_schedules.py")
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


RECORDER = recorder()
CASES = {case.name: case for case in RECORDER.cases()}
known = cache(golden)


def factors(kind: str, warmup: float = 0.0, epochs=EPOCHS, steps=STEPS, **settings) -> np.ndarray:
    return Schedule(kind, tuple(settings.items()), warmup).factors(epochs, steps, epochs)


def by_epoch(kind: str, **settings) -> np.ndarray:
    return factors(kind, epochs=EPOCHS, steps=1, **settings)[:, 0]


def at(share: np.ndarray) -> Clock:
    """A clock that shows these shares of a run of one epoch."""
    return Clock(np.asarray(share, float), 1, 1)


def assert_same(case, recorded: np.ndarray) -> None:
    schedule = Schedule.of(case.schedule)
    shape = (RECORDER.EPOCHS, RECORDER.STEPS, RECORDER.EPOCHS)
    np.testing.assert_allclose(schedule.factors(*shape).ravel(), recorded[:, 0], rtol=1e-9, atol=1e-15)
    if case.keras is None:
        np.testing.assert_allclose(schedule.momenta(0.7, *shape).ravel(), recorded[:, 1], rtol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_the_recorded_one(name):
    assert_same(CASES[name], known("schedules")[name])


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_that_of_the_pytorch_that_is_installed(name):
    pytest.importorskip("torch")
    with warnings.catch_warnings():  # PyTorch talks to itself where its schedulers are chained
        warnings.simplefilter("ignore")
        assert_same(CASES[name], RECORDER.rates(CASES[name]))


def test_what_neither_has_is_compared_by_hand():
    compared = {case.schedule["kind"] for case in CASES.values()}
    assert set(SCHEDULES) - compared == {"power", "flat_cosine", "coslog", "plateau", "new_bob"}


def test_power_starts_at_the_rate():
    """1/t^power with t = 1 + epochs: defined, and the given rate, at the start."""
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


def test_lengths_that_are_not_given_fit_the_run():
    """A third of the run, a sixth, and 1 + 2 + 4 periods."""
    for epochs in (6, 60):
        assert len(set(factors("step", epochs=epochs, steps=1).ravel())) == 3
        assert np.sum(np.isclose(factors("triangular", epochs=epochs, steps=1), 1.0)) == 3
    restarts = factors("cosine_restarts", epochs=70, steps=1).ravel()
    assert np.flatnonzero(restarts == 1.0).tolist() == [0, 10, 30]


def test_a_momentum_ramps_from_the_first_step_to_the_last():
    """D2: 0.5 to 0.9; a run in two pieces sees the same."""
    whole = Schedule().momenta(0.9, 4, 5, 4, start=0.5)
    np.testing.assert_allclose(whole.ravel(), np.linspace(0.5, 0.9, 20))
    pieces = [Schedule().momenta(0.9, 2, 5, 4, first, start=0.5) for first in (0, 2)]
    assert np.concatenate(pieces).tolist() == whole.tolist()
    assert np.all(Schedule("cosine").momenta(0.8, 4, 5, 4) == 0.8)


def test_a_ramp_comes_before_the_cycle_and_0_switches_the_cycle_off():
    cycle = Schedule("one_cycle")
    np.testing.assert_allclose(cycle.momenta(0.9, 4, 5, 4, start=0.5).ravel(), np.linspace(0.5, 0.9, 20))
    for name in ("momentum_low", "momentum_high"):
        off = Schedule("one_cycle", ((name, 0.0),))
        assert not off.cycles_momentum
        assert np.all(off.momenta(0.9, 4, 5, 4) == 0.9)


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
def test_a_factor_is_a_share_of_the_peak_and_a_momentum_below_one(kind, epochs, steps, warmup):
    values = factors(kind, warmup, epochs, steps)
    momenta = Schedule(kind).momenta(0.9, epochs, steps, epochs)
    assert values.shape == momenta.shape == (epochs, steps)
    assert np.all((values >= 0.0) & (values <= 1.0))
    assert np.all((momenta >= 0.85 - 1e-9) & (momenta < 1.0))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("cosin", r"Unknown schedule 'cosin'\. Did you mean 'cosine'\? Choose one of: constant,"),
        (
            {"kind": "step", "factr": 0.5},
            r"The step schedule has no setting 'factr'\. Did you mean 'factor'\?",
        ),
        ({"kind": "constant", "decay": 0.5}, r"schedule has no setting 'decay'\. Its settings are: none\."),
        (
            {"kind": "exponential", "decay": -1.0},
            r"The 'decay' parameter of the exponential schedule must be a float in the range \[0, inf\)\.",
        ),
        ({"kind": "exponential", "decay": float("nan")}, r"in the range \[0, inf\)\. Got nan instead"),
        ({"kind": "step", "every": 0}, r"The 'every' parameter .* in the range \(0, inf\)\. Got 0 instead"),
        ({"kind": "step", "every": "ten"}, r"in the range \(0, inf\)\. Got 'ten' instead"),
        ({"kind": "triangular", "half": 0.0}, r"in the range \(0, inf\)\. Got 0\.0 instead"),
        ({"kind": "power", "power": 0.5}, r"must be a float in the range \(0\.5, 1\]\. Got 0\.5 instead"),
        ({"kind": "one_cycle", "rise": 1.5}, r"must be a float in the range \[0, 1\]\. Got 1\.5 instead"),
        ({"kind": "cosine_restarts", "factor": 0.5}, r"in the range \[1, inf\)\. Got 0\.5 instead"),
        ({"kind": "plateau", "patience": 1.5}, r"must be an int in the range \[0, inf\)\. Got 1\.5 instead"),
        ({"kind": "new_bob", "factor": 1.0}, r"in the range \(0, 1\)\. Got 1\.0 instead"),
        (
            {"kind": "piecewise", "boundaries": [3], "values": [1.0]},
            r"Expected rising 'boundaries' and one value more than boundaries",
        ),
        ({"kind": "piecewise", "boundaries": [3, 2], "values": [1.0, 0.5, 0.1]}, r"boundaries=\[3, 2\]"),
        ({"kind": "cosine", "warmup": -1}, r"The 'warmup' parameter of a schedule .* Got -1 instead"),
        (3, r"The 'schedule' parameter must be one of constant, .* Got 3 instead\."),
        ({"power": 3}, r"The 'schedule' parameter must be one of constant,"),
    ],
)
def test_what_cannot_be_is_refused(value, message):
    with pytest.raises(SettingError, match=message):
        Schedule.of(value)


def test_a_warmup_is_given_once():
    assert Schedule.of("cosine", 2.0) == Schedule.of({"kind": "cosine", "warmup": 2.0}, 2.0)
    assert Schedule.of(Schedule("cosine"), 2.0).warmup == 2.0
    with pytest.raises(
        SettingError, match=r"Expected 'warmup' once\. Received: 1 in the schedule, 2\.0 beside"
    ):
        Schedule.of({"kind": "cosine", "warmup": 1}, 2.0)


@pytest.mark.parametrize(
    ("value", "name", "longest"),
    [
        ({"kind": "cosine", "warmup": 20}, "warmup", 20),
        ({"kind": "step", "every": 19}, "every", 19),
        ({"kind": "cosine_restarts", "period": 20}, "period", 20),
        ({"kind": "triangular", "half": 20}, "half", 20),
        ({"kind": "plateau", "patience": 19}, "patience", 19),
        ({"kind": "piecewise", "boundaries": [3, 19], "values": [1, 0.5, 0.1]}, "boundaries", 19),
    ],
)
def test_a_schedule_longer_than_the_run_is_refused(value, name, longest):
    schedule = Schedule.of(value)
    schedule.refuse_longer_than(20)
    assert schedule.longest == longest
    with pytest.raises(SettingError, match=rf"schedule is longer than the run: {name} is {longest} epochs"):
        schedule.refuse_longer_than(longest - 1)


@pytest.mark.parametrize("kind", sorted(SCHEDULES))
def test_no_schedule_is_longer_than_a_run_by_its_defaults(kind):
    for epochs in (1, 5, 100):
        Schedule(kind).refuse_longer_than(epochs)


def test_schedules_without_an_end_know_it():
    """Those that partial_fit can follow: they are the same however long the run will last."""
    assert Schedule("power").endless
    assert Schedule("step", (("every", 3.0),)).endless
    assert not Schedule("step").endless
    assert not Schedule("cosine").endless


def test_what_a_schedule_says_is_what_is_read_again():
    schedule = Schedule("piecewise", (("boundaries", [1, 2]), ("values", [1, 0.5, 0.2])), 0.5)
    assert Schedule.of(schedule.to_json()) == schedule
    assert hash(Schedule.of(schedule.to_json())) == hash(schedule)


# -- reacting to what is monitored ------------------------------------------------------------------------


def scales(schedule: Schedule, losses) -> np.ndarray:
    """Return the scale of the rate after each epoch, as the engine's state machine has it."""
    import jax
    import jax.numpy as jnp

    from shoal.train.stopping import after_epoch, first_score

    net = {
        "monitor": jnp.array([0.0, 1.0, 0.0]),
        **{name: jnp.float64(0.0) for name in ("min_delta", "stop_change")},
        **{name: jnp.int32(0) for name in ("patience", "min_epochs")},
        **{"stop_loss": jnp.float64(-np.inf), "stop_accuracy": jnp.float64(np.inf), "epochs": jnp.int32(999)},
        **{name: jnp.float64(value) for name, value in schedule.reaction().items()},
    }
    net |= {name: net[name].astype(jnp.int32) for name in ("plateau_patience", "plateau_cooldown")}

    def epoch(state, inputs):
        number, loss = inputs
        state = after_epoch(state, jnp.stack([loss, loss, loss]), net, number, ({}, {}))
        return state, state["plateau"]["scale"]

    state = jax.tree.map(jnp.asarray, first_score({}, {}, "float64", 0, judged=True))
    numbers = jnp.arange(len(losses), dtype=jnp.int32)
    return np.asarray(jax.lax.scan(epoch, state, (numbers, jnp.asarray(losses)))[1])


@pytest.mark.parametrize("name", RECORDER.REACTIONS)
@pytest.mark.parametrize("live", [False, True])
def test_the_rate_falls_on_plateaus_as_pytorchs_does(name, live):
    import jax

    if live:
        pytest.importorskip("torch")
    settings = RECORDER.REACTIONS[name]
    recorded = RECORDER.scales(settings) if live else known("schedules")[name]
    with jax.enable_x64(True):
        found = scales(Schedule("plateau", tuple(settings.items())), RECORDER.losses())
    assert len(set(recorded)) > 2
    # PyTorch takes no step below 1e-8; the losses end before
    np.testing.assert_allclose(found, recorded, rtol=1e-12)


def test_new_bob_halves_whenever_the_error_rises_against_the_epoch_before():
    """Equal is no rise, and a fall after a rise is none even where it is no record."""
    import jax

    with jax.enable_x64(True):
        found = scales(Schedule("new_bob"), [1.0, 0.8, 0.9, 0.85, 0.85, 0.86, 0.87, 0.1])
        floored = scales(Schedule("new_bob", (("low", 0.3),)), [1.0, 2.0, 3.0, 4.0])
    assert found.tolist() == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.125, 0.125]
    assert floored.tolist() == [1.0, 0.5, 0.3, 0.3]


def test_other_schedules_do_not_react():
    import jax

    with jax.enable_x64(True):
        assert np.all(scales(Schedule("cosine"), np.arange(1.0, 9.0)) == 1.0)
