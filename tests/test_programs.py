"""Programs on disk: the second process compiles nothing, and what cannot be loaded does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shoal import backend, programs

RUN = """
import sys, warnings
import numpy as np
from shoal import backend, programs
compiled = []
import jax
jax.monitoring.register_event_duration_secs_listener(
    lambda event, seconds, **k: compiled.append(event) if event.endswith("backend_compile_duration") else None
)
x = np.linspace(0.0, 1.0, 7, dtype=np.float32)
def triple_sine(a):
    return jax.numpy.sin(a) * 3
run, _ = programs.load_or_compile("test", triple_sine, (x,), backend.devices()[0], result_like=0)
print(len(compiled), np.asarray(run(x)).tobytes().hex())
"""


def once(cache: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        env={**os.environ, "SHOAL_CACHE": cache, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    count, bits = done.stdout.split()
    return int(count), bits


def stored(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


def test_the_second_process_compiles_nothing_and_gives_the_same_bits(tmp_path: Path) -> None:
    first, second = once(str(tmp_path)), once(str(tmp_path))
    assert (first[0], second[0]) == (1, 0)
    assert first[1] == second[1]


@pytest.mark.parametrize("damage", [b"", b"not a program"])
def test_a_damaged_program_is_compiled_anew(tmp_path: Path, damage: bytes) -> None:
    first = once(str(tmp_path))
    (file,) = stored(tmp_path)
    file.write_bytes(damage)
    assert once(str(tmp_path)) == first
    assert once(str(tmp_path))[0] == 0, "the damaged file is replaced"


def test_nothing_is_kept_where_it_is_switched_off(tmp_path: Path) -> None:
    assert once("off")[0] == once("off")[0] == 1
    assert not stored(tmp_path)


def test_xlas_own_cache_and_this_one_do_not_meet(tmp_path: Path) -> None:
    """A program that XLA's cache handed out cannot be stored whole."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    once(str(ours), JAX_COMPILATION_CACHE_DIR=str(theirs))
    assert not stored(ours)


def test_an_option_that_xla_does_not_know_is_done_without() -> None:
    with backend.precision("float32"):
        args = (np.ones(3, np.float32),)
        program, _ = programs.load_or_compile(
            "doubled",
            lambda x: 2 * x,
            args,
            backend.devices()[0],
            result_like=0,
            options={"xla_cpu_no_such_switch": True},
        )
    assert np.asarray(program(*args)).tolist() == [2.0, 2.0, 2.0]
