"""The course of a learning rate as a picture, and of the momentum below it where a schedule moves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shoal.report.curves import HEIGHT, WIDTH, Line, drawing
from shoal.report.markup import Markup, tag

_STYLE = """
svg { background: #fcfcfb; font: 13px system-ui, sans-serif; }
.tick, .name { fill: #5b6669; text-anchor: middle; } .tick[text-anchor="end"] { text-anchor: end; }
.grid { stroke: #d9dedd; } .curve { fill: none; stroke: #0b6e8a; stroke-width: 2.25; }
.line-1 { stroke: #c2500a; } .dot { fill: #0b6e8a; }
@media (prefers-color-scheme: dark) {
  svg { background: #14191b; } .tick, .name { fill: #9aa6a8; } .grid { stroke: #333c3f; }
  .curve { stroke: #4cc2e0; } .line-1 { stroke: #ff9b57; } .dot { fill: #4cc2e0; }
}
"""


def schedule_curve(found: Mapping[str, Any]) -> Markup:
    """Return a drawing of a schedule, as the text of an SVG file.

    Parameters
    ----------
    found : mapping
        As ``shoal schedule --json`` writes it: ``kind``, ``rate`` and ``momentum`` (epochs of steps).

    Examples
    --------
    >>> text = schedule_curve({"kind": "step", "rate": [[1.0, 1.0], [0.5, 0.5]], "momentum": None})
    >>> text.startswith("<svg") and "learning rate of step" in text
    True
    """
    panels = [("learning rate", 0), ("momentum", 1)]
    shown = [_panel(found, name, style) for name, style in panels if found[name.split()[-1]] is not None]
    return tag(
        "svg",
        tag("style", Markup(_STYLE)),
        [tag("g", panel, transform=f"translate(0 {i * (HEIGHT + 20)})") for i, panel in enumerate(shown)],
        xmlns="http://www.w3.org/2000/svg",
        viewbox=f"0 0 {WIDTH} {len(shown) * (HEIGHT + 20)}",
        width=WIDTH,
        role="img",
    )


def _panel(found: Mapping[str, Any], name: str, style: int) -> list[Markup]:
    rows = found[name.split()[-1]]
    values = [value for row in rows for value in row]
    last = max(len(values) - 1, 1)
    times = [len(rows) * step / last for step in range(len(values))]
    said = f"{name} of {found['kind']}"
    return [
        tag("text", said, x=WIDTH / 2, y=14, class_="name"),
        drawing(said, [Line(name, values, style)], times, straight=True, y=20, width=WIDTH, height=HEIGHT),
    ]
