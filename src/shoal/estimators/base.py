"""What classifier and regressor share: the way from ``fit(X, y)`` to the pipeline and back."""

from __future__ import annotations

import math
import os
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from numbers import Integral
from typing import Any, TypeVar

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from shoal import pipeline
from shoal.data import Target, know_columns, notices
from shoal.errors import DataNotice, SettingError
from shoal.estimators import intake
from shoal.estimators.callbacks import (
    CallbackSupportMixin,  # pyright: ignore[reportAttributeAccessIssue]  # scikit-learn is untyped
    FitTask,
    with_callbacks,  # pyright: ignore[reportAttributeAccessIssue]
)
from shoal.estimators.fitted import coefficients, fitted_attributes
from shoal.estimators.notebook import NotebookMixin
from shoal.estimators.uncertainty import UncertaintyMixin
from shoal.estimators.watching import Watch
from shoal.fitting.acting import fit_acting
from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.diagnosing import facts_of
from shoal.fitting.endings import refuse_fruitless, tell_ending
from shoal.fitting.ensembles import Outcome, refuse_several
from shoal.fitting.problem import Problem
from shoal.history import History
from shoal.history.findings import Finding
from shoal.model.model import Model
from shoal.rules import Flag, Number, check
from shoal.settings import Settings, as_schedule
from shoal.sinks import checked_sinks
from shoal.train.schedules import Schedule

Net = TypeVar("Net", bound="NetEstimator")


class NetEstimator(NotebookMixin, UncertaintyMixin, CallbackSupportMixin, BaseEstimator):
    """A network behind scikit-learn's interface; see `NetClassifier` and `NetRegressor`."""

    random_state: Any
    warm_start: bool
    act: bool
    log: Any
    verbose: bool
    model_: Model
    settings_: Settings
    history_: History
    n_features_in_: int

    def _store(self, given: Mapping[str, Any]) -> None:
        """Keep what `__init__` was given, as it was given; nothing is looked at before `fit`."""
        self.__dict__.update({name: value for name, value in given.items() if name != "self"})

    # -- fitting ----------------------------------------------------------------

    @with_callbacks
    def fit(
        self: Net,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Net:
        """Train a network.

        Parameters
        ----------
        X : table of shape (rows, features)
            A frame of pandas, Polars or PyArrow, a NumPy array, a list of rows, or a SciPy sparse matrix,
            which is made dense. Frames may hold numbers, categories, dates and gaps side by side; columns
            that tell nothing are left out with a `shoal.errors.DataNotice`. An array of numbers is taken
            as it is.
        y : sequence of shape (rows,), or table of shape (rows, outputs)
            What to predict, without gaps.
        sample_weight : sequence of shape (rows,), optional
            A row of weight 2 counts as if it were there twice, of weight 0 as if it were absent.
        X_val, y_val : like X and y, optional
            Rows to validate on after each epoch: they decide the best weights and when to stop. Without
            them a share of the rows is kept aside, as the ``validation`` parameter says.
        sample_weight_val : sequence, optional
            Weights of these rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used; the message says what was expected and what came.

        Warns
        -----
        TrainingWarning
            If the network diverged, or Ctrl-C ended the training; what was learnt is kept.
        """
        settings = self._settings()
        earlier = getattr(self, "model_", None) if self.warm_start else None
        if earlier is not None:
            settings = self._same_network(settings)
        problem = self._problem(X, y, sample_weight, earlier)
        valid = self._valid(problem, X_val, y_val, sample_weight_val)
        start = None if earlier is None else _weights_of(earlier)
        plan = resolved(settings, Facts(len(problem), problem.task, valid is not None, problem.image))
        task = FitTask(self, plan.epochs, X, y, sample_weight)
        self._train(problem, settings, valid=valid, start=start, earlier=earlier, task=task)
        task.ends()
        return self

    def _partial_fit(self: Net, X: Any, y: Any, sample_weight: Any, target: Target | None) -> Net:
        """Train for one epoch that goes on from what is there: weights, optimizer, encoder, classes."""
        earlier = getattr(self, "model_", None)
        settings = self._one_more(self._settings(), fresh=earlier is None)
        problem = self._problem(X, y, sample_weight, earlier, target)
        start = None
        if earlier is not None:
            start = {"params": earlier.params, "running": earlier.state, **self._optimizer_state(settings)}
            settings = replace(settings, epochs=max(settings.epochs, start["epoch"] + 1))
        self._train(problem, settings, start=start, earlier=earlier, after_epoch=lambda *_: False)
        return self

    def _train(
        self,
        problem: Problem,
        settings: Settings,
        *,
        valid: Problem | None = None,
        start: dict[str, Any] | None = None,
        earlier: Model | None = None,
        task: FitTask | None = None,
        after_epoch: pipeline.AfterEpoch | None = None,
    ) -> None:
        log = checked_sinks(self.log, type(self).__name__)
        watch = Watch(type(self).__name__, problem.task, settings, verbose=bool(self.verbose), log=log)
        fit = partial(fit_acting, pipeline.fit) if self.act else pipeline.fit
        if task is not None and task.watched:
            after_epoch = partial(_tell, task, problem, settings)
            task.epoch_begins()
        try:
            [(model, result, ready)] = fit(
                problem, [settings], valid=valid, starts=[start], on_event=watch, after_epoch=after_epoch
            )
            watch.end(model.history)
        finally:
            watch.end(None)  # where training failed
        if earlier is not None and model.spec.structure() != earlier.spec.structure():
            raise SettingError(_other_network(type(self).__name__))
        if watch.interrupted and not len(result.history):
            raise KeyboardInterrupt  # before the end of the first epoch there is nothing to keep
        refuse_fruitless(result, ready.settings)
        tell_ending(result, ready.settings, stacklevel=4)
        scores = getattr(self, "validation_scores_", None) if earlier is not None else None
        if task is not None:  # not for each call of partial_fit, which is to be quick
            model = replace(model, provenance={**model.provenance, "facts": facts_of(ready)})
        self._keep(fitted_attributes(model, result, ready, earlier, scores))
        if watch.folder is not None:
            self._keep({"log_folder_": str(watch.folder)})
        if self.verbose and task is not None:
            for finding in self.diagnosis_:
                print(finding.in_words())

    def _keep(self, attributes: Mapping[str, Any]) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)

    # -- what goes in -------------------------------------------------------------

    def _settings(self) -> Settings:
        """Return the parameters as checked settings, with a seed for this fit."""
        owner, given = type(self).__name__, vars(self)
        for name in ("warm_start", "act", "verbose"):
            check(owner, name, given[name], Flag())
        plain = {name: _plain(given[name]) for name in Settings.known() if name in given}
        return Settings(**plain, seed=seed_of(self.random_state, owner)).checked(owner)

    def _problem(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        earlier: Model | None = None,
        target: Target | None = None,
    ) -> Problem:
        """Return the problem that the data sets, without rows of weight zero."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y is None."
            )
        names = None if earlier is None else earlier.feature_names
        frame = intake.features(self, X, reset=earlier is None, names=names)
        values = self._values_of(y)
        check_consistent_length(frame, values)
        weight = intake.weights(sample_weight, frame)
        if weight is not None and (weight == 0).any():
            kept = np.flatnonzero(weight > 0)
            frame, values, weight = frame[kept], values[kept], weight[kept]
        target = earlier.target if earlier is not None else target
        task = self._know_target(values, target)
        columns = earlier.columns if earlier is not None else self._known_columns(X, frame)
        outputs = 1 if values.ndim == 1 else values.shape[1]
        named = list(target.names) if target else intake.target_names(y, outputs, frame.columns)
        return Problem(
            frame=frame,
            answers=_answers(values, named),
            task=task,
            columns=columns,
            weight=weight,
            target=target,
            encoder=None if earlier is None else earlier.encoder,
        )

    def _valid(self, problem: Problem, X_val: Any, y_val: Any, sample_weight_val: Any) -> Problem | None:
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val must be passed together. Got one without the other.")
        frame = intake.features(self, X_val, reset=False, names=problem.frame.columns)
        values = self._values_of(y_val)
        check_consistent_length(frame, values)
        weight = intake.weights(sample_weight_val, frame)
        answers = problem.answers
        names = [answers.name] if isinstance(answers, pl.Series) else answers.columns
        return replace(problem, frame=frame, answers=_answers(values, names), weight=weight)

    def _known_columns(self, X: Any, frame: pl.DataFrame):
        columns = know_columns(frame, as_given=not intake.is_table(X))
        for notice in notices(columns):
            warnings.warn(notice, DataNotice, stacklevel=4)
        return columns

    @abstractmethod
    def _values_of(self, y: Any) -> np.ndarray:
        """Return the target as an array, or refuse it."""

    @abstractmethod
    def _know_target(self, values: np.ndarray, target: Target | None) -> str:
        """Note what is to be predicted on the estimator, and return the task."""

    # -- going on -----------------------------------------------------------------

    def _same_network(self, settings: Settings) -> Settings:
        """Return the settings with what decides the network as it was, where that is left to shoal."""
        names = ("hidden", "activation", "dropout", "initializer", "number_embedding", "embedding_width")
        return _with_earlier(settings, self.settings_, names)

    def _one_more(self, settings: Settings, fresh: bool) -> Settings:
        """Return the settings of one epoch of `partial_fit`: no rows kept aside, a rate that does not end."""
        if settings.epochs == "cv":
            raise SettingError(
                "Expected a number of epochs for partial_fit, which trains one at a time. Got epochs='cv'."
            )
        refuse_several(settings)
        for name in ("act", "log"):
            if getattr(self, name):
                raise SettingError(
                    f"Expected {name} to be left out for partial_fit, which trains one epoch at a time. "
                    f"Got {name}={getattr(self, name)!r}; call fit."
                )
        schedule = as_schedule(settings.schedule, settings.warmup) or Schedule()
        if not schedule.endless:
            schedule = Schedule(warmup=schedule.warmup)
        if schedule.longest > 0:  # no end is planned, so none comes before what the schedule speaks of
            settings = replace(settings, epochs=max(1000, math.ceil(schedule.longest)))
        if settings.record == "auto":  # whoever goes epoch by epoch goes fast
            settings = replace(settings, record="losses")
        none = {"validation": 0.0, "patience": None, "stop_accuracy": None}
        settings = replace(settings, schedule=schedule, monitor="loss", **none)
        return settings if fresh else _with_earlier(settings, self.settings_, Settings.known())

    def _optimizer_state(self, settings: Settings) -> dict[str, Any]:
        """Return where the optimizer stood, unless another one is asked for now."""
        kept: dict[str, Any] = self._optimizer  # type: ignore[attr-defined]
        alike = settings.optimizer == self.settings_.optimizer and np.isfinite(self.loss_)  # type: ignore
        return dict(kept) if alike else {"epoch": kept["epoch"]}

    # -- after fitting ------------------------------------------------------------

    @property
    def diagnosis_(self) -> list[Finding]:
        """What the record of the training says is wrong with it, and which setting to turn; the worst first.

        Each `shoal.history.findings.Finding` has a code, a title, a severity ("error", "warning" or "note"),
        evidence with numbers, a remedy, and in ``change`` the settings to try.
        """
        check_is_fitted(self, "model_")
        return self.model_.diagnosis

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Kernels of the dense layers, each of shape (features, units), the output layer last."""
        check_is_fitted(self, "model_")
        return coefficients(self.model_, "kernel")

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Biases of the dense layers, each of shape (units,), the output layer last."""
        check_is_fitted(self, "model_")
        return coefficients(self.model_, "bias")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted network to a ``.shoal`` file, which `shoal.load` reads.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        ArtefactError
            If it cannot be written; a file that was there before is unchanged.
        """
        check_is_fitted(self, "model_")
        self.model_.save(path)

    def _frame(self, X: Any) -> pl.DataFrame:
        """Return rows to predict, with the column names that the model knows."""
        check_is_fitted(self, "model_")
        return intake.features(self, X, reset=False, names=self.model_.feature_names)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def seed_of(random_state: Any, owner: str) -> int:
    """Return the seed of one fit: the int itself, or one drawn from a NumPy generator."""
    if isinstance(random_state, Integral) and not isinstance(random_state, bool):
        check(owner, "random_state", random_state, Number(0, 2**32 - 1, integer=True))
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _answers(values: np.ndarray, names: list[str]) -> pl.Series | pl.DataFrame:
    if values.ndim == 2:
        return intake.as_frame(values, names=names)
    return intake.as_vector(values).alias(names[0])


def _plain(value: Any) -> Any:
    """Return NumPy's numbers as Python's, so that settings survive JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def _with_earlier(settings: Settings, earlier: Settings, names: tuple[str, ...]) -> Settings:
    decided = {n: getattr(earlier, n) for n in names if isinstance(getattr(settings, n), str)}
    return replace(settings, **{n: v for n, v in decided.items() if getattr(settings, n) == "auto"})


def _weights_of(model: Model) -> dict[str, Any]:
    """Return where training goes on from: the weights of a model, and those of its ensemble."""
    first, *others = ({"params": net.params, "running": net.state} for net in (model, *model.others))
    return {**first, "others": others} if others else first


def _other_network(owner: str) -> str:
    return (
        f"{owner} cannot go on with another network: the parameters ask for other layers than were trained. "
        "Fit anew with warm_start=False, or set them back."
    )


def _tell(task: FitTask, problem: Problem, settings: Settings, ready, result) -> bool:
    return task.epoch_ends(result, lambda: pipeline.conclude(ready, settings, Outcome(result), {}, 0.0))
