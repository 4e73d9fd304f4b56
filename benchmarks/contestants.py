"""Who takes part in the benchmark of quality: shoal, and scikit-learn's neural network and boosted trees.

A contestant is a function ``(table, seed) -> fitted``; ``fitted(X)`` predicts what `Table.score` judges.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import Table

Fitted = Callable[[pd.DataFrame], np.ndarray]
Contestant = Callable[[Table, int], Fitted]
_MOST_LEVELS = 255  # of a category that HistGradientBoosting takes


# ---------------------------------------------------------------- scikit-learn


def mlp(table: Table, seed: int, **settings: Any) -> Fitted:
    """Fit the default MLP on scaled numbers (gaps filled with the median) and one-hot categories."""
    if table.task == "regression":
        net = MLPRegressor(random_state=seed, **settings)
        steps = make_pipeline(_prepared(table.X), net)
        model = TransformedTargetRegressor(steps, transformer=StandardScaler())
    else:
        model = make_pipeline(_prepared(table.X), MLPClassifier(random_state=seed, **settings))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(table.X.iloc[table.train], table.y[table.train])
    return _predictor(model, table)


def _prepared(X: pd.DataFrame) -> ColumnTransformer:
    categories = [name for name in X if X[name].dtype == "category"]
    numbers = [name for name in X if name not in categories]
    filled: Pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return ColumnTransformer(
        [("numbers", filled, numbers), ("categories", OneHotEncoder(handle_unknown="ignore"), categories)]
    )


def boosting(table: Table, seed: int) -> Fitted:
    """Fit the default HistGradientBoosting; categories by dtype, those of very many levels as numbers."""
    regression = table.task == "regression"
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    model = kind(random_state=seed).fit(_few_levels(table.X).iloc[table.train], table.y[table.train])
    predict = _predictor(model, table)
    return lambda X: predict(_few_levels(X))


def _few_levels(X: pd.DataFrame) -> pd.DataFrame:
    wide = [n for n in X if X[n].dtype == "category" and len(X[n].cat.categories) > _MOST_LEVELS]
    return X.assign(**{n: X[n].cat.codes.where(X[n].notna()).astype(float) for n in wide})


def _predictor(model: Any, table: Table) -> Fitted:
    if table.task != "binary":
        return model.predict
    place = list(model.classes_).index(table.positive)
    return lambda X: model.predict_proba(X)[:, place]


# ---------------------------------------------------------------- shoal


def shoal(settings: Mapping[str, Any], *, door: str = "auto") -> Contestant:
    """Return the contestant that trains a network with these settings over the defaults.

    Parameters
    ----------
    settings : mapping
        As `shoal.settings.Settings` takes them.
    door : {"auto", "estimators", "pipeline"}
        Through which the table goes in; "auto" takes the estimators if there are any.
    """
    if door == "auto":
        door = "estimators" if _have_estimators() else "pipeline"
    contestant = {"estimators": _by_estimator, "pipeline": _by_pipeline}[door](dict(settings))
    return _without_notices(contestant)


def _without_notices(contestant: Contestant) -> Contestant:
    """Keep what shoal says about columns out of the printed table; warnings about training stay."""
    from shoal.errors import DataNotice

    def fit(table: Table, seed: int) -> Fitted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)
            return contestant(table, seed)

    return fit


def _have_estimators() -> bool:
    try:
        return hasattr(importlib.import_module("shoal.estimators"), "NetClassifier")
    except ImportError:
        return False


def _by_estimator(settings: dict[str, Any]) -> Contestant:
    from shoal.estimators import NetClassifier, NetRegressor

    def fit(table: Table, seed: int) -> Fitted:
        kind = NetRegressor if table.task == "regression" else NetClassifier
        model = kind(random_state=seed, **settings)
        return _predictor(model.fit(table.X.iloc[table.train], table.y[table.train]), table)

    return fit


def _by_pipeline(settings: dict[str, Any]) -> Contestant:
    def fit(table: Table, seed: int) -> Fitted:
        return together(table, [seed], settings)[0]

    return fit


def together(table: Table, seeds: list[int], settings: Mapping[str, Any]) -> list[Fitted]:
    """Train one network for each seed, all in one shoal: quicker than one by one, for trying settings."""
    from shoal import data, pipeline
    from shoal.fitting.problem import Problem
    from shoal.settings import Settings

    frame, answers = data.as_frame(table.X.iloc[table.train]), data.as_vector(table.y[table.train])
    problem = Problem(frame, answers, table.task, data.know_columns(frame))
    wanted = [Settings.of({"seed": seed, **settings}) for seed in seeds]
    models = [model for model, _, _ in pipeline.fit(problem, wanted)]
    return [_of_model(model, table) for model in models]


def _of_model(model: Any, table: Table) -> Fitted:
    if table.task != "binary":
        return model.predict
    place = list(model.target.classes).index(table.positive)
    return lambda X: model.predict_proba(X)[:, place]
