"""Bars with intervals: where they end, and what is cut off so that the others can be seen."""

from __future__ import annotations

import re

import pytest

from shoal.report.bars import Bar, bars


def whiskers(picture: str) -> list[float]:
    """Return the widths of the whiskers, from top to bottom."""
    found = re.findall(r'x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="\3" class="error"', picture)
    return [float(x2) - float(x1) for x1, x2, _ in found]


CALM = [Bar(f"change {i}", 1.0, -10.0, 10.0) for i in range(7)]


def test_one_wild_interval_does_not_press_the_others_into_a_line():
    drawn = bars("Effects", [*CALM, Bar("wild", 380.0, -1000.0, 1800.0)], "%", filled=False)
    widths = whiskers(drawn)
    assert widths[7] == pytest.approx(4 * widths[0], rel=0.1)  # cut off at four times what most reach
    assert drawn.count('class="beyond"') == 2
    assert drawn.count("<circle") == 7  # its dot lies beyond, too
    assert "wild: 380 (-1,000 to 1,800)" in drawn


def test_intervals_of_a_kind_are_drawn_to_their_ends():
    drawn = bars("Effects", [*CALM, Bar("wide", 10.0, -30.0, 39.0)], "%", filled=False)
    assert 'class="beyond"' not in drawn
    assert whiskers(drawn)[7] / whiskers(drawn)[0] == pytest.approx(69 / 20, rel=0.01)


def test_filled_bars_are_never_cut_off():
    drawn = bars("Worth", [*CALM, Bar("most", 400.0, 390.0, 410.0)], "loss", filled=True)
    assert 'class="beyond"' not in drawn
