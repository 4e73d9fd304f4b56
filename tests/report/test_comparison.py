from __future__ import annotations

from shoal.history import History
from shoal.history.comparison import Comparison
from shoal.report.compare_page import compare_page
from shoal.report.comparison import Compared, Run

FIGURE = {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}}


def run(letter: str, **settings: object) -> Run:
    rows = [{"epoch": e, "loss": 1 / e, "val_loss": 1 / e, "learning_rate": 0.1} for e in (1, 2, 3)]
    return Run(
        letter, f"runs/{letter}", "a.csv", ["y"], "binary", History(rows), settings, FIGURE, "test rows"
    )


def pair(low: float, high: float) -> Compared:
    found = Comparison("accuracy", 0.9, 0.95, 0.05, low, high, "paired", 40)
    return Compared(
        [run("A", hidden=[8]), run("B", hidden=[16], seed=0)], {"B": [found]}, {"B": "Row by row."}
    )


def test_a_verdict_says_which_is_better_and_by_how_much() -> None:
    said = "accuracy 0.9 and 0.95, a difference of +0.050 (+0.020 to +0.080)."
    assert pair(0.02, 0.08).verdicts() == [f"B is really better than A: {said}"]
    [unseen] = pair(-0.02, 0.12).verdicts()
    assert unseen.startswith("Whether A or B is better cannot be seen: accuracy 0.9 and 0.95")


def test_what_cannot_be_told_is_said_honestly() -> None:
    told = Compared([run("A"), run("B")], {"B": []}, {"B": "They predict different things."})
    assert told.verdicts() == ["It cannot be told which of A and B is better."]
    text = compare_page(told)
    assert "They predict different things." in text
    assert "Their settings are the same." in text


def test_settings_that_differ_stand_side_by_side() -> None:
    compared = pair(0.02, 0.08)
    assert compared.differing() == ["hidden", "seed"]
    text = compare_page(compared)
    assert "<h2" in text
    assert "B is better" in text
    assert compared.to_json()["differing"]["hidden"] == {"A": [8], "B": [16]}


def test_more_runs_than_colours_are_told_apart_by_depth() -> None:
    runs = [run(letter) for letter in "ABCDEF"]
    text = compare_page(Compared(runs, {}, {}))
    assert "--depth:100%" in text
    assert text.count("It cannot be told which of A and ") == 5
