"""Compiled programs that outlive the process: tracing and compiling are most of a short run.

A program is named by everything that decides it: what it computes (a key of plain data), the shapes of its
arguments, the device, the versions of JAX and of shoal's own sources. It lies in the user's private folder,
which is trusted as the installed packages are; whatever cannot be loaded is compiled anew.

XLA's own cache on disk is left alone: a program that came from there is stored without its machine code, so
where the user has switched that cache on, this one keeps still.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from shoal import backend

_SOURCES = ("nets", "train", "model/predict.py")  # what a program is traced from
_MOST_FILES = 400


def load_or_compile(
    key: Any,
    function: Callable[..., Any],
    args: tuple,
    device: jax.Device,
    *,
    result_like: Any,
    donate: tuple[int, ...] = (),
) -> tuple[Callable[..., Any], float]:
    """Return a program for one device, from disk if it lies there, and the seconds that took.

    Parameters
    ----------
    key : object
        Decides the program together with the shapes of `args`; its ``repr`` must say all of it.
    function : callable
        What to compile, if need be.
    args : tuple
        Arguments, or anything with their shapes and dtypes.
    device : jax.Device
    result_like : pytree
        Anything of the structure of the result.
    donate : tuple of int
        Places of arguments whose memory the program may reuse.
    """
    started = time.perf_counter()
    place = jax.sharding.SingleDeviceSharding(device)
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(np.shape(x), x.dtype, sharding=place), args)
    path = _path(key, shapes, device)
    program = _loaded(path, shapes, result_like, device)
    if program is None:
        program = jax.jit(function, donate_argnums=donate).lower(*shapes).compile()
        _store(path, program)
    return program, time.perf_counter() - started


def _path(key: Any, shapes: Any, device: jax.Device) -> Path | None:
    folder = backend.cache_folder()
    if folder is None or jax.config.values["jax_compilation_cache_dir"]:
        return None
    leaves = [(tuple(leaf.shape), str(leaf.dtype)) for leaf in jax.tree.leaves(shapes)]
    told = repr((key, jax.tree.structure(shapes), leaves, device.id, device.device_kind))
    name = hashlib.sha256(told.encode() + _sources()).hexdigest()[:32]
    return folder / name


@cache
def _sources() -> bytes:
    """Return a fingerprint of all that programs are traced from."""
    home = Path(__file__).parent
    digest = hashlib.sha256(repr((jax.__version__, backend.cores())).encode())
    for source in _SOURCES:
        for path in sorted((home / source).rglob("*.py")) if (home / source).is_dir() else [home / source]:
            digest.update(path.read_bytes())
    return digest.digest()


def _loaded(path: Path | None, shapes: Any, result_like: Any, device: jax.Device):
    """Return the program that lies at `path`, or None where there is none that fits."""
    if path is None or not path.is_file():
        return None
    from jax.experimental.serialize_executable import deserialize_and_load

    arguments = jax.tree.structure((shapes, {}))
    # A file cut short, of another build or another machine fails in many ways; compiling answers them all.
    with contextlib.suppress(Exception):
        program = deserialize_and_load(
            path.read_bytes(), arguments, jax.tree.structure(result_like), execution_devices=[device]
        )
        backend.count_compilation()
        with contextlib.suppress(OSError):
            os.utime(path)
        return program
    return None


def _store(path: Path | None, program: Any) -> None:
    """Keep a program on disk, in one step; a disk that is full or read-only costs only the time saved."""
    if path is None:
        return
    from jax.experimental.serialize_executable import serialize

    with contextlib.suppress(Exception):
        part = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
        part.write_bytes(serialize(program)[0])
        part.replace(path)
        _forget_oldest(path.parent)


def _forget_oldest(folder: Path) -> None:
    files = list(folder.iterdir())
    if len(files) > _MOST_FILES:
        for old in sorted(files, key=lambda f: f.stat().st_mtime)[: _MOST_FILES // 4]:
            old.unlink(missing_ok=True)
