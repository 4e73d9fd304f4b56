"""The state of a network on disk, so that a later run goes on exactly where this one ended.

One safetensors file: weights, best weights, the optimizer's moments, counters; no pickle, no code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from shoal import backend
from shoal.errors import FileError
from shoal.train.program import optimizer_state

_SLOT = "optimizer"
_OTHERS = "others"  # the states of the further networks of an ensemble


def write_state(state: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write `NetResult.state` to a file, in one step.

    Parameters
    ----------
    state : mapping
        Arrays and mappings of arrays; under ``optimizer`` the state of the optimizer, under ``others`` a list
        of the states of further networks.
    path : str or path
    """
    flat = _flat(_named(state))
    part = Path(path).with_name(f".{Path(path).name}.part")
    try:
        part.write_bytes(save({name: np.array(leaf, order="C") for name, leaf in flat.items()}))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_state(path: str | os.PathLike[str], optimizer: str) -> dict[str, Any]:
    """Read what `write_state` wrote.

    Parameters
    ----------
    path : str or path
    optimizer : str
        Name of the optimizer that the state belongs to.

    Raises
    ------
    FileError
        If the file is absent or damaged, or belongs to another optimizer.
    """
    try:
        flat = load_file(path)
    except (OSError, SafetensorError):
        raise FileError(
            f"'{os.fspath(path)}' cannot be read as the state of a training; it cannot go on from there."
        ) from None
    state = _nested(flat)
    others = state.pop(_OTHERS, {})
    if not others:
        return _completed(state, optimizer, path)
    whole = [_completed(others[name], optimizer, path) for name in sorted(others, key=int)]
    return {**_completed(state, optimizer, path), _OTHERS: whole}


def _named(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with a name for every leaf of the optimizer, and for every further network."""
    leaves = {str(place): leaf for place, leaf in enumerate(jax.tree.leaves(state[_SLOT]))}
    others = {str(place): _named(one) for place, one in enumerate(state.get(_OTHERS, ()))}
    return {**state, _SLOT: leaves, _OTHERS: others}


def _completed(state: dict[str, Any], optimizer: str, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the state with running statistics, which may be empty, and the optimizer's in its own form."""
    for prefix in ("", "best_", "earlier_"):
        if f"{prefix}params" in state:
            state.setdefault(f"{prefix}running", {})
    if "average" in state:
        state["average"].setdefault("running", {})
    with backend.precision(str(next(iter(state["params"].values())).dtype)):
        template = optimizer_state(optimizer, state["params"])
    state[_SLOT] = _refilled(template, state.get(_SLOT, {}), path)
    return state


def _flat(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = isinstance(value, Mapping)
        flat |= _flat(value, f"{path}{name}/") if inner else {path + name: value}
    return flat


def _nested(flat: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Undo `_flat`."""
    state: dict[str, Any] = {}
    for path, leaf in flat.items():
        *groups, name = path.split("/")
        place = state
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = leaf
    return state


def _refilled(template: Any, leaves: Mapping[str, np.ndarray], path: str | os.PathLike[str]) -> Any:
    shapes, structure = jax.tree.flatten(template)
    found = [leaves.get(str(place)) for place in range(len(shapes))]
    fitting = all(
        leaf is not None and leaf.shape == like.shape for leaf, like in zip(found, shapes, strict=True)
    )
    if not fitting or len(leaves) != len(shapes):
        raise FileError(f"'{os.fspath(path)}' was written by a training with another optimizer.")
    return jax.tree.unflatten(structure, found)
