"""scikit-learn's own checks of the estimator contract, with no exception."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from shoal import NetClassifier, NetRegressor

pytestmark = pytest.mark.usefixtures("no_looks")


@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_scikit_learn_contract(estimator, check):
    check(estimator)
