"""A network at work: initial values from a description and a seed, and the forward pass.

Parameters and running statistics are flat dictionaries, ``"layers.0.kernel" -> array``: few words to read,
a pytree for JAX, and the very names in a saved file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from shoal.nets import draws, halves
from shoal.nets.depth import handed_on
from shoal.nets.heads.layer import apply_head, init_head
from shoal.nets.layers import Activation, Block, Dense, Layer, Pass, Repeat, Shape
from shoal.nets.layers.base import on_last_axis
from shoal.nets.losses import weighted_mean
from shoal.nets.members import combined
from shoal.nets.spec import NetSpec

Tree = dict[str, np.ndarray]


def init(spec: NetSpec, seed: int, dtype: str = "float32") -> tuple[Tree, Tree]:
    """Draw the initial parameters and running statistics of a network.

    Parameters
    ----------
    spec : NetSpec
    seed : int
        Non-negative; the same seed draws the same network whatever it is padded to or trained beside.
    dtype : {"float32", "float64"}

    Returns
    -------
    params, running : dict of str to ndarray

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> params, _ = init(mlp(TableInput(numbers=2), (3,), "linear", 1), seed=0)
    >>> {name: value.shape for name, value in params.items()}
    {'layers.0.kernel': (2, 3), 'layers.0.bias': (3,), 'head.kernel': (3, 1), 'head.bias': (1,)}
    """
    return _initial(spec, seed, np.dtype(dtype))


def shapes(spec: NetSpec) -> tuple[dict[str, Shape], dict[str, Shape]]:
    """Return the shapes of a network's parameters and running statistics; what repeats is drawn once.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> shapes(mlp(TableInput(numbers=2), (), "linear", 1))
    ({'head.kernel': (2, 1), 'head.bias': (1,)}, {})
    """
    params, running = _initial(spec, 0, np.dtype("float32"), once=True)
    return {k: v.shape for k, v in params.items()}, {k: v.shape for k, v in running.items()}


def _initial(spec: NetSpec, seed: int, dtype: np.dtype, *, once: bool = False) -> tuple[Tree, Tree]:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0x5110A1])))
    params = _cast(_under("inputs", spec.inputs.init(rng)), dtype)
    entering = _cast(_under("inputs", spec.inputs.running()), dtype)
    inner, running = _drawn(spec.layers, "layers", spec.entry(), rng, dtype, once)
    params |= {**inner, **_cast(_under("head", _head(spec, rng)), dtype)}
    return params, {**entering, **running}


def _head(spec: NetSpec, rng) -> Tree:
    """Draw the head; each member has one of its own, along a leading axis."""
    told = (spec.head, spec.outputs, spec.head_initializer, spec.features_out(), rng)
    if not spec.members:
        return init_head(*told)
    heads = [init_head(*told) for _ in range(spec.members)]
    return {name: np.stack([each[name] for each in heads]) for name in heads[0]}


def _drawn(layers: tuple[Layer, ...], path: str, shape: Shape, rng, dtype, once) -> tuple[Tree, Tree]:
    """Draw the parameters and running statistics of layers in order, inner layers after their block."""
    params: Tree = {}
    running: Tree = {}
    for i, layer in enumerate(layers):
        here = f"{path}.{i}"
        params |= _cast(_under(here, layer.init(shape, rng)), dtype)
        running |= _cast(_under(here, layer.running(shape)), dtype)
        if isinstance(layer, Block):
            inner = _drawn_in_block(layer, f"{here}.layers", shape, rng, dtype, once)
            params |= inner[0]
            running |= inner[1]
        shape = layer.shape(shape)
    return params, running


def _drawn_in_block(block: Block, path: str, shape: Shape, rng, dtype, once) -> tuple[Tree, Tree]:
    """Draw the inner layers of a block; those that repeat once for each time, along a leading axis."""
    if not isinstance(block, Repeat):
        return _drawn(block.layers, path, shape, rng, dtype, once)
    if once:
        single = _drawn(block.layers, path, shape, rng, dtype, once)
        params, running = (
            {k: np.broadcast_to(v, (block.times, *v.shape)) for k, v in part.items()} for part in single
        )
        return params, running
    turns = [_drawn(block.layers, path, shape, rng, dtype, once) for _ in range(block.times)]
    params, running = (
        {k: np.stack([v[k] for v in part]) for k in part[0]} for part in zip(*turns, strict=True)
    )
    return params, running


def apply(
    spec: NetSpec,
    params: Mapping[str, Array],
    running: Mapping[str, Array],
    inputs: Mapping[str, Array],
    now: Pass | None = None,
) -> tuple[Float[Array, "batch *members outputs"], dict[str, Array]]:
    """Run a batch of encoded rows through a network.

    Parameters
    ----------
    spec : NetSpec
    params, running : mapping of str to array
        As `init` makes them.
    inputs : mapping
        ``"numbers"`` (batch, numbers) and ``"codes"`` (batch, categories) as the encoder makes them.
    now : Pass, optional
        Training or prediction (the default), and what goes with it.

    Returns
    -------
    outputs : (batch, outputs) array
        Logits, or standardised values for the linear head. Of a network with members in training, those of
        each member: (batch, members, outputs).
    running : dict
        Running statistics after the pass; unchanged in prediction. Where ``now.activity`` names layers,
        ``"activity_penalty"`` too: the weighted mean over rows of ``l1 * |a| + l2 * a^2``, summed over the
        values ``a`` of these layers.
    """
    now = now or Pass()
    if halves.pay(spec, len(inputs["numbers"]), now):
        return halves.joined(partial(_whole, spec, params, running), inputs["numbers"], now)
    return _whole(spec, params, running, inputs, now)


def _whole(spec: NetSpec, params, running, inputs, now: Pass):
    x = spec.inputs.apply({**_part(params, "inputs"), **_part(running, "inputs")}, inputs)
    if spec.members:
        x = jnp.broadcast_to(x[:, None, :], (x.shape[0], *spec.entry()))
    x, _, fresh = _run(spec.layers, "layers", x, None, params, running, now)
    if now.activity:
        penalties = [jnp.sum(fresh.pop(f"{path}.penalty")) for path in now.activity]
        fresh["activity_penalty"] = sum(penalties[1:], penalties[0]) / max(spec.members, 1)
    return _outputs(spec, params, x, now), {**running, **fresh}


def _outputs(spec: NetSpec, params, x, now):
    head = _part(params, "head")
    if not spec.members:
        return apply_head(spec.head, head, x)
    y = jax.vmap(partial(apply_head, spec.head), in_axes=(0, 1), out_axes=1)(head, x)
    return y if now.train else combined(spec.head, y)


def _run(layers: tuple[Layer, ...], path, x, mask, params, running, now):
    """Apply layers in order; `mask` marks the real units of `x`, None where none is padded."""
    fresh: dict[str, Array] = {}
    present = None
    for i, layer in enumerate(layers):
        here = f"{path}.{i}"
        if isinstance(layer, Block):
            x, mask, new = _run_block(layer, here, x, mask, params, running, now)
            fresh |= new
            continue
        if isinstance(layer, Dense):
            mask, present = now.masks.get(here, mask), now.present.get(here)
        y, new = layer.apply(_part(params, here), _part(running, here), x, mask, here, now)
        x = y if present is None else handed_on(y, x, present)
        if mask is not None and not layer.zero_at_zero:
            x = x * on_last_axis(mask, x)
        if here in now.activity:
            new = {**new, "penalty": _activity_penalty(x, now.activity[here], now.weight)}
        if now.tap is not None and isinstance(layer, Activation):
            new = {**new, "tapped": now.tap(here, x, mask)}
        fresh |= _under(here, new)
    return x, mask, fresh


def _activity_penalty(x, pair, weight):
    """Return the weighted mean over rows of ``sum(l1 |a| + l2 a^2)``; padded units are zero by now."""
    l1, l2 = pair
    rows = jnp.sum((l1 * jnp.abs(x) + l2 * jnp.square(x)).reshape(x.shape[0], -1), axis=1)
    return weighted_mean(rows, jnp.ones_like(rows) if weight is None else weight)


def _run_block(block: Block, path, x, mask, params, running, now):
    if isinstance(block, Repeat):
        return _run_repeat(block, path, x, mask, params, running, now)
    y, mask, fresh = _run(block.layers, f"{path}.layers", x, mask, params, running, now)
    projection = params.get(f"{path}.shortcut")
    return (x if projection is None else x @ projection) + y, mask, fresh


def _run_repeat(block: Repeat, path, x, mask, params, running, now):
    """Scan over the repetitions; what is drawn, is drawn anew in each."""
    inside = f"{path}.layers"
    start = inside + "."
    stacked = [{k: v for k, v in part.items() if k.startswith(start)} for part in (params, running)]

    def once(x, turn):
        values, statistics, i = turn
        here = now if now.key is None else replace(now, key=draws.fold(now.key, i))
        x, _, fresh = _run(block.layers, inside, x, mask, values, statistics, here)
        return x, fresh

    x, fresh = jax.lax.scan(once, x, (*stacked, jnp.arange(block.times, dtype=jnp.uint32)))
    return x, mask, fresh


def _part(values: Mapping[str, Array], path: str) -> dict[str, Array]:
    start = path + "."
    return {k[len(start) :]: v for k, v in values.items() if k.startswith(start)}


def _under(path: str, values: Mapping) -> dict:
    return {f"{path}.{name}": value for name, value in values.items()}


def _cast(values: Mapping[str, np.ndarray], dtype: np.dtype) -> Tree:
    return {name: value.astype(dtype) for name, value in values.items()}
