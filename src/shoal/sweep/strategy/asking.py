"""A strategy written as a generator: it yields a batch of trials and receives what came of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from shoal.errors import InputError
from shoal.sweep.strategy.contract import Ask, Told

Batches = Generator[list[Ask], Sequence[Told], None]
"""Yields batches that are not empty; ends when the search is over."""


class Asking:
    """Keeps the contract of `Strategy` for a generator of batches.

    A generator holds the state of a strategy where it is easiest to read, in local variables; replayed
    from the start with the same answers it is in the same state.

    Parameters
    ----------
    batches : generator
    name, reason, resolved
        See `Strategy`.
    """

    def __init__(self, batches: Batches, *, name: str, reason: str, resolved: dict[str, Any]):
        self.name, self.reason, self.resolved = name, reason, resolved
        self._batches = batches
        self._batch: list[Ask] | None = None

    def ask(self) -> list[Ask]:
        """Return the batch to be told about next; an empty one when the search is over."""
        if self._batch is None:
            self._batch = next(self._batches, [])
        return list(self._batch)

    def tell(self, told: Sequence[Told]) -> None:
        """Take note of a whole batch.

        Raises
        ------
        InputError
            If these are not the trials that were asked for, in their order.
        """
        batch = self.ask()
        expected, came = [ask.trial for ask in batch], [one.trial for one in told]
        if expected != came:
            raise InputError(
                f"Expected to be told of the trials {_listed(expected)}, as asked for. Got {_listed(came)}. "
                "Tell the whole batch, in its order."
            )
        if batch:
            self._batch = self._sent(told)

    def _sent(self, told: Sequence[Told]) -> list[Ask]:
        try:
            return self._batches.send(told)
        except StopIteration:
            return []


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:8])) or "none"
    return f"{shown} and {len(numbers) - 8} more" if len(numbers) > 8 else shown
