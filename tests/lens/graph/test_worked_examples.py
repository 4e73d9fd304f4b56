"""C1 and C2: the worked examples come out with their digits, and gradients add at forks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.lens.graph.examples import LABELS, gates, neuron
from shoal.lens.graph.gates import inputs
from shoal.lens.graph.nodes import Graph
from shoal.lens.graph.trace import Trace
from shoal.lens.graph.units import columns_of, graph_of


@pytest.fixture(scope="module")
def trace() -> Trace:
    return neuron()


def test_neuron_forward(trace):
    """C1: net_A 1.32, A 0.7892, net_B 1.50, B 0.8176, net_Z 1.9461, Z 0.8750."""
    assert trace["layers.0"].values.tolist() == pytest.approx([1.32, 1.50], abs=5e-3)
    assert trace["layers.1"].values.tolist() == pytest.approx([0.7892, 0.8176], abs=5e-5)
    assert trace["layers.2"].values.tolist() == pytest.approx([1.9461], abs=5e-5)
    assert trace["layers.3"].values.tolist() == pytest.approx([0.8750], abs=5e-5)


def test_neuron_backward(trace):
    """C1: delta_Z -0.0082, delta_B -0.0011, delta_A -0.0012, minus the gradients by the net inputs."""
    assert -trace["layers.2"].gradient[0] == pytest.approx(-0.0082, abs=5e-5)
    assert (-trace["layers.0"].gradient).tolist() == pytest.approx([-0.0012, -0.0011], abs=5e-5)


def test_neuron_after_a_step(trace):
    """C1: new output weights: bias 0.49918, A 0.89935, B 0.89933 (not 0.5008, 0.90067, 0.90069)."""
    output = trace["layers.2"]
    assert output.parameter("bias").after(0.1).tolist() == pytest.approx([0.49918], abs=5e-6)
    kernel = output.parameter("kernel").after(0.1)[:, 0]
    assert kernel.tolist() == pytest.approx([0.89935, 0.89933], abs=5e-6)


def test_gates():
    """C2: f 0.73; df/dw0 -0.20, df/dx0 0.39, df/dw1 -0.39, df/dx1 -0.59, df/dw2 0.20."""
    graph = gates()
    assert graph.nodes[-1].value == pytest.approx(0.73, abs=5e-3)
    found = {name: graph[name].gradient for name in ("w0", "x0", "w1", "x1", "w2")}
    assert found == pytest.approx({"w0": -0.20, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.20}, abs=5e-3)


def test_gradients_of_units_add_at_forks(trace):
    graph = graph_of(trace, LABELS)
    assert [node.label for node in graph.forks()] == ["x1", "x2", "x3"]
    for node in graph.nodes[:-1]:
        assert sum(edge.gradient for edge in graph.leaving(node.name)) == pytest.approx(node.gradient)


@given(*[st.floats(-2, 2) for _ in range(3)])
def test_gradients_of_gates_are_central_differences(a, b, c):
    def end(a, b, c):
        x, y, z = inputs(x=a, y=b, z=c)
        return ((x * y + z) * x + y * 3 + x.exp() + (x * x + 1).reciprocal()).graph()

    graph, step = end(a, b, c), 1e-5
    for place, name in enumerate("xyz"):
        moved = [[v + sign * step * (i == place) for i, v in enumerate((a, b, c))] for sign in (1, -1)]
        high, low = (end(*values).nodes[-1].value for values in moved)
        assert graph[name].gradient == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-6)
        leaving = [edge.gradient for edge in graph.leaving(name)]
        assert math.fsum(leaving) == pytest.approx(graph[name].gradient, rel=1e-9, abs=1e-12)


def test_graphs_and_traces_survive_json(trace):
    assert Graph.from_json(gates().to_json()) == gates()
    assert Trace.from_json(trace.to_json()).to_json() == trace.to_json()


def test_columns_hold_what_is_done_unit_by_unit(trace):
    assert [column.words for column in columns_of(trace)] == [
        "inputs",
        "dense 2, sigmoid",
        "dense 1, sigmoid",
    ]


def test_the_units_that_matter_most_are_shown(trace):
    graph = graph_of(trace, LABELS, most=1)
    # |a dL/da| of A is smaller than that of B, because B's value is larger and their slopes are alike
    assert [node.label for node in graph.nodes] == ["x3", "B", "Z", "loss"]
    assert graph.captions[1] == "dense 2, sigmoid: 1 of 2"
