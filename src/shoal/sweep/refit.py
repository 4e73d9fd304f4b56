"""The network that is kept: the best settings, trained on every row for as long as the folds found best."""

from __future__ import annotations

from typing import Any

from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.problem import Problem
from shoal.settings import Settings
from shoal.sweep.trials import Trial

_STOPPED = {"stop_loss": None, "stop_accuracy": None, "stop_change": None, "min_epochs": 0}


def refit_settings(problem: Problem, settings: Settings, trial: Trial) -> dict[str, Any]:
    """Return what the final training changes of a trial's settings.

    Where the folds' networks kept rows aside and stopped early, the final one has nothing to watch: it
    trains on every row for the median of their best epochs. Where a search stopped at a rung, it trains as
    long as that.

    Parameters
    ----------
    problem : Problem
    settings : Settings
        Of the trial, as given.
    trial : Trial

    Returns
    -------
    dict
        Empty where the settings themselves say how long to train.
    """
    done = resolved(settings, Facts(len(problem), problem.task, False, problem.image))
    if done.validation == 0:
        paused = trial.rung is not None and trial.epochs < int(done.epochs)
        return {"epochs": trial.epochs} if paused else {}
    changed = {
        "epochs": trial.median_epoch,
        "validation": 0.0,
        "patience": None,
        "monitor": "loss",
        **_STOPPED,
    }
    return {name: value for name, value in changed.items() if getattr(settings, name) != value}
