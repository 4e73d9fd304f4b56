"""The settings that describe layers: a list of them, and ensembles that share kernels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shoal import NetClassifier, NetRegressor
from shoal.cli.order import Order
from shoal.errors import SettingError
from shoal.settings import Settings

pytestmark = pytest.mark.usefixtures("no_looks")

LISTED = [{"dense": 6, "activation": "tanh"}, {"residual": [{"dense": 6, "activation": "relu"}]}]


@pytest.fixture
def table(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((60, 3))
    return x, (x @ [1.0, -2.0, 0.5] > 0).astype(int)


def test_a_list_of_layers_takes_the_place_of_the_settings_of_layers(table):
    net = NetClassifier(layers=LISTED, epochs=3, random_state=0).fit(*table)
    kinds = [layer.kind for layer in net.model_.spec.layers]
    assert kinds == ["dense", "activation", "residual"]
    assert net.predict(table[0]).shape == (60,)
    assert "hidden" not in net.settings_.given()


def test_a_list_is_read_from_its_file_and_kept_as_a_list(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(LISTED))
    settings = Settings(layers=str(path)).checked()
    assert settings.layers == LISTED
    assert Settings.of(json.loads(json.dumps(settings.to_json()))) == settings
    assert Settings.parse({"layers": "[{dense: 8, activation: relu}]"}).layers == [
        {"dense": 8, "activation": "relu"}
    ]


def test_a_run_keeps_the_list_itself(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text("[{dense: 4, activation: relu}]")
    kept = Order("table.csv", ["y"], settings={"layers": str(path), "epochs": "2"}).to_json()
    path.unlink()
    assert Order(**kept).parsed_settings().layers == [{"dense": 4, "activation": "relu"}]


def test_penalties_of_a_layer_reach_its_weights_alone(table):
    """E1: exact zeros in the layer that asks for them."""
    layers = [{"dense": 6, "activation": "tanh", "kernel_l1": 10.0}, {"dense": 6, "activation": "tanh"}]
    net = NetClassifier(layers=layers, epochs=20, learning_rate=0.01, random_state=0).fit(*table)
    weights = net.model_.params
    assert (weights["layers.0.kernel"] == 0).all()
    assert (weights["layers.2.kernel"] != 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": LISTED, "hidden": (4,)}, r"^Expected shoal to be given layers or hidden, not both\."),
        ({"layers": LISTED, "norm": "batch", "dropout": 0.1}, r"given layers or norm, dropout, not both"),
        ({"layers": [{"dense": 0}]}, r"^Layer 1: The 'units' parameter of dense"),
    ],
)
def test_wrong_lists_are_refused_with_the_settings(settings, message):
    with pytest.raises(SettingError, match=message):
        Settings(**settings).checked()


def test_a_list_that_does_not_fit_the_table_is_refused(table):
    with pytest.raises(SettingError, match=r"^Layer 1: Expected images of \(height, width, channels\)"):
        NetClassifier(layers=[{"conv2d": 4}, "flatten"]).fit(*table)


@pytest.mark.parametrize("estimator", [NetClassifier, NetRegressor])
def test_an_ensemble_that_shares_kernels_predicts_as_one(estimator, table):
    """A12: TabM, reached by its setting; members train apart and answer together."""
    ensemble = {"kind": "tabm", "members": 3}
    net = estimator(hidden=(8,), ensemble=ensemble, epochs=4, random_state=0).fit(*table)
    assert net.model_.spec.members == 3
    assert net.model_.params["layers.0.output_scale"].shape == (3, 8)
    assert net.predict(table[0]).shape == (60,)
    heads = net.model_.params["head.kernel"]
    assert len({head.tobytes() for head in heads}) == 3


@pytest.mark.parametrize(
    ("ensemble", "message"),
    [
        ({"kind": "tabm", "member": 3}, r"kind 'tabm' has no setting 'member'\. Did you mean 'members'\?"),
        ({"kind": "tabm", "members": 0}, r"'members' parameter of an ensemble of kind 'tabm' must be an int"),
        ({"kind": "tabn"}, r"'ensemble' parameter .* Did you mean 'tabm'\?"),
    ],
)
def test_a_wrong_ensemble_is_refused(ensemble, message, table):
    with pytest.raises(SettingError, match=message):
        NetClassifier(ensemble=ensemble, epochs=1).fit(*table)
