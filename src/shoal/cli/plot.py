"""A curve drawn with characters, each a grid of two by four dots (Braille)."""

from __future__ import annotations

from collections.abc import Sequence

from shoal.cli.say import number

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot in U+2800: rows from the top, left and right."""

_LABEL = 9


def plot(values: Sequence[float], end: float, width: int = 64, height: int = 10) -> list[str]:
    """Return the lines of a drawing of values over a time from 0 to `end`.

    Parameters
    ----------
    values : sequence of float
        In equal distances.
    end : float
        What the axis ends with.
    width, height : int
        Characters of the drawing, without its labels.

    Examples
    --------
    >>> for line in plot([0.0, 1.0, 2.0, 3.0], 4, width=8, height=2):
    ...     print(line)
            3 ┤    ⣀⠤⠒⠉
            0 ┤⣀⠤⠒⠉
              └────────
               0      4
    """
    low, high = min(values), max(values)
    if high == low:  # a level line lies in the middle, with its value beside it
        low, high = low - 1.0, high + 1.0
    bits = [[0] * width for _ in range(height)]
    for column, (first, last) in enumerate(_spans(values, 2 * width)):
        for level in range(*_rows(first, last, low, high, 4 * height)):
            row = 4 * height - 1 - level
            bits[row // 4][column // 2] |= _DOTS[row % 4][column % 2]
    drawn = ["".join(chr(0x2800 + b) if b else " " for b in line).rstrip() for line in bits]
    marks = {0: number(max(values)), height - 1: number(min(values))}
    if max(values) == min(values):
        marks = {next(i for i, line in enumerate(drawn) if line): number(values[0])}
    lines = [
        f"{marks.get(i, ''):>{_LABEL}} {'┤' if i in marks else '│'}{line}" for i, line in enumerate(drawn)
    ]
    return [*lines, f"{'':>{_LABEL}} └{'─' * width}", f"{'':>{_LABEL}}  0{number(end):>{width - 1}}"]


def _spans(values: Sequence[float], columns: int) -> list[tuple[float, float]]:
    """Return lowest and highest value of each column of dots; neighbours meet, so that the line is whole."""
    places = [column / (columns - 1) * (len(values) - 1) for column in range(columns)]
    points = [_at(values, place) for place in places]
    spans = []
    for column, point in enumerate(points):
        first = places[column - 1] if column else places[0]
        inside = [values[i] for i in range(int(first) + 1, int(places[column]) + 1)]
        seen = [*inside, point]
        spans.append((min(seen), max(seen)))
    return spans


def _at(values: Sequence[float], place: float) -> float:
    before = min(int(place), len(values) - 1)
    after = min(before + 1, len(values) - 1)
    return values[before] + (place - before) * (values[after] - values[before])


def _rows(first: float, last: float, low: float, high: float, rows: int) -> tuple[int, int]:
    bottom, top = (round((value - low) / (high - low) * (rows - 1)) for value in (first, last))
    return bottom, top + 1
