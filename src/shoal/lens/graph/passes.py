"""A row forward through layers, keeping what is needed to come back; then backward, layer by layer.

Each layer's own ``apply`` is differentiated by itself (a vector-Jacobian product), and what comes out
is handed to the layer before: the chain rule, with every step in between kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from shoal import backend
from shoal.errors import SettingError
from shoal.lens.graph.trace import Link, Parameter, Stage
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads.layer import apply_head
from shoal.nets.layers import Activation, Block, Dense, Dropout, Layer, LayerNorm, Pass, Repeat
from shoal.nets.spec import NetSpec
from shoal.nets.summary import layer_in_words

MOST_STAGES = 400
"""A trace is for reading; of a deeper network nobody reads every layer."""

Values = Mapping[str, Array]
Function = Callable[[dict[str, Array], Array], Array]


@dataclass(frozen=True, eq=False)
class Way:
    """A layer that was passed, and how to come back through it.

    Parameters
    ----------
    path, words : str
    sources : tuple of str
        Paths of the layers that it reads.
    values : (1, units) array
    back : callable
        From the gradient at `values` to what flows to each source, and to the gradient by each parameter.
    parameters : mapping
    locals : tuple of array or None
        See `Link.local`; one for each source.
    """

    path: str
    words: str
    sources: tuple[str, ...]
    values: Array
    back: Callable[[Array], tuple[tuple[Array, ...], dict[str, Array]]]
    parameters: Mapping[str, Array]
    locals: tuple[np.ndarray | None, ...]


def forward(layers: Iterable[Layer], path: str, source: str, x: Array, params: Values, running: Values):
    """Run layers on a row, and return all ways taken; the last one's values are the result.

    Parameters
    ----------
    layers : iterable of Layer
    path : str
        Under which they lie.
    source : str
        Path of the stage whose values are `x`.
    x : (1, units) array
    params, running : mapping
        Of the whole network.

    Returns
    -------
    list of Way, str, array
        The ways, the path of the last stage, and its values.
    """
    ways: list[Way] = []
    for i, layer in enumerate(layers):
        here = f"{path}.{i}"
        if isinstance(layer, Dropout):  # it does nothing in prediction
            continue
        found = _through(layer, here, source, x, params, running)
        ways += found
        if found:
            source, x = found[-1].path, found[-1].values
    if len(ways) > MOST_STAGES:
        raise SettingError(
            f"Expected at most {MOST_STAGES} layers to be shown one by one. The network has {len(ways)}; "
            "the report of its run tells of them in short."
        )
    return ways, source, x


def _through(layer: Layer, path: str, source: str, x: Array, params: Values, running: Values) -> list[Way]:
    if isinstance(layer, Repeat):
        return _through_repeat(layer, path, source, x, params, running)
    if isinstance(layer, Block):
        return _through_shortcut(layer, path, source, x, params, running)

    def function(own: dict[str, Array], x: Array) -> Array:
        return layer.apply(own, _part(running, path), x, None, path, Pass())[0]

    return [plain_way(path, _words(layer), source, function, _part(params, path), x, _reads(layer))]


def plain_way(
    path: str, words: str, source: str, function: Function, own: Values, x: Array, reads: str
) -> Way:
    """Return the way through a function of parameters and values.

    Parameters
    ----------
    reads : {"kernel", "own", "all"}
        Whether a unit reads the source through a kernel, reads its own unit only, or reads all of them.
    """
    y, pull = jax.vjp(function, dict(own), x)

    def back(gradient: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_own, by_x = pull(gradient)
        return (by_x,), by_own

    if reads == "own":
        local = np.asarray(pull(jnp.ones_like(y))[1])[0]
    elif reads == "all":
        local = np.asarray(jax.jacrev(lambda x: function(dict(own), x[None, :])[0])(x[0]))
    else:
        local = None
    return Way(path, words, (source,), y, back, own, (local,))


def _through_shortcut(
    block: Block, path, source: str, x: Array, params: Values, running: Values
) -> list[Way]:
    """Return the ways inside a block, and the sum with its shortcut behind them."""
    ways, inner, y = forward(block.layers, f"{path}.layers", source, x, params, running)
    own = {name: value for name, value in _part(params, path).items() if name == "shortcut"}

    def add(own: dict[str, Array], x: Array, y: Array) -> Array:
        return (x @ own["shortcut"] if own else x) + y

    total, pull = jax.vjp(add, own, x, y)

    def back(gradient: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_own, by_x, by_y = pull(gradient)
        return (by_x, by_y), by_own

    ones = np.ones(total.shape[-1])
    around = np.asarray(own["shortcut"]).T if own else ones
    return [*ways, Way(path, "+ shortcut", (source, inner), total, back, own, (around, ones))]


def _through_repeat(block: Repeat, path, source: str, x: Array, params: Values, running: Values) -> list[Way]:
    ways: list[Way] = []
    if block.times * len(block.layers) > 4 * MOST_STAGES:
        raise SettingError(
            f"Expected at most {MOST_STAGES} layers to be shown one by one. The network repeats "
            f"{len(block.layers)} layers {block.times:,} times; the report of its run tells of them in short."
        )
    for turn in range(block.times):
        here = f"{path}[{turn}].layers"
        parts = [_turn(values, f"{path}.layers", here, turn) for values in (params, running)]
        found, source, x = forward(block.layers, here, source, x, *parts)
        ways += found
    return ways


def _turn(values: Values, stacked: str, here: str, turn: int) -> dict[str, Array]:
    start = stacked + "."
    return {f"{here}.{k[len(start) :]}": v[turn] for k, v in values.items() if k.startswith(start)}


def head_way(head: str, source: str, x: Array, params: Values) -> Way:
    """Return the way through the head."""
    own = _part(params, "head")
    reads = "all" if head == "ordinal" else "kernel"  # thresholds stand beside its kernel
    return plain_way("head", f"{head} head", source, lambda own, x: apply_head(head, own, x), own, x, reads)


def backward(ways: list[Way], inputs: Array, gradient: Array) -> list[Stage]:
    """Return all stages, those behind the inputs with their gradients, from the gradient at the end.

    Gradients of values that several layers read add up.
    """
    arriving: dict[str, Any] = {ways[-1].path: gradient} if ways else {"inputs": gradient}
    stages = []
    for way in reversed(ways):
        at = arriving.pop(way.path)
        flows, by_own = way.back(at)
        for source, flow in zip(way.sources, flows, strict=True):
            arriving[source] = arriving[source] + flow if source in arriving else flow
        stages.append(_stage(way, at, flows, by_own))
    entrance = Stage("inputs", "inputs", _row(inputs), _row(arriving["inputs"]))
    return [entrance, *reversed(stages)]


def through_network(
    spec: NetSpec,
    params: Mapping[str, np.ndarray],
    running: Mapping[str, np.ndarray],
    numbers: np.ndarray,
    codes: np.ndarray,
    loss: Callable[[Array], Array],
) -> tuple[list[Stage], float, np.ndarray]:
    """Run one encoded row forward and backward in 64 bits.

    Parameters
    ----------
    spec : NetSpec
        Of dense layers and what stands between them.
    params, running : mapping of str to array
    numbers, codes : array (1, numbers), array (1, categories)
    loss : callable
        From raw outputs (1, outputs) to the losses of the rows (1,).

    Returns
    -------
    list of Stage, float, array (1, outputs)
        The stages from "inputs" on, the loss, and the raw outputs.
    """
    with backend.precision("float64"):
        wide, still = (
            {k: jnp.asarray(np.asarray(v, np.float64)) for k, v in p.items()} for p in (params, running)
        )
        inputs = {"numbers": jnp.asarray(numbers), "codes": jnp.asarray(codes)}
        x = spec.inputs.apply(_part(wide, "inputs"), inputs)
        ways, source, behind = forward(spec.layers, "layers", "inputs", x, wide, still)
        head = head_way(spec.head, source, behind, wide)
        value, slope = jax.value_and_grad(lambda outputs: loss(outputs)[0])(head.values)
        return backward([*ways, head], x, slope), float(value), np.asarray(head.values)


def _stage(way: Way, gradient: Array, flows: tuple[Array, ...], by_own: dict[str, Array]) -> Stage:
    links = tuple(
        Link(source, _row(flow), local)
        for source, flow, local in zip(way.sources, flows, way.locals, strict=True)
    )
    parameters = tuple(
        Parameter(name, np.asarray(value, np.float64), np.asarray(by_own[name], np.float64))
        for name, value in way.parameters.items()
    )
    return Stage(way.path, way.words, _row(way.values), _row(gradient), links, parameters)


def _row(values: Array) -> np.ndarray:
    return np.asarray(values, np.float64)[0]


def _reads(layer: Layer) -> str:
    if isinstance(layer, Dense):
        return "kernel"
    across = isinstance(layer, Activation) and ACTIVATIONS[layer.name].across_units
    return "all" if across or isinstance(layer, LayerNorm) else "own"


def _words(layer: Layer) -> str:
    return layer.name if isinstance(layer, Activation) else layer_in_words(layer)


def _part(values: Values, path: str) -> dict[str, Array]:
    start = path + "."
    return {name[len(start) :]: value for name, value in values.items() if name.startswith(start)}
