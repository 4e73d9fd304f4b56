"""Two worked examples of backpropagation: a network of three neurons, and a graph of gates."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from shoal import backend
from shoal.lens.graph.gates import inputs
from shoal.lens.graph.nodes import Graph
from shoal.lens.graph.passes import backward, forward
from shoal.lens.graph.trace import Trace
from shoal.nets.layers import Activation, Dense
from shoal.nets.losses import LOSSES

WEIGHTS = {
    "layers.0.kernel": np.array([[0.6, 0.9], [0.8, 0.8], [0.6, 0.4]]),  # columns A and B
    "layers.0.bias": np.array([0.5, 0.7]),
    "layers.2.kernel": np.array([[0.9], [0.9]]),
    "layers.2.bias": np.array([0.5]),
}
LABELS = {"layers.1": ("A", "B"), "layers.3": ("Z",)}
"""What the units of the worked network are called."""

_ROW, _TARGET, _RATE = (0.4, 0.2, 0.7), 0.8, 0.1


def neuron() -> Trace:
    """Return the worked network: inputs (0.4, 0.2, 0.7), hidden units A and B, output Z, sigmoid everywhere.

    The loss is ``(target - Z)^2 / 2`` with target 0.8, the learning rate 0.1.

    Examples
    --------
    >>> trace = neuron()
    >>> trace["layers.3"].values.round(4).tolist()
    [0.875]
    >>> trace["layers.2"].parameter("bias").after(0.1).round(5).tolist()
    [0.49918]
    """
    sigmoid = Activation("sigmoid")
    layers = (Dense(2), sigmoid, Dense(1), sigmoid)
    with backend.precision("float64"):
        params = {name: jnp.asarray(value) for name, value in WEIGHTS.items()}
        x, target = jnp.asarray([_ROW]), jnp.asarray([[_TARGET]])
        ways, _, said = forward(layers, "layers", "inputs", x, params, {})
        loss = LOSSES["half_squared_error"].function(said, target, {})
        stages = backward(ways, x, said - target)
    told = f"{float(said[0, 0]):.4f}"
    outputs, names = ("Z",), ("x1", "x2", "x3")
    return Trace(
        tuple(stages), names, outputs, str(_TARGET), told, "half_squared_error", float(loss[0]), _RATE
    )


def gates() -> Graph:
    """Return ``f = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2)))`` at w = (2, -3, -3), x = (-1, -2), gate by gate.

    Examples
    --------
    >>> graph = gates()
    >>> round(graph.nodes[-1].value, 2)
    0.73
    >>> {name: round(graph[name].gradient, 2) for name in ("w0", "x0", "w1", "x1", "w2")}
    {'w0': -0.2, 'x0': 0.39, 'w1': -0.39, 'x1': -0.59, 'w2': 0.2}
    """
    w0, x0, w1, x1, w2 = inputs(w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0)
    return ((-(w0 * x0 + w1 * x1 + w2)).exp() + 1).reciprocal().graph()
