"""The program key: the few choices that force a new compiled program; everything else is data."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.nets.spec import NetSpec
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.strategy import step_flops

_GATHERED_NUMBERS = 1 << 20  # 4 MB in float32: stays in a core's reach, and is little memory
_FLAT_FLOPS = 20e6  # of a step; above, cutting the weights out of their vector costs more than it saves


@dataclass(frozen=True)
class ProgramKey:
    """All that forces a new program; two networks with one key share one.

    Parameters
    ----------
    structure : NetSpec
        The network without its numeric settings, with padded widths.
    shallowest : int
        Dense layers that every network has; 0 where all have all of the structure.
    masked : bool
        Whether units carry masks: where widths are padded, unless zeros stay zeros by themselves.
    loss, optimizer : str
    uses : tuple of str
        Optional parts of the step, sorted.
    rate_factors : tuple
        Factors of the learning rate by parameter name.
    batch, steps : int
        Rows of a step and steps of an epoch.
    valid_rows : int
        Padded rows of the validation set; 0 without one.
    history : int
        Epochs that one call can record.
    tile : int
        Networks of a tile.
    precision : str
    activity : tuple of str
        Activation layers whose values are penalised, by path.
    penalised : tuple of str
        Parameters with L1 or L2 penalties of their own; empty where all kernels share one.
    constraints : tuple of (parameter, kind, axes)
        What is held to a constraint after every step; `axes` leading ones count repetitions of a layer.
    targets : int
        Columns of the target, of which a head may have several outputs each; 0 where it is class numbers.
    """

    structure: NetSpec
    masked: bool
    loss: str
    optimizer: str
    uses: tuple[str, ...]
    rate_factors: tuple[tuple[str, float], ...]
    batch: int
    steps: int
    valid_rows: int
    history: int
    tile: int
    precision: str
    activity: tuple[str, ...] = ()
    penalised: tuple[str, ...] = ()
    constraints: tuple[tuple[str, str, int], ...] = ()
    targets: int = 0
    shallowest: int = 0

    @property
    def flat(self) -> bool:
        """Whether weights, and what has an array for each of them, lie in one vector (`shoal.train.flat`)."""
        small = step_flops(self.structure, self.batch) < _FLAT_FLOPS
        return small and OPTIMIZERS[self.optimizer].pads

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped, and the steps counted in which they were."""
        return "clip_norm" in self.uses or "clip_value" in self.uses

    @property
    def gathered(self) -> bool:
        """Whether the rows are put in their new order once an epoch, not batch by batch."""
        inputs = self.structure.inputs
        return self.batch * self.steps * (inputs.numbers + len(inputs.levels)) <= _GATHERED_NUMBERS
