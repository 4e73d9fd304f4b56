"""The scikit-learn face: estimators, and many of them trained as one population."""

from shoal.estimators.classifier import NetClassifier
from shoal.estimators.many import Shoal, fit_many
from shoal.estimators.regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor", "Shoal", "fit_many"]
