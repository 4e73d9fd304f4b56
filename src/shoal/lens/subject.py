"""What is checked: a recipe as a few networks that differ in their seeds, and the rows they learn from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from shoal import backend
from shoal.nets import network
from shoal.nets.layers import Dropout, Layer, Pass
from shoal.nets.spec import NetSpec
from shoal.train.population import Member, net_settings
from shoal.train.view import Batchable, View

_MOST_ROWS = 2048  # that a single pass looks at
_NOT_INPUTS = ("target", "weight")


@dataclass(frozen=True)
class Subject:
    """A recipe under inspection.

    Parameters
    ----------
    members : tuple of Member
        One for each seed, alike in all else.
    view : View
        With validation rows.
    frozen : bool
        Whether the settings ask for layers that do not learn.
    """

    members: tuple[Member, ...]
    view: View
    frozen: bool = False

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the networks."""
        return tuple(member.seed for member in self.members)

    @property
    def spec(self) -> NetSpec:
        """The description that the networks share."""
        return self.members[0].spec

    def with_recipe(self, **settings) -> tuple[Member, ...]:
        """Return the members with other settings of the recipe."""
        return tuple(replace(m, recipe=replace(m.recipe, **settings)) for m in self.members)

    def first_rows(self, most: int = _MOST_ROWS) -> Batchable:
        """Return training rows, at most so many, taken evenly from all of them."""
        rows = self.view.train
        return rows if len(rows) <= most else rows.take(np.linspace(0, len(rows) - 1, most).astype(np.int64))

    def has(self, kind: str) -> bool:
        """Return whether the network has a layer of a kind, such as "batch_norm"."""
        return any(layer.kind == kind for _, layer, _ in self.spec.walk())


def without_regularisers(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return members that only follow the loss: no dropout, decay, penalty, constraint or augmentation."""
    plain = {
        **dict.fromkeys(
            ("weight_decay", "l1", "l2", "bias_l1", "bias_l2", "activity_l1", "activity_l2"), 0.0
        ),
        **{"averaging": (), "label_smoothing": 0.0, "accumulate": 1, "growth": None},
        **{"augment": (), "balance": False},
    }
    return tuple(
        replace(m, spec=m.spec.changed(_unhindered), recipe=replace(m.recipe, **plain))
        for m in without_constraints(members)
    )


def without_constraints(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return members whose weights are held to nothing, as constraints are whatever the rate."""

    def free(layer: Layer) -> Layer:
        return replace(layer, constraint=None) if hasattr(layer, "constraint") else layer

    return tuple(
        replace(m, spec=m.spec.changed(free), recipe=replace(m.recipe, constraint=())) for m in members
    )


def _unhindered(layer: Layer) -> Layer:
    if isinstance(layer, Dropout):
        return replace(layer, rate=0.0)
    own = [field.name for field in fields(layer) if field.name.endswith(("_l1", "_l2"))]
    return replace(layer, **dict.fromkeys(own))


def inputs_of(rows: Batchable, precision: str) -> dict[str, np.ndarray]:
    """Return the arrays that enter a network, in the precision of the network."""
    padded = rows.padded(len(rows), precision)
    return {name: value for name, value in padded.items() if name not in _NOT_INPUTS}


def outputs_at_start(member: Member, rows: Batchable, neutral: bool = False) -> np.ndarray:
    """Return what an untrained network puts out in prediction: (rows, outputs) float64.

    `neutral` silences the head's kernel: what is left is what it says to a row of which it knows nothing.
    """
    precision = member.recipe.precision
    with backend.precision(precision):
        params, running = network.init(member.spec, member.seed, precision)
        if neutral:
            params["head.kernel"] = np.zeros_like(params["head.kernel"])
        inputs = {name: jnp.asarray(value) for name, value in inputs_of(rows, precision).items()}
        outputs, _ = network.apply(member.spec, _arrays(params), _arrays(running), inputs, Pass())
        return np.asarray(outputs, np.float64)


def row_influence(member: Member, rows: Batchable, train: bool) -> np.ndarray:
    """Return how much the outputs of each row hang on the inputs of every other: (rows, rows), summed sizes.

    With numbers among the inputs these are gradients; where there are only categories, changes of the
    outputs when one row takes the categories of another.
    """
    precision = member.recipe.precision
    with backend.precision(precision):
        params, running = (_arrays(p) for p in network.init(member.spec, member.seed, precision))
        inputs = inputs_of(rows, precision)
        numbers = jnp.asarray(inputs["numbers"], precision)
        others = {name: jnp.asarray(value) for name, value in inputs.items() if name != "numbers"}
        settings = net_settings(member)
        now = Pass(
            train=train,
            key=jnp.uint32(member.seed) if train else None,
            weight=jnp.ones(len(rows), precision) if train else None,
            rates=_arrays(settings["rates"]) if train else {},
        )

        def outputs(numbers: Array, others: dict[str, Array]) -> Array:
            said, _ = network.apply(member.spec, params, running, {"numbers": numbers, **others}, now)
            return jnp.sum(said.reshape(said.shape[0], -1), axis=1)

        if numbers.shape[1]:
            slopes = jax.jacrev(outputs)(numbers, others)
            return np.abs(np.asarray(slopes, np.float64)).reshape(len(rows), len(rows), -1).sum(axis=2)
        return _changes(outputs, numbers, others)


def _changes(outputs, numbers: Array, others: dict[str, Array]) -> np.ndarray:
    before = np.asarray(outputs(numbers, others), np.float64)
    columns = []
    for row in range(len(before)):
        swapped = {n: v.at[row].set(v[(row + 1) % len(before)]) for n, v in others.items()}
        columns.append(np.abs(np.asarray(outputs(numbers, swapped), np.float64) - before))
    return np.stack(columns, axis=1)


def _arrays(values) -> dict[str, Array]:
    return {name: jnp.asarray(value) for name, value in values.items()}
