"""The report's page: one HTML file with everything in it, in the order in which people ask.

Is it any good? How did training go? What did it read? Which settings? How do I do it again?
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from shoal.history.metrics import METRICS
from shoal.history.wording import compact, listed, with_bounds
from shoal.report.curves import Line, chart
from shoal.report.facts import Facts
from shoal.report.markup import Markup, tag
from shoal.report.reliability import reliability_diagram
from shoal.report.words import MEANINGS, SHARES, caution, course, headline, portions, title

FOLD_COLUMNS_FROM = 40
"""A table of more columns than this is folded away behind a click."""


def write_report(facts: Facts, path: str | os.PathLike[str]) -> None:
    """Write the report as one HTML file.

    Parameters
    ----------
    facts : Facts
        What the report says.
    path : str or path
        Where it goes; a file that is there is replaced.
    """
    Path(path).write_text(page(facts), encoding="utf-8")


def page(facts: Facts) -> str:
    """Return the report as the text of one HTML file.

    Examples
    --------
    >>> from shoal.history import History
    >>> text = page(Facts("houses.csv", "regression", ["price"], History()))
    >>> "Predicting price from houses.csv" in text
    True
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title(facts)),
        tag("style", Markup(resources.files("shoal.report").joinpath("style.css").read_text("utf-8"))),
    )
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", title(facts)),
            tag("p", headline(facts), class_="headline"),
            tag("p", caution(facts), class_="caution") if caution(facts) else None,
            _key_facts(facts),
        ),
        tag("main", _figures(facts), _training(facts), _columns(facts), _settings(facts), _again(facts)),
        tag(
            "footer",
            tag("p", f"Made by shoal {facts.provenance.get('versions', {}).get('shoal', '')}".rstrip()),
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _section(heading: str, *content: object) -> Markup:
    return tag("section", tag("h2", heading), *content)


def _key_facts(facts: Facts) -> Markup:
    entries = [("Task", facts.task), ("Target", listed(facts.targets))]
    if facts.classes and facts.task in ("binary", "multiclass"):
        entries.append((f"{len(facts.classes)} classes", listed(facts.classes)))
    if facts.network:
        entries.append(("Network", facts.network))
    if facts.rows:
        entries.append(("Rows", f"{sum(facts.rows.values()):,}"))
    return tag(
        "dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in entries], class_="facts"
    )


def _figures(facts: Facts) -> Markup | None:
    if not facts.judged:
        return None
    figures = facts.judged["figures"]
    rows = [_figure_row(name, found) for name, found in figures.items()]
    pictured = "from 0 to 1" if SHARES & figures.keys() else ""
    head = tag(
        "tr", [tag("th", text, scope="col") for text in ("Figure", "Value", "95 % interval", pictured)]
    )
    return _section(
        f"Figures ({facts.method})",
        tag("table", tag("thead", head), tag("tbody", rows), class_="figures"),
        tag(
            "p",
            "The interval says how far the figure may be off because only these rows were tested.",
            class_="fine",
        ),
        _calibration(facts.judged.get("calibration")),
    )


def _calibration(found: Mapping[str, Any] | None) -> Markup | None:
    if not found:
        return None
    told = (
        f"The probabilities are calibrated: the logits are divided by a temperature of "
        f"{compact(found['temperature'])}, fitted on {found['rows']:,} {found['fitted_on']}. The diagram "
        f"shows {found['measured_on']}."
    )
    return tag("div", tag("p", told), tag("div", reliability_diagram(found), class_="charts"))


def _figure_row(name: str, found: dict[str, Any]) -> Markup:
    value, bounds = with_bounds(found["value"], found["low"], found["high"])
    return tag(
        "tr",
        tag("th", _titled(name), tag("small", MEANINGS.get(name, "")), scope="row"),
        tag("td", value, class_="number"),
        tag("td", bounds, class_="number bounds"),
        tag("td", _whisker(found) if name in SHARES else None, class_="picture"),
    )


def _titled(name: str) -> str:
    title = METRICS[name].title if name in METRICS else name
    return title[:1].upper() + title[1:]


def _whisker(found: dict[str, Any]) -> Markup | None:
    value, low, high = (found[key] for key in ("value", "low", "high"))
    if not all(0 <= share <= 1 for share in (value, low, high)):
        return None
    return tag(
        "svg",
        tag("line", x1=4, x2=196, y1=10, y2=10, class_="grid"),
        tag("line", x1=4 + 192 * low, x2=4 + 192 * high, y1=10, y2=10, class_="whisker"),
        tag("circle", cx=4 + 192 * value, cy=10, r=4, class_="dot line-0"),
        viewbox="0 0 200 20",
        aria_hidden="true",
        class_="interval",
    )


def _training(facts: Facts) -> Markup:
    charts = [_loss_chart(facts), *_metric_charts(facts)]
    return _section(
        "How training went",
        tag("p", course(facts), " ", portions(facts)),
        tag("div", charts, class_="charts"),
        tag("ul", [tag("li", note) for note in facts.history.notes]) if facts.history.notes else None,
    )


def _epochs(facts: Facts) -> list[int]:
    history = facts.history
    if "epoch" in history:
        return [int(epoch) for epoch in history["epoch"]]
    return list(range(1, len(history) + 1))


def _loss_chart(facts: Facts) -> Markup:
    history = facts.history
    named = (("loss", "training rows"), ("val_loss", "validation rows"))
    lines = [Line(said, history[name], style) for style, (name, said) in enumerate(named) if name in history]
    return chart("Loss", lines, _epochs(facts), history.best_epoch)


def _metric_charts(facts: Facts) -> list[Markup]:
    history = facts.history
    drawn = []
    for name in METRICS:
        named = ((name, "training rows", 0), (f"val_{name}", "validation rows", 1))
        lines = [Line(said, history[key], style) for key, said, style in named if key in history]
        if lines:
            drawn.append(chart(_titled(name), lines, _epochs(facts), history.best_epoch))
    return drawn


def _columns(facts: Facts) -> Markup | None:
    if not facts.columns:
        return None
    heads = ("Column", "Read as", "Missing", "Distinct", "Notice")
    head = tag("tr", [tag("th", text, scope="col") for text in heads])
    rows = [_column_row(column) for column in facts.columns]
    table = tag("div", tag("table", tag("thead", head), tag("tbody", rows), class_="wide"), class_="scroll")
    used = sum(column.used for column in facts.columns)
    counted = f"{used} of {len(facts.columns)} columns are used."
    if len(rows) > FOLD_COLUMNS_FROM:
        table = tag("details", tag("summary", f"Show all {len(rows)} columns"), table)
    notices = [tag("li", notice) for notice in facts.notices]
    return _section("What it read", tag("p", counted), table, tag("ul", notices) if notices else None)


def _column_row(column: Any) -> Markup:
    kind = str(column.kind) if column.used else f"{column.kind}, not used"
    return tag(
        "tr",
        tag("th", column.name, scope="row"),
        tag("td", kind),
        tag("td", f"{column.missing:,}", class_="number"),
        tag("td", f"{column.distinct:,}", class_="number"),
        tag("td", column.notice),
        class_=None if column.used else "unused",
    )


def _settings(facts: Facts) -> Markup | None:
    if not facts.settings:
        return None
    rows = [
        tag(
            "tr",
            tag("th", tag("code", name), scope="row"),
            tag("td", tag("code", written(value))),
            tag("td", "as asked" if name in facts.given else ""),
        )
        for name, value in facts.settings.items()
    ]
    heads = tag("tr", [tag("th", text, scope="col") for text in ("Setting", "Value", "")])
    table = tag("div", tag("table", tag("thead", heads), tag("tbody", rows), class_="tight"), class_="scroll")
    asked = f"Asked for: {listed(list(facts.given), most=12)}. " if facts.given else ""
    return _section(
        "Settings",
        tag("p", asked, "All others are defaults." if asked else "All are defaults."),
        tag("details", tag("summary", "Show every setting"), table),
    )


def written(value: Any) -> str:
    """Write a setting as ``--set`` would read it.

    Examples
    --------
    >>> written([256, 128]), written(True), written(None)
    ('256,128', 'true', 'none')
    """
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(written(item) for item in value)
    return str(value)


def _again(facts: Facts) -> Markup | None:
    entries = _origins(facts.provenance)
    listing = [tag("div", tag("dt", name), tag("dd", value)) for name, value in entries]
    command = tag("pre", tag("code", facts.command)) if facts.command else None
    if not (listing or command):
        return None
    return _section("How to do it again", command, tag("dl", listing, class_="facts") if listing else None)


def _origins(provenance: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return what has to be alike for the same network to come out, in the order in which it matters."""
    data, platform = provenance.get("data", {}), provenance.get("platform", {})
    entries = [
        ("Fingerprint of the table", data.get("fingerprint")),
        ("Seed", provenance.get("seed")),
        ("Date", provenance.get("date")),
        ("Machine", ", ".join(str(value) for value in platform.values() if value)),
        *provenance.get("versions", {}).items(),
    ]
    return [(name, value) for name, value in entries if value not in (None, "")]
