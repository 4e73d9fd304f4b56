"""Where a model comes from: data, seed, settings, versions, machine. Enough to train it again."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

import polars as pl

from shoal import __version__
from shoal.history.strict_json import from_text, to_text
from shoal.model.fingerprint import fingerprint

_PACKAGES = ("numpy", "jax", "jaxlib", "optax", "polars", "safetensors")


@cache
def versions() -> dict[str, str]:
    """Return the versions that may change a result, without importing the packages.

    Examples
    --------
    >>> sorted(versions())
    ['jax', 'jaxlib', 'numpy', 'optax', 'polars', 'python', 'safetensors', 'shoal']
    """
    found = {"shoal": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # a model can be served without optax
            found[name] = "not installed"
    return found


def provenance(
    frame: pl.DataFrame,
    *,
    seed: int,
    source: str = "",
    given: Mapping[str, Any] | None = None,
    resolved: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Return the provenance of a model about to be trained on `frame`.

    Parameters
    ----------
    frame : polars.DataFrame
        The table as it was handed in, target included.
    seed : int
    source : str
        The name of the file, without its folder; empty where there was none.
    given, resolved : mapping
        The settings that the user asked for, and all of them as used.
    device : str
        The kind of device: "cpu", "gpu".

    Returns
    -------
    dict
        JSON data with the keys ``date`` (UTC), ``seed``, ``data``, ``settings``, ``versions`` and
        ``platform``.

    Examples
    --------
    >>> found = provenance(pl.DataFrame({"a": [1.5]}), seed=7, given={"hidden": [8]})
    >>> found["seed"], found["data"]["rows"], found["settings"]["given"]
    (7, 1, {'hidden': [8]})
    """
    found = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "data": {
            "source": source,
            "rows": frame.height,
            "columns": frame.width,
            "fingerprint": fingerprint(frame),
        },
        "settings": {"given": dict(given or {}), "resolved": dict(resolved or {})},
        "versions": dict(versions()),
        "platform": {"system": platform.system(), "machine": platform.machine(), "device": device},
    }
    return from_text(to_text(found))  # what it will be when read from a file: lists for tuples
