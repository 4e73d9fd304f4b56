"""What pictures are drawn on: the element around them, figures with legends, and files that stand alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from shoal.errors import FileError
from shoal.report.curves import Scale, round_steps
from shoal.report.markup import Markup, joined, tag

_WIDTH = 720  # of a figure as a file of its own
_STYLE = """
svg { --paper: #fcfcfb; --ink: #1d2426; --soft: #5b6669; --rule: #d9dedd; --panel: #f1f4f3;
  --line-0: #0b6e8a; --line-1: #c2500a; --line-2: #5d3fa8; --line-3: #4c7a1b;
  background: var(--paper); font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14191b; --ink: #e6ebea; --soft: #9aa6a8; --rule: #333c3f; --panel: #1d2427;
    --line-0: #4cc2e0; --line-1: #ff9b57; --line-2: #b9a2ff; --line-3: #a5d66b; }
}
.grid { stroke: var(--rule); stroke-width: 1; }
.tick { fill: var(--soft); text-anchor: middle; font-variant-numeric: tabular-nums; }
.tick[text-anchor="end"] { text-anchor: end; }
.tick[text-anchor="start"] { text-anchor: start; }
.curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
.curve.line-0 { stroke: var(--line-0); } .curve.line-1 { stroke: var(--line-1); stroke-dasharray: 7 3; }
.curve.line-2 { stroke: var(--line-2); stroke-dasharray: 2 3; }
.curve.line-3 { stroke: var(--line-3); stroke-dasharray: 10 3 2 3; }
.dot.line-0 { fill: var(--line-0); } .dot.line-1 { fill: var(--line-1); }
.dot.line-2 { fill: var(--line-2); } .dot.line-3 { fill: var(--line-3); }
.best { fill: none; stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 2 3; }
.bar.line-0 { fill: var(--line-0); } .bar.line-1 { fill: var(--line-1); }
.error { stroke: var(--ink); stroke-width: 1.5; } .beyond { fill: var(--ink); }
.zero { stroke: var(--soft); stroke-width: 1.25; }
.name { fill: var(--ink); } .title { fill: var(--ink); font-weight: 600; font-size: 15px; }
.entry { fill: var(--soft); }
"""


def picture(title: str, told: str, size: tuple[float, float], *parts: object, **attributes: object) -> Markup:
    """Return a drawing as an SVG element that a screen reader can tell of.

    Parameters
    ----------
    title : str
    told : str
        What is to be seen, in a sentence.
    size : (width, height)
    *parts : Markup
    **attributes
        Of the element besides.
    """
    head = (tag("title", title), tag("desc", told))
    given = {"viewbox": f"0 0 {size[0]:g} {size[1]:g}", "role": "img", "class_": "chart", **attributes}
    return tag("svg", *head, *parts, **given)


def figure(title: str, drawing: Markup, entries: Sequence[tuple[str, str]] = (), note: str = "") -> Markup:
    """Return a drawing with its heading, a legend of (name, class of its line), and a note below."""
    legend = (
        tag("span", [_entry(name, style) for name, style in entries], class_="legend") if entries else None
    )
    told = tag("p", note, class_="fine") if note else None
    return tag("figure", tag("figcaption", tag("strong", title), legend), drawing, told)


def _entry(name: str, style: str) -> Markup:
    stroke = tag("line", x1=0, x2=26, y1=5, y2=5, class_=style)
    return tag("span", tag("svg", stroke, viewbox="0 0 26 10", aria_hidden="true", class_="key"), name)


def standalone(drawing: Markup, width: int = 900) -> str:
    """Return a drawing as the text of an SVG file, readable on light and dark grounds.

    Examples
    --------
    >>> standalone(picture("A dot", "one dot", (10, 10), tag("circle", cx=5, cy=5, r=2))).startswith(
    ...     "<svg xmlns"
    ... )
    True
    """
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}"'
    head, rest = drawing.replace("<svg", opening, 1).split("</desc>", 1)
    return f"{head}</desc>{tag('style', Markup(_STYLE))}{rest}\n"


def write_picture(drawing: Markup, path: Path, width: int = 900) -> None:
    """Write a drawing as an SVG file that stands alone.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    try:
        path.write_text(standalone(drawing, width), encoding="utf-8")
    except OSError as error:
        raise FileError(f"The picture '{path}' cannot be written: {error.strerror}.") from None


def write_figure(drawn: Markup, folder: Path, name: str) -> Path:
    """Write the drawing of a figure into a folder, which is made if need be, and return its path.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"The folder '{folder}' for pictures cannot be made: {error.strerror}.") from None
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-") or "picture"
    path = folder / f"{plain}.svg"
    write_figure_to(drawn, path)
    return path


def write_figure_to(drawn: Markup, path: Path) -> None:
    """Write the drawing of a figure, with its heading and legend, as an SVG file.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    write_picture(_with_words(drawn), path, _WIDTH)


def _with_words(drawn: Markup) -> Markup:
    """Return the drawing of a figure with its heading above and its legend below, for a file of its own."""
    start = drawn.index("<svg", drawn.index("</figcaption>"))
    inner = drawn[start : drawn.rindex("</svg>")]
    heading = re.search(r"<strong>(.*?)</strong>", drawn)
    entries = re.findall(r'class="([^"]+)"/></svg>([^<]+)</span>', drawn[:start])
    wide, high = (float(one) for one in re.search(r'viewBox="0 0 (\S+) (\S+)"', inner).groups())  # type: ignore
    above, below = 30, 22 * len(entries)
    box = f'viewBox="0 {-above} {wide:g} {high + above + below:g}"'
    words = [tag("text", Markup(heading.group(1) if heading else ""), x=6, y=-10, class_="title")]
    for i, (style, name) in enumerate(entries):
        y = high + 22 * i + 8
        words.append(tag("line", x1=12, x2=38, y1=y, y2=y, class_=style))
        words.append(tag("text", Markup(name), x=48, y=y + 4, class_="entry"))
    return Markup(re.sub(r'viewBox="[^"]+"', box, inner, count=1) + joined(*words) + "</svg>")


def axes(across: Scale, up: Scale, names: tuple[str, str], said: tuple = (str, str)) -> Markup:
    """Return grid, ticks and names of both axes; the name of the upright one stands above it.

    Parameters
    ----------
    across, up : Scale
    names : (across, up)
    said : (callable, callable)
        How ticks are written.
    """
    parts: list[Markup] = []
    left, right, bottom, top = across.start, across.end, up.start, up.end
    for value in up.ticks():
        y = up(value)
        parts.append(tag("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", said[1](value), x=left - 8, y=y + 4, class_="tick", text_anchor="end"))
    ticks = across.ticks() if across.log else round_steps(across.low, across.high)
    parts += [tag("text", said[0](value), x=across(value), y=bottom + 18, class_="tick") for value in ticks]
    parts.append(tag("text", names[0], x=(left + right) / 2, y=bottom + 36, class_="tick"))
    parts.append(tag("text", names[1], x=max(left - 46, 2), y=top - 12, class_="tick", text_anchor="start"))
    return joined(*parts)


def line(points: Sequence[tuple[float, float]], style: str, **attributes: object) -> Markup:
    """Return a path through places on the drawing."""
    return tag("path", d=f"M{' L'.join(f'{x:g} {y:g}' for x, y in points)}", class_=style, **attributes)
