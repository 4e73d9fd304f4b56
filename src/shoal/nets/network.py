"""A network at work: initial values from a description and a seed, and the forward pass.

Parameters and running statistics are flat dictionaries, ``"layers.0.kernel" -> array``: few words to read,
a pytree for JAX, and the very names in a saved file.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from shoal.nets.layers import Dense, Layer, Pass, Residual
from shoal.nets.losses import weighted_mean
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
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0x5110A1])))
    params = _under("inputs", spec.inputs.init(rng))
    running: Tree = {}
    for path, layer, shape in spec.walk():
        params |= _under(path, layer.init(shape, rng))
        running |= _under(path, layer.running(shape))
    head = Dense(spec.outputs, spec.head_initializer)
    params |= _under("head", head.init((spec.features_out(),), rng))
    cast = np.dtype(dtype)
    return {k: v.astype(cast) for k, v in params.items()}, {k: v.astype(cast) for k, v in running.items()}


def apply(
    spec: NetSpec,
    params: Mapping[str, Array],
    running: Mapping[str, Array],
    inputs: Mapping[str, Array],
    now: Pass | None = None,
) -> tuple[Float[Array, "batch outputs"], dict[str, Array]]:
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
        Logits, or standardised values for the linear head.
    running : dict
        Running statistics after the pass; unchanged in prediction. Where ``now.activity`` names layers,
        ``"activity_penalty"`` too: the weighted mean over rows of ``l1 * |a| + l2 * a^2``, summed over the
        values ``a`` of these layers.
    """
    now = now or Pass()
    x = spec.inputs.apply(_part(params, "inputs"), inputs)
    x, _, fresh = _run(spec.layers, "layers", x, None, params, running, now)
    y = x @ params["head.kernel"] + params["head.bias"][None, :]
    if now.activity:
        fresh["activity_penalty"] = jnp.sum(
            jnp.stack([fresh.pop(f"{path}.penalty") for path in now.activity])
        )
    return y, {**running, **fresh}


def _run(layers: tuple[Layer, ...], path, x, mask, params, running, now):
    """Apply layers in order; `mask` marks the real units of `x`, None where none is padded."""
    fresh: dict[str, Array] = {}
    for i, layer in enumerate(layers):
        here = f"{path}.{i}"
        if isinstance(layer, Residual):
            x, mask, new = _run_residual(layer, here, x, mask, params, running, now)
            fresh |= new
            continue
        mask = now.masks.get(here, mask) if isinstance(layer, Dense) else mask
        x, new = layer.apply(_part(params, here), _part(running, here), x, mask, here, now)
        if mask is not None and not layer.zero_at_zero:
            x = x * mask[None, :]
        if here in now.activity:
            new = {**new, "penalty": _activity_penalty(x, now.activity[here], now.weight)}
        fresh |= _under(here, new)
    return x, mask, fresh


def _activity_penalty(x, pair, weight):
    """Return the weighted mean over rows of ``sum(l1 |a| + l2 a^2)``; padded units are zero by now."""
    l1, l2 = pair
    rows = jnp.sum((l1 * jnp.abs(x) + l2 * jnp.square(x)).reshape(x.shape[0], -1), axis=1)
    return weighted_mean(rows, jnp.ones_like(rows) if weight is None else weight)


def _run_residual(block: Residual, path, x, mask, params, running, now):
    y, mask, fresh = _run(block.layers, f"{path}.layers", x, mask, params, running, now)
    projection = params.get(f"{path}.shortcut")
    return (x if projection is None else x @ projection) + y, mask, fresh


def _part(values: Mapping[str, Array], path: str) -> dict[str, Array]:
    start = path + "."
    return {k[len(start) :]: v for k, v in values.items() if k.startswith(start)}


def _under(path: str, values: Mapping) -> dict:
    return {f"{path}.{name}": value for name, value in values.items()}
