"""Domains: SciPy's quantile functions, there and back through the unit interval, what is refused."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shoal.errors import SettingError
from shoal.sweep.space import (
    Choice,
    Fixed,
    Frozen,
    Normal,
    Range,
    beta,
    choice,
    grid,
    intrange,
    lognormal,
    loguniform,
    normal,
    uniform,
)
from shoal.sweep.space.domain_json import domain_of
from shoal.sweep.space.ranges import multiple
from shoal.sweep.space.scipy_laws import domain_of_scipy

UNITS = np.linspace(0.003, 0.997, 61).tolist()

LAWS = {
    "uniform": (uniform(-2, 5), stats.uniform(-2, 7)),
    "loguniform": (loguniform(1e-5, 0.3), stats.loguniform(1e-5, 0.3)),
    "normal": (normal(0.3, 2.0), stats.norm(0.3, 2.0)),
    "lognormal": (lognormal(-3.0, 0.7), stats.lognorm(0.7, scale=math.exp(-3.0))),
    "beta": (beta(2.0, 5.5), stats.beta(2.0, 5.5)),
    "cut normal": (normal(1.0, 2.0, low=0.0, high=1.5), stats.truncnorm(-0.5, 0.25, 1.0, 2.0)),
    "whole numbers": (intrange(3, 17), stats.randint(3, 18)),
    "gamma": (domain_of_scipy(stats.gamma(2.0, scale=0.1)), stats.gamma(2.0, scale=0.1)),
    "binomial": (domain_of_scipy(stats.binom(7, 0.3)), stats.binom(7, 0.3)),
}


@pytest.mark.parametrize("name", LAWS)
def test_quantiles_are_those_of_scipy(name):
    domain, law = LAWS[name]
    np.testing.assert_allclose([domain.from_unit(u) for u in UNITS], law.ppf(UNITS), rtol=1e-9)


QUANTISED = {
    "q_uniform": (Range(1.0, 10.0, step=0.4, multiples=True), stats.uniform(1, 9), 0.4),
    "q_log_uniform_values": (Range(32, 256, "log", 8, multiples=True), stats.loguniform(32, 256), 8),
    "q_normal": (normal(3.0, 4.0, step=0.5), stats.norm(3, 4), 0.5),
    "q_log_normal": (lognormal(1.0, 1.0, step=2), stats.lognorm(1.0, scale=math.e), 2),
    "q_beta": (beta(2, 3, step=0.05), stats.beta(2, 3), 0.05),
}


@pytest.mark.parametrize("name", QUANTISED)
def test_a_rounded_law_takes_the_multiple_nearest_to_its_quantile(name):
    domain, law, step = QUANTISED[name]
    expected = np.round(law.ppf(UNITS) / step) * step
    values = [domain.from_unit(u) for u in UNITS]
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-12)
    assert all(isinstance(value, type(step)) for value in values)


DOMAINS = {
    **{name: domain for name, (domain, _) in LAWS.items()},
    **{name: domain for name, (domain, _, _) in QUANTISED.items()},
    "log whole numbers": intrange(1, 1000, log=True),
    "steps": uniform(0.1, 0.5, step=0.1),
    "log steps": loguniform(16, 128, step=16),
    "reversed": loguniform(0.9, 0.999, reverse=True),
    "choice": choice("adam", None, (64, 32), {"kind": "step", "factor": 0.5}, True, 1),
    "weighted": choice(8, 16, 32, weights=(1, 5, 2)),
    "in order": grid((64,), (64, 64)),
    "fixed": Fixed((1, 2)),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_a_value_comes_back_from_its_place(name):
    domain = DOMAINS[name]
    for unit in UNITS:
        value = domain.from_unit(unit)
        assert domain.contains(value), value
        assert 0.0 <= domain.to_unit(value) <= 1.0
        back = domain.from_unit(domain.to_unit(value))
        assert back == pytest.approx(value, rel=1e-6) if isinstance(value, float) else back == value


@pytest.mark.parametrize("name", DOMAINS)
def test_quantiles_rise(name):
    domain = DOMAINS[name]
    places = [domain.to_unit(domain.from_unit(u)) for u in UNITS]
    assert all(b >= a - 1e-12 for a, b in pairwise(places))


@pytest.mark.parametrize("name", DOMAINS)
def test_json_gives_a_domain_back(name):
    written = json.loads(json.dumps(DOMAINS[name].to_json()))
    assert domain_of(written) == DOMAINS[name]


@pytest.mark.parametrize("name", DOMAINS)
def test_a_finite_domain_lists_its_values_and_draws_no_others(name):
    domain = DOMAINS[name]
    if domain.size is None:
        assert len(domain.grid(5)) <= 5
        with pytest.raises(
            SettingError, match=r"Expected a number of points for .*, which has infinitely many"
        ):
            domain.grid()
        return
    values = domain.grid()
    assert len(values) == domain.size
    units = np.linspace(0, 1, 501)
    drawn = {repr(domain.from_unit(u)) for u in units}
    assert drawn <= {repr(value) for value in values}


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), count=st.integers(1, 20))
def test_steps_are_equally_likely_and_inside(low, width, count):
    domain = Range(low, low + width, step=width / count)
    values = domain.grid()
    assert len(values) == domain.size
    assert domain.size in (count, count + 1)
    drawn = [domain.from_unit((i + 0.5) / 200) for i in range(200)]
    shares = [drawn.count(value) for value in values]
    assert sum(shares) == 200
    assert max(shares) - min(shares) <= 2


def test_ends_are_reached_exactly():
    assert (loguniform(1e-4, 1e-1).from_unit(0.0), loguniform(1e-4, 1e-1).from_unit(1.0)) == (1e-4, 1e-1)
    assert intrange(3, 9).from_unit(1.0) == 9
    assert loguniform(1e-4, 1e-2).grid(3) == [1e-4, pytest.approx(1e-3), 1e-2]
    assert intrange(1, 100).grid(3) == [1, 50, 100]


def test_small_whole_numbers_share_a_log_range():
    # by hand: 1 stands for [0.5, 1.5) of [0.5, 3.5)
    domain = intrange(1, 3, log=True)
    upper = math.log(1.5 / 0.5) / math.log(3.5 / 0.5)
    assert (domain.from_unit(upper - 1e-6), domain.from_unit(upper + 1e-6)) == (1, 2)


def test_a_reversed_log_scale_is_fine_at_its_high_end():
    # by hand: 0.9 + 0.999 - sqrt(0.9 * 0.999)
    assert loguniform(0.9, 0.999, reverse=True).from_unit(0.5) == pytest.approx(1.899 - math.sqrt(0.8991))


def test_weights_are_shares():
    drawn = [choice("a", "b", weights=(1, 3)).from_unit((i + 0.5) / 1000) for i in range(1000)]
    assert drawn.count("a") == 250


def test_numpy_arrays_and_numbers_are_plain_values():
    assert choice(*np.logspace(-2, 0, 3)).values == (0.01, 0.1, 1.0)
    assert type(choice(np.int64(3)).values[0]) is int
    assert Range(np.float64(1), np.float64(5), integer=True).grid(2) == [1, 5]


def test_scipy_laws_become_ours_where_they_are_the_same():
    assert domain_of_scipy(stats.uniform(2, 3)) == Range(2.0, 5.0)
    assert domain_of_scipy(stats.norm(loc=1, scale=2)) == Normal(1.0, 2.0)
    assert domain_of_scipy(stats.expon(scale=0.1)) == Frozen("expon", kwds=(("scale", 0.1),))


@pytest.mark.parametrize(
    ("number", "step", "expected"), [(12.0, 8, 16), (20.0, 8, 16), (0.25, 0.1, 0.2), (-3.2, 2, -4)]
)
def test_halves_round_to_even_as_numpy_does(number, step, expected):
    assert multiple(number, step) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: uniform(0.1, 0.01), r"Expected two numbers, low below high\. Got low=0\.1, high=0\.01\."),
        (lambda: uniform(0.0, math.inf), r"Expected two numbers, low below high\. Got low=0\.0, high=inf"),
        (lambda: loguniform(0.0, 1.0), r"Expected low above 0 for a logarithmic scale\. Got low=0\.0\."),
        (lambda: uniform(0, 1, step=0), r"Expected a step above 0\. Got step=0\."),
        (lambda: uniform(0, 1, step=2), r"Expected a step no longer than the range"),
        (lambda: intrange(1, 2.5), r"Expected whole numbers\. Got low=1, high=2\.5"),
        (lambda: Range(1, 2, "lgo"), r"Expected scale to be one of linear, log, .*Did you mean 'log'\?"),
        (lambda: Range(1, 2, multiples=True), r"Expected a step to take the multiples of"),
        (lambda: loguniform(1, 2, step=1, reverse=True), r"Expected no steps on a reversed log scale"),
        (lambda: choice(), r"Expected at least one value to choose from"),
        (lambda: choice(1, 2, 1.0), r"Expected each value of a choice once\. Got 1 more than once"),
        (lambda: choice(1, 2, weights=(1,)), r"Expected a weight above 0 for each of the 2 values"),
        (lambda: choice(1, 2, weights=(1, 0)), r"Expected a weight above 0"),
        (lambda: normal(0, 0), r"Expected a mean and a standard deviation above 0"),
        (lambda: normal(0, 1, low=2, high=1), r"Expected the law to have something between low and high"),
        (lambda: normal(0, 1, step=-1), r"Expected a step above 0"),
        (lambda: beta(0, 1), r"Expected a and b above 0\. Got a=0, b=1\."),
        (lambda: beta(1, 1, step=math.nan), r"Expected a step above 0"),
        (lambda: Frozen("norma"), r"Expected the name of a distribution in scipy\.stats\. Got 'norma'"),
        (lambda: Frozen("gamma", (-1.0,)), r"Expected numbers that scipy\.stats\.gamma takes\. Got -1\.0"),
        (
            lambda: domain_of_scipy(np.random.default_rng(0)),
            r"Expected a frozen distribution of scipy\.stats",
        ),
        (lambda: domain_of({"kind": "choise"}), r"Did you mean 'choice'\?"),
        (lambda: domain_of({"kind": "range", "lo": 1}), r"Expected what a range domain is made of"),
        (lambda: Choice((1, 2)).to_unit(3), r"Expected one of 1, 2\. Got 3\."),
        (lambda: Choice((print,)).to_json(), r"Expected a value that JSON can hold.*not saved or resumed"),
    ],
)
def test_refused_in_one_sentence(make, message):
    with pytest.raises(SettingError, match=message):
        make()
