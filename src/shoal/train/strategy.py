"""How many networks are computed in one go: one small function, decided by measurements.

Many tiny networks per instruction pay where networks are tiny; above about 4 MFLOP for each network and step,
a core is faster with one network after the other, in cache. The figures behind the limits are in
``docs/explain/engine.md``.
"""

from __future__ import annotations

from collections.abc import Sequence

from shoal.nets.spec import NetSpec

TINY_FLOPS = 0.25e6
"""Of a step. Below it a program takes its time to start kernels, not to compute: they are to be few and made
quickly. Larger networks are up to 1.5 times as slow with XLA's older emitters."""
_LIMITS = ((0.15, 32), (0.6, 16), (2.0, 8), (4.0, 4))
"""(MFLOP of a network and step, networks of a tile): measured on two cores."""
_SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)  # few, because each is another program


def step_flops(spec: NetSpec, batch: int) -> float:
    """Return the floating-point operations of one training step: three products for each kernel."""
    return 6.0 * batch * spec.multiply_adds()


def tile_size(
    spec: NetSpec, batch: int, nets: int | Sequence[int], *, cpu: bool = True, exact: bool = False
) -> int:
    """Return how many networks of one program share a tile.

    A step of a tile takes about as long as one network more than it has places, filled or not; that size is
    the best which needs the least time for all networks.

    Parameters
    ----------
    spec : NetSpec
        Their (padded) description.
    batch : int
        Rows of a step.
    nets : int or sequence of int
        How many there are; of several views or seeds, which never share a tile, how many of each. The number
        of cores does not enter, so that results are the same on every machine of a kind.
    cpu : bool
        Whether they run on CPU cores; a GPU takes large tiles whatever the size.
    exact : bool
        Train each network as if it were alone, bit for bit: tiles of one.

    Returns
    -------
    int

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> tiny = mlp(TableInput(8), (16, 16), "softmax", 3)
    >>> tile_size(tiny, batch=32, nets=128), tile_size(tiny, batch=32, nets=[5, 5, 5])
    (32, 5)
    >>> tile_size(mlp(TableInput(784), (256, 256), "softmax", 10), batch=128, nets=128)
    1
    """
    counts = [nets] if isinstance(nets, int) else list(nets)
    if exact or sum(counts) < 2:
        return 1
    if not cpu:
        return min(64, _power_of_two(max(counts)))
    cost = step_flops(spec, batch) / 1e6
    limit = next((size for most, size in _LIMITS if cost < most), 1)
    return min((size for size in _SIZES if size <= limit), key=lambda size: (_seconds(size, counts), -size))


def _seconds(size: int, counts: Sequence[int]) -> int:
    """Return how long a step of all networks takes, in steps of one; two cores are to have a tile each."""
    tiles = sum(-(-count // size) for count in counts)
    return max(tiles, 2) * (1 + size)


def _power_of_two(n: int) -> int:
    return 1 << (max(n, 1).bit_length() - 1)
