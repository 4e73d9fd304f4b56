"""What a search says while it works, beside what the training loop says (`shoal.train.events`)."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.sweep.runs import RunScore
from shoal.sweep.trials import Trial


@dataclass(frozen=True)
class BatchStarted:
    """A batch of so many trials begins, in so many runs, some of which an earlier sitting has done."""

    number: int
    trials: int
    runs: int
    done_before: int


@dataclass(frozen=True)
class RunDone:
    """A network of a batch has been trained and scored."""

    number: int
    score: RunScore


@dataclass(frozen=True)
class BatchDone:
    """A batch is over; its trials stand as they are now."""

    number: int
    trials: tuple[Trial, ...]
