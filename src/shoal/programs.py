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
import io
import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from shoal import backend

_SOURCES = ("nets", "train", "model/predict.py")  # what a program is traced from
_MOST_FILES = 400
_UNKNOWN_OPTION = ("No such compile option", "While setting option")  # how XLA refuses one


def load_or_compile(
    key: Any,
    function: Callable[..., Any],
    args: tuple,
    device: jax.Device,
    *,
    result_like: Any,
    donate: tuple[int, ...] = (),
    options: Mapping[str, Any] | None = None,
    like: Any = None,
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
    options : mapping, optional
        How XLA is to compile it; a function of `key`.
    like : program, optional
        The same, as it was made ready for another device: its machine code runs here too, with the same
        bits, and is ready in a tenth of the time.
    """
    started = time.perf_counter()
    place = jax.sharding.SingleDeviceSharding(device)
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(np.shape(x), x.dtype, sharding=place), args)
    structures = jax.tree.structure((shapes, {})), jax.tree.structure(result_like)
    path = _path(key, shapes, device)
    program = _loaded(path, structures, device) or _copied(like, structures, device)
    if program is not None and like is None:
        backend.count_compilation()
    if program is None:
        lowered = jax.jit(function, donate_argnums=donate).lower(*shapes)
        program = _compiled(lowered, options or {})
        _store(path, program)
    return program, time.perf_counter() - started


def _compiled(lowered: Any, options: Mapping[str, Any]) -> Any:
    """Compile with options, which make a program quicker or steadier; without where XLA knows them not."""
    try:
        return lowered.compile(compiler_options=dict(options))
    except jax.errors.JaxRuntimeError as error:
        if not any(words in str(error) for words in _UNKNOWN_OPTION):
            raise
        return lowered.compile()


def _path(key: Any, shapes: Any, device: jax.Device) -> Path | None:
    folder = backend.cache_folder()
    if folder is None or jax.config.values["jax_compilation_cache_dir"]:
        return None
    leaves = [(tuple(leaf.shape), str(leaf.dtype)) for leaf in jax.tree.leaves(shapes)]
    told = repr((key, jax.tree.structure(shapes), leaves, device.device_kind))
    name = hashlib.sha256(told.encode() + _sources()).hexdigest()[:32]
    return folder / name


@cache
def _sources() -> bytes:
    """Return a fingerprint of all that programs are traced from."""
    home = Path(__file__).parent
    flags = os.environ.get("XLA_FLAGS", "")  # may ask for other machine code
    digest = hashlib.sha256(repr((jax.__version__, backend.cores(), flags)).encode())
    for source in _SOURCES:
        for path in sorted((home / source).rglob("*.py")) if (home / source).is_dir() else [home / source]:
            digest.update(path.read_bytes())
    return digest.digest()


def _loaded(path: Path | None, structures: tuple, device: jax.Device):
    """Return the program that lies at `path`, or None where there is none that fits."""
    if path is None or not path.is_file():
        return None
    # A file cut short, of another build or another machine fails in many ways; compiling answers them all.
    with contextlib.suppress(Exception):
        program = _placed(path.read_bytes(), structures, device)
        with contextlib.suppress(OSError):
            os.utime(path)
        return program
    return None


def _copied(program: Any, structures: tuple, device: jax.Device):
    """Return a program of another device for this one, or None where that cannot be."""
    if program is None:
        return None
    from jax.experimental.serialize_executable import serialize

    with contextlib.suppress(Exception):  # one that came from disk cannot be written again
        return _placed(serialize(program)[0], structures, device)
    return None


def _placed(code: bytes, structures: tuple, device: jax.Device):
    """Return a program from its machine code, for any device of the kind that it was compiled for."""
    from jax._src.compiler import get_compile_options
    from jax.experimental import serialize_executable as serial

    home = np.array([[device.id]])
    options = get_compile_options(num_replicas=1, num_partitions=1, device_assignment=home)

    class Reader(serial._JaxPjrtUnpickler):  # JAX's own reader insists on the device of old
        def persistent_load(self, pid):
            if pid[0] == "exec":
                return self.backend.deserialize_executable(
                    pid[1], executable_devices=self.execution_devices, compile_options=options
                )
            return device if pid[0] == "device" else super().persistent_load(pid)

    unloaded, told, no_kwargs = Reader(io.BytesIO(code), device.client, [device]).load()
    told = structures[0].unflatten(told)
    return jax.stages.Compiled(unloaded.load(), [], told, structures[1], no_kwargs=no_kwargs)


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
