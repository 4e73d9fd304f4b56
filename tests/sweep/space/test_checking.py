"""Spaces held against the settings of shoal, and against other names; what importing the room wakes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shoal.errors import SettingError
from shoal.estimators import NetClassifier
from shoal.sweep.space import as_space, choice, intrange, loguniform, normal, tie, uniform, when
from shoal.sweep.space.checking import check_names, check_settings

GOOD = {
    "hidden": choice((64,), (128, 128)),
    "learning_rate": loguniform(1e-4, 1e-1),
    "batch_size": intrange(32, 256, log=True),
    "activation": ["relu", {"kind": "leaky_relu", "slope": 0.2}],
    "dropout": uniform(0.0, 0.5),
    "schedule": ["cosine", "step"],
    "schedule.factor": when(uniform(0.1, 0.9), schedule="step"),
    "optimizer": ["adam", "momentum"],
    "momentum": when([0.9, 0.99], optimizer="momentum"),
    "accumulate": tie("max(1, 256 // batch_size)"),
    "augment.noise": uniform(0.0, 0.3),
    "epochs": intrange(5, 50),
}


def test_a_good_space_passes():
    check_settings(as_space(GOOD))
    check_names(as_space({"alpha": [1], "net__tol": [2]}), ["alpha", "net__tol"])


def test_a_pipeline_is_looked_at_where_the_network_is():
    space = as_space(
        {"net__dropout": uniform(0, 0.5), "net__hidden": [(8,), (16,)], "pca__n_components": [2, 3]}
    )
    check_settings(space, prefix="net__")
    with pytest.raises(SettingError, match=r"'dropout' parameter of NetClassifier must be .*Got -1\.0"):
        check_settings(as_space({"net__dropout": [-1.0]}), owner="NetClassifier", prefix="net__")


def test_an_estimators_own_names():
    check_names(as_space({"hidden": [(8,)], "random_state": [0, 1]}), NetClassifier().get_params())
    with pytest.raises(SettingError, match=r"NetClassifier has no setting 'hiden'\. Did you mean 'hidden'"):
        check_names(as_space({"hiden": [(8,)]}), NetClassifier().get_params(), "NetClassifier")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"learnign_rate": [0.1]}, r"shoal has no setting 'learnign_rate'\. Did you mean 'learning_rate'\?"),
        ({"learning_rate": [0.1, 0.0]}, r"'learning_rate' parameter of shoal must be .*Got 0\.0 instead"),
        ({"dropout": uniform(0, 1)}, r"'dropout' parameter of shoal must be .*Got 1"),
        ({"batch_size": uniform(16, 64)}, r"'batch_size' parameter of shoal must be an int"),
        ({"dropout": normal(0.2, 0.1)}, r"'dropout' parameter of shoal must be .*Got -0\."),
        ({"optimizer": ["adam", "adma"]}, r"Got 'adma' instead\. Did you mean 'adam'\?"),
        ({"schedule": ["cosine", "stp"]}, r"Unknown schedule 'stp'\. Did you mean 'step'\?"),
        ({"schedule.factr": [0.1]}, r"'schedule' of shoal has no part 'factr'\. Did you mean 'factor'\?"),
        ({"dropout.rate": [0.1]}, r"'dropout' of shoal has no parts such as 'rate'"),
        (
            {"schedule": ["cosine", "step"], "schedule.factor": [0.5]},
            r"cosine schedule has no setting 'factor'",
        ),
        (
            {"batch_size": tie("epochs / 2"), "epochs": [5, 8]},
            r"'batch_size' parameter of shoal must be an int",
        ),
        ({"patience": tie("epochs"), "epochs": [5], "lambda_": [1]}, r"shoal has no setting 'lambda_'"),
    ],
)
def test_bad_spaces_are_refused(parameters, message):
    with pytest.raises(SettingError, match=message):
        check_settings(as_space(parameters))


def test_settings_that_do_not_vary_are_tried_along():
    space = as_space({"schedule.factor": [0.5]})
    check_settings(space, {"schedule": "step"})
    with pytest.raises(SettingError, match=r"cosine schedule has no setting 'factor'"):
        check_settings(space, {"schedule": "cosine"})


def test_importing_and_using_the_room_wakes_no_engine():
    program = (
        "import sys; import shoal.sweep; assert 'numpy' not in sys.modules;"
        "from shoal.sweep.space import as_space, loguniform, intrange;"
        "import numpy; s = as_space({'a': loguniform(1e-3, 1), 'b': intrange(1, 9)});"
        "s.sample(numpy.random.default_rng(0), 50);"
        "woken = {'jax', 'sklearn', 'scipy', 'polars', 'optuna', 'sqlalchemy', 'yaml'} & set(sys.modules);"
        "assert woken <= {'yaml'}, woken"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
