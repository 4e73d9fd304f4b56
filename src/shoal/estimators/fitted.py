"""What an estimator knows after training, under the names that scikit-learn's own networks use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from shoal.fitting.prepare import Prepared
from shoal.history import History
from shoal.model.model import Model
from shoal.nets.layers import Dense
from shoal.train.results import NetResult

_ACTIVATIONS = {
    **{"linear": "identity", "quantiles": "identity", "gaussian": "identity", "poisson": "exp"},
    **{"sigmoid": "logistic", "multilabel": "logistic", "ordinal": "logistic", "softmax": "softmax"},
}


def fitted_attributes(
    model: Model, result: NetResult, ready: Prepared, earlier: Model | None = None, scores: Any = None
) -> dict[str, Any]:
    """Return name and value of every attribute that training gives.

    Parameters
    ----------
    model, result, ready
        As `shoal.pipeline.fit` returns them.
    earlier : Model, optional
        What this training went on from; its history comes first.
    scores : list of float, optional
        The validation scores of that one.
    """
    history = model.history if earlier is None else joined(earlier.history, model.history)
    losses = history["loss"] if len(history) else []
    val_losses = _recorded(history, "val_loss")
    scores = [*(scores or []), *_validation_scores(result, ready)] or None
    return {
        "model_": replace(model, history=history),
        "history_": history,
        "settings_": ready.settings,
        "n_iter_": len(history),
        "t_": len(history) * len(ready.view.train),
        "n_layers_": len(model.spec.units()) + 2,
        "out_activation_": _ACTIVATIONS[model.spec.head],
        "loss_": losses[-1] if losses else float("nan"),
        "best_loss_": None if val_losses else min(losses, default=float("nan")),
        "loss_curve_": losses,
        "validation_loss_curve_": val_losses,
        "validation_scores_": scores,
        "best_validation_score_": max(scores) if scores else None,
        "best_iter_": history.best_epoch,
        "stop_reason_": history.stop_reason,
        "zeros_": model.zeros().to_json(),
        "_optimizer": {"optimizer": result.state.get("optimizer"), "epoch": result.epochs},
    }


def joined(before: History, after: History) -> History:
    """Return one history of two runs, the second of which went on from the first; epochs count on."""
    rows = list(after)
    shift = len(before) + 1 - (int(after[0, "epoch"]) if rows else 0)
    moved = [{**row, "epoch": int(after[i, "epoch"]) + shift} for i, row in enumerate(rows)]
    best = after.best_epoch
    return History(
        [*before, *moved],
        stop_reason=after.stop_reason,
        best_epoch=None if best is None else best + shift,
        notes=[*before.notes, *after.notes],
    )


def coefficients(model: Model, part: str) -> list[np.ndarray]:
    """Return ``"kernel"`` (features, units) or ``"bias"`` (units,) of every dense layer, the head last."""
    paths = [path for path, layer, _ in model.spec.walk() if isinstance(layer, Dense)]
    return [model.params[f"{path}.{part}"] for path in [*paths, "head"] if f"{path}.{part}" in model.params]


def _recorded(history: History, name: str) -> list[float] | None:
    if name not in history:
        return None
    return [value for value in history[name] if value is not None]


def _validation_scores(result: NetResult, ready: Prepared) -> list[float]:
    """Return accuracy, or R2 weighted by the variance of the outputs, of the validation rows by epoch."""
    if ready.view.valid is None or not len(result.history):
        return []
    found = result.history[:, 2]
    if ready.target.task == "regression":
        rows = ready.view.valid
        center = np.average(rows.target, axis=0, weights=rows.weight)
        variance = np.average((rows.target - center) ** 2, axis=0, weights=rows.weight).mean()
        found = 1.0 - found / variance if variance > 0 else np.zeros(len(found))
    return found.tolist()
