"""How an encoded table enters a network: scaled numbers, embedded numbers, and embedded categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from shoal.nets.image_input import ImageInput

_FREQUENCIES = 16
_PERIODIC_UNITS = 3  # with the number itself, four features for each number (Holzmueller et al. 2024)
_ONE_HOT_LIMIT = 64  # up to here a product with a one-hot matrix beats the scatter in a gather's gradient


@dataclass(frozen=True)
class TableInput:
    """An encoded table: ``numbers`` columns of numbers and one integer code for each embedded category.

    Parameters
    ----------
    numbers : int
        Columns of the encoded number matrix.
    continuous : tuple of int
        Which of them are measured numbers rather than indicators.
    levels : tuple of int
        Codes of each embedded category, code 0 (missing or unseen) included.
    widths : tuple of int
        Embedding width of each embedded category.
    number_embedding : {"none", "periodic"}
        "periodic" appends ``W cos(2 pi x f + b) + c`` with learned frequencies to each continuous number
        (PBLD of RealMLP, Holzmueller et al., arXiv 2407.04491).
    frequency_scale : float
        Standard deviation of the initial frequencies.
    """

    kind: ClassVar[str] = "table"
    numbers: int
    continuous: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    number_embedding: str = "none"
    frequency_scale: float = 0.1

    def features(self) -> int:
        """Return the number of features that the first layer sees."""
        periodic = _PERIODIC_UNITS * len(self.continuous) if self._periodic else 0
        return self.numbers + periodic + sum(self.widths)

    def shape(self) -> tuple[int, ...]:
        """Return the shape of one row's values before the first layer."""
        return (self.features(),)

    @property
    def dtype(self) -> None:
        """The type in which numbers travel: that in which the network computes."""
        return None

    def structure(self) -> TableInput:
        """Return the description without the numbers that a compiled program takes as data."""
        return self

    def running(self) -> dict[str, np.ndarray]:
        """Return what no training changes: nothing."""
        return {}

    @property
    def _periodic(self) -> bool:
        return self.number_embedding == "periodic" and bool(self.continuous)

    def init(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the initial embeddings."""
        values = {
            f"embedding.{i}": rng.standard_normal((levels, width)) / np.sqrt(width)
            for i, (levels, width) in enumerate(zip(self.levels, self.widths, strict=True))
        }
        if self._periodic:
            n, bound = len(self.continuous), 1.0 / np.sqrt(_FREQUENCIES)
            values["frequency"] = self.frequency_scale * rng.standard_normal((n, _FREQUENCIES))
            values["phase"] = rng.uniform(-np.pi, np.pi, (n, _FREQUENCIES))
            values["kernel"] = rng.uniform(-bound, bound, (n, _FREQUENCIES, _PERIODIC_UNITS))
            values["bias"] = rng.uniform(-bound, bound, (n, _PERIODIC_UNITS))
        return values

    def apply(
        self, params: Mapping[str, Array], inputs: Mapping[str, Array]
    ) -> Float[Array, "batch features"]:
        """Return the features of the first layer for a batch of encoded rows."""
        numbers = inputs["numbers"]
        parts = [numbers]
        if self._periodic:
            parts.insert(0, self._embed_numbers(params, numbers[:, np.array(self.continuous)]))
        parts += [_look_up(params[f"embedding.{i}"], inputs["codes"][:, i]) for i in range(len(self.levels))]
        return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=1)

    def _embed_numbers(self, params, x):
        angle = 2.0 * np.pi * x[:, :, None] * params["frequency"][None] + params["phase"][None]
        mixed = jnp.einsum("bnf,nfd->bnd", jnp.cos(angle), params["kernel"]) + params["bias"][None]
        return mixed.reshape(x.shape[0], -1)


Input = TableInput | ImageInput

INPUTS: dict[str, type[TableInput] | type[ImageInput]] = {
    entrance.kind: entrance for entrance in (TableInput, ImageInput)
}
"""Kind -> how rows enter."""


def _look_up(table, codes):
    if table.shape[0] > _ONE_HOT_LIMIT:
        return table[codes]
    return (codes[:, None] == jnp.arange(table.shape[0], dtype=codes.dtype)[None, :]).astype(
        table.dtype
    ) @ table
