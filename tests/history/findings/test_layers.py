"""Rules about layers, on columns made by hand; silent where they were not recorded."""

import pytest

from shoal.history import History
from shoal.history.findings import Evidence, find

SCORES = {"scores": {"figures": {"accuracy": {}}}, "usual": {"learning_rate": 0.003}}


def found(columns, settings=None, facts=SCORES, epochs=4):
    rows = [{"epoch": i, "loss": 0.5, **columns} for i in range(1, epochs + 1)]
    return find(Evidence(History(rows), settings or {}, facts))


def gradients(*sizes):
    names = [f"dense_{i}" for i in range(len(sizes) - 1)] + ["head"]
    return {f"gradient_norm/{name}": size for name, size in zip(names, sizes, strict=True)}


def test_without_columns_of_layers_the_rules_are_silent():
    assert found({}) == []


def test_a_gradient_that_shrinks_a_thousandfold_has_vanished():
    [one] = found(gradients(1e-6, 1e-4, 0.1), {"activation": "sigmoid", "hidden": [8] * 8})
    assert (one.code, one.where) == ("S201", "layer dense_0")
    assert one.numbers["ratio"] == pytest.approx(1e-5)
    assert one.change == {"activation": "relu"}


def test_gradients_of_like_size_have_not():
    assert found(gradients(0.02, 0.05, 0.1)) == []


def test_two_layers_are_too_few_to_vanish():
    assert found(gradients(1e-6, 0.1)) == []


def test_a_gradient_beyond_the_weights_explodes():
    weights = {f"weight_norm/{name}": 8.0 for name in ("dense_0", "dense_1", "head")}
    [one] = found(gradients(5e4, 1e3, 10.0) | weights, {"initializer": {"kind": "normal", "sigma": 2.0}})
    assert one.code == "S202"
    assert one.change["initializer"] == "auto"


def test_dead_units_are_told_with_layer_and_epochs():
    [one] = found({"dead_share/dense_0": 0.7, "dead_share/dense_1": 0.1}, {"learning_rate": 0.3})
    assert (one.code, one.where) == ("S203", "layer dense_0, epochs 1 to 4")
    assert one.change == {"activation": "leaky_relu", "learning_rate": 0.003}


def test_saturated_units_and_their_initializer():
    settings = {"activation": "tanh", "initializer": {"kind": "normal", "sigma": 5.0}}
    [one] = found({"saturated_share/dense_0": 0.8}, settings)
    assert (one.code, one.change) == ("S204", {"initializer": "auto"})


def test_columns_that_were_thinned_out_are_read_where_they_were_measured():
    rows = [{"epoch": 1, "loss": 0.5, "dead_share/dense_0": 0.0}, {"epoch": 2, "loss": 0.5}]
    rows += [{"epoch": 3, "loss": 0.5, "dead_share/dense_0": 0.9}, {"epoch": 4, "loss": 0.5}]
    [one] = find(Evidence(History(rows), {}, SCORES))
    assert (one.code, one.where) == ("S203", "layer dense_0, epoch 3")


def test_steps_that_are_nearly_all_clipped_are_noted():
    [one] = found({"clipped_share": 0.98}, {"clip_norm": 0.01})
    assert (one.code, one.severity, one.change) == ("S205", "note", {"clip_norm": 0.1})
