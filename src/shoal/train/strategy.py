"""How many networks are computed in one go: one small function, decided by measurements.

Many tiny networks per instruction pay where networks are tiny; above about 4 MFLOP for each network and step,
a core is faster with one network after the other, in cache. The figures behind the limits are in
``docs/explain/engine.md``.
"""

from __future__ import annotations

from shoal.nets.spec import NetSpec

_LIMITS = ((0.15, 32), (0.6, 16), (2.0, 8), (4.0, 4))
"""(MFLOP of a network and step, networks of a tile): measured on two cores."""


def step_flops(spec: NetSpec, batch: int) -> float:
    """Return the floating-point operations of one training step: three products for each kernel."""
    return 6.0 * batch * spec.multiply_adds()


def tile_size(spec: NetSpec, batch: int, nets: int, *, cpu: bool = True, exact: bool = False) -> int:
    """Return how many networks of one kind share a tile.

    Parameters
    ----------
    spec : NetSpec
        Their (padded) description.
    batch : int
        Rows of a step.
    nets : int
        How many there are of one program key, view and seed. The number of cores does not enter, so that
        results are the same on every machine of a kind.
    cpu : bool
        Whether they run on CPU cores; a GPU takes large tiles whatever the size.
    exact : bool
        Train each network as if it were alone, bit for bit: tiles of one.

    Returns
    -------
    int
        A power of two.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> tile_size(mlp(TableInput(8), (16, 16), "softmax", 3), batch=32, nets=128)
    32
    >>> tile_size(mlp(TableInput(784), (256, 256), "softmax", 10), batch=128, nets=128)
    1
    """
    if exact or nets < 2:
        return 1
    if not cpu:
        return min(64, _power_of_two(nets))
    cost = step_flops(spec, batch) / 1e6
    limit = next((size for most, size in _LIMITS if cost < most), 1)
    return min(limit, _power_of_two((nets + 1) // 2))  # at least two tiles, to occupy two cores


def _power_of_two(n: int) -> int:
    return 1 << (max(n, 1).bit_length() - 1)
