"""One row explained: parts that add up, hand-worked ones of linear networks, and what is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal import NetClassifier, NetRegressor
from shoal.errors import InputError, SettingError
from shoal.lens import explain
from shoal.lens.explaining.row import Explanation

pytestmark = pytest.mark.usefixtures("no_looks")

ROWS = 40


def table(seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "size": rng.normal(50, 10, ROWS).round(2),
            "age": [None if i % 9 == 4 else float(i % 30) for i in range(ROWS)],
            "kind": rng.choice(["a", "b", "c"], ROWS),
            "town": [f"t{i % 17}" for i in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def frame():
    return table()


@pytest.fixture(scope="module")
def classes(frame):
    y = np.where(frame["size"] > 50, "large", "small")
    return NetClassifier(hidden=(4,), activation="tanh", epochs=3, one_hot_levels=5, random_state=0).fit(
        frame, y
    )


@pytest.fixture(scope="module")
def linear(frame):
    y = frame["size"] * 2.0 + 5.0
    return NetRegressor(hidden=(), epochs=3, random_state=0).fit(frame.select("size", "age"), y)


@pytest.mark.parametrize("row", [0, 4, 11])
@pytest.mark.parametrize("background", [False, True])
def test_the_parts_add_up(classes, frame, row, background):
    """Completeness: the parts sum to the answer less that of the baseline."""
    told = explain(classes, frame, row=row, background=frame[:3] if background else None)
    total = sum(one.amount for one in told.contributions)
    assert total == pytest.approx(told.moved, abs=1e-3 * abs(told.moved) + 1e-6)
    assert told.gap == pytest.approx(told.moved - total, abs=1e-9)
    assert told.answer == pytest.approx(classes.predict_proba(frame)[row].max(), abs=1e-5)
    assert {one.column for one in told.contributions} == {"size", "age", "kind", "town"}


def test_parts_of_a_linear_network_are_weight_times_difference(linear, frame):
    told = explain(linear, frame.select("size", "age"), row=2)
    model = linear.model_
    weight, scale = model.params["head.kernel"][:, 0], model.target.scale[0]
    parts = {part.column.name: part for part in model.encoder.parts}
    size = parts["size"].scaler
    moved = (frame["size"][2] - frame["size"].median()) / size.scale
    found = {one.column: one for one in told.contributions}
    assert found["size"].amount == pytest.approx(weight[0] * moved * scale, rel=1e-5)
    assert found["size"].slope == pytest.approx(found["size"].amount, rel=1e-6)
    assert (found["size"].value, found["size"].usual) == (
        f"{frame['size'][2]:g}",
        f"{frame['size'].median():.4g}",
    )


def test_the_baseline_is_the_row_that_says_nothing(classes, frame):
    """Every number at the median and every category unknown, as the encoder itself reads it."""
    told = explain(classes, frame, row=0, of="large")
    plain = frame.drop_nulls()
    middle = pl.DataFrame(
        {
            "size": [frame["size"].median()],
            "age": [plain["age"].median()],
            "kind": ["never"],
            "town": ["never"],
        }
    )
    place = list(classes.classes_).index("large")
    assert told.baseline == pytest.approx(classes.predict_proba(middle)[0, place], abs=1e-5)


def test_components_give_their_parts_back_to_the_columns(frame):
    y = frame["size"] + 1.0
    net = NetRegressor(hidden=(3,), epochs=2, pca="all", random_state=0).fit(frame.select("size", "kind"), y)
    told = explain(net, frame.select("size", "kind"), row=1)
    assert {one.column for one in told.contributions} == {"size", "kind"}
    assert sum(one.amount for one in told.contributions) == pytest.approx(told.moved, rel=2e-3)


@pytest.mark.parametrize(
    "settings",
    [{"ensemble": 2}, {"ensemble": {"kind": "tabm", "members": 3}}, {"number_embedding": "periodic"}],
)
def test_ensembles_and_embedded_numbers_add_up_too(frame, settings):
    y = frame["size"] + 1.0
    net = NetRegressor(hidden=(3,), epochs=2, one_hot_levels=5, random_state=0, **settings).fit(frame, y)
    told = explain(net, frame, row=1)
    assert told.answer == pytest.approx(net.predict(frame)[1], rel=1e-4)
    assert sum(one.amount for one in told.contributions) == pytest.approx(told.moved, rel=2e-3)
    assert bool(told.layers) == ("kind" not in str(settings))


def test_layers_hold_what_the_network_computes(linear, frame):
    told = explain(linear, frame.select("size", "age"), row=2)
    model = linear.model_
    assert told.layers[-1].values[0] == pytest.approx(
        float(model.raw(frame.select("size", "age"))[2, 0]), rel=1e-5
    )
    assert told.encoded["size"] == pytest.approx(
        model.encoder.transform(frame.select("size", "age")).numbers[2, 0]
    )


def test_it_survives_json(classes, frame):
    told = explain(classes, frame, row=3)
    assert Explanation.from_json(told.to_json()) == told
    assert "probability of" in str(told)


def test_what_is_refused(classes, frame):
    with pytest.raises(SettingError, match="Unknown class 'larg'"):
        explain(classes, frame, of="larg")
    with pytest.raises(InputError, match="Expected row to be one of the 40 rows"):
        explain(classes, frame, row=40)
