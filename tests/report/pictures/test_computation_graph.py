"""The picture of a computation graph: every node, what flows at forks, told in words."""

from __future__ import annotations

from shoal.lens.graph.examples import LABELS, gates, neuron
from shoal.lens.graph.units import graph_of
from shoal.report.pictures.computation_graph import computation_graph
from shoal.report.pictures.paper import standalone


def test_gradients_add_at_forks_in_the_drawing():
    drawn = computation_graph(graph_of(neuron(), LABELS).to_json())
    for written in (">0.001728<", ">0.000737<", ">0.000991<", ">1.32 → 0.7892<", ">0.6<"):
        assert written in drawn
    assert "Gradients by the first column: x1 0.001728" in drawn


def test_every_gate_is_drawn():
    drawn = computation_graph(gates().to_json())
    assert drawn.count('class="gate"') == 13
    assert drawn.count('class="wire"') == 12


def test_labels_are_escaped_and_shortened():
    labels = {"layers.3": ("<script>alert of a very long name",)}
    drawn = computation_graph(graph_of(neuron(), labels).to_json())
    assert "<script>" not in drawn
    assert "…" in drawn


def test_it_stands_alone():
    text = standalone(computation_graph(gates().to_json()))
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="900"')
    assert "prefers-color-scheme: dark" in text
