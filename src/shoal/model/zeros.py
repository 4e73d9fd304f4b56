"""The weights that are exactly zero: what an L1 penalty has taken out of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_COUNTED = ("kernel", "shortcut", "embedding")  # biases begin at zero, and say nothing


@dataclass(frozen=True)
class Zeros:
    """How many weights of a network, or of all networks of an ensemble, are exactly zero.

    Attributes
    ----------
    layers : dict of str to (int, int)
        Zeros, and weights, of the kernels and embeddings of each layer.
    """

    layers: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, nets: Iterable[Mapping[str, np.ndarray]]) -> Zeros:
        """Count in the parameters of some networks.

        Examples
        --------
        >>> zeros = Zeros.of([{"head.kernel": np.array([[0.0, 2.0], [0.0, 1.0]]), "head.bias": np.zeros(2)}])
        >>> zeros.layers, str(zeros)
        ({'head': (2, 4)}, '2 of 4 weights are exactly zero')
        """
        layers: dict[str, tuple[int, int]] = {}
        for params in nets:
            for name, value in params.items():
                if any(part in name for part in _COUNTED):
                    layer = "inputs" if name.startswith("inputs.") else name.rpartition(".")[0]
                    zeros, weights = layers.get(layer, (0, 0))
                    layers[layer] = (zeros + int((value == 0).sum()), weights + value.size)
        return cls({name: layers[name] for name in sorted(layers, key=_place)})

    @property
    def total(self) -> int:
        """Zeros of all layers."""
        return sum(zeros for zeros, _ in self.layers.values())

    @property
    def weights(self) -> int:
        """Weights of all layers."""
        return sum(weights for _, weights in self.layers.values())

    def __str__(self) -> str:
        return f"{self.total:,} of {self.weights:,} weights are exactly zero"

    def to_json(self) -> dict[str, int]:
        """Return zeros by layer, and in ``"total"``."""
        return {**{name: zeros for name, (zeros, _) in self.layers.items()}, "total": self.total}


def _place(layer: str) -> tuple:
    """Sort inputs first and the head last, the tenth layer behind the ninth."""
    order = {"inputs": 0, "head": 2}.get(layer, 1)
    return order, [int(part) for part in layer.split(".") if part.isdigit()]


def zeros_said(zeros: Zeros, provenance: Mapping[str, Any]) -> str:
    """Return the count by layer in words; nothing where there is no zero, nor an L1 penalty asked for any.

    Examples
    --------
    >>> zeros_said(Zeros({"layers.0": (12, 40), "head": (0, 8)}), {})
    '12 of 48 weights are exactly zero (layers.0: 12 of 40, head: 0 of 8)'
    >>> zeros_said(Zeros({"head": (0, 8)}), {})
    ''
    """
    asked = provenance.get("settings", {}).get("resolved", {}).get("l1", 0)
    if not zeros.total and not asked:
        return ""
    told = [f"{name}: {count:,} of {weights:,}" for name, (count, weights) in zeros.layers.items()]
    return f"{zeros} ({', '.join(told)})"
