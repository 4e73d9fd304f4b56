"""A slice of the loss as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class OptimizerPath:
    """The way of one training, seen on the slice.

    Parameters
    ----------
    name : str
        The optimizer, with its learning rate.
    epochs : tuple of int
        0 is before the first step.
    points : tuple of (across, up)
        Where the weights of these epochs lie on the slice, at the foot of the perpendicular.
    losses : tuple of float
        The loss at the weights themselves, which lie off the slice.
    """

    name: str
    epochs: tuple[int, ...]
    points: tuple[tuple[float, float], ...]
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Landscape:
    """The loss on a line or plane through the weights.

    Parameters
    ----------
    loss_kind : str
        Name in `shoal.nets.losses.LOSSES`.
    rows : int
        Rows that the loss is the mean of.
    directions : {"random", "path"}
        Filter-normalised random directions, or the two main ones of the paths.
    across, up : tuple of float
        Places along both directions, in units of theirs; `up` is ``(0.0,)`` for a line.
    losses : tuple of tuple of float
        ``losses[j][i]`` at ``across[i]``, ``up[j]``.
    centre : float
        The loss of the network itself, at (0, 0).
    paths : tuple of OptimizerPath
    explained : tuple of float
        Share of the movement of all paths that lies along each direction, for "path".
    seed : int
        Of the random directions.
    """

    loss_kind: str
    rows: int
    directions: str
    across: tuple[float, ...]
    up: tuple[float, ...]
    losses: tuple[tuple[float, ...], ...]
    centre: float
    paths: tuple[OptimizerPath, ...] = ()
    explained: tuple[float, ...] = ()
    seed: int = 0

    @property
    def dimensions(self) -> int:
        """1 for a line, 2 for a plane."""
        return 1 if len(self.up) == 1 else 2

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            **asdict(self),
            "across": list(self.across),
            "up": list(self.up),
            "losses": [list(row) for row in self.losses],
            "paths": [
                {**asdict(one), "epochs": list(one.epochs), "points": [list(p) for p in one.points]}
                | {"losses": list(one.losses)}
                for one in self.paths
            ],
            "explained": list(self.explained),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Landscape:
        """Return what `to_json` wrote."""
        paths = tuple(
            OptimizerPath(
                one["name"],
                tuple(one["epochs"]),
                tuple(tuple(p) for p in one["points"]),
                tuple(one["losses"]),
            )
            for one in values["paths"]
        )
        lists = {name: tuple(values[name]) for name in ("across", "up", "explained")}
        losses = tuple(tuple(row) for row in values["losses"])
        return cls(**{**values, **lists, "losses": losses, "paths": paths})
