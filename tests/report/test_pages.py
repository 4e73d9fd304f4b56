"""The pages of searches, ablations and error curves, and what the sections of a run's page say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from shoal.history import History
from shoal.report import Facts, page
from shoal.report.many_curves import many_curves
from shoal.report.markup import Markup, tag
from shoal.report.network_drawing import Layer, network_drawing
from shoal.report.parallel import MOST_LINES, parallel, thinned
from shoal.report.sheet import data_of
from shoal.report.study_page import ablation_page, curve_page
from shoal.report.sweep_facts import SweepFacts
from shoal.report.sweep_page import sweep_page


@dataclass
class Found:
    severity: str
    title: str = "gradients vanish"
    code: str = "S103"
    evidence: str = "The first layer's gradient was 0.001 of the last."
    remedy: str = "Set activation=silu."
    where: str = "layer dense_0"
    change: dict[str, Any] = field(default_factory=lambda: {"activation": "silu"})


def layered(layers: int, epochs: int = 5) -> Facts:
    rows = [
        {"epoch": e, "loss": 1 / e, **{f"gradient_norm/dense_{i}": 1.0 + i for i in range(layers)}}
        for e in range(1, epochs + 1)
    ]
    return Facts("a.csv", "regression", ["y"], History(rows))


def test_the_gravest_finding_comes_first_and_is_named_on_top() -> None:
    found = [Found("note", "few rows"), Found("warning"), Found("error", "not a number")]
    text = page(Facts("a.csv", "regression", ["y"], History(), findings=found))
    severities = re.findall(r'class="card (\w+)"', text)
    assert severities == ["error", "warning", "note"]
    assert 'Worth a look: <a href="#findings">not a number, and 1 more</a>' in text
    assert "--set activation=silu" in text


def test_no_finding_and_not_looked_are_told_apart() -> None:
    looked = page(Facts("a.csv", "regression", ["y"], History(), findings=[]))
    assert "Nothing in the record of its training looks wrong." in looked
    assert "Findings" not in page(Facts("a.csv", "regression", ["y"], History()))


def test_layers_are_drawn_where_they_were_recorded() -> None:
    assert "Inside the network" not in page(layered(0))
    text = page(layered(3))
    assert "Gradient by layer" in text
    assert text.count('"depth":') == 3 + 1  # the loss has none


def test_of_a_deep_network_some_layers_are_drawn() -> None:
    assert "10 of 40 layers are drawn." in page(layered(40))


def test_a_long_training_of_a_deep_network_stays_a_small_page() -> None:
    facts = layered(12, epochs=1000)
    assert len(page(facts).encode()) < 300_000  # a curve has 400 points at most


def test_data_closes_no_element() -> None:
    text = data_of({"name": "</script><!-- <script>", "value": float("nan")})
    inner = text.removeprefix('<script type="application/json">').removesuffix("</script>")
    assert "</" not in inner
    assert "<!--" not in inner
    assert json.loads(inner)["value"] is None


def test_names_on_the_drawing_stand_beside_their_units() -> None:
    shown = network_drawing(
        [Layer("inputs", 2, "in", 0, ("age", "a < b")), Layer("head", 1, "linear", 3, ("y",))]
    )
    assert "a &lt; b" in shown
    assert shown.count('class="name"') == 3
    many = network_drawing(
        [Layer("inputs", 500, "in"), *[Layer("dense", 64, "dense")] * 20, Layer("head", 1, "x")]
    )
    assert many.count('class="count"') == 9


def swept() -> SweepFacts:
    lines = [{"trial": i, "places": [i / 10, None], "figure": 0.1 * (i + 1), "rank": i + 1} for i in range(5)]
    axes = [
        {"name": "learning_rate", "ticks": []},
        {"name": "norm", "ticks": [{"place": 0.5, "value": "batch"}]},
    ]
    one = {"name": "learning_rate", "scale": "log", "ordered": True, "values": [0.01, 0.1, 1.0]}
    ends = {"figures": [0.3, 0.2, 0.5], "low": [0.2, 0.1, 0.4], "high": [0.4, 0.3, 0.6]}
    points = [{"value": 0.05, "figure": 0.25}, {"value": 0.5, "figure": 9e9}]
    share = {"name": "learning_rate", "share": 0.9, "low": 0.7, "high": 1.0, "seen": True}
    trials = [
        {
            "trial": i,
            "figure": 0.1 * i,
            "spread": 0.01,
            "others": {"accuracy": 0.9},
            "epochs": 5,
            "values": {"x": i},
        }
        for i in range(40)
    ]
    return SweepFacts(
        table="houses.csv",
        targets=["price"],
        figure="log loss",
        lower_is_better=True,
        best=["Best is trial 0: log loss 0.1."],
        best_settings={"x": 0},
        trials=trials,
        pictures={
            "parallel": {"axes": axes, "lines": lines},
            "importances": {"settings": [share], "interactions": [], "reason": ""},
            "slices": [{**one, **ends, "trials": points}],
        },
        where="5 trials",
        curves=[{"trial": i, "rank": i + 1, "values": [1.0, 0.5, float("nan"), 0.4]} for i in range(3)],
        next_steps=["Try more."],
    )


def test_the_page_of_a_search_holds_all_its_parts() -> None:
    text = sweep_page(swept())
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", text)
    assert headings == [
        "Leaderboard",
        "Every trial",
        "What mattered",
        "What to try next",
        "One setting at a time",
        "How they learnt",
    ]
    assert "Show 40 trials" in text
    assert text.count("<title>trial 3: log loss 0.4</title>") == 1


def test_a_search_of_nothing_can_be_told() -> None:
    text = sweep_page(SweepFacts("houses.csv", ["price"], "RMSE", True))
    assert "No trial came to anything so far." in text
    assert parallel({"axes": [], "lines": []}, "RMSE", True) == Markup("")


def test_of_very_many_trials_the_best_half_is_drawn() -> None:
    lines = [{"trial": i, "rank": i + 1} for i in range(3 * MOST_LINES)]
    kept = thinned(lines)
    assert len(kept) == MOST_LINES
    assert [line["trial"] for line in kept[:500]] == list(range(500))
    assert [line["rank"] for line in kept] == list(range(1, MOST_LINES + 1))


COMMON = {
    "table": "houses.csv",
    "targets": ["price"],
    "task": "regression",
    "networks": 12,
    "folds": 3,
    "seeds": [0, 1],
    "seconds": 3.2,
    "notes": [],
    "interrupted": False,
    "command": "shoal study houses.csv",
    "versions": {"shoal": "1.2"},
    "figure": "RMSE",
}


@pytest.mark.parametrize("helps", [True, False])
def test_the_page_of_an_ablation_leads_with_what_helps(helps: bool) -> None:
    effect = {
        "mean": -1.0,
        "low": -2.0,
        "high": -0.5,
        "relative": -0.1,
        "relative_low": -0.2,
        "relative_high": None,
    }
    one = {**effect, "name": "dropout", "change": "put in", "settings": {"dropout": 0.25}}
    one |= {"helps": helps, "advice": "put it in" if helps else "", "verdict": "helps: -10% RMSE"}
    found = {
        **COMMON,
        "goal": "min",
        "baseline": {"mean": 10.0, "low": 9.0, "high": 11.0},
        "techniques": [one, {**one, "name": "L2", "relative_high": -0.05}],
        "skipped": {"batch norm": "It is there already."},
        "next": {"settings": {}, "command": "--set dropout=0.25" if helps else ""},
        "combination": None,
    }
    text = ablation_page(found)
    lead = "Dropout (put in) helps: -10% RMSE." if helps else "No change was seen to help."
    assert f"<h1>{lead}</h1>" in text
    assert "L2, put in: -10.0 (-20.0 to -5.0)" in text
    assert "dropout, put in:" not in text  # its interval is unknown
    assert "batch norm: It is there already." in text


def test_the_page_of_a_curve_draws_bias_and_variance_where_they_are_known() -> None:
    names = ("test", "test_low", "test_high", "train", "train_low", "train_high", "bias", "variance")
    points = [{"value": v, **dict.fromkeys(names, 1 / v)} for v in (1, 4, 16)]
    found = {**COMMON, "words": "units", "verdicts": ["Lowest at 16."], "points": points}
    text = curve_page(found)
    assert "<h1>Lowest at 16.</h1>" in text
    assert "units (logarithmic)" in text
    assert "Bias and variance" in text
    points[0]["bias"] = None
    assert "Bias and variance by units" not in curve_page(found)


def test_shapes_with_a_title_are_closed() -> None:
    assert tag("path", tag("title", "a"), d="M0 0") == '<path d="M0 0"><title>a</title></path>'
    assert tag("path", d="M0 0") == '<path d="M0 0"/>'


def test_a_curve_with_gaps_only_is_no_picture() -> None:
    rows = [{"epoch": e, "loss": float("nan"), "gradient_norm/dense_0": None} for e in (1, 2)]
    text = page(Facts("a.csv", "regression", ["y"], History(rows)))
    assert "<figure" not in text
    assert np.isnan(rows[0]["loss"])


def test_trials_that_failed_do_not_flatten_the_others() -> None:
    lines = [{"trial": i, "places": [0.5], "figure": 0.1 + 0.01 * i, "rank": i + 1} for i in range(9)]
    lines.append({"trial": 9, "places": [0.5], "figure": 1e20, "rank": 10})
    text = parallel({"axes": [{"name": "x", "ticks": []}], "lines": lines}, "log loss", True)
    assert '"ends":[0.1,0.18]' in text
    assert "trial 9: log loss 1e+20" in text  # it is told as it is, and drawn at the end
    falling = [{"trial": i, "rank": i + 1, "values": [1.0, 0.5]} for i in range(5)]
    assert "to 4." in many_curves("Loss", [*falling, {"trial": 5, "rank": 6, "values": [1.0, 1e9]}])


def test_a_layer_has_its_colour_in_every_picture() -> None:
    rows = [
        {"epoch": e, "loss": 1.0, "gradient_norm/a": e, "gradient_norm/b": e, "gradient_norm/head": e}
        | {"activation_std/a": 1.0, "activation_std/b": 2.0}
        for e in (1, 2, 3)
    ]
    text = page(Facts("a.csv", "regression", ["y"], History(rows)))
    depths = re.findall(r'"name":"b","style":0,"depth":([\d.]+)', text)
    assert depths == ["0.5", "0.5"]
