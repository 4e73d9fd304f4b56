"""Early termination in the words of W&B: which stages, who goes on, what the other strategy is told."""

from __future__ import annotations

import pytest
from searches import LINE, begun, searched, told_of, trials_of

from shoal.errors import SettingError
from shoal.sweep.strategy import Ask, Told, stopping_early
from shoal.sweep.strategy.early import stages


class Listening:
    """A strategy that asks for what it is given, and writes down what it is told."""

    name, reason, resolved = "listening", "for a test", {"kind": "listening"}

    def __init__(self, batches: list[int]):
        self.batches, self.heard, self.next = batches, [], 0

    def ask(self) -> list[Ask]:
        if len(self.heard) == len(self.batches):
            return []
        first = sum(self.batches[: len(self.heard)])
        return [Ask(first + i, {"learning_rate": 0.1}) for i in range(self.batches[len(self.heard)])]

    def tell(self, told) -> None:
        self.heard.append(list(told))


def stopped(scores: list[dict[int, float | None]], options: dict, epochs: int = 27):
    """Run batches whose trials have these scores at every stage; return asks by stage and what was heard."""
    inner = Listening([len(batch) for batch in scores])
    search = stopping_early(inner, {"type": "hyperband", "min_iter": 3, **options}, epochs)
    by_trial = {trial: score for batch in scores for trial, score in batch.items()}
    log = []
    while asks := search.ask():
        log.append([(ask.trial, ask.epochs) for ask in asks])
        search.tell([Told(ask.trial, by_trial[ask.trial], ask.epochs) for ask in asks])
    return log, inner.heard


def test_stages_are_those_of_wandb():
    assert stages({"min_iter": 3}, 100) == (3, 9, 27, 81, 100)
    assert stages({"min_iter": 5, "eta": 2}, 20) == (5, 10, 20)
    # of their documentation: max_iter 27, s 2, eta 3 stops at 27 / 3 and 27 / 9
    assert stages({"max_iter": 27, "s": 2}, 27) == (3, 9, 27)
    assert stages({"max_iter": 18, "s": 2}, 27) == (2, 6, 27)


def test_losers_stop_and_the_best_go_on_from_where_they_stood():
    log, heard = stopped([{0: 0.1, 1: 0.9, 2: 0.5, 3: 0.7, 4: 0.2, 5: 0.3}], {})
    assert log == [[(i, 3) for i in range(6)], [(1, 9), (3, 9)], [(1, 27)]]
    assert [(one.trial, one.epochs) for one in heard[0]] == [(0, 3), (1, 27), (2, 3), (3, 9), (4, 3), (5, 3)]


def test_strict_compares_with_all_trials_so_far():
    good, bad = {i: 0.9 + i / 100 for i in range(3)}, {i: 0.1 + i / 100 for i in range(3, 6)}
    strict, _ = stopped([good, bad], {"strict": True})
    mild, _ = stopped([good, bad], {"strict": False})
    assert strict[3:] == [[(3, 3), (4, 3), (5, 3)]], "no one of the second batch is good enough"
    assert mild[3:] == [[(3, 3), (4, 3), (5, 3)], [(5, 9)], [(5, 27)]]


def test_nobody_is_told_to_be_better_than_one_that_outlasted_it():
    inner = Listening([3])
    search = stopping_early(inner, {"type": "hyperband", "min_iter": 9}, 27)
    search.tell([Told(0, 0.9, 9), Told(1, 0.8, 9), Told(2, None, 9)])
    search.tell([Told(0, 0.5, 27)])  # it got worse
    assert search.ask() == []
    assert [(one.score, one.epochs) for one in inner.heard[0]] == [(0.5, 27), (0.5, 9), (None, 9)]


def test_a_batch_that_came_to_nothing_is_over_at_once():
    log, heard = stopped([{0: None, 1: None}, {2: 1.0}], {})
    assert log == [[(0, 3), (1, 3)], [(2, 3)], [(2, 9)], [(2, 27)]]
    assert [one.score for one in heard[0]] == [None, None]


def test_it_saves_epochs():
    method = {"kind": "random", "batch": 9, "early_terminate": {"type": "hyperband", "min_iter": 3}}
    log = searched(begun(method, LINE, trials=27), lambda values: values["learning_rate"])
    done: dict[int, int] = {}
    for asks, _ in log:
        done |= {ask.trial: ask.epochs for ask in asks}
    assert len(trials_of(log)) == 27
    assert sum(done.values()) < 27 * 27 / 2


def test_the_reason_says_when_losers_stop():
    search = begun({"kind": "random", "early_terminate": {"type": "hyperband", "min_iter": 3}})
    assert search.reason == "as asked; the best 1/3 go on after 3, 9 epochs"
    assert [told_of(ask, lambda values: 1.0).epochs for ask in search.ask()] == [3] * 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_iter": 3}, r"Expected early_terminate to name its type\..*write type: hyperband"),
        (
            {"type": "median", "min_iter": 3},
            r"'type' parameter of early_terminate must be one of 'hyperband'",
        ),
        ("hyperband", r"to be a mapping such as \{'type': 'hyperband', 'min_iter': 3\}\. Got 'hyperband'"),
        ({"type": "hyperband"}, r"to be given min_iter, or max_iter and s\. Got none of them"),
        ({"type": "hyperband", "max_iter": 27}, r"min_iter, or max_iter and s\. Got max_iter=27"),
        ({"type": "hyperband", "min_iter": 3, "max_iter": 27, "s": 2}, r"Got min_iter=3, max_iter=27, s=2"),
        ({"type": "hyperband", "min_itr": 3}, r"no setting 'min_itr'\. Did you mean 'min_iter'\?"),
        (
            {"type": "hyperband", "min_iter": 50},
            r"before the 27 epochs of a whole training\. Got stages that all",
        ),
        (
            {"type": "hyperband", "min_iter": 3, "eta": 1},
            r"'eta' parameter of early_terminate must be a float",
        ),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(SettingError, match=message):
        begun({"kind": "random", "early_terminate": options})


@pytest.mark.parametrize("kind", ["halving", "hyperband", "pbt"])
def test_who_stops_losers_himself_takes_no_other_stopping(kind):
    with pytest.raises(
        SettingError, match=f"no early_terminate beside method '{kind}', which stops its losers"
    ):
        begun({"kind": kind, "early_terminate": {"type": "hyperband", "min_iter": 3}})
