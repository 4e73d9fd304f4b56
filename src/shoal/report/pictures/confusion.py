"""Truth against prediction as a table of tiles: which classes are taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shoal.history.wording import compact
from shoal.report.markup import Markup, tag
from shoal.report.pictures.paper import figure, picture

MOST_CLASSES = 15
_LEFT, _TOP, _LONGEST = 116, 40, 14
_STYLE = """
.tile.hit { fill: var(--line-0); } .tile.miss { fill: var(--line-1); }
.tiles text { font-size: 13px; text-anchor: middle; font-variant-numeric: tabular-nums; fill: var(--ink); }
.tiles .heavy { fill: var(--paper); } .tiles .end { text-anchor: end; fill: var(--soft); }
.tiles .head { fill: var(--soft); }
"""


def confusion_picture(found: Mapping[str, Any]) -> Markup:
    """Draw counts as tiles: a row for each class, a column for what its rows were called.

    The stronger a tile, the larger its share of the rows of its class; the diagonal is right.

    Parameters
    ----------
    found : mapping
        As ``Confusion.to_json`` of `shoal.history.confusion` gives it.

    Examples
    --------
    >>> found = {"names": ["no", "yes"], "counts": [[8.0, 2.0], [1.0, 4.0]], "title": ""}
    >>> "2 of 10 rows of no were called yes" in confusion_picture(found)
    True
    """
    names, counts, title = list(found["names"]), [list(row) for row in found["counts"]], found["title"]
    if len(names) > MOST_CLASSES:
        names, counts = _most_confused(names, counts)
    cell = min(72, 364 / len(names))
    size = _LEFT + cell * len(names) + 8, _TOP + cell * len(names) + 30
    heads = [
        tag("text", _short(name, cell), x=_LEFT + cell * (j + 0.5), y=_TOP - 8, class_="head")
        for j, name in enumerate(names)
    ]
    rows = [_row(i, names, counts[i], cell) for i in range(len(names))]
    words = (
        tag("text", "predicted", x=_LEFT + cell * len(names) / 2, y=14, class_="head"),
        tag("text", "rows: the truth", x=8, y=size[1] - 8, class_="head", style="text-anchor: start"),
    )
    drawn = picture(
        f"Truth against prediction{f' of {title}' if title else ''}",
        _spoken(names, counts),
        (max(size[0], 480), size[1]),
        tag("style", Markup(_STYLE)),
        tag("g", words, heads, rows, class_="tiles"),
    )
    return figure(f"What is taken for what{f': {title}' if title else ''}", drawn)


def _row(i: int, names: Sequence[str], counts: Sequence[float], cell: float) -> Markup:
    total = sum(counts) or 1.0
    y = _TOP + cell * i
    parts = [tag("text", _short(names[i], 104), x=_LEFT - 8, y=y + cell / 2 + 4, class_="end")]
    for j, count in enumerate(counts):
        share, x = count / total, _LEFT + cell * j
        told = f"{compact(count)} of {compact(total)} rows of {names[i]} were called {names[j]}"
        kind = "hit" if i == j else "miss"
        box = tag(
            "rect",
            x=x + 1,
            y=y + 1,
            width=cell - 2,
            height=cell - 2,
            class_=f"tile {kind}",
            opacity=_strength(share),
        )
        text = None
        if count and cell >= 22:
            style = "heavy" if share > 0.55 else None
            text = tag("text", compact(count), x=x + cell / 2, y=y + cell / 2 + 4, class_=style)
        parts.append(tag("g", tag("title", told), box, text))
    return tag("g", parts)


def _strength(share: float) -> str:
    return f"{0.06 + 0.94 * share:.2f}" if share else "0.04"


def _most_confused(names: list[str], counts: list[list[float]]) -> tuple[list[str], list[list[float]]]:
    """Return the classes with the most mistakes; the others are left out, and the table says so."""
    wrong = [sum(row) - row[i] + sum(other[i] for other in counts) - row[i] for i, row in enumerate(counts)]
    kept = sorted(sorted(range(len(names)), key=lambda i: -wrong[i])[:MOST_CLASSES])
    return [names[i] for i in kept], [[counts[i][j] for j in kept] for i in kept]


def _short(name: str, room: float) -> str:
    most = max(int(room / 7.4), 2)
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _spoken(names: Sequence[str], counts: Sequence[Sequence[float]]) -> str:
    found = []
    for name, row, i in zip(names, counts, range(len(names)), strict=True):
        total = sum(row)
        found.append(f"{name}: {compact(row[i])} of {compact(total)} right")
    return "; ".join(found) + "."
