"""What a learning-rate search found, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

Interval = tuple[float, float]


@dataclass(frozen=True)
class RateFinding:
    """What `shoal.lr_find` found.

    Parameters
    ----------
    suggestion : float
        The rate to train with: that of the trials with the lowest mean loss, or the valley without trials.
    steepest : float
        Where the smoothed loss falls fastest; the median of the seeds.
    valley : float
        Half-way down the longest descent of the smoothed loss; the median of the seeds.
    interval, steepest_interval, valley_interval : (float, float)
        Lowest and highest answer of the single seeds; that of the suggestion holds it.
    rates : (steps,) float array
        Rates of the range test.
    losses : (seeds, steps) float array
        Its smoothed losses; NaN after the end of a seed's test.
    batch_losses : (seeds, steps) float array
        As they were measured, batch by batch.
    seeds : tuple of int
    trial_rates : (trials,) float array
        Rates that were trained to the end; empty where none was.
    trial_losses : (seeds, trials) float array
        Their validation losses; infinite where a training diverged.
    trainings : float
        What the trials cost, in whole trainings.
    seconds : float
    """

    suggestion: float
    steepest: float
    valley: float
    interval: Interval
    steepest_interval: Interval
    valley_interval: Interval
    rates: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    batch_losses: np.ndarray = field(repr=False)
    seeds: tuple[int, ...] = field(repr=False)
    trial_rates: np.ndarray = field(repr=False)
    trial_losses: np.ndarray = field(repr=False)
    trainings: float = field(repr=False, default=0.0)
    seconds: float = field(repr=False, default=0.0)

    def loss_at(self, rate: float) -> float:
        """Return the mean validation loss of trainings at a rate that was tried; NaN at any other."""
        at = np.flatnonzero(self.trial_rates == rate)
        return float(self.trial_losses[:, at[0]].mean()) if len(at) else float("nan")

    def to_frame(self) -> pl.DataFrame:
        """Return the range test: one row for each seed and rate, with ``loss`` and ``smoothed``."""
        steps = len(self.rates)
        frame = pl.DataFrame(
            {
                "seed": np.repeat(self.seeds, steps),
                "learning_rate": np.tile(self.rates, len(self.seeds)),
                "loss": self.batch_losses.ravel(),
                "smoothed": self.losses.ravel(),
            }
        )
        return frame.with_columns(pl.col("loss", "smoothed").fill_nan(None))

    def trials(self) -> pl.DataFrame:
        """Return the trials: ``learning_rate``, ``loss`` (mean), its ``lowest`` and ``highest``, by rate."""
        losses = self.trial_losses
        return pl.DataFrame(
            {
                "learning_rate": self.trial_rates,
                "loss": losses.mean(axis=0),
                "lowest": losses.min(axis=0, initial=np.inf),
                "highest": losses.max(axis=0, initial=-np.inf),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; what diverged or had ended is None."""
        return {
            "suggestion": self.suggestion,
            "interval": list(self.interval),
            "steepest": self.steepest,
            "steepest_interval": list(self.steepest_interval),
            "valley": self.valley,
            "valley_interval": list(self.valley_interval),
            "seeds": list(self.seeds),
            "rates": self.rates.tolist(),
            "losses": [_finite(row) for row in self.losses],
            "trials": [
                {"learning_rate": rate, "losses": _finite(column)}
                for rate, column in zip(self.trial_rates.tolist(), self.trial_losses.T, strict=True)
            ],
            "trainings": self.trainings,
            "seconds": round(self.seconds, 3),
        }

    def in_words(self) -> str:
        """Return the finding in one sentence, for the history of a network trained with it."""
        low, high = self.interval
        tried = (
            f", after {len(self.trial_rates)} rates were trained to the end" if len(self.trial_rates) else ""
        )
        return (
            f"learning_rate='auto' found {self.suggestion:g} ({low:g} to {high:g} over {len(self.seeds)} "
            f"seeds; steepest {self.steepest:.2g}, valley {self.valley:.2g}){tried}."
        )


def _finite(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
