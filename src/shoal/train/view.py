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
    numbers : (rows, numbers) float array; uint8 for pixels, which stay bytes
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
            plain = float_type if values.dtype.kind == "f" else np.dtype(np.int32)
            dtype = values.dtype if values.dtype == np.uint8 else plain
            out = np.zeros((slots, *values.shape[1:]), dtype)
            out[: len(values)] = values
            return out

        return {name: pad(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class View:
    """Rows to train on and, where there are any, rows to validate on.

    Parameters
    ----------
    train : Batchable
    valid : Batchable, optional
    whole : int
        Rows whose steps a fold takes: those of the table where folds and table are trained alike, those of
        the largest fold in a search; 0 where it is no fold. A fold of fewer rows that has enough for it is
        trained in as many steps, in batches of nearly equal size, so that all share one program.
    """

    train: Batchable
    valid: Batchable | None = None
    whole: int = 0

    def batches(self, batch_size: int) -> tuple[int, int]:
        """Return slots of a batch and steps of an epoch.

        Examples
        --------
        >>> import numpy as np
        >>> rows = Batchable(*(np.zeros((80, n)) for n in (2, 0, 1)), np.ones(80))
        >>> View(rows).batches(32), View(rows, whole=100).batches(32)
        ((32, 3), (32, 4))
        """
        rows = self.whole if self._shares_steps(batch_size) else len(self.train)
        batch = min(batch_size, rows)
        return batch, -(-rows // batch)

    def starts(self, batch_size: int) -> np.ndarray:
        """Return where each batch begins among the shuffled rows, and where the last one ends: (steps + 1,).

        Examples
        --------
        >>> import numpy as np
        >>> rows = Batchable(*(np.zeros((80, n)) for n in (2, 0, 1)), np.ones(80))
        >>> View(rows).starts(32).tolist(), View(rows, whole=100).starts(32).tolist()
        ([0, 32, 64, 80], [0, 20, 40, 60, 80])
        """
        batch, steps = self.batches(batch_size)
        rows, place = len(self.train), np.arange(steps + 1)
        even = place * rows // steps
        return (even if self._shares_steps(batch_size) else np.minimum(place * batch, rows)).astype(np.uint32)

    def _shares_steps(self, batch_size: int) -> bool:
        """Return whether this fold has a row for each step of the whole table; no batch may be empty."""
        return len(self.train) < self.whole <= batch_size * len(self.train)
