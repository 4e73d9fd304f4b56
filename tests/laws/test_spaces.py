"""What must be true of any finite space of a search, with conditions, ties and constraints."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.sweep.space import Domain, Space, as_space, choice, intrange, tie, uniform, when


def domain_of(data: st.DataObject) -> Domain:
    kind, n = data.draw(st.integers(0, 3)), data.draw(st.integers(1, 3))
    if kind == 0:
        return choice(*"xyz"[:n])
    if kind == 1:
        low = data.draw(st.integers(-3, 3))
        return intrange(low, low + n)
    return uniform(0.0, 0.3, step=0.3 / n) if kind == 2 else choice((64,), (64, 32), None, weights=(1, 2, 3))


def space_of(data: st.DataObject) -> Space:
    """Two free dimensions, up to two with conditions, a tie, and perhaps a constraint."""
    draw = data.draw
    parameters = {"a": domain_of(data), "n": intrange(1, draw(st.integers(2, 4)))}
    if draw(st.booleans()):
        parameters["b"] = when(domain_of(data), f"n > {draw(st.integers(0, 4))}")
    if draw(st.booleans()):
        parameters["c"] = when(domain_of(data), f"a == {domain_of(data).from_unit(0.4)!r}")
    if draw(st.booleans()):
        parameters["t"] = tie(draw(st.sampled_from(["n * 2", "a", "[n] * n", "n if n > 1 else a"])))
    constraints = draw(st.lists(st.sampled_from(["n != 2", "n < 4", "a is not None", "a != n"]), max_size=2))
    order = draw(st.permutations(list(parameters)))
    return as_space({name: parameters[name] for name in order}, constraints=constraints)


@settings(max_examples=40)
@given(st.data(), st.integers(0, 2**31))
def test_a_finite_space_is_its_grid(data, seed):
    space = space_of(data)
    listed = space.grid()
    keys = [space.key(values) for values in listed]
    assert space.size == len(listed) == len(set(keys))
    if not listed:
        return
    drawn = space.sample(np.random.default_rng(seed), len(listed) + 3)
    assert sorted(space.key(values) for values in drawn) == sorted(keys)


@settings(max_examples=40)
@given(st.data())
def test_every_setting_is_allowed_and_comes_back(data):
    space = space_of(data)
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert again == space
    for values in space.grid():
        assert again.allows(values)
        assert again.from_unit(again.to_unit(values)) == values
        assert again.allows(json.loads(json.dumps(values)))


@settings(max_examples=40)
@given(st.data(), st.integers(0, 2**31), st.integers(0, 5))
def test_what_was_seen_never_comes_again(data, seed, n):
    space = space_of(data)
    listed = {space.key(values) for values in space.grid()}
    if not listed:
        return
    first = {space.key(values) for values in space.sample(np.random.default_rng(seed), n)}
    rest = space.sample(np.random.default_rng(seed + 1), len(listed), unseen=first)
    assert {space.key(values) for values in rest} == listed - first
