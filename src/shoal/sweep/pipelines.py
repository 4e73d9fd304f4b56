"""The network in a pipeline of scikit-learn, and the transformers in front of it: fitted fold by fold.

Each choice of the transformers' own parameters is fitted once on the training rows of each fold; all networks
that share it look at the same table.
"""

from __future__ import annotations

import copy
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing  # what scikit-learn's own searches take rows with

from shoal import data
from shoal.errors import DataNotice, SettingError
from shoal.estimators import intake
from shoal.estimators.base import NetEstimator
from shoal.fitting.problem import Problem
from shoal.model.model import Model

_MOST_BYTES = 2**30  # of transformed tables that are kept; one more than that is made anew when it is needed


def network_in(estimator: Any, owner: str) -> tuple[str, NetEstimator]:
    """Return the network that an estimator is, or ends in, and what its parameters' names begin with.

    Raises
    ------
    SettingError
        If the estimator is neither a network of shoal nor a pipeline that ends in one.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from shoal import NetRegressor
    >>> network_in(make_pipeline(StandardScaler(), NetRegressor(epochs=3)), "SweepCV")
    ('netregressor__', NetRegressor(epochs=3))
    """
    prefix, found = "", estimator
    while isinstance(found, Pipeline):
        name, found = found.steps[-1]
        prefix += f"{name}__"
    if isinstance(found, NetEstimator):
        return prefix, found
    where = f"a pipeline that ends in {type(found).__name__}" if prefix else type(found).__name__
    raise SettingError(
        "Expected a NetClassifier or NetRegressor, or a pipeline that ends in one, as the estimator of "
        f"{owner}. Got {where}; scikit-learn's own searches take any estimator."
    )


def holding(estimator: NetEstimator, model: Model) -> NetEstimator:
    """Return an estimator that has seen the data, with a model in it."""
    holder = copy.copy(estimator)
    holder.__dict__.update(model_=model, history_=model.history)
    return holder


@dataclass(frozen=True)
class Transformed(Problem):
    """A problem as a network sees it behind transformers that know the training rows of one fold.

    Parameters
    ----------
    front : sequence of (name, transformer)
        Fitted.
    net : NetEstimator
        Knows the transformed table: its width, names and classes.
    """

    front: tuple[tuple[str, Any], ...] = ()
    net: Any = None

    def holding(self, model: Model) -> Pipeline:
        """Return the fitted pipeline, which takes the table as it was handed in."""
        return Pipeline([*self.front, ("net", holding(self.net, model))])


class Front:
    """The transformers in front of a network, and the tables that they make of the rows of each fold.

    Parameters
    ----------
    pipeline : Pipeline
        Not fitted; it stays so.
    prefix : str
        What the names of the network's parameters begin with, ``"netclassifier__"``.
    net : NetEstimator
        Knows the target.
    bare : Problem
        Answers, weights and groups; its frame is not looked at.
    X, y
        As handed in.
    rows : (rows,) int array
        Where each row of the problem lies in X.
    folds : sequence of Split
    """

    def __init__(
        self,
        pipeline: Pipeline,
        prefix: str,
        net: NetEstimator,
        bare: Problem,
        X: Any,
        y: Any,
        rows: np.ndarray,
        folds: tuple[data.Split, ...],
    ):
        self.pipeline, self.prefix, self.net = pipeline, prefix, net
        self.bare, self.X, self.y, self.rows, self.folds = bare, X, y, rows, folds
        self._known: OrderedDict[Any, Transformed] = OrderedDict()
        self._told = False

    def problem(self, params: Mapping[str, Any], fold: int) -> Transformed:
        """Return the problem behind transformers of these parameters, fitted on a fold's training rows."""
        key = fold, tuple((name, _mark(value)) for name, value in sorted(params.items()))
        if key not in self._known:
            self._known[key] = self._made(params, self.folds[fold])
        self._known.move_to_end(key)
        while len(self._known) > 1 and self._bytes() > _MOST_BYTES:
            self._known.popitem(last=False)
        return self._known[key]

    def _bytes(self) -> float:
        return sum(problem.frame.estimated_size() for problem in self._known.values())

    def _made(self, params: Mapping[str, Any], fold: data.Split) -> Transformed:
        steps = _transformers(clone(self.pipeline).set_params(**clone(dict(params), safe=False)))
        learnt, seen = self._passed(steps, fold)
        net = copy.copy(self.net)
        frame = intake.features(net, learnt, reset=True)
        with warnings.catch_warnings():
            if self._told:  # of the columns that tell nothing: once, and not for every fold
                warnings.simplefilter("ignore", DataNotice)
            columns = net._known_columns(learnt, frame)
        self._told = True
        if len(fold.test):
            other = intake.features(net, seen, reset=False, names=frame.columns)
            frame = pl.concat([frame, other], how="vertical_relaxed")
        place = np.zeros(len(self.bare), np.int64)  # a row in no part of the fold is not looked at
        place[np.concatenate([fold.train, fold.test])] = np.arange(frame.height)
        known = {field.name: getattr(self.bare, field.name) for field in fields(self.bare)}
        known |= {"frame": frame[place], "columns": columns}
        return Transformed(**known, front=tuple(steps), net=net)

    def _passed(self, steps: list[tuple[str, Any]], fold: data.Split) -> tuple[Any, Any]:
        """Fit the transformers to the training rows; return these and the rows that score behind them."""
        train, test = self.rows[fold.train], self.rows[fold.test]
        learnt, seen = _safe_indexing(self.X, train), _safe_indexing(self.X, test)
        if not steps:
            return learnt, seen
        front = Pipeline(steps)
        learnt = front.fit_transform(learnt, None if self.y is None else _safe_indexing(self.y, train))
        return learnt, front.transform(seen) if len(test) else None


def _transformers(pipeline: Any) -> list[tuple[str, Any]]:
    """Return what stands before the network, from the first to the last; pipelines at the end are opened."""
    found = []
    while isinstance(pipeline, Pipeline):
        found += pipeline.steps[:-1]
        pipeline = pipeline.steps[-1][1]
    return [(f"{place}-{name}", step) for place, (name, step) in enumerate(found)]


def _mark(value: Any) -> Any:
    """Return what tells the values of a parameter apart; a transformer's own text may be cut short."""
    return id(value) if hasattr(value, "get_params") else repr(value)
