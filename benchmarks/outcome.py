"""What came out of the benchmark of quality: the figures of each contestant, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median, stdev
from typing import Any

from tables import LOWER_IS_BETTER

RIVALS = ("mlp", "hgb")


@dataclass(frozen=True)
class Figure:
    """What one contestant reached on one table.

    Parameters
    ----------
    scores, seconds, cpu_seconds : list of float
        Test figure, wall time and processor time (of all threads) of the fit, for each seed.
    note : str
        Why there is nothing, or where it comes from, if it was not measured now.
    """

    scores: list[float]
    seconds: list[float]
    cpu_seconds: list[float]
    note: str = ""

    def __str__(self) -> str:
        if not self.scores:
            return "-"
        spread = f" ±{stdev(self.scores):.4f}" if len(self.scores) > 1 else ""
        return f"{mean(self.scores):.4f}{spread} {median(self.seconds):6.1f}s{'*' if self.note else ' '}"


@dataclass(frozen=True)
class Outcome:
    """All figures of one table; `measure` is what they are figures of."""

    table: str
    rows: int
    measure: str
    figures: dict[str, Figure]

    def gain(self, entry: str, rival: str) -> float | None:
        """Return by how much an entry is better than a rival: negative where worse, None if unknown."""
        ours, theirs = self.figures.get(entry), self.figures.get(rival)
        if ours is None or theirs is None or not ours.scores or not theirs.scores:
            return None
        difference = mean(ours.scores) - mean(theirs.scores)
        return -difference if self.measure in LOWER_IS_BETTER else difference

    def quicker(self, entry: str, rival: str) -> bool:
        """Return whether an entry took less time than a rival whose time is known."""
        return median(self.figures[entry].seconds) < median(self.figures[rival].seconds)

    def row(self) -> list[str]:
        """Return the cells of the printed line."""
        cells = [self.table, str(self.rows), self.measure, *map(str, self.figures.values())]
        gains = [self.gain("shoal", rival) for rival in RIVALS]
        return cells + ["" if gain is None else f"{gain:+.4f}" for gain in gains]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        figures = {name: asdict(figure) for name, figure in self.figures.items()}
        return {"rows": self.rows, "measure": self.measure, "figures": figures}


def summary(outcomes: Sequence[Outcome], entries: Sequence[str]) -> list[str]:
    """Say for each shoal on how many tables it was better than each rival, and quicker."""
    said = []
    for entry in entries:
        for rival in RIVALS:
            both = [o for o in outcomes if o.gain(entry, rival) is not None]
            better = [o for o in both if o.gain(entry, rival) > 0]
            quicker = [o for o in better if o.quicker(entry, rival)]
            equal = sum(o.gain(entry, rival) == 0 for o in both)
            if both:
                said.append(
                    f"{entry} is better than {rival} on {len(better)} of {len(both)} tables "
                    f"({equal} equal), on {len(quicker)} of the better ones in less time"
                )
    notes = {f"{o.table}, {n}: {f.note}" for o in outcomes for n, f in o.figures.items() if f.note}
    return [*said, *(f"* {note}" for note in sorted(notes))]
