"""``shoal show``: layers of models, runs, lists and settings."""

from __future__ import annotations

import json

import numpy as np
import pytest

import shoal
from shoal.cli.main import run
from shoal.errors import ArtefactError, SettingError
from shoal.lens.network_summary import summary

LISTED = [{"dense": 16, "activation": "relu"}, {"dense": 8, "activation": "tanh"}]


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(LISTED))
    return path


def test_a_list_is_shown_as_a_table(listed, capsys):
    assert run(["show", str(listed), "--inputs", "4", "--outputs", "3"]) == 0
    out = capsys.readouterr().out
    assert "dense 16" in out
    assert out.split()[-3:] == ["total", "243", "216"]


def test_a_list_is_told_to_scripts(listed, capsys):
    assert run(["show", str(listed), "--inputs", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [layer["shape"] for layer in found["layers"]] == [[4], [16], [16], [8], [8], [1]]
    assert found["parameters"] == 4 * 16 + 16 + 16 * 8 + 8 + 8 + 1


def test_images_enter_by_their_size(tmp_path, capsys):
    path = tmp_path / "net.yaml"
    path.write_text("- {conv2d: 4, activation: relu}\n- global_average_pool\n")
    assert run(["show", str(path), "--image", "28x28", "--outputs", "10"]) == 0
    assert "images of 28 x 28 x 1" in capsys.readouterr().out
    path.write_text("- {conv2d: 4, kernel: 31, padding: valid}\n- flatten\n")
    assert run(["show", str(path), "--image", "28x28x3"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("shoal: Layer 1: The convolution of 31x31 is larger than the image of 28x28")


def test_settings_are_shown_as_the_network_they_describe(tmp_path, capsys):
    path = tmp_path / "settings.yaml"
    path.write_text("hidden: [16, 8]\nactivation: relu\nensemble: {kind: tabm, members: 4}\n")
    assert run(["show", str(path), "--inputs", "4", "--outputs", "3"]) == 0
    assert "shared dense 16" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Expected to be told what enters the network: inputs=13"),
        (["--image", "28"], "--image expects a size such as 28x28x1. Got '28' instead."),
        (["--image", "28x28", "--inputs", "3"], "Give --inputs or --image, not both."),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_one_sentence(listed, options, message, capsys):
    assert run(["show", str(listed), *options]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"shoal: {message}")
    assert told.count("\n") == 1


def test_estimators_models_and_runs_are_shown(tmp_path):
    x = np.random.default_rng(0).standard_normal((40, 3))
    net = shoal.NetClassifier(hidden=(4,), epochs=1, random_state=0).fit(x, x[:, 0] > 0)
    expected = shoal.summary(net)
    assert expected.parameters == 3 * 4 + 4 + 4 + 1
    net.model_.save(tmp_path / "model.shoal")
    assert summary(tmp_path / "model.shoal") == summary(tmp_path) == summary(net.model_) == expected
    assert summary(net.model_.spec) == expected


def test_what_holds_no_network_is_refused(tmp_path):
    with pytest.raises(SettingError, match="Expected a fitted estimator, a model, a list of layers"):
        summary(3)
    with pytest.raises(SettingError, match="Expected inputs to be a number of at least 1"):
        summary(LISTED, inputs=0)
    with pytest.raises(SettingError, match=r"shoal has no setting 'hiden'\. Did you mean 'hidden'"):
        summary({"hiden": [3]}, inputs=3)
    with pytest.raises(ArtefactError, match="absent"):
        summary(tmp_path / "absent.shoal")


@pytest.mark.parametrize("text", ["", "64", "dense"])
def test_a_file_that_lists_nothing_is_refused(tmp_path, capsys, text):
    path = tmp_path / "net.yaml"
    path.write_text(text)
    assert run(["show", str(path), "--inputs", "4"]) == 2
    assert "Expected a list of layers, or settings by name" in capsys.readouterr().err
