"""One row's way through a network and back, layer by layer, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Parameter:
    """Weights of one layer with the gradient of the loss by each.

    Parameters
    ----------
    name : str
        "kernel", "bias", "gamma", ...
    value, gradient : float64 array
        Of one shape.
    """

    name: str
    value: np.ndarray
    gradient: np.ndarray

    def after(self, learning_rate: float) -> np.ndarray:
        """Return the weights after one step of gradient descent, ``w - eta g``."""
        return self.value - learning_rate * self.gradient


@dataclass(frozen=True, eq=False)
class Link:
    """What a layer reads, and what it sends back there.

    Parameters
    ----------
    source : str
        Path of the layer whose values are read.
    gradient : (units of the source,) array
        What flows back along this link; a source's gradient is the sum over its links.
    local : array or None
        Derivatives of this layer's values by the source's: (units, units of the source), or (units,) where
        each unit reads its own one; None where they are the kernel.
    """

    source: str
    gradient: np.ndarray
    local: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Stage:
    """One layer of the way.

    Parameters
    ----------
    path : str
        As in the names of the parameters: "inputs", "layers.0", "head"; what repeats carries its turn.
    words : str
        The layer in words: "dense 16", "relu".
    values, gradient : (units,) array
        Behind the layer, and the derivative of the loss by them.
    links : tuple of Link
        Two where a shortcut ends.
    parameters : tuple of Parameter
    """

    path: str
    words: str
    values: np.ndarray
    gradient: np.ndarray
    links: tuple[Link, ...] = ()
    parameters: tuple[Parameter, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of a name, None where there is none."""
        return next((one for one in self.parameters if one.name == name), None)

    def local(self, link: Link) -> np.ndarray:
        """Return the derivatives along a link, as `Link.local` says; of a dense layer its kernel's."""
        if link.local is not None:
            return link.local
        kernel = self.parameter("kernel")
        assert kernel is not None, "a link without derivatives belongs to a kernel"
        return kernel.value.T


@dataclass(frozen=True, eq=False)
class Trace:
    """One row forward and backward.

    Parameters
    ----------
    stages : tuple of Stage
        From "inputs" on.
    names : tuple of str
        A name for each input.
    outputs : tuple of str
        A name for each output.
    target : str
        The true answer, as the table has it.
    said : str
        What the network says: a class with its probability, or a quantity.
    loss_kind : str
        Name in `shoal.nets.losses.LOSSES`.
    loss : float
        Of this row, without penalties of the weights.
    learning_rate : float
        Of the step of gradient descent that `Parameter.after` takes.

    Examples
    --------
    >>> from shoal.lens.graph.examples import neuron
    >>> trace = neuron()
    >>> head = trace["layers.2"]
    >>> head.values.round(4).tolist(), head.gradient.round(4).tolist()
    ([1.9461], [0.0082])
    """

    stages: tuple[Stage, ...]
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    target: str
    said: str
    loss_kind: str
    loss: float
    learning_rate: float

    def __getitem__(self, path: str) -> Stage:
        return next(stage for stage in self.stages if stage.path == path)

    def users(self, path: str) -> tuple[tuple[Stage, Link], ...]:
        """Return the stages that read one, with their links: two where a shortcut forks off."""
        return tuple((stage, link) for stage in self.stages for link in stage.links if link.source == path)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; ``"after"`` holds the weights after the step."""
        about = {name: value for name, value in vars(self).items() if name != "stages"}
        stages = [_stage_to_json(stage, self.learning_rate) for stage in self.stages]
        return {**about, "names": list(self.names), "outputs": list(self.outputs), "stages": stages}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Trace:
        """Return the trace that `to_json` wrote."""
        rest = {**values, "names": tuple(values["names"]), "outputs": tuple(values["outputs"])}
        return cls(**{**rest, "stages": tuple(map(_stage_of_json, values["stages"]))})


def _stage_to_json(stage: Stage, rate: float) -> dict[str, Any]:
    return {
        "path": stage.path,
        "words": stage.words,
        "values": stage.values.tolist(),
        "gradient": stage.gradient.tolist(),
        "links": [
            {
                "source": link.source,
                "gradient": link.gradient.tolist(),
                "local": None if link.local is None else link.local.tolist(),
            }
            for link in stage.links
        ],
        "parameters": {
            one.name: {
                "value": one.value.tolist(),
                "gradient": one.gradient.tolist(),
                "after": one.after(rate).tolist(),
            }
            for one in stage.parameters
        },
    }


def _stage_of_json(values: Mapping[str, Any]) -> Stage:
    def array(numbers: Any) -> np.ndarray:
        return np.array(numbers, np.float64)

    return Stage(
        values["path"],
        values["words"],
        array(values["values"]),
        array(values["gradient"]),
        tuple(
            Link(
                link["source"],
                array(link["gradient"]),
                None if link["local"] is None else array(link["local"]),
            )
            for link in values["links"]
        ),
        tuple(
            Parameter(name, array(one["value"]), array(one["gradient"]))
            for name, one in values["parameters"].items()
        ),
    )
