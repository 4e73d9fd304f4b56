"""A network's state on disk comes back as it was, and what cannot be its state is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from shoal import backend
from shoal.errors import FileError
from shoal.train.checkpoint import read_state, state_from_bytes, state_to_bytes, write_state
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.program import optimizer_state

PARAMS = {"layers.0.kernel": np.arange(6.0).reshape(2, 3), "head.bias": np.zeros(1)}


def state_of(optimizer: str) -> dict[str, Any]:
    """Return a state whose every number differs from every other."""
    with backend.precision("float64"):
        moments = optimizer_state(optimizer, PARAMS)
    count = iter(range(1000))
    return {
        "params": PARAMS,
        "best_params": {name: value + 1 for name, value in PARAMS.items()},
        "running": {},
        "best_running": {},
        "optimizer": jax.tree.map(lambda leaf: (leaf + next(count)).astype(leaf.dtype), moments),
        "epoch": np.int32(7),
        "best_score": np.float64(0.1 + 0.2),
    }


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_what_is_read_is_what_was_written(optimizer: str, tmp_path: Path) -> None:
    state = state_of(optimizer)
    write_state(state, tmp_path / "state.safetensors")
    again = read_state(tmp_path / "state.safetensors", optimizer)
    assert again.keys() == state.keys()
    assert jax.tree.structure(again) == jax.tree.structure(state)
    for one, other in zip(jax.tree.leaves(again), jax.tree.leaves(state), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["state.safetensors"]


def test_the_states_of_an_ensemble(tmp_path: Path) -> None:
    first, *others = (state_of("adam") | {"epoch": np.int32(n)} for n in range(12))
    write_state({**first, "others": others}, tmp_path / "state")
    again = read_state(tmp_path / "state", "adam")
    assert [int(one["epoch"]) for one in (again, *again["others"])] == list(range(12))
    assert jax.tree.structure(again) == jax.tree.structure({**first, "others": others})


def test_the_state_of_another_optimizer_is_refused(tmp_path: Path) -> None:
    write_state(state_of("adam"), tmp_path / "state")
    with pytest.raises(FileError, match="was written by a training with another optimizer"):
        read_state(tmp_path / "state", "sgd")


@pytest.mark.parametrize("content", [None, b"", b"no tensors"])
def test_what_is_no_state_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "state").write_bytes(content)
    with pytest.raises(FileError, match="cannot be read as the state of a training"):
        read_state(tmp_path / "state", "adam")


def test_a_state_is_bytes_too() -> None:
    state = state_of("adam")
    again = state_from_bytes(state_to_bytes(state), "adam")
    for one, other in zip(jax.tree.leaves(again), jax.tree.leaves(state), strict=True):
        assert (one.dtype, one.tobytes()) == (other.dtype, other.tobytes())
    with pytest.raises(FileError, match="'trial 3' cannot be read as the state of a training"):
        state_from_bytes(b"no state", "adam", "trial 3")
    with pytest.raises(FileError, match="'trial 3' was written by a training with another optimizer"):
        state_from_bytes(state_to_bytes(state), "sgd", "trial 3")
