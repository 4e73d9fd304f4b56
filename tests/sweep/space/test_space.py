"""Spaces: drawn, listed, counted, put into the unit cube, saved; with conditions, ties and constraints."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid

from shoal.errors import SettingError
from shoal.sweep.space import (
    Choice,
    Condition,
    Constraint,
    Dimension,
    Range,
    Space,
    Tie,
    as_space,
    choice,
    enumeration,
    intrange,
    loguniform,
    normal,
    sampling,
    tie,
    uniform,
    when,
)

MOMENTA = ("momentum", "nesterov")


def rich() -> Space:
    """A space with everything in it: a range, choices, a label, conditions, ties, a constraint."""
    sizes = {"small": {"hidden": (64,)}, "large": {"hidden": (256, 128)}}
    return as_space(
        {
            "momentum": when(uniform(0.5, 0.99), optimizer=MOMENTA),
            "optimizer": choice("adam", *MOMENTA, weights=(2, 1, 1)),
            "learning_rate": loguniform(1e-4, 1e-1),
            "batch_size": [32, 64, 128],
            "accumulate": tie("512 // batch_size"),
            "size": tie(sizes),
            "dropout": when(uniform(0, 0.5), "hidden[0] > 100"),
            "schedule": ["cosine", "step"],
            "schedule.factor": when(uniform(0.1, 0.9), schedule="step"),
        },
        constraints=["learning_rate * batch_size < 5", "momentum is not None or True"],
    )


def finite() -> Space:
    return as_space(
        {
            "a": intrange(1, 6),
            "b": ["x", "y", "z"],
            "c": when([1, 2, 3], b=("y", "z")),
            "d": tie("a * 2"),
            "e": [True, False],
        },
        constraints=["a != 3", "c < a"],
    )


def test_samples_of_a_rich_space_keep_every_rule():
    for values in rich().sample(np.random.default_rng(0), 1000):
        assert ("momentum" in values) == (values["optimizer"] in MOMENTA)
        assert ("dropout" in values) == (values["hidden"] == [256, 128])
        assert ("schedule.factor" in values) == (values["schedule"] == "step")
        assert values["accumulate"] * values["batch_size"] == 512
        assert values["learning_rate"] * values["batch_size"] < 5
        assert json.loads(json.dumps(values)) == values


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_the_unit_cube_there_and_back(place):
    space = rich()
    values = space.from_unit(place)
    if values is None:
        return
    assert space.allows(values)
    there = space.to_unit(values)
    again = space.from_unit(there)
    assert again is not None
    assert list(again) == list(values)
    np.testing.assert_allclose(space.to_unit(again), there, atol=1e-9)
    active = {name for name, at in zip(space.names, there, strict=True) if not np.isnan(at)}
    assert active == set(values) - {"accumulate", "hidden"}


def test_a_broken_constraint_gives_no_values():
    space = as_space({"a": uniform(0, 1), "b": uniform(0, 1)}, constraints=["a < b"])
    assert space.from_unit([0.9, 0.1]) is None
    assert space.from_unit([0.1, 0.9]) == {"a": 0.1, "b": 0.9}
    assert space.from_unit([0.1, np.nan]) == {"a": 0.1, "b": 0.5}


def test_a_finite_space_is_counted_listed_and_drawn_alike():
    space = finite()
    listed = space.grid()
    by_hand = [
        (a, b, c, e)
        for a, b, c, e in product((1, 2, 4, 5, 6), "xyz", (None, 1, 2, 3), (True, False))
        if (c is None) == (b == "x") and (c is None or c < a)
    ]
    assert space.size == len(listed) == len(by_hand)
    drawn = space.sample(np.random.default_rng(3), 10_000)
    keys = [space.key(values) for values in drawn]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {space.key(values) for values in listed}


def test_what_was_seen_does_not_come_again():
    space = finite()
    first = space.sample(np.random.default_rng(0), 20)
    seen = {space.key(values) for values in first}
    rest = space.sample(np.random.default_rng(0), 10_000, unseen=seen)
    assert len(rest) == (space.size or 0) - 20
    assert not seen & {space.key(values) for values in rest}
    assert len(seen) == 20


def test_draws_depend_on_the_generator_alone_and_not_on_how_many():
    space = rich()
    many = space.sample(np.random.default_rng(5), 50)
    assert space.sample(np.random.default_rng(5), 10) == many[:10]
    assert space.sample(np.random.default_rng(6), 10) != many[:10]


def test_draws_follow_the_weights():
    drawn = [values["optimizer"] for values in rich().sample(np.random.default_rng(1), 500)]
    assert drawn.count("adam") / len(drawn) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("make", [rich, finite])
def test_json_gives_a_space_back(make):
    space = make()
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert again == space
    assert again.sample(np.random.default_rng(0), 5) == space.sample(np.random.default_rng(0), 5)


def test_functions_constrain_but_cannot_be_saved():
    def narrow(values):
        return values["hidden"][0] >= values["hidden"][-1]

    space = as_space({"hidden": [(64, 32), (32, 64), (8,)]}, constraints=[narrow])
    assert space.size == 2
    with pytest.raises(
        SettingError, match=r"Expected constraints as expressions.*narrow, which can be searched"
    ):
        space.to_json()


def test_settings_nest_dotted_names_and_leave_labels_out():
    values = rich().sample(np.random.default_rng(2), 200)
    stepped = next(v for v in values if v["schedule"] == "step")
    settings = rich().settings(stepped)
    assert settings["schedule"] == {"kind": "step", "factor": stepped["schedule.factor"]}
    assert not {"size", "schedule.factor"} & set(settings)
    assert settings["hidden"] in ((64,), (256, 128))
    beta = as_space({"optimizer.beta_1": [0.8]})
    assert beta.settings({"optimizer.beta_1": 0.8}, {"optimizer": "adam"}) == {
        "optimizer": {"kind": "adam", "beta_1": 0.8}
    }


def test_keys_ignore_labels_order_and_how_numbers_are_written():
    space = as_space({"size": tie({"s": {"hidden": (64,)}, "t": {"hidden": [64]}}), "l2": [0, 1]})
    assert space.key({"l2": 1, "size": "s", "hidden": (64,)}) == space.key(
        {"size": "t", "hidden": [64], "l2": 1.0}
    )
    assert space.key({"l2": True}) != space.key({"l2": 1})
    assert space.size == len(space.grid()) == 2


def test_a_list_of_mappings_is_scikit_learns_union():
    grids = [
        {"kernel": ["linear"], "C": [1, 10]},
        {"kernel": ["rbf"], "C": [1, 10, 100], "gamma": [0.1, 0.2]},
    ]
    space = as_space(grids)
    key = lambda v: json.dumps(v, sort_keys=True)  # noqa: E731
    assert sorted(map(key, map(space.params, space.grid()))) == sorted(map(key, ParameterGrid(grids)))
    drawn = space.sample(np.random.default_rng(0), 100)
    assert space.size == len(drawn) == 8
    for values in drawn:
        assert space.from_unit(space.to_unit(values)) == values


def test_points_of_ranges():
    space = as_space({"rate": loguniform(0.01, 1.0), "n": intrange(1, 9), "x": normal(0, 1)})
    assert len(space.grid(points=3)) == 27
    assert len(space.grid(points={"rate": 2, "n": 3, "x": 1})) == 6
    with pytest.raises(
        SettingError, match=r"Expected a number of points for x, the normal law.*points=\{'x': 5\}"
    ):
        space.grid(points={"rate": 2})
    with pytest.raises(SettingError, match=r"Expected at least 1 point for rate\. Got 0\."):
        space.grid(points={"rate": 0, "x": 1})
    with pytest.raises(SettingError, match=r"has no setting 'rat'\. Did you mean 'rate'\?"):
        space.grid(points={"rat": 2})


def test_size_of_large_spaces(monkeypatch):
    monkeypatch.setattr(enumeration, "MOST", 2000)
    wide = {f"p{i}": intrange(1, 100) for i in range(20)}
    assert as_space(wide).size == 100**20
    assert as_space({**wide, "q": when([1, 2], p0=1)}).size == 101 * 100**19
    assert as_space(wide, constraints=[" < ".join(wide)]).size is None
    assert as_space({"x": uniform(0, 1)}).size is None


def test_constraints_that_hardly_anything_satisfies_are_told(monkeypatch):
    monkeypatch.setattr(sampling, "_GIVE_UP", 1000)
    space = as_space({"a": uniform(0, 1), "b": uniform(0, 1)}, constraints=["a == b"])
    with pytest.raises(
        SettingError, match=r"Of 1000 settings drawn at random none satisfies 'a == b'.*Loosen"
    ):
        space.sample(np.random.default_rng(0), 3)
    never = as_space({"a": [1, 2]}, constraints=["a > 2"])
    assert never.size == 0
    with pytest.raises(SettingError, match=r"No setting of this space satisfies 'a > 2'"):
        never.sample(np.random.default_rng(0), 1)


def test_a_narrow_constraint_of_a_finite_space_is_met():
    space = as_space({"a": intrange(1, 60), "b": intrange(1, 60)}, constraints=["a + b == 120"])
    assert space.sample(np.random.default_rng(0), 5) == [{"a": 60, "b": 60}]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": 2, "b": "x", "d": 4}, r"Expected a value for e\. Got none"),
        ({"a": 9, "b": "x", "e": True, "d": 18}, r"Expected a to be of the range from 1 to 6.*Got 9"),
        ({"a": 2, "b": "x", "c": 1, "e": True, "d": 4}, r"Expected no c beside the other values\. Got 1"),
        ({"a": 2, "b": "x", "e": True, "d": 5}, r"Expected d=4, which is tied\. Got 5"),
        ({"a": 3, "b": "x", "e": True, "d": 6}, r"Expected values that satisfy 'a != 3'"),
        ({"a": 2, "b": "x", "e": 1, "d": 4}, r"Expected e to be of one of True, False\. Got 1"),
    ],
)
def test_values_outside_are_refused(values, message):
    assert not finite().allows(values)
    with pytest.raises(SettingError, match=message):
        finite().check(values)


def test_an_empty_space_has_one_setting():
    assert (as_space({}).size, as_space({}).grid()) == (1, [{}])
    assert as_space({}).sample(np.random.default_rng(0), 3) == [{}]


A, B = Dimension("a", Choice((1, 2))), Dimension("b", Range(0.0, 1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Space((A, A)), r"Expected each name once, or a condition for each\. Got 'a' twice"),
        (lambda: Space((A,), ties=(Tie("a", "a"),)), r"Got 'a' twice"),
        (lambda: Space((A,), (Condition("a", "bb > 1"),)), r"A condition speaks of 'bb'.*has: a"),
        (lambda: Space((A, B), constraints=(Constraint("aa < 1"),)), r"'aa < 1' speaks of 'aa'.*mean 'a'\?"),
        (lambda: Space((A,), ties=(Tie("c", "d"),)), r"The tie of c speaks of 'd'"),
        (
            lambda: Space((A, B), (Condition("a", "b > 0"), Condition("b", "a > 0"))),
            r"a and b depend on each other in a circle",
        ),
        (lambda: as_space([]), r"Expected parameters as a mapping"),
        (lambda: as_space([1]), r"Expected a list of mappings.*Got 1 in it"),
        (lambda: as_space({1: [2]}), r"Expected the names of parameters as words\. Got 1"),
        (lambda: as_space({"rate": 0.1}), r"rate: Expected a list of values such as \[0\.1\] for one value"),
        (lambda: as_space({"rate": "adam"}), r"rate: Expected a list of values such as \['adam'\]"),
        (lambda: as_space({"s": tie({"a": 1})}), r"s: Expected tie\(\{word: \{setting: value\}\}\)"),
        (lambda: as_space({"s": tie({"a": {"x": 1}, "b": {}})}), r"s: Expected x for each.*'b' does not say"),
        (
            lambda: as_space([{"a": [1], "b": tie("a")}, {"a": [2]}]),
            r"Expected no ties in a list of mappings",
        ),
        (lambda: when([1]), r"Expected a condition, such as when\("),
        (
            lambda: as_space({"a": [1, 3], "b": tie("a", {1: 2})}).grid(),
            r"what goes with a=3\. It speaks of 1",
        ),
        (
            lambda: as_space({"a": [1, "x"]}, constraints=["a < 2"]).grid(),
            r"to have a value for every.*a='x'",
        ),
    ],
)
def test_refused_in_one_sentence(make, message):
    with pytest.raises(SettingError, match=message):
        make()
