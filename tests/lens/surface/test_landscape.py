"""H3: the centre is the network's own loss, a quadratic loss is a paraboloid, paths end at the network."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from shoal import NetClassifier, NetRegressor
from shoal.errors import InputError, SettingError
from shoal.history.metrics import METRICS
from shoal.lens import landscape
from shoal.lens.surface.directions import path_directions, places_of, random_direction, shaped
from shoal.lens.surface.landscape import Landscape

pytestmark = pytest.mark.usefixtures("no_looks")

ROWS = 48


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = pl.DataFrame({name: rng.normal(size=ROWS) for name in "abc"})
    return X, (X["a"] - X["b"] > 0).cast(pl.Int64), X["a"] * 2 + X["c"]


@pytest.fixture(scope="module")
def classes(data):
    settings = {"epochs": 6, "learning_rate": 0.05, "batch_size": 16, "random_state": 0}
    return NetClassifier(hidden=(4,), validation=0, **settings).fit(data[0], data[1])


@pytest.fixture(scope="module")
def linear(data):
    return NetRegressor(hidden=(), epochs=4, random_state=0).fit(data[0], data[2])


def test_the_loss_at_the_centre_is_the_networks_own(classes, data):
    X, y, _ = data
    wanted = METRICS["log_loss"](y.to_numpy(), classes.predict_proba(X))
    for dimensions in (1, 2):
        seen = landscape(classes, X, y, dimensions=dimensions, points=5)
        assert seen.centre == pytest.approx(wanted, rel=1e-5)
        assert seen.dimensions == dimensions
        middle = len(seen.up) // 2
        assert (seen.across[2], seen.up[middle], seen.losses[middle][2]) == (0.0, 0.0, seen.centre)


def test_a_quadratic_loss_is_a_paraboloid(linear, data):
    """Squared error of a network without hidden layer: ``c + g.p + p'Hp/2`` along any two directions."""
    X, _, y = data
    seen = landscape(linear, X, y, points=7, span=2.0, seed=3)
    a, b = (one.ravel() for one in np.meshgrid(seen.across, seen.up))
    basis = np.stack([np.ones_like(a), a, b, a * a, a * b, b * b], axis=1)
    losses = np.array(seen.losses).ravel()
    found, *_ = np.linalg.lstsq(basis, losses, rcond=None)
    assert np.abs(basis @ found - losses).max() < 1e-10 * losses.max()
    assert found[3] >= 0
    assert found[5] >= 0
    assert 4 * found[3] * found[5] >= found[4] ** 2 - 1e-9  # convex


def test_a_line_is_the_plane_along_its_first_direction(classes, data):
    X, y, _ = data
    line, plane = (landscape(classes, X, y, dimensions=d, points=5, seed=1) for d in (1, 2))
    assert line.losses[0] == pytest.approx(plane.losses[2], rel=1e-12)


def test_filters_of_a_direction_are_as_long_as_the_networks(seed):
    rng = np.random.default_rng(seed)
    params = {"layers.0.kernel": rng.normal(size=(3, 4)), "inputs.embedding.0": rng.normal(size=(5, 2))}
    params |= {"layers.0.bias": rng.normal(size=4), "conv.kernel": rng.normal(size=(3, 3, 2, 5))}
    found = random_direction(params, rng)
    columns = np.linalg.norm(found["layers.0.kernel"], axis=0)
    assert columns == pytest.approx(np.linalg.norm(params["layers.0.kernel"], axis=0))
    rows = np.linalg.norm(found["inputs.embedding.0"], axis=1)
    assert rows == pytest.approx(np.linalg.norm(params["inputs.embedding.0"], axis=1))
    filters = np.sqrt((found["conv.kernel"] ** 2).sum(axis=(0, 1, 2)))
    assert filters == pytest.approx(np.sqrt((params["conv.kernel"] ** 2).sum(axis=(0, 1, 2))))
    assert not found["layers.0.bias"].any()


def test_places_on_a_slice_are_found_again(seed):
    rng = np.random.default_rng(seed)
    centre = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    axes = [shaped(rng.normal(size=8), centre) for _ in range(2)]
    wanted = rng.normal(size=(5, 2))
    path = [{k: v + p[0] * axes[0][k] + p[1] * axes[1][k] for k, v in centre.items()} for p in wanted]
    assert places_of(path, centre, axes) == pytest.approx(wanted)
    main, shares = path_directions(centre, [path])
    assert sum(shares) == pytest.approx(1.0)  # the path lies in a plane
    assert np.vdot(main[0]["a"], main[1]["a"]) + np.vdot(main[0]["b"], main[1]["b"]) == pytest.approx(
        0, abs=1e-9
    )


def test_the_path_trained_anew_ends_at_the_network(classes, data):
    X, y, _ = data
    seen = landscape(classes, X, y, directions="path", points=5)
    (path,) = seen.paths
    assert path.epochs == (0, 1, 2, 3, 4, 5, 6)
    kept = classes.model_.history.best_epoch
    assert path.points[path.epochs.index(kept)] == pytest.approx((0.0, 0.0), abs=1e-5)
    assert path.losses[path.epochs.index(kept)] == pytest.approx(seen.centre, rel=1e-5)
    assert 0.9 < sum(seen.explained) <= 1.0 + 1e-9
    for x, up in path.points:
        assert seen.across[0] <= x <= seen.across[-1]
        assert seen.up[0] <= up <= seen.up[-1]


def test_several_optimizers_start_at_one_place(classes, data):
    X, y, _ = data
    seen = landscape(classes, X, y, optimizers=["sgd=0.1", "adam=0.01"], points=3)
    assert [one.name for one in seen.paths] == ["sgd at 0.1", "adam at 0.01"]
    assert seen.paths[0].points[0] == seen.paths[1].points[0]
    assert seen.paths[0].points[-1] != seen.paths[1].points[-1]
    assert Landscape.from_json(seen.to_json()) == seen


def test_what_is_refused(classes, data):
    X, y, _ = data
    for wrong, said in (
        ({"dimensions": 3}, "dimensions"),
        ({"points": 2}, "points"),
        ({"directions": "paht"}, "directions"),
        ({"optimizers": ["sdg"]}, "sdg"),
        ({"optimizers": ["sgd=fast"]}, "Expected a learning rate behind 'sgd='"),
        ({"member": 4}, "Expected member to be one of the 1 networks"),
    ):
        with pytest.raises(SettingError, match=said):
            landscape(classes, X, y, **wrong)
    with pytest.raises(InputError, match="Expected the true answers"):
        landscape(classes, X)
    with pytest.raises(InputError, match="They stood still"):
        path_directions({"a": np.ones(2)}, [[{"a": np.ones(2)}]])
