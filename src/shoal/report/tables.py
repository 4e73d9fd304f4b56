"""Tables of a page: numbers under one another by their points, scrolled where the page is too narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shoal.report.markup import Markup, tag

_DIGIT, _POINT = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    head : str
    kind : {"text", "number", "code"}
        Numbers are aligned, and sorted as numbers.
    """

    head: str
    kind: str = "text"


def table(
    columns: Sequence[Column | str],
    rows: Sequence[Sequence[object]],
    *,
    caption: str = "",
    sortable: bool = False,
    class_: str = "",
    marks: Sequence[Mapping[str, object]] = (),
) -> Markup:
    """Return a table; the first cell of each row is its heading.

    Parameters
    ----------
    columns : sequence of Column or str
    rows : sequence of sequences
        Text, `Markup`, or None for an empty cell.
    caption : str
        What the table shows, for those who hear it.
    sortable : bool
        Whether a click on a head sorts the rows, where there is a script.
    class_ : str
    marks : sequence of mapping
        Attributes of each row, such as ``{"class_": "unused"}``.

    Examples
    --------
    >>> "<td" in table(["setting", Column("value", "number")], [["dropout", "0.1"], ["rate", "0.25"]])
    True
    """
    known = [Column(one) if isinstance(one, str) else one for one in columns]
    aligned = [
        points_aligned([row[i] for row in rows]) if one.kind == "number" else [row[i] for row in rows]
        for i, one in enumerate(known)
    ]
    head = tag("tr", [_head(one) for one in known])
    body = [
        tag(
            "tr",
            [_cell(i, one, aligned[i][place]) for i, one in enumerate(known)],
            **(marks[place] if marks else {}),
        )
        for place in range(len(rows))
    ]
    said = tag("caption", caption, class_="unseen") if caption else None
    whole = tag(
        "table",
        said,
        tag("thead", head),
        tag("tbody", body),
        class_=class_ or None,
        data_sortable=sortable and len(rows) > 1,
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="group", aria_label=caption or "Table")


def points_aligned(cells: Sequence[object]) -> list[object]:
    """Pad numbers behind, so that their points stand under one another where the cells are flush right.

    Examples
    --------
    >>> [len(text) for text in points_aligned(["0.25", "10", "–"])]
    [4, 5, 4]
    """
    texts = ["" if cell is None else str(cell) for cell in cells]
    behind = [len(text.partition(".")[2]) if _is_number(text) else 0 for text in texts]
    most = max(behind, default=0)
    padded = []
    for cell, text, own in zip(cells, texts, behind, strict=True):
        room = _DIGIT * (most - own) + (_POINT if most and not own else "")
        alone = isinstance(cell, Markup) or not text
        padded.append(cell if alone else f"{text}{room}")
    return padded


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace("\N{MINUS SIGN}", "-").lstrip("+-").replace(".", "", 1).isdigit()


def _head(column: Column) -> Markup:
    return tag("th", column.head, scope="col", class_="number" if column.kind == "number" else None)


def _cell(place: int, column: Column, value: object) -> Markup:
    shown = tag("code", value) if column.kind == "code" and value is not None else value
    style = "number" if column.kind == "number" else None
    return tag("th", shown, scope="row", class_=style) if place == 0 else tag("td", shown, class_=style)
