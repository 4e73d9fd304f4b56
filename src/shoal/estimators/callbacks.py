"""scikit-learn's own callbacks: each fit is a task, and each epoch a task within it.

``net.set_callbacks(ProgressBar())`` works as on scikit-learn's estimators. The module `sklearn.callback` is
young; where it is absent, the estimators train without callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shoal.train.results import NetResult

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands where scikit-learn has no callbacks."""

    def with_callbacks(method):  # type: ignore[misc]
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "FitTask", "with_callbacks"]


class FitTask:
    """One fit of one estimator, as its callbacks see it.

    Parameters
    ----------
    estimator : estimator
        Its method is decorated by `with_callbacks`, which ends what is begun here.
    epochs : int
        Most epochs of the fit.
    X, y
        As handed to ``fit``.
    sample_weight : array or None
    """

    def __init__(self, estimator: Any, epochs: int, X: Any, y: Any, sample_weight: Any):
        self._estimator = estimator
        self._context: Any = None
        if not hasattr(estimator, "_init_callback_context"):
            return
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._seen = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context = estimator._init_callback_context(task_name="fit", max_subtasks=epochs)
        self._context.call_on_fit_task_begin(**self._seen)

    @property
    def watched(self) -> bool:
        """Whether anybody has set callbacks."""
        return self._context is not None and bool(getattr(self._estimator, "_skl_callbacks", None))

    def epoch_begins(self) -> None:
        """Tell the callbacks that an epoch begins."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._seen)

    def epoch_ends(self, result: NetResult, model: Callable[[], Any]) -> bool:
        """Tell the callbacks that an epoch is over; False if one of them wants no more.

        Parameters
        ----------
        result : NetResult
            What the epochs so far have made of the network.
        model : callable
            Makes the model of that moment; called only if a callback asks for a fitted estimator.
        """
        stop = self._epoch.call_on_fit_task_end(
            **self._seen, reconstruction_attributes=lambda: {"model_": model()}
        )
        if result.code == "paused" and not stop:
            self.epoch_begins()
        return not stop

    def ends(self) -> None:
        """Tell the callbacks that the fit is over."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._seen, reconstruction_attributes=dict)
