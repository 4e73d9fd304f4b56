"""B4, calibration in the whole story: on validation rows, by folds, or refused in one sentence."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal.errors import SettingError
from shoal.model.calibration import fit_temperature
from shoal.pipeline import train_table
from shoal.settings import Settings

pytestmark = pytest.mark.usefixtures("no_looks")

SETTINGS = Settings(
    hidden=(64,), epochs=60, learning_rate=0.01, patience=None, number_embedding="none", weight_decay=0.0
)


def noisy(rows: int, seed: int = 0) -> pl.DataFrame:
    """Two overlapping classes and many numbers that tell nothing: a net trained long is too sure."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, 12))
    y = np.where(numbers[:, 0] + 1.5 * rng.normal(size=rows) > 0, "yes", "no")
    return pl.DataFrame({f"x{i}": numbers[:, i] for i in range(12)} | {"y": y})


def asked(**changes) -> Settings:
    return Settings.of({**SETTINGS.given(), **changes})


@pytest.mark.parametrize("calibrate", [True, "auto"])
def test_a_small_table_is_calibrated_by_its_folds(calibrate) -> None:
    frame = noisy(240)
    plain = train_table(frame, "y", asked(calibrate=False))
    done = train_table(frame, "y", asked(calibrate=calibrate))
    told = done.scores["calibration"]
    assert done.model.temperature == told["temperature"] > 1.2
    assert told["rows"] == 240
    assert told["fitted_on"] == "rows that each of 5 networks had not seen"
    # the figures of the report are those of the calibrated networks, and no class changed
    np.testing.assert_allclose(told["after"]["log_loss"], done.scores["figures"]["log_loss"]["value"])
    np.testing.assert_allclose(told["before"]["log_loss"], plain.scores["figures"]["log_loss"]["value"])
    assert told["after"]["log_loss"] < told["before"]["log_loss"]
    assert told["after"]["ece"] < told["before"]["ece"]
    assert done.scores["figures"]["accuracy"] == plain.scores["figures"]["accuracy"]
    features = frame.drop("y")
    np.testing.assert_array_equal(done.model.predict(features), plain.model.predict(features))
    assert done.model.predict_proba(features).max() < plain.model.predict_proba(features).max()


def test_a_large_table_is_calibrated_on_validation_rows_and_told_on_test_rows() -> None:
    frame = noisy(1400)
    done = train_table(frame, "y", asked(calibrate=True, monitor="loss"))
    told = done.scores["calibration"]
    model, rows = done.model, frame[done.split.valid]
    truth = model.target.encode(rows["y"])
    expected = fit_temperature("sigmoid", model.raw(rows.drop("y")), truth)
    np.testing.assert_allclose(model.temperature, expected, rtol=1e-6)
    assert (told["fitted_on"], told["rows"]) == ("validation rows", len(rows))
    assert told["measured_on"] == "test rows"
    assert told["before"]["rows"] == len(done.split.test)
    np.testing.assert_allclose(told["after"]["ece"], done.scores["figures"]["ece"]["value"])
    assert told["after"]["log_loss"] < told["before"]["log_loss"]
    again = train_table(frame, "y", asked(calibrate=True, monitor="loss"), test=0)
    assert "a temperature fitted to the others" in again.scores["calibration"]["measured_on"]


def test_off_is_off() -> None:
    done = train_table(noisy(60), "y", asked(epochs=2, calibrate=False))
    assert done.model.temperature == 1.0
    assert "calibration" not in done.scores


def test_auto_leaves_alone_what_cannot_be_calibrated() -> None:
    numbers = noisy(60).with_columns(y=pl.col("x0") * 2)
    assert train_table(numbers, "y", asked(epochs=2, calibrate="auto")).model.temperature == 1.0
    assert train_table(noisy(9), "y", asked(epochs=2, calibrate="auto")).model.temperature == 1.0
    assert train_table(noisy(9), "y", asked(epochs=2), folds=2).model.temperature == 1.0


def test_what_cannot_be_calibrated_is_refused() -> None:
    numbers = noisy(60).with_columns(y=pl.col("x0") * 2)
    with pytest.raises(
        SettingError, match=r"needs classes, which have probabilities\. The target is a quantity"
    ):
        train_table(numbers, "y", asked(calibrate=True))
    with pytest.raises(
        SettingError, match=r"needs at least 10 validation rows\. There are 0: set validation to"
    ):
        train_table(noisy(9), "y", asked(calibrate=True))
    with pytest.raises(SettingError, match=r"needs at least 10 validation rows\. There are 6"):
        train_table(noisy(60), "y", asked(calibrate=True, validation=0.1), test=0)
