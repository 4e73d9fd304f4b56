"""The loss of a network at many places in the space of its weights, as one population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from shoal import backend
from shoal.lens.own_loss import own_loss
from shoal.model.model import Model
from shoal.nets import network
from shoal.nets.losses import weighted_mean

_MEMORY = 2**26  # numbers that the values of all networks of a tile may take in one layer
_MOST = 64  # networks of a tile

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """Rows as they enter a network, with their targets.

    Parameters
    ----------
    numbers, codes, target, weight : array (rows, ...)
    """

    numbers: np.ndarray
    codes: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def losses_at(
    model: Model, rows: EncodedRows, directions: Sequence[Weights], points: np.ndarray
) -> np.ndarray:
    """Return the mean loss of the rows at ``weights + sum_k points[:, k] * directions[k]``, in 64 bits.

    Prediction mode: no dropout, running statistics as they are. The networks of all places are one
    population, mapped in tiles.

    Parameters
    ----------
    model : Model
        One network.
    rows : EncodedRows
    directions : sequence of mapping
        Like the weights.
    points : float64 array (points, directions)

    Returns
    -------
    float64 array (points,)
    """
    kind = jnp.float64
    with backend.precision("float64"):
        params = {name: jnp.asarray(value, kind) for name, value in model.params.items()}
        ways = [{name: jnp.asarray(one[name], kind) for name in params} for one in directions]
        loss = _mean_loss(model, rows)

        def at(params, ways, place: Array) -> Array:
            moved = {
                name: value + sum(place[k].astype(kind) * way[name] for k, way in enumerate(ways))
                for name, value in params.items()
            }
            return loss(moved)

        tile = min(_MOST, max(1, _MEMORY // _largest(model, len(rows.weight))), len(points))
        run = jax.jit(
            lambda params, ways, points: jax.lax.map(lambda p: at(params, ways, p), points, batch_size=tile)
        )
        return np.asarray(run(params, ways, jnp.asarray(points, kind)), np.float64)


def losses_of(model: Model, rows: EncodedRows, path: Sequence[Weights]) -> np.ndarray:
    """Return the mean loss of the rows at each of some weights, (steps,)."""
    with backend.precision("float64"):
        run = jax.jit(_mean_loss(model, rows))
        found = [
            run({name: jnp.asarray(value, jnp.float64) for name, value in step.items()}) for step in path
        ]
        return np.array([float(one) for one in found])


def _mean_loss(model: Model, rows: EncodedRows):
    """Return the function from parameters to the mean loss."""
    _, of_rows = own_loss(model)
    running = {name: jnp.asarray(value, jnp.float64) for name, value in model.state.items()}
    numbers = rows.numbers if rows.numbers.dtype == np.uint8 else np.asarray(rows.numbers, np.float64)
    inputs = {"numbers": jnp.asarray(numbers), "codes": jnp.asarray(rows.codes)}
    weight = jnp.asarray(rows.weight, jnp.float64)

    def loss(params: dict[str, Array]) -> Array:
        outputs, _ = network.apply(model.spec, params, running, inputs)
        return weighted_mean(of_rows(outputs, rows.target), weight)

    return loss


def _largest(model: Model, rows: int) -> int:
    """Return how many numbers the widest values of one network take."""
    sizes = [int(np.prod(shape)) for _, _, shape in model.spec.walk()]
    return rows * max([*sizes, *model.spec.units(), model.spec.outputs])
