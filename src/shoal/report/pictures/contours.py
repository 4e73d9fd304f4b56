"""Lines of equal height through a grid of numbers, by marching squares."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]


def contour_lines(
    xs: Sequence[float], ys: Sequence[float], heights: Sequence[Sequence[float]], level: float
) -> list[list[Point]]:
    """Return the lines on which the heights, straight between neighbours, equal a level.

    A saddle is cut so that the line parts its two low corners if its middle is high, else its two high ones
    (Lorensen and Cline 1987, in the plane).

    Parameters
    ----------
    xs, ys : sequence of float
        Places of the grid.
    heights : sequence of sequence of float
        ``heights[j][i]`` at ``xs[i]``, ``ys[j]``.
    level : float

    Returns
    -------
    list of list of (x, y)
        Closed lines end where they begin.

    Examples
    --------
    >>> contour_lines([0.0, 1.0], [0.0, 1.0], [[0.0, 1.0], [0.0, 1.0]], 0.25)
    [[(0.25, 0.0), (0.25, 1.0)]]
    """
    pieces = []
    for j in range(len(ys) - 1):
        for i in range(len(xs) - 1):
            pieces += _pieces(xs, ys, heights, level, i, j)
    return _joined(pieces)


def _pieces(xs, ys, heights, level: float, i: int, j: int) -> list[tuple[Point, Point]]:
    """Return the pieces of line within one square of the grid."""
    corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
    high = [heights[b][a] > level for a, b in corners]
    sides = [k for k in range(4) if high[k] != high[(k + 1) % 4]]
    if not sides:
        return []
    places = {k: _crossing(xs, ys, heights, level, corners[k], corners[(k + 1) % 4]) for k in sides}
    if len(sides) == 2:
        return [(places[sides[0]], places[sides[1]])]
    middle = sum(heights[b][a] for a, b in corners) / 4 > level
    # with a high middle the lines run around the low corners, of which corner 0 is one unless it is high
    pairs = ((0, 3), (1, 2)) if middle != high[0] else ((0, 1), (2, 3))
    return [(places[a], places[b]) for a, b in pairs]


def _crossing(xs, ys, heights, level: float, one: tuple[int, int], other: tuple[int, int]) -> Point:
    """Return where the level is met on a side; from its lower-numbered end, so that neighbours agree."""
    (a, b), (c, d) = sorted((one, other))
    low, high = heights[b][a], heights[d][c]
    share = (level - low) / (high - low)
    return xs[a] + share * (xs[c] - xs[a]), ys[b] + share * (ys[d] - ys[b])


def _joined(pieces: list[tuple[Point, Point]]) -> list[list[Point]]:
    """Return pieces put end to end."""
    meeting: dict[Point, list[int]] = {}
    for number, piece in enumerate(pieces):
        for end in piece:
            meeting.setdefault(end, []).append(number)
    left, found = set(range(len(pieces))), []
    for number in range(len(pieces)):
        if number not in left:
            continue
        left.discard(number)
        line = list(pieces[number])
        for forward in (True, False):
            _follow(line, pieces, meeting, left, forward)
        found.append(line)
    return found


def _follow(line: list[Point], pieces, meeting, left: set[int], forward: bool) -> None:
    while True:
        end = line[-1] if forward else line[0]
        following = next((n for n in meeting[end] if n in left), None)
        if following is None:
            return
        left.discard(following)
        one, other = pieces[following]
        after = other if one == end else one
        if forward:
            line.append(after)
        else:
            line.insert(0, after)
