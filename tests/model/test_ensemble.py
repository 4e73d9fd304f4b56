"""The raw outputs of an ensemble stand for the average of what its members say, however sure they are."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shoal import load
from shoal.history import History
from shoal.model.archive import DOCUMENT, read_archive
from shoal.model.ensemble import EnsembleMember, combined
from shoal.nets.heads import probabilities
from shoal.nets.network import init

from .conftest import features, houses

ROWS = features(houses(30, seed=4))
LOGITS = arrays(float, (3, 5, 4), elements=st.floats(-30, 30))


@pytest.mark.parametrize("head", ["softmax", "multilabel", "sigmoid"])
@given(LOGITS)
def test_the_mean_of_the_probabilities(head, logits):
    if head == "sigmoid":
        logits = logits[:, :, :1]
    mean = np.mean([probabilities(head, one) for one in logits], axis=0)
    np.testing.assert_allclose(probabilities(head, combined(head, list(logits))), mean, rtol=1e-10)


def test_by_hand():
    """Softmax: (3/4, 1/4) and (1/4, 3/4) are even. Sigmoid: 0.9 and 0.5 are 0.7, log(0.7 / 0.3)."""
    three = np.log(3.0)
    even = combined("softmax", [np.array([[three, 0.0]]), np.array([[0.0, three]])])
    np.testing.assert_allclose(even, np.log([[0.5, 0.5]]))
    both = combined("sigmoid", [np.array([[np.log(9.0)]]), np.array([[0.0]])])
    np.testing.assert_allclose(both, np.log(7 / 3))
    np.testing.assert_array_equal(combined("linear", [np.array([[1.0]]), np.array([[4.0]])]), [[2.5]])


def test_certainty_overflows_nowhere():
    sure = [np.array([[800.0, -800.0]]), np.array([[900.0, -900.0]])]
    assert np.isfinite(combined("softmax", sure)).all()
    np.testing.assert_allclose(combined("sigmoid", [one[:, :1] for one in sure]), 800 + np.log(2))


@pytest.mark.parametrize("head", ["softmax", "sigmoid", "multilabel", "linear"])
def test_one_network_is_itself_and_the_order_does_not_matter(head, seed):
    rng = np.random.default_rng(seed)
    outputs = list(rng.normal(size=(3, 6, 1 if head == "sigmoid" else 4)))
    assert combined(head, outputs[:1]) is outputs[0]
    np.testing.assert_allclose(combined(head, outputs), combined(head, outputs[::-1]), rtol=1e-12, atol=1e-14)


@pytest.fixture
def pair(models):
    first = models()
    params, state = init(first.spec, 9, first.precision)
    history = History([{"epoch": 1, "loss": float("inf")}], stop_reason="enough", best_epoch=1)
    return replace(first, others=(EnsembleMember(params, state, history, 9),))


def test_a_file_of_two_networks(tmp_path, pair):
    path = tmp_path / "pair.shoal"
    pair.save(path)
    again = load(path)
    np.testing.assert_array_equal(again.raw(ROWS), pair.raw(ROWS))
    np.testing.assert_array_equal(again.members[1].raw(ROWS), pair.members[1].raw(ROWS))
    assert list(again.others[0].params) == list(pair.others[0].params)
    assert again.others[0].history == pair.others[0].history
    assert again.others[0].seed == 9


def test_only_an_ensemble_needs_a_newer_shoal(tmp_path, models, pair):
    """An older one would take the first network for all of it."""
    versions = {}
    for name, model in {"one": models(), "two": pair}.items():
        model.save(tmp_path / name)
        document = json.loads(read_archive(tmp_path / name)[DOCUMENT])
        versions[name] = (document["version"], "ensemble" in document)
    assert versions == {"one": (1, False), "two": (2, True)}


def test_members_are_checked_like_the_first(pair):
    wrong = {name: value.astype("float64") for name, value in pair.params.items()}
    with pytest.raises(ValueError, match=r"in float32\. Got float64"):
        replace(pair, others=(EnsembleMember(wrong, pair.state),))
