from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from shoal.history import History, judged
from shoal.report import Facts, page, write_report


@dataclass
class ColumnAsRead:
    """What the report needs of a column."""

    name: str
    kind: str = "number"
    used: bool = True
    missing: int = 0
    distinct: int = 3
    notice: str = ""


class Structure(HTMLParser):
    """Fails on an element that is closed out of turn; collects what is asked of the network."""

    VOID = frozenset({"meta", "line", "path", "circle", "rect", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        asked = [value or "" for name, value in attrs if name in ("src", "href", "srcset")]
        self.fetched += [value for value in asked if not value.startswith("#")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def history(epochs: int = 12) -> History:
    rows = [
        {"epoch": e, "loss": 1 / e, "val_loss": 1.1 / e, "val_accuracy": 1 - 1 / e}
        for e in range(1, epochs + 1)
    ]
    return History(rows, best_epoch=9, stop_reason="the validation loss no longer fell")


def classified(**changes: object) -> Facts:
    truth = np.arange(60) % 3
    proba = np.where(np.eye(3)[truth] == 1, 0.9, 0.05)
    proba[:3] = [[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]
    facts: dict = {
        "table": "penguins.csv",
        "task": "multiclass",
        "targets": ["species"],
        "history": history(),
        "classes": ("Adelie", "Chinstrap", "Gentoo"),
        "rows": {"train": 200, "valid": 84, "test": 60},
        "judged": judged("multiclass", truth, proba) | {"method": "test rows"},
        "columns": [ColumnAsRead("island", "category"), ColumnAsRead("id", "identifier", used=False)],
        "settings": {"hidden": (64, 32), "dropout": None, "shuffle": True},
        "given": {"hidden": (64, 32)},
        "command": "shoal train penguins.csv --target species",
    }
    return Facts(**(facts | changes))


def structure(text: str) -> Structure:
    parsed = Structure()
    parsed.feed(text)
    parsed.close()
    assert parsed.open == []
    return parsed


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ")


def test_it_is_well_formed_and_asks_nothing_of_the_network() -> None:
    text = page(classified())
    assert structure(text).fetched == []
    assert text.count("<script>") == 1  # the script itself; the others hold data
    assert "http:" not in text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert "https:" not in text
    assert "url(" not in text


def test_it_answers_in_the_order_in_which_people_ask() -> None:
    assert structure(page(classified())).headings == [
        "It names the right species for 95.0\N{NO-BREAK SPACE}% of 60 rows that it had never seen.",
        "How training went",
        "Figures (test rows)",
        "Settings",
        "What it read",
        "How to do it again",
    ]


def test_the_headline_is_a_sentence_with_the_figure_and_its_interval() -> None:
    said = words(page(classified()))
    assert "It names the right species for 95.0 % of 60 rows that it had never seen." in said
    assert "leaves room from 86.3 to 98.3 % (95 % interval)" in said


def test_a_regression_is_told_in_the_targets_own_unit() -> None:
    truth = np.linspace(100.0, 200.0, 40)
    figures = judged("regression", truth, truth + np.where(np.arange(40) % 2, 5.0, -5.0))
    said = words(page(classified(task="regression", targets=["price"], classes=(), judged=figures)))
    assert "On 40 rows that it had never seen it is off by 5 on average." in said
    assert "ups and downs" in said


def test_without_test_rows_it_says_that_nothing_is_known() -> None:
    said = words(page(classified(judged=None)))
    assert "No rows were kept aside" in said
    assert "Figures (" not in said


def test_a_cross_validation_is_told_as_what_it_is() -> None:
    facts = classified()
    said = words(page(classified(judged={**facts.judged, "method": "5-fold cross-validation"})))
    assert (
        "Networks trained alike name the right species for 95.0 % of 60 rows that they had never seen."
        in said
    )
    assert "Figures (5-fold cross-validation)" in said
    assert "each judged on rows that it had not seen" in said


def test_hostile_names_stay_text() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    text = page(
        classified(table=hostile, targets=[hostile], columns=[ColumnAsRead(hostile)], command=hostile)
    )
    assert hostile not in text
    assert structure(text).fetched == []


def test_a_run_that_blew_up_can_still_be_told() -> None:
    blown = History([{"epoch": 1, "loss": math.nan, "val_loss": math.inf}], stop_reason="the loss became NaN")
    said = words(page(classified(history=blown, judged=None)))
    assert "The loss became NaN." in said
    assert "trained for 1 epoch." in said


def test_a_history_of_nothing_can_be_told() -> None:
    assert "No epoch was recorded." in words(page(classified(history=History())))


def test_many_columns_are_folded_away() -> None:
    text = page(classified(columns=[ColumnAsRead(f"x{i}") for i in range(100)]))
    assert "Show all 100 columns" in text


def test_settings_show_what_was_asked_for_as_the_command_line_writes_it() -> None:
    said = words(page(classified()))
    assert "Asked for; all others are defaults." in said
    assert "hidden 64,32 as asked" in said
    assert "dropout none" in said


def test_the_file_is_small_and_utf8(tmp_path: Path) -> None:
    write_report(classified(table="pingüinos.csv"), tmp_path / "report.html")
    written = (tmp_path / "report.html").read_bytes()
    assert "pingüinos.csv" in written.decode("utf-8")
    assert len(written) < 60_000
