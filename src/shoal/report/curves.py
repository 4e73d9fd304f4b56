"""Line charts as inline SVG: readable in light and dark, on paper, and by a screen reader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shoal.history.wording import compact
from shoal.report.markup import Markup, tag

Values = Sequence[float | int | None]

WIDTH, HEIGHT = 480, 280
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 14, 40
LOG_FROM = 30.0
"""Largest over smallest value from which the scale is logarithmic: below, a straight one reads better."""


@dataclass(frozen=True)
class Line:
    """One curve: its name, its values (None and NaN leave a gap), and its place in the palette."""

    name: str
    values: Values
    style: int


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
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    leads = (1, 2, 5) if high / low < 300 else (1,)
    found = [lead * 10.0**power for power in powers for lead in leads]
    return [value for value in found if low * 0.999 <= value <= high * 1.001]


def chart(title: str, lines: Sequence[Line], epochs: Sequence[int], best: int | None = None) -> Markup:
    """Draw curves over epochs, with the epoch whose weights were kept marked.

    Parameters
    ----------
    title : str
        What the curves show; also the name that a screen reader says.
    lines : sequence of Line
        The curves, at most four.
    epochs : sequence of int
        The epoch of each value.
    best : int, optional
        The epoch to mark.
    """
    lines = [line for line in lines if any(_finite(line.values))]
    if not lines or not epochs:
        return Markup("")
    picture = drawing(title, lines, epochs, best)
    return tag("figure", tag("figcaption", tag("strong", title), _legend(lines, best)), picture)


def drawing(
    title: str,
    lines: Sequence[Line],
    epochs: Sequence[float],
    best: int | None = None,
    *,
    straight: bool = False,
    **attributes: object,
) -> Markup:
    """Draw curves over epochs as an SVG element.

    Parameters
    ----------
    title, lines, epochs, best
        As in `chart`.
    straight : bool
        Whether the scale of values is a straight one, however far they reach.
    **attributes
        Of the element besides.
    """
    across = Scale(min(epochs), max(epochs), LEFT, WIDTH - RIGHT)
    up = _value_scale([value for line in lines for value in _finite(line.values)], straight)
    return tag(
        "svg",
        tag("title", f"{title} by epoch"),
        tag("desc", _spoken(lines)),
        _grid(across, up),
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


def _grid(across: Scale, up: Scale) -> Markup:
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
    parts.append(tag("text", f"epoch{scale_note}", x=middle, y=HEIGHT - 5, class_="tick"))
    return tag("g", parts)


def _best(across: Scale, best: int | None, epochs: Sequence[float]) -> Markup | None:
    if best is None or best not in epochs:
        return None
    at = across(best)
    return tag("line", x1=at, x2=at, y1=TOP, y2=HEIGHT - BOTTOM, class_="best")


def _curve(line: Line, epochs: Sequence[float], across: Scale, up: Scale) -> Markup:
    pieces: list[list[str]] = [[]]
    for epoch, value in zip(epochs, line.values, strict=True):
        if value is None or not math.isfinite(value):
            pieces.append([])
        else:
            pieces[-1].append(f"{across(epoch)} {up(value)}")
    drawn = [_piece(points, line.style) for points in pieces if points]
    return tag("g", drawn)


def _piece(points: list[str], style: int) -> Markup:
    if len(points) == 1:  # a line of one point is invisible
        x, y = points[0].split()
        return tag("circle", cx=x, cy=y, r=3.5, class_=f"dot line-{style}")
    return tag("path", d=f"M{' L'.join(points)}", class_=f"curve line-{style}")


def _legend(lines: Sequence[Line], best: int | None) -> Markup:
    entries = [_entry(line.name, f"curve line-{line.style}") for line in lines]
    if best is not None:
        entries.append(_entry(f"weights kept (epoch {best:,})", "best"))
    return tag("span", entries, class_="legend")


def _entry(name: str, style: str) -> Markup:
    stroke = tag("line", x1=0, x2=26, y1=5, y2=5, class_=style)
    key = tag("svg", stroke, viewbox="0 0 26 10", aria_hidden="true", class_="key")
    return tag("span", key, name)


def _spoken(lines: Sequence[Line]) -> str:
    said = []
    for line in lines:
        values = _finite(line.values)
        said.append(f"{line.name} goes from {compact(values[0])} to {compact(values[-1])}")
    return "; ".join(said) + "."
