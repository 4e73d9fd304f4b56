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
from safetensors.numpy import load, save

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
    part = Path(path).with_name(f".{Path(path).name}.part")
    try:
        part.write_bytes(state_to_bytes(state))
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
        written = Path(path).read_bytes()
    except OSError:
        raise _unreadable(os.fspath(path)) from None
    return state_from_bytes(written, optimizer, os.fspath(path))


def state_to_bytes(state: Mapping[str, Any]) -> bytes:
    """Return `NetResult.state` as the bytes of a safetensors file.

    Parameters
    ----------
    state : mapping
        As `write_state` takes it.
    """
    return save({name: np.array(leaf, order="C") for name, leaf in _flat(_named(state)).items()})


def state_from_bytes(written: bytes, optimizer: str, source: str = "state") -> dict[str, Any]:
    """Undo `state_to_bytes`, bit for bit.

    Parameters
    ----------
    written : bytes
    optimizer : str
        Name of the optimizer that the state belongs to.
    source : str
        Where the bytes come from, for messages.

    Raises
    ------
    FileError
        If the bytes are damaged, or belong to another optimizer.
    """
    try:
        state = _nested(load(written))
    except SafetensorError:
        raise _unreadable(source) from None
    others = state.pop(_OTHERS, {})
    if not others:
        return _completed(state, optimizer, source)
    whole = [_completed(others[name], optimizer, source) for name in sorted(others, key=int)]
    return {**_completed(state, optimizer, source), _OTHERS: whole}


def _unreadable(source: str) -> FileError:
    return FileError(f"'{source}' cannot be read as the state of a training; it cannot go on from there.")


def _named(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with a name for every leaf of the optimizer, and for every further network."""
    leaves = {str(place): leaf for place, leaf in enumerate(jax.tree.leaves(state[_SLOT]))}
    others = {str(place): _named(one) for place, one in enumerate(state.get(_OTHERS, ()))}
    return {**state, _SLOT: leaves, _OTHERS: others}


def _completed(state: dict[str, Any], optimizer: str, source: str) -> dict[str, Any]:
    """Return the state with running statistics, which may be empty, and the optimizer's in its own form."""
    for prefix in ("", "best_", "earlier_"):
        if f"{prefix}params" in state:
            state.setdefault(f"{prefix}running", {})
    if "average" in state:
        state["average"].setdefault("running", {})
    with backend.precision(str(next(iter(state["params"].values())).dtype)):
        template = optimizer_state(optimizer, state["params"])
    state[_SLOT] = _refilled(template, state.get(_SLOT, {}), source)
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


def _refilled(template: Any, leaves: Mapping[str, np.ndarray], source: str) -> Any:
    shapes, structure = jax.tree.flatten(template)
    found = [leaves.get(str(place)) for place in range(len(shapes))]
    fitting = all(
        leaf is not None and leaf.shape == like.shape for leaf, like in zip(found, shapes, strict=True)
    )
    if not fitting or len(leaves) != len(shapes):
        raise FileError(f"'{source}' was written by a training with another optimizer.")
    return jax.tree.unflatten(structure, found)
