"""HTML and SVG from function calls: text is escaped unless it was made here."""

from __future__ import annotations

from html import escape

_VOID = {"meta", "link", "br", "hr", "col", "line", "path", "circle", "rect", "polyline"}


class Markup(str):
    """Text that is HTML already; everything else is escaped when it enters a tag."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return one element; children and attribute values are escaped, None and False are left out.

    Parameters
    ----------
    name : str
        The element, for example ``"td"``.
    *children : object
        `Markup`, or anything whose text is shown; lists are flattened.
    **attributes : object
        ``class_`` becomes ``class``, an underscore inside a name a hyphen; True gives a bare name.

    Examples
    --------
    >>> tag("td", "a < b", class_="number")
    '<td class="number">a &lt; b</td>'
    >>> tag("circle", cx=1, r=2)
    '<circle cx="1" r="2"/>'
    """
    opening = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID and not children:
        return Markup(f"<{opening}/>")
    return Markup(f"<{opening}>{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    """Return the children one after the other, escaped where they are not `Markup`.

    Examples
    --------
    >>> joined("a & ", tag("b", "c"), None)
    'a &amp; <b>c</b>'
    """
    parts = []
    for child in children:
        if isinstance(child, (list, tuple)):
            parts.append(joined(*child))
        elif child is not None:
            parts.append(str(child) if isinstance(child, Markup) else escape(str(child)))
    return Markup("".join(parts))


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    key = key.rstrip("_").replace("_", "-").replace("viewbox", "viewBox")
    return f" {key}" if value is True else f' {key}="{escape(str(value))}"'
