"""The settings augment and balance, from a user's word to the recipe."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal.errors import SettingError
from shoal.fitting.prepare import prepare, recipe_of
from shoal.fitting.problem import problem_of
from shoal.pipeline import train_table
from shoal.settings import Settings

pytestmark = pytest.mark.usefixtures("no_looks")

FRAME = pl.DataFrame(
    {
        "a": np.linspace(0.0, 1.0, 40).tolist(),
        "colour": ["red", "green", "blue", "grey"] * 10,
        "kind": (["common"] * 9 + ["rare"]) * 4,
        "size": np.linspace(3.0, 9.0, 40).tolist(),
    }
)


def recipe_for(target="kind", **settings):
    ready = prepare(problem_of(FRAME, target), Settings.of(settings))
    return recipe_of(ready)


def test_words_of_a_command_line_become_a_recipe():
    parsed = Settings.parse({"augment": "noise=0.2,mixup", "balance": "true"})
    assert parsed.augment == {"noise": 0.2, "mixup": True}
    recipe = recipe_of(prepare(problem_of(FRAME, "kind"), parsed))
    assert recipe.augment == (("mixup", 0.2), ("noise", 0.2))
    assert recipe.balance
    assert Settings.parse({"augment": "mixup"}).augment == "mixup"
    assert Settings.parse({"augment": "none"}).augment is None


@pytest.mark.parametrize("augment", [None, "auto", {}, {"noise": False}])
def test_tables_are_not_varied_unasked(augment):
    assert recipe_for(augment=augment).augment == ()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"augment": {"nois": 1}}, "parameter of shoal knows no 'nois'. Did you mean 'noise'"),
        ({"augment": {"noise": -1}}, "Got -1 instead"),
        (
            {"augment": "rotate"},
            "'rotate', which is for images; the rows are tables: choose among noise, mixup",
        ),
        ({"augment": "noise", "number_embedding": "piecewise"}, "would leave piecewise features"),
        ({"balance": True, "target": "size"}, "needs a target of classes. Received a regression target"),
        ({"balance": True, "class_weight": "balanced"}, "set 'balance' or 'class_weight', not both"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(settings, said):
    with pytest.raises(SettingError, match=said):
        recipe_for(**settings)


def test_noise_beside_auto_leaves_piecewise_features_out():
    plain, noisy = (
        prepare(problem_of(FRAME, "size"), Settings.of({"augment": kinds})) for kinds in (None, "noise")
    )
    assert plain.settings.number_embedding == "piecewise"
    assert noisy.settings.number_embedding == "none"


def test_a_table_trains_varied_and_balanced():
    settings = Settings.of(
        {"augment": {"noise": 0.1, "mixup": 0.2}, "balance": True, "epochs": 3, "hidden": 4}
    )
    done = train_table(FRAME, "kind", settings)
    assert done.settings.augment == {"noise": 0.1, "mixup": 0.2}
    assert np.isfinite(done.history[:, "loss"]).all()
