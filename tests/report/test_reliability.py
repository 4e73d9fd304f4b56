"""The reliability diagram: every point on the drawing, and told in words."""

from __future__ import annotations

import re

import numpy as np

from shoal.history.reliability import reliability
from shoal.history.wording import compact
from shoal.report.curves import HEIGHT, WIDTH
from shoal.report.reliability import reliability_diagram


def found(seed: int, rows: int = 200) -> dict:
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(3) / 3, rows)
    truth = rng.integers(0, 3, rows)
    return {"before": reliability(truth, proba), "after": reliability(truth, (proba + 1) / 4)}


def test_every_point_lies_on_the_drawing(seed: int) -> None:
    drawn = str(reliability_diagram(found(seed)))
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)
    assert len(circles) == sum(len(found(seed)[name]["bins"]) for name in ("before", "after"))
    for x, y in circles:
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    assert "nan" not in drawn


def test_it_is_told_in_words() -> None:
    told = found(0)
    drawn = str(reliability_diagram(told))
    assert 'role="img"' in drawn
    assert f"The expected calibration error is {compact(told['before']['ece'])} before calibration" in drawn


def test_one_bin_and_none() -> None:
    one = reliability([0], [[1.0, 0.0]])
    assert "<circle" in reliability_diagram({"before": one, "after": one})
    none = {**one, "bins": []}
    assert reliability_diagram({"before": none, "after": none}) == ""
