"""What is known of a training beside its record."""

import numpy as np
import polars as pl
import pytest

from shoal.fitting.baselines import baseline_losses
from shoal.fitting.diagnosing import facts_of
from shoal.fitting.prepare import prepare
from shoal.fitting.problem import problem_of
from shoal.fitting.references import best_columns, left_out_score
from shoal.settings import Settings
from shoal.train.view import Batchable


def table(rows=120, **more):
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, rows))
    frame = pl.DataFrame({"a": a, "b": 1000.0 * b, **more})
    return frame.with_columns(pl.Series("y", np.where(a + b > 0, "yes", "no")))


def known(frame, target="y", **settings):
    given = Settings(**{"validation": 0.25, **settings}).checked()
    return facts_of(prepare(problem_of(frame, target), given))


def test_facts_of_a_table_of_classes():
    found = known(table())
    assert found["task"] == "binary"
    assert found["rows"] == {"train": 90, "valid": 30}
    assert sum(found["classes"].values()) == 90
    assert found["reference"]["score"] > 0.9
    assert 0.5 < found["spread"]["smallest"] <= found["spread"]["largest"] < 1.5
    assert found["usual"]["learning_rate"] == 0.003
    assert found["shared_rows"] == {"count": 0, "share": 0.0}


def test_facts_survive_json():
    import json

    found = known(table())
    assert json.loads(json.dumps(found)) == found


def test_a_column_that_knows_the_target_is_named():
    frame = table()
    later = (frame["y"] == "yes").cast(pl.Float64) * 7 + pl.Series(np.linspace(0, 0.1, 120))
    found = known(frame.with_columns(later.alias("later")))["one_column"]
    assert found["column"] == "later"
    assert found["score"] > 0.97 > found["second"] + 0.1


def test_scales_are_those_that_the_network_sees():
    spread = known(table(), scaling="none", smooth_clip=False)["spread"]
    assert spread["column"] == "b"
    assert spread["largest"] > 500
    assert known(table(), scaling="none", smooth_clip=True)["spread"]["squeezed"] > 0.9


def test_rows_that_occur_twice_are_counted():
    frame = table(60)
    assert known(pl.concat([frame, frame, frame]))["shared_rows"]["share"] > 0.5


def test_a_far_target_is_measured_in_distances_of_the_quartiles():
    values = [*np.linspace(0, 1, 99), 50.0]
    frame = pl.DataFrame({"a": np.sin(np.arange(100.0)), "z": values})
    assert known(frame, "z", validation=0.0)["target_outlier"] > 50


def test_a_constant_column_and_few_rows_do_no_harm():
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "y": ["no", "yes", "no", "yes"]})
    assert known(frame, validation=0.0)["task"] == "binary"


def batch(target, weight=None):
    target = np.asarray(target)
    weight = np.ones(len(target)) if weight is None else np.asarray(weight, float)
    return Batchable(np.zeros((len(target), 1)), np.zeros((len(target), 0), np.int32), target, weight)


def test_the_loss_of_a_constant_is_the_entropy_of_the_classes():
    train = batch(np.array([0, 0, 0, 1], np.int32))
    found = baseline_losses("cross_entropy", train, batch(np.array([1, 0], np.int32)))
    assert found["baseline_loss"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert found["val_baseline_loss"] == pytest.approx(-(np.log(0.25) + np.log(0.75)) / 2)


def test_the_loss_of_a_constant_is_the_variance_of_a_quantity():
    train = batch(np.array([[1.0], [3.0]]), [1, 3])
    assert baseline_losses("squared_error", train, None) == {"baseline_loss": pytest.approx(0.75)}
    assert baseline_losses("gaussian", train, None) == {}


def test_rows_left_out_are_predicted_as_if_trained_without_them():
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(80, 1))
    assert left_out_score(generator.normal(size=(80, 3)), noise) < 0.2  # nothing can be known
    x = generator.normal(size=(200, 2))
    assert left_out_score(x, x[:, :1] * x[:, 1:]) > 0.8


def test_noise_alone_tells_nothing():
    generator = np.random.default_rng(0)
    answers = np.eye(2)[generator.integers(2, size=300)]
    blocks = {"a": generator.normal(size=(300, 1)), "b": generator.integers(4, size=(300, 1)).astype(float)}
    assert best_columns(blocks, answers)["score"] < 0.3
