"""The pages of an ablation and of an error curve, from what their run folders keep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact, lasting, listed, with_bounds
from shoal.report.band_chart import Band, band_chart
from shoal.report.bars import Bar, bars
from shoal.report.markup import Markup, joined, tag
from shoal.report.sections.again import code_block
from shoal.report.sections.findings import written
from shoal.report.sections.opening import key_facts
from shoal.report.sheet import Section, section, sheet
from shoal.report.tables import Column, table
from shoal.report.words import capital

_INTERVAL = "95\N{NO-BREAK SPACE}% interval"


def ablation_page(found: Mapping[str, Any]) -> str:
    """Return the page of an ablation as the text of one HTML file.

    Parameters
    ----------
    found : mapping
        ``Ablation.to_json()`` with "table", "targets", "task", "command" and "versions".
    """
    title = f"What helps for {listed(found['targets'])} from {found['table']}"
    sections = [_effects(found), _techniques(found), _next(found), _skipped(found), _again(found)]
    return sheet(title, _opening(title, _ablation_told(found), found), sections, _made_by(found))


def curve_page(found: Mapping[str, Any]) -> str:
    """Return the page of an error curve as the text of one HTML file.

    Parameters
    ----------
    found : mapping
        ``Curve.to_json()`` with "table", "targets", "task", "command" and "versions".
    """
    title = f"Error by {found['words']}: {listed(found['targets'])} from {found['table']}"
    sections = [_errors(found), _points(found), _again(found)]
    return sheet(title, _opening(title, found["verdicts"], found), sections, _made_by(found))


def _opening(title: str, told: Sequence[str], found: Mapping[str, Any]) -> Markup:
    lead, *more = told or ["Nothing came of it."]
    nets = f"{found['networks']:,} over {found['folds']} folds and {len(found['seeds'])} seeds"
    entries = [("Task", found["task"]), ("Networks", nets), ("Time", lasting(found["seconds"]))]
    if found.get("rows"):
        entries.insert(1, ("Rows", f"{found['rows']:,}"))
    notes = [*more, *found["notes"], *(["It was interrupted."] if found["interrupted"] else [])]
    return joined(
        tag("p", title, class_="kicker"),
        tag("h1", lead),
        [tag("p", line) for line in notes],
        key_facts(entries),
    )


# ---------------------------------------------------------------- what helps


def _ablation_told(found: Mapping[str, Any]) -> list[str]:
    seen = [one for one in found["techniques"] if one["helps"]]
    base = found["baseline"]
    value, bounds = with_bounds(*(_known(base[key]) for key in ("mean", "low", "high")))
    baseline = f"Without any change the {found['figure']} is {value} ({bounds})."
    if not seen:
        more = "With more folds, or fewer techniques at once, smaller effects are seen."
        return ["No change was seen to help.", f"{baseline} {more}"]
    best = seen[0]
    lead = f"{capital(best['name'])} ({best['change']}) {best['verdict']}."
    rest = f" {len(seen)} of {len(found['techniques'])} changes were seen to help."
    return [lead, baseline + rest]


def _effects(found: Mapping[str, Any]) -> Section | None:
    shown = [
        Bar(
            f"{one['name']}, {one['change']}",
            100 * change,
            100 * low,
            100 * high,
            style=0 if one["helps"] else 1,
        )
        for one in found["techniques"]
        if (change := one["relative"]) is not None
        and (low := one["relative_low"]) is not None
        and (high := one["relative_high"]) is not None
    ]
    way = "left" if found["goal"] == "min" else "right"
    said = (
        f"Relative change of the {found['figure']} over the same folds from the same seeds; further to the "
        f"{way} is better. An interval that crosses the line at zero: no effect was seen."
    )
    figure = found["figure"]
    drawn = bars("Effect of each change", shown, f"% change of {figure}", filled=False)
    if 'class="beyond"' in drawn:
        said += " An arrow: the interval goes on beyond the picture."
    return section("Effects", tag("p", said), tag("figure", drawn)) if drawn else None


def _techniques(found: Mapping[str, Any]) -> Section | None:
    heads = ("Technique", "Change", "Set", Column("Difference", "number"), Column(_INTERVAL, "number"))
    rows = []
    for one in found["techniques"]:
        value, bounds = with_bounds(*(_known(one[key]) for key in ("mean", "low", "high")))
        rows.append(
            [
                one["name"],
                one["change"],
                tag("code", _typed(one["settings"])),
                value,
                bounds,
                one["advice"] or "–",
            ]
        )
    shown = table((*heads, "Advice"), rows, caption="Techniques", sortable=True, class_="tight wide")
    holm = (
        "Intervals and verdicts are corrected by Holm's procedure for the number of changes asked about."
        if len(rows) > 1
        else None
    )
    return section("Every change", shown, tag("p", holm, class_="fine") if holm else None)


def _typed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={written(value)}" for name, value in settings.items())


def _next(found: Mapping[str, Any]) -> Section | None:
    command, together = found["next"]["command"], found["combination"]
    if not command:
        return None
    said = "Single effects need not add up: train the combination before you trust it."
    if together:
        said = f"Together, on other folds from other seeds: {together['verdict']}."
    return section(
        "What to try next", tag("pre", tag("code", command), tabindex="0"), tag("p", said), short="Next"
    )


def _skipped(found: Mapping[str, Any]) -> Section | None:
    told = [tag("li", f"{name}: {why}") for name, why in found["skipped"].items()]
    return section("Left out", tag("ul", told)) if told else None


# ---------------------------------------------------------------- error curves


def _errors(found: Mapping[str, Any]) -> Section | None:
    points, over = found["points"], found["words"]
    places = [point["value"] for point in points]
    bands = [
        Band(
            said, *([point[f"{name}{end}"] for point in points] for end in ("", "_low", "_high")), style=style
        )
        for style, (name, said) in enumerate((("test", "rows left out"), ("train", "training rows")))
    ]
    charts = [band_chart(capital(found["figure"]), places, bands, over)]
    if all(point["bias"] is not None for point in points):
        split = [
            Band(said, [point[name] for point in points], style=style)
            for style, (name, said) in enumerate((("bias", "bias (with noise)"), ("variance", "variance")))
        ]
        charts.append(band_chart("Bias and variance", places, split, over))
    said = "Bands are 95 % intervals over folds and seeds."
    return section("Error", tag("p", said, class_="fine"), tag("div", charts, class_="charts"))


def _points(found: Mapping[str, Any]) -> Section | None:
    heads = [Column(capital(found["words"]), "number")]
    heads += [
        Column(name, "number") for name in ("Rows left out", _INTERVAL, "Training rows", "Bias", "Variance")
    ]
    rows = []
    for point in found["points"]:
        value, bounds = with_bounds(*(_known(point[key]) for key in ("test", "test_low", "test_high")))
        parts = [compact(point[name]) for name in ("train", "bias", "variance")]
        rows.append([f"{point['value']:,g}", value, bounds, *parts])
    return section("Every value", table(heads, rows, caption="Values", sortable=True, class_="tight wide"))


# ---------------------------------------------------------------- both


def _again(found: Mapping[str, Any]) -> Section | None:
    return section(
        "How to do it again", code_block("On the command line", found["command"]), short="Do it again"
    )


def _made_by(found: Mapping[str, Any]) -> str:
    return f"Made by shoal {found['versions'].get('shoal', '')}".rstrip()


def _known(value: float | None) -> float:
    return math.nan if value is None else value
