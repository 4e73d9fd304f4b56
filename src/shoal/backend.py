"""The one place where JAX is woken: devices, compile cache, precision, and the count of compilations.

On a CPU, JAX is asked for one device per core before its backend starts, because a core that trains
whole networks on its own outruns cores that meet inside every small product. Compiled programs are kept
on disk in a private folder of the user (`shoal.programs`), so that the second start is faster; the folder is
named after the JAX version and processor, because programs of another one may not run. Set ``SHOAL_CACHE``
to another folder, or to ``off``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jax

_compilations = 0
_lock = threading.Lock()


def cores() -> int:
    """Return the number of processor cores this process may use; ``SHOAL_CORES`` sets another."""
    asked = os.environ.get("SHOAL_CORES", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def wake() -> None:
    """Prepare JAX for shoal; does nothing the second time, and nothing that the user's program has settled.

    If the backend already runs (the program used JAX before), its devices are taken as they are.
    """
    with contextlib.suppress(RuntimeError):  # raised when the backend is already running
        if jax.config.values["jax_num_cpu_devices"] < 1:
            jax.config.update("jax_num_cpu_devices", cores())
    jax.monitoring.register_event_duration_secs_listener(_count)


def devices() -> list[jax.Device]:
    """Return the local devices that train networks, waking JAX if it sleeps."""
    wake()
    return jax.local_devices()


def on_cpu() -> bool:
    """Return whether the devices are CPU cores (rather than GPUs)."""
    return devices()[0].platform == "cpu"


def precision(name: str):
    """Return a context in which arrays keep the named precision, "float32" or "float64"."""
    return jax.enable_x64(name == "float64")


@contextlib.contextmanager
def counting_compilations() -> Iterator[list[int]]:
    """Count the programs that XLA compiles in the block; the count is in the list afterwards.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> with counting_compilations() as count:
    ...     _ = jnp.arange(3)
    >>> len(count)
    1
    """
    wake()
    before, count = _compilations, []
    try:
        yield count
    finally:
        count.append(_compilations - before)


def cache_folder() -> Path | None:
    """Return the private folder of compiled programs, or None where it is switched off or not writable."""
    asked = os.environ.get("SHOAL_CACHE", "")
    if asked.lower() in ("off", "0", "no"):
        return None
    base = Path(asked) if asked else _user_cache() / "shoal"
    folder = base / f"jax-{jax.__version__}-{_processor()}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _user_cache() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if platform.system() == "Darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _processor() -> str:
    """Return a short name for this processor's instruction set, so that caches are not shared across."""
    described = platform.machine() + platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        described += "".join(sorted({x for x in lines if x.startswith(("model name", "flags"))}))
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _count(event: str, duration_secs: float, **kwargs: str | int) -> None:
    if event == "/jax/core/compile/backend_compile_duration":
        count_compilation()


def count_compilation() -> None:
    """Take note that a program was made ready; see `counting_compilations`."""
    global _compilations
    with _lock:
        _compilations += 1
