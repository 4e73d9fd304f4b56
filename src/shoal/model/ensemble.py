"""An ensemble: networks of other seeds whose answers are averaged (Hansen and Salamon 1990).

What is averaged is what the network says, not its weights: probabilities of classes, values of quantities.
By Jensen's inequality the average is never worse than its members are on average in log loss and squared
error, whatever the members are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.model.member import EnsembleMember
from shoal.nets.heads.average import averaged

__all__ = ["EnsembleMember", "combined"]


def combined(head: str, outputs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the raw outputs that stand for the average of what the members say.

    Parameters
    ----------
    head : str
        Name in `shoal.nets.heads.HEADS`.
    outputs : sequence of (rows, outputs) arrays
        The raw outputs of every member.

    Returns
    -------
    float64 array (rows, outputs)
        As `shoal.nets.heads.average.averaged` makes them: for softmax ``log(mean p)``.

    Examples
    --------
    >>> certain, unsure = np.array([[np.log(9.0)]]), np.array([[0.0]])  # 0.9 and 0.5
    >>> combined("sigmoid", [certain, unsure])  # 0.7
    array([[0.847...]])
    """
    if len(outputs) == 1:
        return outputs[0]
    return averaged(head, np.stack([np.asarray(one, np.float64) for one in outputs]), axis=0)
