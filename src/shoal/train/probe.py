"""What a network looks like inside after an epoch: gradients, weights and activations, layer by layer.

A small program of its own reads the state of a tile between two calls of the training program, on rows that
stay the same. The training program does not know of it: recorded or not, a network has the same bits, and a
search shares its programs with a training that is looked at closely.

Few kernels compile fast: values of all dense layers are measured side by side, in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from shoal.nets import network
from shoal.nets.heads.score import score
from shoal.nets.layers import Pass
from shoal.nets.losses import LOSSES, weighted_mean
from shoal.nets.members import combined, member_mean
from shoal.nets.ordinal import log_probabilities
from shoal.train.columns import Layout, Values, layout_of
from shoal.train.descent import descended
from shoal.train.flat import in_form_of
from shoal.train.key import ProgramKey
from shoal.train.optimizers import momentum_name
from shoal.train.step import frozen_norms

_USED = ("l1", "l2", "bias_l1", "bias_l2", "clip_norm", "clip_value", "weight_decay", "label_smoothing")
_NEAR = 0.01  # of the range of a bounded activation: nearer to an end a unit is saturated


@dataclass(frozen=True)
class ProbeKey:
    """All that forces another program to look at networks; most of it is that of the training program.

    Parameters
    ----------
    program : ProgramKey
        Of the training, without what a look does not depend on.
    rows, judged : int
        Slots of training rows and of validation rows that are looked at; these come after those.
    """

    program: ProgramKey
    rows: int
    judged: int

    @classmethod
    def of(cls, program: ProgramKey, rows: int, judged: int) -> ProbeKey:
        """Return the key of the program that looks at networks of a training program."""
        told = {**vars(program), "batch": rows, "steps": 1, "valid_rows": judged, "history": 1}
        told["uses"] = tuple(name for name in program.uses if name in _USED)
        return cls(ProgramKey(**told), rows, judged)

    @property
    def layout(self) -> Layout:
        """What is measured, in the order of the numbers."""
        return layout_of(self.program.structure)


def look(key: ProbeKey) -> Callable[..., Float[Array, "nets columns"]]:
    """Return ``(params, running, optimizer, nets, now, rows) -> (nets, columns)`` of a tile.

    `now` holds of each network the learning rate, the momentum where the optimizer has one, and ``"units"``,
    the real units of each activation; `rows` are those that are looked at, with ``"probed"``, 1 for each
    training row that is really there, and ``"asked"``, 1 for each row whose answers count for confidence.
    """
    one = _look_at_one(key)

    def program(params, running, optimizer, nets, now, rows):
        told = (params, running, optimizer, nets, now)
        if key.program.tile > 1:
            return jax.vmap(one, in_axes=(0, 0, 0, 0, 0, None))(*told, rows)
        return one(*jax.tree.map(lambda leaf: leaf[0], told), rows)[None]

    return program


def _look_at_one(key: ProbeKey) -> Callable[..., Array]:
    """Return the function that looks at one network."""
    objective, step, layout = _objective(key), _step(key), key.layout
    differentiated = jax.value_and_grad(objective, has_aux=True)

    def one(params, running, optimizer, net, now, rows):
        (_, (outputs, tapped)), grads = differentiated(dict(params), running, net, rows)
        grads = in_form_of(grads, params)
        moved = step(params, grads, optimizer, net, now, lambda p: objective(p, running, net, rows)[0])
        update = jax.tree.map(jnp.subtract, moved, params)
        of_weights = jnp.ravel(_norms(_squares(layout, (grads, params, update))))
        of_values = _shares(layout.values, _sums_of(layout, tapped, rows["probed"]), now["units"])
        return jnp.concatenate([of_weights, *of_values, _of_answers(key, outputs, net, rows)])

    return one


def _objective(key: ProbeKey):
    """Return the loss of the probed rows with the penalties of activities, as a step sees it.

    As in training, but for what is drawn: no dropout and no augmentation, so that every look sees the same.
    """
    program, values = key.program, {one.path: one for one in key.layout.values}
    kind, frozen = LOSSES[program.loss], frozen_norms(program)

    def objective(params, running, net, rows):
        def tap(path: str, x: Array, mask: Array | None) -> Array:
            one, seen = values[path], jax.lax.stop_gradient(x[: key.rows])
            return seen if _side_by_side(one) else _sums(*_apart(one, seen, rows["probed"]), [one])[:, 0]

        now = Pass(
            train=True,
            weight=rows["weight"],
            masks=net["masks"],
            rates=net["rates"],
            activity=net["activity"] if program.activity else {},
            frozen=frozen,
            tap=tap,
        )
        outputs, fresh = network.apply(program.structure, dict(params), running, rows, now)
        settings = dict(net["loss"])
        if "label_smoothing" in program.uses:
            settings["label_smoothing"] = net["label_smoothing"]
        target, weight = rows["target"][: key.rows], rows["weight"][: key.rows]
        losses = member_mean(outputs[: key.rows], target, lambda y, t: kind.function(y, t, settings))
        total = weighted_mean(losses, weight)
        penalty = fresh.get("activity_penalty")
        tapped = {path: fresh[f"{path}.tapped"] for path in values}
        return total if penalty is None else total + penalty, (outputs, tapped)

    return objective


def _step(key: ProbeKey):
    """Return the function that takes one step of the training from here, on the probed rows."""
    program, momentum = key.program, momentum_name(key.program.optimizer)

    def step(params, grads, optimizer, net, now, value_fn):
        if momentum is not None and "momentum" in now:
            net = {**net, momentum: now["momentum"]}
        parts = (program.optimizer, program.uses, program.rate_factors, program.constraints)
        return descended(params, grads, optimizer, now["rate"], net, *parts, value_fn=value_fn)[0]

    return step


# ---------------------------------------------------------------- layers with weights


def _squares(layout: Layout, trees: Sequence[Mapping[str, Array]]) -> Float[Array, "trees layers"]:
    """Return the sum of squares of each layer's parameters, for the turns shown, and of all together."""
    found = []
    for tree in trees:
        sums = [_by_turn(layer.times, [tree[name] for name in layer.parameters]) for layer in layout.weights]
        shown = [s[np.array(layer.turns)] for s, layer in zip(sums, layout.weights, strict=True)]
        found.append(jnp.concatenate([*shown, jnp.sum(jnp.concatenate(sums), keepdims=True)]))
    return jnp.stack(found)


def _by_turn(times: int, leaves: Sequence[Array]) -> Float[Array, "times"]:
    sums = [jnp.sum(jnp.square(leaf.reshape(times, -1)), axis=1) for leaf in leaves]
    return sum(sums[1:], sums[0])


def _norms(squares: Float[Array, "3 layers"]) -> Float[Array, "3 layers"]:
    """Return norms of gradient and weights, and the update's in units of the weights'."""
    gradient, weight, update = jnp.sqrt(squares)
    return jnp.stack([gradient, weight, update / jnp.maximum(weight, jnp.finfo(weight.dtype).tiny)])


# ---------------------------------------------------------------- activations


def _side_by_side(one: Values) -> bool:
    """Return whether values are measured together with those of other layers."""
    return one.times == 1 and one.places == 1


def _apart(one: Values, x: Array, probed: Array) -> tuple[Array, Array]:
    """Return values as (rows, 1, units), each place of an image a row, and the weights of these rows."""
    return x.reshape(-1, 1, one.units), jnp.repeat(probed, one.places) / one.places


def _sums_of(layout: Layout, tapped: Mapping[str, Array], probed: Array) -> dict[str, Array]:
    """Return the sums of every activation, of repeated ones those of the turns that are shown."""
    together = [one for one in layout.values if _side_by_side(one)]
    wide = max((one.units for one in together), default=0)
    found = {}
    if together:
        flat = [tapped[one.path].reshape(-1, one.units) for one in together]
        rows = [jnp.pad(x, ((0, 0), (0, wide - x.shape[1]))) for x in flat]
        sums = _sums(jnp.stack(rows, axis=1), probed, together)
        found = {one.path: sums[:, i : i + 1] for i, one in enumerate(together)}
    for one in layout.values:
        if one.path not in found:
            found[one.path] = tapped[one.path].reshape(one.times, 5)[np.array(one.turns)].T
    return found


def _sums(
    x: Float[Array, "rows layers units"], weight: Array, layers: Sequence[Values]
) -> Float[Array, "5 layers"]:
    """Return, summed over units: mean, mean square, shares of zeros and of saturated values, and dead units.

    The means over rows are products with their weights: the fastest way to add up rows.
    """
    flat = x.reshape(x.shape[0], -1)
    share = (weight / jnp.sum(weight))[None, :]
    features = [flat, jnp.square(flat), (flat == 0).astype(x.dtype), _beyond(x, layers)]
    units = jnp.concatenate([share @ f if f is not None else jnp.zeros_like(flat[:1]) for f in features])
    dead = units[2:3] > 1.0 - 1e-5  # sums of shares are rounded
    return jnp.sum(jnp.concatenate([units, dead.astype(x.dtype)]).reshape(5, *x.shape[1:]), axis=2)


def _beyond(x: Array, layers: Sequence[Values]) -> Array | None:
    """Return 1 where a unit is saturated; None where no layer has bounds."""
    if not any(one.bounds for one in layers):
        return None
    low, high = (
        jnp.asarray(np.array(ends)[None, :, None], x.dtype) for ends in zip(*map(_ends, layers), strict=True)
    )
    return ((x < low) | (x > high)).astype(x.dtype).reshape(x.shape[0], -1)


def _ends(one: Values) -> tuple[float, float]:
    """Return the values beyond which a unit is saturated."""
    if one.bounds is None:
        return -np.inf, np.inf
    low, high = one.bounds
    return low + _NEAR * (high - low), high - _NEAR * (high - low)


def _shares(values: Sequence[Values], sums: Mapping[str, Array], real: Mapping[str, Array]) -> list[Array]:
    """Return the columns of every activation; padded units, which are zero, do not count."""
    wide = max((one.units for one in values if _side_by_side(one)), default=0)
    return [
        _columns(one, sums[one.path], real[one.path], wide if _side_by_side(one) else one.units)
        for one in values
    ]


def _columns(one: Values, sums: Float[Array, "5 turns"], real: Array, wide: int) -> Array:
    """Return the quantities of an activation, turn by turn."""
    first, second, zero, saturated, dead = sums / real
    padded = (wide - real) / real
    low, high = _ends(one)
    shares = [zero - padded, dead - padded]
    if one.bounds is not None:
        shares.append(saturated - padded if not low <= 0.0 <= high else saturated)
    spread = jnp.sqrt(jnp.maximum(second - jnp.square(first), 0.0))
    return jnp.ravel(jnp.stack([first, spread, *shares], axis=1))


# ---------------------------------------------------------------- answers


def _of_answers(key: ProbeKey, outputs: Array, net: Mapping[str, Any], rows) -> Array:
    """Return the metric of the probed rows and, of classes, how sure the network is on average."""
    head = key.program.structure.head
    outputs = combined(head, outputs) if outputs.ndim == 3 else outputs
    right = score(head, outputs[: key.rows], rows["target"][: key.rows], net["loss"])
    found = [weighted_mean(right, rows["weight"][: key.rows])]
    if "confidence" in key.layout.answers:
        found.append(weighted_mean(_confidence(head, outputs), rows["asked"]))
    return jnp.stack(found)


def _confidence(head: str, outputs: Float[Array, "rows outputs"]) -> Float[Array, "rows"]:
    """Return the largest probability of each row; of labels, the mean over labels."""
    if head in ("sigmoid", "multilabel"):
        return jnp.mean(jax.nn.sigmoid(jnp.abs(outputs)), axis=-1)
    logits = log_probabilities(outputs) if head == "ordinal" else jax.nn.log_softmax(outputs, axis=-1)
    return jnp.exp(jnp.max(logits, axis=-1))
