"""Integrated gradients: a network's answer shared out among what entered it.

``IG_i = (x_i - b_i) * integral over t from 0 to 1 of df/dx_i(b + t (x - b))``, for a row ``x`` and a baseline
``b`` (Sundararajan, Taly and Yan 2017, arXiv 1703.01365). The parts add up to ``f(x) - f(b)``
(completeness), whatever the network; of a linear one they are ``w_i (x_i - b_i)``. Averaged over several
baselines they are expected gradients (Erion et al., arXiv 1906.10670). The way leads through scaled numbers
and through the vectors of embedded categories.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from shoal import backend
from shoal.model.model import Model
from shoal.nets import network
from shoal.nets.heads import values
from shoal.nets.heads.average import averaged
from shoal.nets.inputs import TableInput
from shoal.nets.ordinal import log_probabilities
from shoal.nets.spec import NetSpec

BLOCK = 256
MOST_POINTS = 16 * BLOCK
TOLERANCE = 1e-3
"""Of the change of the answer: so much may the parts be off before more points are taken."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Parts of one answer.

    Parameters
    ----------
    numbers : float64 array (numbers,)
        The part of each encoded number.
    codes : float64 array (embedded columns,)
        The part of each embedded category.
    slopes_of_numbers, slopes_of_codes : array
        Gradient times difference at the row.
    gradients : float64 array (bases, numbers)
        The mean gradient on the way from each baseline by each encoded number.
    last : float64 array (numbers,)
        The gradient at the row.
    answer, baseline : float
    points : int
    """

    numbers: np.ndarray
    codes: np.ndarray
    slopes_of_numbers: np.ndarray
    slopes_of_codes: np.ndarray
    gradients: np.ndarray
    last: np.ndarray
    answer: float
    baseline: float
    points: int

    @property
    def gap(self) -> float:
        """What the quadrature leaves over."""
        return self.answer - self.baseline - float(self.numbers.sum() + self.codes.sum())


def attribute(model: Model, row: tuple, bases: tuple, output: int) -> Attribution:
    """Share out one answer among encoded numbers and categories.

    Parameters
    ----------
    model : Model
        Of a table.
    row : (numbers (1, numbers), codes (1, embedded))
    bases : (numbers (bases, numbers), codes (bases, embedded))
        Encoded baselines; parts are averaged over them.
    output : int
        Which class, label or quantity.

    Returns
    -------
    Attribution
    """
    with backend.precision("float64"):
        function = jax.jit(jax.vmap(jax.value_and_grad(_answer_of(model, output), argnums=(0, 1))))
        end = _placed(model, *row)
        starts = _placed(model, *bases)
        found = [
            _along(function, (starts[0][i], starts[1][i]), (end[0][0], end[1][0]))
            for i in range(len(starts[0]))
        ]

    def mean(name: str) -> np.ndarray:
        return np.mean([getattr(one, name) for one in found], axis=0)

    return Attribution(
        numbers=mean("numbers"),
        codes=_by_column(model, mean("vectors")),
        slopes_of_numbers=mean("number_slopes"),
        slopes_of_codes=_by_column(model, mean("vector_slopes")),
        gradients=np.stack([one.gradient for one in found]),
        last=found[0].last,
        answer=found[0].high,
        baseline=float(np.mean([one.low for one in found])),
        points=max(one.points for one in found),
    )


def _by_column(model: Model, vector: np.ndarray) -> np.ndarray:
    """Return the sum over the places of each embedded column, and over the networks of an ensemble."""
    widths = _widths(model)
    if not widths:
        return np.zeros(0)
    places = vector.reshape(-1, sum(widths)).sum(axis=0)
    return np.array([part.sum() for part in np.split(places, np.cumsum(widths)[:-1])])


@dataclass(frozen=True, eq=False)
class _Way:
    """The integral on the way from one baseline."""

    numbers: np.ndarray
    vectors: np.ndarray
    number_slopes: np.ndarray
    vector_slopes: np.ndarray
    gradient: np.ndarray
    last: np.ndarray
    high: float
    low: float
    points: int


def _along(function: Callable, start: tuple, end: tuple) -> _Way:
    """Integrate from one place to another by the midpoint rule, with twice the points until it adds up."""
    steps = [np.asarray(b - a) for a, b in zip(start, end, strict=True)]
    origin = [np.asarray(a) for a in start]
    (low, high), slopes = _in_blocks(function, origin, np.array([0.0, 1.0]), steps)
    points, means = 0, [slope[-1] for slope in slopes]
    while points < MOST_POINTS:
        points = 2 * points or BLOCK
        _, gradients = _in_blocks(function, origin, (np.arange(points) + 0.5) / points, steps)
        means = [gradient.mean(axis=0) for gradient in gradients]
        total = sum(float(mean @ step) for mean, step in zip(means, steps, strict=True))
        if abs(high - low - total) <= TOLERANCE * abs(high - low) + 1e-9:
            break
    return _Way(
        numbers=means[0] * steps[0],
        vectors=means[1] * steps[1],
        number_slopes=slopes[0][-1] * steps[0],
        vector_slopes=slopes[1][-1] * steps[1],
        gradient=means[0],
        last=slopes[0][-1],
        high=float(high),
        low=float(low),
        points=points,
    )


def _in_blocks(function: Callable, origin: list, shares: np.ndarray, steps: list) -> tuple:
    """Return values and gradients at shares of the way, in blocks of one shape so that one program serves."""
    values_, gradients = [], ([], [])
    for first in range(0, len(shares), BLOCK):
        part = shares[first : first + BLOCK]
        full = np.resize(part, BLOCK)
        places = [
            jnp.asarray(start + full[:, None] * step) for start, step in zip(origin, steps, strict=True)
        ]
        value, slopes = function(*places)
        values_.append(np.asarray(value)[: len(part)])
        for kept, slope in zip(gradients, slopes, strict=True):
            kept.append(np.asarray(slope)[: len(part)])
    return np.concatenate(values_), [np.concatenate(one) for one in gradients]


def _placed(model: Model, numbers: np.ndarray, codes: np.ndarray) -> tuple[Array, Array]:
    """Return the numbers, and the vectors of embedded categories one behind the other; of the ensemble's all
    networks side by side."""
    vectors = [
        params[f"inputs.embedding.{i}"].astype(np.float64)[codes[:, i]]
        for params, _ in model._weights()
        for i in range(codes.shape[1])
    ]
    empty = np.zeros((len(numbers), 0))
    return jnp.asarray(numbers, jnp.float64), jnp.asarray(np.concatenate([empty, *vectors], axis=1))


def _widths(model: Model) -> list[int]:
    entrance = model.spec.inputs
    assert isinstance(entrance, TableInput)
    return list(entrance.widths)


def _answer_of(model: Model, output: int) -> Callable[[Array, Array], Array]:
    """Return the function from numbers (numbers,) and vectors (places,) to one answer."""
    nets = [
        tuple({k: jnp.asarray(v, jnp.float64) for k, v in part.items()} for part in pair)
        for pair in model._weights()
    ]
    width = sum(_widths(model))

    def answer(numbers: Array, vectors: Array) -> Array:
        said = [
            _outputs(model, params, running, numbers[None, :], vectors[i * width : (i + 1) * width][None, :])
            for i, (params, running) in enumerate(nets)
        ]
        whole = said[0] if len(said) == 1 else averaged(model.spec.head, jnp.stack(said), axis=0, xp=jnp)
        return _said(model, whole)[0, output]

    return answer


def _outputs(model: Model, params, running, numbers: Array, vectors: Array) -> Array:
    """Return raw outputs, with the vectors of categories in place of those that codes would look up."""
    entrance = model.spec.inputs
    assert isinstance(entrance, TableInput)
    bare = TableInput(entrance.numbers, entrance.continuous, (), (), entrance.number_embedding)
    own = {name[7:]: value for name, value in params.items() if name.startswith("inputs.")}
    x = bare.apply(own, {"numbers": numbers, "codes": jnp.zeros((1, 0), jnp.int32)})
    x = jnp.concatenate([x, vectors], axis=1)
    plain = NetSpec(
        TableInput(entrance.features()),
        model.spec.layers,
        model.spec.head,
        model.spec.outputs,
        members=model.spec.members,
    )
    return network.apply(plain, params, running, {"numbers": x, "codes": jnp.zeros((1, 0), jnp.int32)})[0]


def _said(model: Model, outputs: Array) -> Array:
    """Return probabilities, or quantities in their own units: what `Model` says, for JAX."""
    head, target = model.spec.head, model.target
    if target.task == "regression":
        levels = jnp.asarray(target.levels or (0.5,))
        scaled = values(head, outputs, levels, jnp)
        return scaled * jnp.asarray(target.scale)[None, :] + jnp.asarray(target.center)[None, :]
    logits = log_probabilities(outputs) if head == "ordinal" else outputs
    logits = logits / model.temperature
    if head == "sigmoid":
        return jnp.concatenate([jax.nn.sigmoid(-logits), jax.nn.sigmoid(logits)], axis=1)
    return jax.nn.sigmoid(logits) if head == "multilabel" else jax.nn.softmax(logits, axis=1)
