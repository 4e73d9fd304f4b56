"""Networks sorted into tiles: who sits beside whom, and the arrays that one program call trains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import jax
import numpy as np

from shoal import backend
from shoal.train.flat import packed
from shoal.train.key import ProgramKey
from shoal.train.population import (
    Member,
    State,
    first_state,
    program_key,
    settings_of,
    stacked,
    whence,
)
from shoal.train.stopping import RUNNING
from shoal.train.strategy import tile_size
from shoal.train.view import View

FILLER = 99
"""State code of a copy that only fills a tile."""


@dataclass(frozen=True)
class Seats:
    """Networks that will sit in one tile, before any array is made.

    Parameters
    ----------
    key : ProgramKey
    view, seed : int
    nets : tuple of int
        Their places in the population.
    epoch : int
        Epochs done before.
    group : int
        Tiles of one group may be packed together.
    """

    key: ProgramKey
    view: int
    seed: int
    nets: tuple[int, ...]
    epoch: int
    group: int


def planned(members: Sequence[Member], views: Sequence[View], exact: bool = False) -> list[int]:
    """Return the tile size that `shoal.train.loop.train` chooses for each member.

    It is a function of the whole population, not of the machine's cores: handed to ``train(tile=...)``
    with some of the members, those end with the bits that they have among all. Padded widths are another
    such choice, and come before (`shoal.train.widths.with_widths`).

    Parameters
    ----------
    members : sequence of Member
    views : sequence of View
    exact : bool

    Returns
    -------
    list of int

    Examples
    --------
    >>> import numpy as np
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> from shoal.train.recipe import Recipe
    >>> from shoal.train.view import Batchable
    >>> rows = Batchable(np.zeros((40, 2)), np.zeros((40, 0), np.int32), np.zeros((40, 1)), np.ones(40))
    >>> net = mlp(TableInput(2), (8,), "linear", 1)
    >>> nets = [Member(net, Recipe("squared_error", learning_rate=0.01 * i), seed=i < 1) for i in range(7)]
    >>> planned(nets, [View(rows)])
    [3, 3, 3, 3, 3, 3, 3]
    """
    sizes = [0] * len(members)
    for seats in seated(members, views, cpu=backend.on_cpu(), exact=exact):
        for i in seats.nets:
            sizes[i] = seats.key.tile
    return sizes


def seated(
    members: Sequence[Member],
    views: Sequence[View],
    *,
    cpu: bool,
    exact: bool,
    tile: int | Sequence[int] | None = None,
) -> list[Seats]:
    """Sort members into tiles: same program key, view, seed and epoch; `tile` overrides the strategy."""
    given = [tile] * len(members) if tile is None or isinstance(tile, int) else tile
    kinds: dict[tuple, list[int]] = defaultdict(list)
    for i, (member, size) in enumerate(zip(members, given, strict=True)):
        kind = (program_key(member, views[member.view], 1), member.view, member.seed)
        kinds[(*kind, *whence(member), size)].append(i)
    counts: dict[ProgramKey, list[int]] = defaultdict(list)
    for (key, *_), nets in kinds.items():
        counts[key].append(len(nets))
    found = []
    for group, ((key, view, seed, epoch, before, asked), nets) in enumerate(kinds.items()):
        size = asked or (1 if exact else before)
        size = size or tile_size(key.structure, key.batch, counts[key], cpu=cpu, exact=exact)
        parts = [tuple(nets[at : at + size]) for at in range(0, len(nets), size)]
        found += [Seats(replace(key, tile=size), view, seed, part, epoch, group) for part in parts]
    return found


@dataclass
class Tile:
    """Networks that one program call trains together; `nets` are their places in the population."""

    key: ProgramKey
    view: int
    seed: int
    nets: list[int]
    state: State
    settings: State
    epoch: int
    group: int
    device: jax.Device | None = None
    codes: np.ndarray = field(init=False)
    bytes: int = field(init=False)

    def __post_init__(self):
        self.codes = np.array(self.state["code"])
        self.bytes = sum(leaf.nbytes for leaf in jax.tree.leaves((self.state, self.settings)))

    def active(self) -> np.ndarray:
        """Return which of the tile's places hold a network that still runs, as of the last call."""
        return self.codes == RUNNING

    def move(self, device: jax.Device) -> None:
        """Bring the state to the device of the next call, if another one ran the last."""
        if self.device not in (None, device):
            self.state = jax.device_put(self.state, device)
        self.device = device

    def fetched(self) -> State:
        """Return the state as NumPy arrays; between calls it stays on its device."""
        return jax.tree.map(np.asarray, self.state)


def tile_of(members: Sequence[Member], seats: Seats) -> Tile:
    """Make the arrays of a tile; empty places hold copies of its first network, which never move."""
    seated_here = [members[i] for i in seats.nets]
    states = [first_state(member) for member in seated_here]
    codes = np.full(seats.key.tile, FILLER, np.int32)
    codes[: len(states)] = [state["code"] for state in states]
    missing = seats.key.tile - len(states)
    state = {**stacked(states + states[:1] * missing), "code": codes}
    return Tile(
        key=seats.key,
        view=seats.view,
        seed=seats.seed,
        nets=list(seats.nets),
        state=packed(state) if seats.key.flat else state,
        settings=settings_of(seated_here + seated_here[:1] * missing),
        epoch=seats.epoch,
        group=seats.group,
    )
