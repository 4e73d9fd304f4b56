"""Line charts as inline SVG: readable in light and dark, on paper, and by a screen reader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shoal.history.wording import compact
from shoal.report.markup import Markup, tag
from shoal.report.sheet import data_of

Values = Sequence[float | int | None]

WIDTH, HEIGHT = 480, 280
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 18, 40
LOG_FROM = 30.0
"""Largest over smallest value from which the scale is logarithmic: below, a straight one reads better."""


MOST_POWERS = 8
"""So many powers of ten are named on an axis; of more, every second or third, and so on."""
MOST_POINTS = 400
"""So many points of a curve are drawn: more than there are pixels would only make the page heavy."""


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes
    ----------
    name : str
    values : sequence of float or None
        None and NaN leave a gap.
    style : int
        Its place in the palette.
    depth : float or None
        Instead of the palette, a place between the colours of the first and the last layer, 0 to 1.
    """

    name: str
    values: Values
    style: int
    depth: float | None = None

    @property
    def dress(self) -> dict[str, str]:
        """What makes a stroke look like this curve."""
        if self.depth is None:
            return {"class_": f"curve line-{self.style}"}
        return {"class_": "curve depth", "style": f"--depth:{100 * self.depth:.0f}%"}


@dataclass(frozen=True)
class Scale:
    """A straight or logarithmic map from values to places on the drawing."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return where a value lies on the drawing."""
        low, high, at = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self) -> list[float]:
        """Return the round values that the axis names."""
        return _log_ticks(self.low, self.high) if self.log else round_steps(self.low, self.high)


def round_steps(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values between two bounds, about as many as asked for.

    Examples
    --------
    >>> round_steps(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((power * lead for lead in (1, 2, 5, 10)), key=lambda size: abs(math.log(size / rough)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    apart = max(1, math.ceil((last - first) / MOST_POWERS))
    powers = [power for power in range(first, last + 1) if power % apart == 0]
    leads = (1, 2, 5) if high / low < 300 else (1,)
    found = [lead * 10.0**power for power in powers for lead in leads]
    return [value for value in found if low * 0.999 <= value <= high * 1.001]


def chart(
    title: str,
    lines: Sequence[Line],
    epochs: Sequence[int],
    best: int | None = None,
    *,
    note: str = "",
    over: str = "epoch",
    straight: bool = False,
    legend: bool = True,
) -> Markup:
    """Draw curves over epochs, with the epoch whose weights were kept marked.

    Parameters
    ----------
    title : str
        What the curves show; also the name that a screen reader says.
    lines : sequence of Line
        The curves, at most four of the palette.
    epochs : sequence of int
        The epoch of each value.
    best : int, optional
        The epoch to mark.
    note : str
        What the curves mean, in a line below the title.
    over : str
        What `epochs` are, if something else.
    straight : bool
        Whether the scale of values is a straight one, however far they reach.
    legend : bool
        Whether the curves are named here; several pictures of the same curves may share a legend.
    """
    lines = [line for line in lines if any(_finite(line.values))]
    if not lines or not epochs:
        return Markup("")
    lines, epochs = thinned(lines, epochs, best)
    up = _value_scale([value for line in lines for value in _finite(line.values)], straight)
    picture = drawing(title, lines, epochs, best, over=over, straight=straight)
    said = tag("span", note, class_="about") if note else None
    return tag(
        "figure",
        tag("figcaption", tag("strong", title), said, legend_of(lines) if legend else None),
        picture,
        data_of(_for_script(title, lines, epochs, best, up.log, over), class_="curves"),
        class_="curves",
    )


def thinned(
    lines: Sequence[Line], epochs: Sequence[int], best: int | None
) -> tuple[list[Line], Sequence[int]]:
    """Return curves of at most about `MOST_POINTS` points: the first, the last and the best among them."""
    count = len(epochs)
    if count <= MOST_POINTS:
        return list(lines), epochs
    kept = {round(i * (count - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)}
    kept |= {place for place, epoch in enumerate(epochs) if epoch == best}
    places = sorted(kept)
    fewer = [replace(line, values=[line.values[place] for place in places]) for line in lines]
    return fewer, [epochs[place] for place in places]


def _for_script(
    title: str, lines: Sequence[Line], epochs: Sequence[int], best: int | None, log: bool, over: str
) -> dict[str, Any]:
    """Return what the page's script draws and reads out the same curves from."""
    told = [
        {"name": line.name, "style": line.style, "depth": line.depth, "values": list(line.values)}
        for line in lines
    ]
    return {"title": title, "over": over, "x": list(epochs), "best": best, "log": log, "lines": told}


def drawing(
    title: str,
    lines: Sequence[Line],
    epochs: Sequence[float],
    best: int | None = None,
    *,
    straight: bool = False,
    over: str = "epoch",
    **attributes: object,
) -> Markup:
    """Draw curves over epochs as an SVG element.

    Parameters
    ----------
    title, lines, epochs, best
        As in `chart`.
    straight : bool
        Whether the scale of values is a straight one, however far they reach.
    over : str
        What `epochs` are, if something else.
    **attributes
        Of the element besides.
    """
    across = Scale(min(epochs), max(epochs), LEFT, WIDTH - RIGHT)
    up = _value_scale([value for line in lines for value in _finite(line.values)], straight)
    return tag(
        "svg",
        tag("title", f"{title} by {over}"),
        tag("desc", _spoken(lines)),
        epoch_grid(across, up, over),
        _best(across, best, epochs),
        [_curve(line, epochs, across, up) for line in lines],
        viewbox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
        **attributes,
    )


def _finite(values: Values) -> list[float]:
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def _value_scale(values: list[float], straight: bool) -> Scale:
    low, high = min(values), max(values)
    if not straight and low > 0 and high / low >= LOG_FROM:
        return Scale(low, high, HEIGHT - BOTTOM, TOP, log=True)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    bottom = max(low - margin, 0.0) if low >= 0 else low - margin
    return Scale(bottom, high + margin, HEIGHT - BOTTOM, TOP)


def epoch_grid(across: Scale, up: Scale, over: str) -> Markup:
    """Return the lines and numbers behind curves over epochs, or over what is named."""
    parts = []
    for value in up.ticks():
        y = up(value)
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", compact(value), x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
    for value in round_steps(across.low, across.high):
        if value == int(value):
            at = across(value)
            parts.append(tag("text", f"{int(value):,}", x=at, y=HEIGHT - BOTTOM + 18, class_="tick"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    scale_note = " (values on a logarithmic scale)" if up.log else ""
    parts.append(tag("text", f"{over}{scale_note}", x=middle, y=HEIGHT - 5, class_="tick"))
    return tag("g", parts)


def _best(across: Scale, best: int | None, epochs: Sequence[float]) -> Markup | None:
    if best is None or best not in epochs:
        return None
    at = across(best)
    side = "end" if at > (LEFT + WIDTH) / 2 else "start"
    return tag(
        "g",
        tag("line", x1=at, x2=at, y1=TOP, y2=HEIGHT - BOTTOM, class_="best"),
        tag("text", f"kept: {best:,}", x=at, y=TOP - 4, class_="tick small", text_anchor=side),
    )


def _curve(line: Line, epochs: Sequence[float], across: Scale, up: Scale) -> Markup:
    pieces: list[list[str]] = [[]]
    for epoch, value in zip(epochs, line.values, strict=True):
        if value is None or not math.isfinite(value):
            pieces.append([])
        else:
            pieces[-1].append(f"{across(epoch)} {up(value)}")
    drawn = [_piece(points, line) for points in pieces if points]
    return tag("g", drawn)


def _piece(points: list[str], line: Line) -> Markup:
    if len(points) == 1:  # a line of one point is invisible
        x, y = points[0].split()
        dress = line.dress | {"class_": line.dress["class_"].replace("curve", "dot")}
        return tag("circle", cx=x, cy=y, r=3.5, **dress)
    return tag("path", d=f"M{' L'.join(points)}", **line.dress)


def legend_of(lines: Sequence[Line]) -> Markup | None:
    """Return the names of curves beside their strokes; nothing for a curve that the title names."""
    named = [line for line in lines if line.name]
    return (
        tag("span", [_entry(line.name, **line.dress) for line in named], class_="legend") if named else None
    )


def _entry(name: str, **dress: str) -> Markup:
    stroke = tag("line", x1=0, x2=26, y1=5, y2=5, **dress)
    key = tag("svg", stroke, viewbox="0 0 26 10", aria_hidden="true", class_="key")
    return tag("span", key, name, class_="entry")


def _spoken(lines: Sequence[Line]) -> str:
    said = []
    for line in lines:
        values = _finite(line.values)
        said.append(f"{line.name or 'it'} goes from {compact(values[0])} to {compact(values[-1])}")
    return "; ".join(said) + "."
