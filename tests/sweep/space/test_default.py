"""The default space: what shoal does without a search lies inside of it, and all of it can be had."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.fitting.defaults import Facts, resolved
from shoal.settings import Settings
from shoal.sweep.space import default_space
from shoal.sweep.space.checking import check_settings

CASES = [
    (task, rows, image)
    for task in ("regression", "binary", "multiclass", "multilabel")
    for rows, image in ((150, False), (5000, False), (100_000, False), (2000, True), (60_000, True))
]


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize(("task", "rows", "image"), CASES)
def test_the_defaults_lie_inside(task, rows, image, thorough):
    space = default_space(task, rows, image, thorough=thorough)
    check_settings(space)
    facts = Facts(rows=rows, task=task, has_valid=True, image=(28, 28, 1) if image else None)
    start = resolved(Settings(), facts)
    for dimension in space.dimensions:
        assert dimension.domain.contains(getattr(start, dimension.name)), dimension.name


@pytest.mark.parametrize(("task", "rows", "image"), CASES)
def test_there_are_few_programs_to_compile(task, rows, image):
    values = default_space(task, rows, image).sample(np.random.default_rng(0), 300)
    named = ("hidden", "batch_size", "number_embedding", "activation", "optimizer")
    assert len({str([v.get(name) for name in named]) for v in values}) <= 16


def test_what_is_given_does_not_vary_and_moves_the_ranges():
    space = default_space("multiclass", 500, settings={"optimizer": "sgd", "hidden": (32,), "batch_size": 16})
    assert not {"optimizer", "hidden", "batch_size"} & set(space.names)
    start = resolved(Settings(optimizer="sgd"), Facts(rows=500, task="multiclass"))
    rate = space.dimensions[space.names.index("learning_rate")].domain
    assert rate.from_unit(0.5) == pytest.approx(start.learning_rate)


def test_a_list_of_layers_leaves_the_layers_alone():
    names = default_space("binary", 500, settings={"layers": [{"dense": 8}]}).names
    assert names == ("learning_rate", "weight_decay", "batch_size", "number_embedding", "label_smoothing")


def test_what_is_refused_beside_the_given_does_not_vary():
    linear = default_space("binary", 500, settings={"hidden": [], "loss": "focal"})
    assert linear.names == ("learning_rate", "weight_decay", "batch_size")
    noisy = default_space("regression", 5000, settings={"augment": {"noise": 0.1}})
    assert "number_embedding" not in noisy.names


def test_an_optimizer_that_searches_has_no_rate():
    assert default_space("regression", 300, settings={"optimizer": "lbfgs"}).names == ("l2", "hidden")
