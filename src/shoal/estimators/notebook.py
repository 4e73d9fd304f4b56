"""What a notebook shows of an estimator: scikit-learn's box and, once fitted, how the training went."""

from __future__ import annotations

from typing import Any

from sklearn.utils import estimator_html_repr

from shoal.history.notebook import findings_table, sparkline, told


class NotebookMixin:
    """Adds the training to the HTML that scikit-learn shows of a fitted estimator."""

    def _html_repr(self) -> str:
        return estimator_html_repr(self) + (_training(self) if hasattr(self, "model_") else "")


def _training(net: Any) -> str:
    """Return the facts of a training, the curve of its loss, and what was found."""
    history, model = net.history_, net.model_
    scores = {name: value for name, value in model.scores.items() if isinstance(value, float)}
    facts = {
        "trained on": f"{net.n_features_in_} columns",
        "epochs": f"{len(history)}, the best was {history.best_epoch}",
        "ended": history.stop_reason,
        **{name.replace("_", " "): f"{value:.4g}" for name, value in scores.items()},
    }
    findings = net.diagnosis_
    verdict = findings_table(findings) or "<div>Nothing in the record of its training looks wrong.</div>"
    return told(f"{type(net).__name__}, fitted", facts, sparkline(history), verdict)
