"""D7: gradients of several batches added up are the gradient of the big batch; growing it is data, too."""

from __future__ import annotations

import numpy as np
import pytest
from populations import largest_difference, recipe, spec, trained, view

from shoal.backend import counting_compilations
from shoal.errors import SettingError
from shoal.train.growth import Growth, as_growth, step_flags
from shoal.train.population import Member

EXACT = {"precision": "float64", "epochs": 3, "optimizer": "adam"}


@pytest.fixture(scope="module")
def data():
    return view(23, 9)  # the last batch is short, the last step of added ones too


@pytest.mark.parametrize("together", [2, 4])
def test_added_up_batches_are_the_big_batch(data, together):
    """Order of the rows is the same, so only rounding differs."""
    small = recipe(batch_size=8 // together, accumulate=together, **EXACT)
    big = recipe(batch_size=8, **EXACT)
    added, whole = (trained([Member(spec(), r)], data)[0] for r in (small, big))
    assert largest_difference(added, whole) < 1e-12
    np.testing.assert_allclose(added.history, whole.history, rtol=1e-9)


def test_penalties_and_clipping_act_on_the_whole_step(data):
    more = {"l2": 0.01, "clip_norm": 0.1, "weight_decay": 0.1, **EXACT}
    added, whole = (
        trained([Member(spec(), r)], data)[0]
        for r in (recipe(batch_size=4, accumulate=2, **more), recipe(batch_size=8, **more))
    )
    assert largest_difference(added, whole) < 1e-12


def test_a_growing_batch_is_first_the_small_and_then_the_big_one(data):
    """Two epochs of batches of 4, then one with steps of 8 rows: the pieces trained one after the other."""
    growing = recipe(batch_size=4, growth=Growth(factor=2, every=2), **EXACT)
    grown = trained([Member(spec(), growing)], data)[0]
    first = trained([Member(spec(), recipe(batch_size=4, **EXACT), until=2)], data)[0]
    second = trained([Member(spec(), recipe(batch_size=8, **EXACT), start=first.state)], data)[0]
    for name, value in second.state["params"].items():
        np.testing.assert_allclose(grown.state["params"][name], value, rtol=1e-9, atol=1e-12)


def test_how_many_batches_make_a_step_is_data(data):
    members = [
        Member(spec(), recipe(batch_size=2, accumulate=k, growth=growth))
        for k, growth in ((2, None), (3, None), (1, Growth(2, 1)), (2, Growth(3, 2, most=8)))
    ]
    trained(members[:1], data, tile=1)
    with counting_compilations() as count:
        trained(members, data, tile=1)
    assert count == [0]


def test_flags():
    assert step_flags(3, 6, 10, 1, Growth(2, 1)).astype(int).tolist() == [
        [1, 1, 1, 1, 1, 1],
        [0, 1, 0, 1, 0, 1],
        [0, 0, 0, 1, 0, 1],
    ]
    assert Growth(2, 1, most=25).batches(epoch=5, batch_size=10, accumulate=1) == 2


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2, "must be a mapping such as"),
        ({"factr": 2}, "no setting 'factr'. Did you mean 'factor'"),
        ({"factor": 1}, "'factor' parameter of batch_growth must be an int in the range .2, inf.. Got 1"),
        ({"every": 0}, "'every' parameter of batch_growth must be a float in the range .0, inf.. Got 0"),
    ],
)
def test_a_wrong_growth_is_refused(value, words):
    with pytest.raises(SettingError, match=words):
        as_growth(value)
