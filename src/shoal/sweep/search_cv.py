"""`SweepCV`: a search behind scikit-learn's interface, whose networks train together as one shoal."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils.validation import check_is_fitted

from shoal.errors import SettingError, TrainingError, TrainingWarning
from shoal.estimators.base import NetEstimator, seed_of
from shoal.fitting.judging import folds_of
from shoal.fitting.problem import Problem
from shoal.history.findings import Finding
from shoal.rules import Number, check
from shoal.sweep.dashboard import copy, is_copied
from shoal.sweep.durations import seconds_of
from shoal.sweep.findings import findings_of
from shoal.sweep.handed_in import behind, part_of, posed, printer, scorer_for
from shoal.sweep.judges import scorers_of
from shoal.sweep.learnt import evidence_of
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.importances import Importances, importances
from shoal.sweep.method import Method, kept, method_for
from shoal.sweep.notebook import search_html
from shoal.sweep.pipelines import Front, network_in
from shoal.sweep.question import Question
from shoal.sweep.refit import refit_settings
from shoal.sweep.run import Found, search
from shoal.sweep.space import Space, as_space
from shoal.sweep.space.checking import check_names, check_settings
from shoal.sweep.space.default import default_space
from shoal.sweep.tables import cv_results, trials_frame

_NOT_VARIED = ("random_state", "warm_start", "verbose")


class SweepCV(BaseSearchCV):
    """Search the settings of a network by cross-validation, all folds and seeds trained together.

    Parameters
    ----------
    estimator : NetClassifier, NetRegressor, or a Pipeline that ends in one
        Gives what does not vary; is not fitted itself. In a pipeline, names are ``step__parameter``, and
        transformers are fitted on the training rows of each fold, once for each choice of their parameters.
    space : mapping, sequence of mappings, Space or None
        What varies: names with `shoal.choice`, `shoal.loguniform` and the like, lists, or distributions of
        scipy.stats, as scikit-learn's ``param_grid`` and ``param_distributions``; None takes a good space
        for the table (`shoal.sweep.space.default_space`).
    method : str or mapping
        "auto", "manual", "grid", "random", "tpe", "gp", "bayes", "halving", "hyperband", "genetic" or "
        ""pbt", or one
        with its options, ``{"kind": "halving", "factor": 3}``.
    n_trials : int or None
        How many settings are tried; None: the whole of a grid, as many as the budget allows, or 64.
    budget : str, float or None
        Time for search and final training, such as "2m" or 90 (seconds).
    cv : int, splitter, iterable or None
        Folds, 5 where it is None: of shuffled rows, stratified for classes and by groups where there are any.
    n_seeds : int
        Initial weights and orders of rows that every setting is trained from.
    scoring : None, str, callable, list or mapping
        As in scikit-learn; None takes accuracy or R squared.
    refit : bool or str
        Whether a network is trained on all rows with the best settings; with several scores, the one to
        search by.
    return_train_score : bool
        Score the training rows too.
    max_epochs : int or None
        Epochs of a whole training for methods that stop the losers; None takes what the settings say.
    nested : int or None
        Folds of an outer cross-validation, in each of which the whole search is done again and its result
        scored on rows that no part of it has seen: what the search is worth, without the luck of the best of
        many. The budget is shared out among them.
    random_state : int or None
        Decides the settings that are tried, folds, weights and orders of rows.
    store : path, URL or None
        A file (or database of SQLAlchemy) that keeps the search, from which the same call goes on after a
        kill.
    verbose : int
        1 prints a line for every batch.

    Attributes
    ----------
    best_params_, best_score_, best_index_, best_estimator_, cv_results_, scorer_, n_splits_, refit_time_,
    multimetric_
        As scikit-learn's searches have them. The splits are seeds and folds, the folds of a seed together.
    refit_params_ : dict
        What the final network was trained with beside ``best_params_``: where the folds stopped early, the
        median of their best epochs, on every row.
    nested_scores_ : list of float
        With ``nested``: the main score of the outer folds.
    trials_frame_ : polars.DataFrame
        One row for each trial.
    importances_ : Importances
        How much each setting matters, with intervals (`shoal.sweep.matter.importances`).
    findings_ : list of Finding
        How many trials diverged, and what their settings have in common.
    strategy_, reason_ : str
        The method that was used, and why.
    found_ : Found

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from shoal import NetClassifier, SweepCV
    >>> X, y = load_iris(return_X_y=True)
    >>> net = NetClassifier(hidden=(8,), epochs=20)
    >>> s = SweepCV(net, {"learning_rate": [1e-4, 1e-2]}, cv=3, random_state=0).fit(X, y)
    >>> s.best_params_, s.n_splits_
    ({'learning_rate': 0.01}, 3)
    """

    def __init__(
        self,
        estimator: Any,
        space: Any = None,
        *,
        method: Any = "auto",
        n_trials: int | None = None,
        budget: Any = None,
        cv: Any = None,
        n_seeds: int = 1,
        scoring: Any = None,
        refit: Any = True,
        return_train_score: bool = False,
        max_epochs: int | None = None,
        nested: int | None = None,
        random_state: Any = None,
        store: Any = None,
        verbose: int = 0,
    ):
        super().__init__(
            estimator,
            scoring=scoring,
            refit=refit,
            cv=cv,
            verbose=verbose,
            return_train_score=return_train_score,
        )
        self.space = space
        self.method = method
        self.n_trials = n_trials
        self.budget = budget
        self.n_seeds = n_seeds
        self.max_epochs = max_epochs
        self.nested = nested
        self.random_state = random_state
        self.store = store

    def fit(  # type: ignore[override]  # what else scikit-learn routes, folds and scorers do not take
        self, X: Any, y: Any = None, *, sample_weight: Any = None, groups: Any = None
    ) -> SweepCV:
        """Search, and train the best settings on all rows.

        Parameters
        ----------
        X, y, sample_weight
            As for `NetClassifier.fit`.
        groups : sequence of shape (rows,), optional
            Rows of one group are never in two folds.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the space, the method or the data cannot be used.
        TrainingError
            If every trial diverged.
        """
        started = time.perf_counter()
        seed = self._checked_seed()
        self.__dict__.pop("importances_", None)  # those of an earlier search
        estimator = clone(self.estimator)
        prefix, net = network_in(estimator, type(self).__name__)
        net.set_params(random_state=seed)
        problem, rows, folds, front = posed(estimator, prefix, net, X, y, sample_weight, groups, self.cv)
        judges = scorers_of(self.scoring, self.refit, net, problem, X, y, rows)
        seeds = tuple(seed + i for i in range(self.n_seeds))
        space = self._space(estimator, prefix, net, problem, front)
        question = behind(front, Question(problem, space, net._settings(), folds, seeds, judges, front))
        budget = seconds_of(self.budget)
        if budget is not None and self.nested:
            budget /= self.nested + 1
        method = method_for(question, self.method, self.n_trials, self.max_epochs, budget, seed)
        with kept(self.store, method, getattr(self, "_name", "sweep")) as (keeper, spent):
            found = search(
                method.question,
                method.strategy,
                keeper=keeper,
                budget=budget,
                spent=spent + time.perf_counter() - started,
                keep_time=self.refit is not False,
                train_scores=self.return_train_score,
                on_event=printer(self.verbose, method.question),
            )
            if keeper is not None and is_copied(method.strategy.name):
                over = not (found.interrupted or found.timed_out)
                copy(keeper.store, question.space, judges.main, method.max_epochs, over=over)
        self._keep(estimator, method, found)
        if self.refit is not False:
            self._refit(X, y, sample_weight, seed, prefix, rows)
        if self.nested:
            self._nest(X, y, sample_weight, groups, budget, rows)
        self.seconds_ = time.perf_counter() - started
        return self

    def _html_repr(self) -> str:
        return search_html(self)

    # -- before -----------------------------------------------------------------

    def _checked_seed(self) -> int:
        owner = type(self).__name__
        check(owner, "n_seeds", self.n_seeds, Number(1, integer=True))
        check(owner, "n_trials", self.n_trials, Number(1, integer=True, none=True))
        check(owner, "nested", self.nested, Number(2, integer=True, none=True))
        if self.nested and self.refit is False:
            raise SettingError(
                "Expected refit=True beside nested, whose folds score refitted networks. Got False."
            )
        check(owner, "max_epochs", self.max_epochs, Number(1, integer=True, none=True))
        return seed_of(self.random_state, owner)

    def _space(
        self, estimator: Any, prefix: str, net: NetEstimator, problem: Problem, front: Front | None
    ) -> Space:
        given = net._settings().given()
        if self.space is None:
            problem = front.problem({}, 0) if front else problem
            space = default_space(problem.task, len(problem), problem.image or False, settings=given)
            return Space(tuple(replace(part, name=prefix + part.name) for part in space.dimensions))
        space = as_space(self.space)
        fixed = {prefix + name for name in _NOT_VARIED}
        known = [name for name in estimator.get_params(deep=bool(prefix)) if name not in fixed]
        check_names(space, known, type(estimator).__name__)
        check_settings(space, given, type(net).__name__, prefix)
        return space

    # -- after ------------------------------------------------------------------

    def _keep(self, estimator: Any, method: Method, found: Found) -> None:
        question, names = method.question, method.question.scorers.names
        self.found_, self.question_ = found, question
        self.strategy_, self.reason_ = method.strategy.name, method.strategy.reason
        self.multimetric_ = len(names) > 1
        self.scorer_ = scorer_for(estimator, self.scoring, question.scorers)
        self.n_splits_ = len(question.folds) * len(question.seeds)
        if not found.trials:
            raise TrainingError(
                "Expected time for at least one trial. The budget was over before; give the search more time."
            )
        self.cv_results_ = cv_results(found, question, self.multimetric_)
        best = found.best()
        self.best_index_ = list(found.trials).index(best.number)
        self.best_score_ = best.score
        self.best_params_ = question.space.params(best.values)
        self.trials_frame_ = trials_frame(found, question)
        if found.interrupted:
            told = f"Interrupted; the {len(found.trials)} trials that were done are kept."
            warnings.warn(told, TrainingWarning, stacklevel=3)

    def _refit(self, X: Any, y: Any, sample_weight: Any, seed: int, prefix: str, rows: np.ndarray) -> None:
        started = time.perf_counter()
        best = self.found_.best()
        varied, others = self.question_.varied(best.values)
        final = refit_settings(self.question_.problem, self.question_.settings(best.values), best)
        self.refit_params_ = {prefix + name: value for name, value in final.items()}
        own = {prefix + name: value for name, value in {**varied, "random_state": seed}.items()}
        made = clone(self.estimator).set_params(**clone(others, safe=False), **own)
        made.set_params(**self.refit_params_)
        if prefix and sample_weight is not None:
            # to transformers a row of weight 0 is no row, as in the folds
            X, y, sample_weight = (part_of(values, rows) for values in (X, y, sample_weight))
        weights = {} if sample_weight is None else {prefix + "sample_weight": sample_weight}
        self.best_estimator_ = made.fit(X, y, **weights)
        if hasattr(made, "feature_names_in_"):
            self.feature_names_in_ = made.feature_names_in_
        self.refit_time_ = time.perf_counter() - started

    @property
    def findings_(self) -> list[Finding]:
        """How many trials came to nothing, and what their settings have in common; empty where none did."""
        check_is_fitted(self, "found_")
        return findings_of(self.found_.trials.values())

    @cached_property
    def importances_(self) -> Importances:
        """How much each setting matters, with intervals; ``.told()`` says it in sentences."""
        check_is_fitted(self, "found_")
        return importances(self._evidence())

    def _evidence(self) -> Evidence:
        question, trials = self.question_, list(self.found_.trials.values())
        folds = [(len(fold.train), len(fold.valid), len(fold.test)) for fold in question.folds]
        return evidence_of(question.space, trials, folds, len(question.seeds))

    def _nest(
        self, X: Any, y: Any, sample_weight: Any, groups: Any, budget: float | None, rows: np.ndarray
    ) -> None:
        """Search again in every outer fold, and score what comes of it on the rows left out."""
        question, self.nested_scores_ = self.question_, []
        scorer = self.scorer_[question.scorers.main] if self.multimetric_ else self.scorer_
        outer = folds_of(replace(question.problem, encoder=None), question.base, int(self.nested or 0))
        for i, fold in enumerate(outer):
            train, test = rows[fold.train], rows[fold.test]
            one = clone(self).set_params(nested=None, budget=budget)
            one._name = f"outer fold {i}"
            one.fit(
                part_of(X, train),
                part_of(y, train),
                sample_weight=part_of(sample_weight, train),
                groups=part_of(groups, train),
            )
            self.nested_scores_.append(float(scorer(one.best_estimator_, part_of(X, test), part_of(y, test))))
