"""What the networks of a shoal look at: encoded rows to train on, and rows to be judged on.

Folds of a cross-validation are views; so are other ways to weight or encode the same table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batchable:
    """Encoded rows with their targets and weights, all of one length.

    Parameters
    ----------
    numbers : (rows, numbers) float array
    codes : (rows, categories) int32 array
    target : (rows,) int32 array of class numbers, or (rows, outputs) float array
    weight : (rows,) float array
    """

    numbers: np.ndarray
    codes: np.ndarray
    target: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.weight)

    def take(self, rows: np.ndarray) -> Batchable:
        """Return the rows with these numbers."""
        return Batchable(**{name: value[rows] for name, value in vars(self).items()})

    def padded(self, slots: int, precision: str) -> dict[str, np.ndarray]:
        """Return the arrays with `slots` rows, those beyond the last of weight zero, in `precision`."""
        float_type = np.dtype(precision)

        def pad(values: np.ndarray) -> np.ndarray:
            dtype = float_type if values.dtype.kind == "f" else np.int32
            out = np.zeros((slots, *values.shape[1:]), dtype)
            out[: len(values)] = values
            return out

        return {name: pad(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class View:
    """Rows to train on and, where there are any, rows to validate on."""

    train: Batchable
    valid: Batchable | None = None
