"""G5: survivors go on, losers do not, and what they are trained for in all."""

from __future__ import annotations

import pytest
from searches import LINE, MIXED, begun, conditional, searched, told_of, trials_of

from shoal.errors import SettingError
from shoal.sweep.strategy import strategy


def rate(values) -> float:
    return values["learning_rate"]


def test_by_hand_nine_three_one():
    log = searched(begun({"kind": "halving", "factor": 3}, LINE, trials=9), rate)
    assert [[ask.epochs for ask in asks] for asks, _ in log] == [[3] * 9, [9] * 3, [27]]
    first, second, last = ([ask.trial for ask in asks] for asks, _ in log)
    order = sorted(first, key=lambda trial: -rate(trials_of(log)[trial].values))
    assert first == list(range(9))
    assert second == sorted(order[:3])
    assert last == order[:1]


def test_what_came_to_nothing_does_not_go_on_even_if_others_are_wanting():
    search = begun({"kind": "halving", "factor": 3}, LINE, trials=9)
    asks = search.ask()
    told = [told_of(ask, lambda values: 1.0 if ask.trial in (2, 5) else None) for ask in asks]  # noqa: B023
    search.tell(told)
    assert [ask.trial for ask in search.ask()] == [2, 5]


def test_survivors_carry_their_values_and_nothing_starts_anew():
    log = searched(begun("hyperband", MIXED, trials=30), conditional)
    first = trials_of(log)
    assert all(
        ask.values == first[ask.trial].values and ask.parent is None for asks, _ in log for ask in asks
    )


def test_a_pass_of_hyperband_is_the_paper_s_table():
    search = strategy("hyperband", LINE, trials=None, max_epochs=81, seed=0)
    log = searched(search, rate, batches=15)
    sizes = [(len(asks), asks[0].epochs) for asks, _ in log]
    assert sizes[:5] == [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]
    assert sizes[5:9] == [(27, 3), (9, 9), (3, 27), (1, 81)]
    assert sizes[9:] == [(9, 9), (3, 27), (1, 81), (6, 27), (2, 81), (5, 81)]
    assert len(search.ask()) == 81, "another pass follows"


def test_a_number_of_trials_is_divided_among_the_brackets():
    search = strategy("hyperband", LINE, trials=64, max_epochs=81, seed=0)
    log = searched(search, rate)
    starts = [len(asks) for asks, _ in log if asks[0].trial == max(a.trial for a in asks) - len(asks) + 1]
    assert len(trials_of(log)) == 64
    assert starts[0] == 41  # 81 of 128


def test_no_bracket_costs_more_than_five_whole_trainings_nor_less_than_two():
    search = strategy("hyperband", LINE, trials=None, max_epochs=81, seed=0)
    spent, before = [], {}
    for asks, _ in searched(search, rate, batches=15):
        if asks[0].trial not in before:
            spent.append(0)
        spent[-1] += sum(ask.epochs - before.get(ask.trial, 0) for ask in asks)
        before |= {ask.trial: ask.epochs for ask in asks}
    assert len(spent) == 5
    assert spent == [297, 243, 189, 270, 405]  # less than the paper's, since survivors go on


def test_factor_and_first_epochs_are_given():
    search = strategy(
        {"kind": "halving", "factor": 2, "min_epochs": 5}, LINE, trials=8, max_epochs=40, seed=0
    )
    log = searched(search, rate)
    assert [(len(asks), asks[0].epochs) for asks, _ in log] == [(8, 5), (4, 10), (2, 20), (1, 40)]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            {"kind": "halving", "factor": 1},
            r"The 'factor' parameter of method 'halving' must be a float in the ",
        ),
        (
            {"kind": "halving", "min_epochs": 0},
            r"'min_epochs' .* an int in the range \[1, inf\) or None\. Got 0",
        ),
        ({"kind": "hyperband", "eta": 3}, r"method 'hyperband' has no setting 'eta'\."),
        ({"kind": "halving", "facto": 3}, r"no setting 'facto'\. Did you mean 'factor'\?"),
    ],
)
def test_wrong_options_are_refused(method, message):
    with pytest.raises(SettingError, match=message):
        begun(method, LINE)
