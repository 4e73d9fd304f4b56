"""The frame that every page of the family has: head, way through the page, sections, script.

A page is one file: style and script stand in it, pictures are inline SVG, and its content security policy
forbids it to fetch anything. Without a script it shows the same text and the same pictures.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from shoal.report.markup import Markup, joined, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_NAVIGATION_FROM = 4  # sections; a shorter page is seen at a glance


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    heading : str
        Its heading, which the way through the page names too.
    content : Markup
    short : str
        What the way through the page says instead of a long heading.
    """

    heading: str
    content: Markup
    short: str = ""

    @property
    def name(self) -> str:
        """The word or two in the way through the page."""
        return self.short or self.heading

    @property
    def anchor(self) -> str:
        """What a link to it ends in.

        Examples
        --------
        >>> Section("How to do it again", Markup("")).anchor
        'how-to-do-it-again'
        """
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "section"


def section(heading: str, *content: object, short: str = "") -> Section | None:
    """Return a section, or None where it would be empty."""
    told = joined(*content)
    return Section(heading, told, short) if told else None


def sheet(title: str, opening: Markup, sections: Sequence[Section | None], closing: str = "") -> str:
    """Return a page as the text of one HTML file.

    Parameters
    ----------
    title : str
        In the window's title bar.
    opening : Markup
        What stands above the sections, with the only heading of the first rank.
    sections : sequence of Section or None
        None is left out.
    closing : str
        What stands at the foot.
    """
    shown = [one for one in sections if one is not None]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", title),
        tag("style", part_of_page("style.css")),
    )
    body = tag(
        "body",
        tag("header", opening),
        _navigation(shown) if len(shown) >= _NAVIGATION_FROM else None,
        tag("main", [_drawn(one) for one in shown]),
        tag("footer", tag("p", closing)) if closing else None,
        tag("script", part_of_page("pictures.js")),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def part_of_page(name: str) -> Markup:
    """Return a file of this room that stands inside of the page."""
    return Markup(resources.files("shoal.report").joinpath(name).read_text("utf-8"))


def data_of(value: Any, **attributes: object) -> Markup:
    r"""Return plain data for the script, which closes no element whatever it holds.

    Examples
    --------
    >>> data_of({"name": "</script>"})
    '<script type="application/json">{"name":"<\\/script>"}</script>'
    """
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    safe = text.replace("</", "<\\/").replace("<!--", "<\\u0021--")
    return tag("script", Markup(safe), type="application/json", **attributes)


def plain(value: Any) -> Any:
    """Return data for a picture: numbers of five digits, None for what is no number."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value


def _navigation(sections: Sequence[Section]) -> Markup:
    links = [tag("li", tag("a", one.name, href=f"#{one.anchor}")) for one in sections]
    return tag("nav", tag("ul", links), aria_label="On this page")


def _drawn(one: Section) -> Markup:
    heading = f"heading-{one.anchor}"
    return tag(
        "section", tag("h2", one.heading, id=heading), one.content, id=one.anchor, aria_labelledby=heading
    )
