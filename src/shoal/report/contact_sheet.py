"""Images beside their varied selves: a sheet as SVG, HTML or PNG, complete in one file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import numpy as np

from shoal.report.markup import Markup, joined, tag
from shoal.report.png import png

_CELL, _GAP, _TOP = 96, 8, 24
_LEAST_PIXELS = 64  # an image of a PNG sheet is enlarged to at least so many
_STYLE = """
svg { background: #fcfcfb; font: 13px system-ui, sans-serif; }
text { fill: #5b6669; text-anchor: middle; } image { image-rendering: pixelated; }
@media (prefers-color-scheme: dark) { svg { background: #14191b; } text { fill: #9aa6a8; } }
"""


def sheet_svg(images: np.ndarray, names: Sequence[str] = ()) -> Markup:
    """Return a sheet as the text of an SVG file: a line for each image, the original on the left.

    Parameters
    ----------
    images : uint8 array of shape (rows, 1 + samples, height, width, channels)
        The original, then what it became.
    names : sequence of str
        What each image shows, such as its class; told where the pointer rests.

    Examples
    --------
    >>> text = sheet_svg(np.zeros((2, 4, 5, 5, 1), np.uint8))
    >>> text.count("<image"), text.startswith("<svg")
    (8, True)
    """
    rows, columns, high, wide = images.shape[:4]
    cell = (_CELL, max(1, round(_CELL * high / wide)))
    heads = ["original", *(str(i) for i in range(1, columns))]
    size = columns * (cell[0] + _GAP) + _GAP, _TOP + rows * (cell[1] + _GAP) + _GAP
    return tag(
        "svg",
        tag("title", "Training images and what augmentation makes of them"),
        tag("style", Markup(_STYLE)),
        [tag("text", head, x=_across(c, cell) + cell[0] / 2, y=_TOP - 8) for c, head in enumerate(heads)],
        [
            _picture(images[r, c], c, r, cell, names[r] if names else "")
            for r in range(rows)
            for c in range(columns)
        ],
        xmlns="http://www.w3.org/2000/svg",
        viewbox=f"0 0 {size[0]} {size[1]}",
        width=size[0],
        role="img",
    )


def sheet_html(images: np.ndarray, names: Sequence[str] = (), title: str = "") -> str:
    """Return a sheet as the text of an HTML file; see `sheet_svg`."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title or "Augmented images"),
        tag(
            "style",
            Markup("body { font: 16px system-ui, sans-serif; } svg { max-width: 100%; height: auto; }"),
        ),
    )
    body = tag("body", tag("h1", title) if title else None, sheet_svg(images, names))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def sheet_png(images: np.ndarray) -> bytes:
    """Return a sheet as the bytes of a PNG file, each image enlarged by a whole number; see `sheet_svg`."""
    times = max(1, -(-_LEAST_PIXELS // max(images.shape[2:4])))
    large = images.repeat(times, axis=2).repeat(times, axis=3)
    rows, columns, high, wide, channels = large.shape
    sheet = np.full((rows * (high + _GAP) + _GAP, columns * (wide + _GAP) + _GAP, channels), 255, np.uint8)
    for r in range(rows):
        for c in range(columns):
            top, left = _GAP + r * (high + _GAP), _GAP + c * (wide + _GAP)
            sheet[top : top + high, left : left + wide] = large[r, c]
    return png(sheet)


def _across(column: int, cell: tuple[int, int]) -> int:
    return _GAP + column * (cell[0] + _GAP)


def _picture(image: np.ndarray, column: int, row: int, cell: tuple[int, int], name: str) -> Markup:
    data = b64encode(png(image)).decode()
    shown = joined(tag("title", name)) if name else ""
    return tag(
        "image",
        shown,
        href=f"data:image/png;base64,{data}",
        x=_across(column, cell),
        y=_TOP + row * (cell[1] + _GAP),
        width=cell[0],
        height=cell[1],
    )
