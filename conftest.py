"""Runs the examples of the docs and the README, and makes JAX strict before it wakes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from typechecker import watch

watch("shoal")  # every annotation is checked at run time while the tests run; production pays nothing

# Set in the environment, so that nothing here imports JAX and subprocesses inherit it.
os.environ["JAX_NUMPY_DTYPE_PROMOTION"] = "strict"
os.environ["JAX_NUMPY_RANK_PROMOTION"] = "raise"

MANY_MAPPINGS = 25_000  # a program takes 240, a process has 65,530
PENGUINS = Path(__file__).parent / "examples" / "data" / "penguins.csv"


@pytest.fixture
def docs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with the table that the docs talk about."""
    (tmp_path / "penguins.csv").write_bytes(PENGUINS.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True, scope="module")
def few_programs() -> Iterator[None]:
    """Forget compiled programs once there are many: thousands in one process exhaust its memory mappings."""
    yield
    if _mappings() > MANY_MAPPINGS:
        _forget_programs()


@pytest.fixture(scope="module")
def no_programs() -> None:
    """Begin without compiled programs, for tests that count how many it takes."""
    _forget_programs()


def _mappings() -> int:
    try:
        return Path("/proc/self/maps").read_bytes().count(b"\n")
    except OSError:  # not Linux: nobody knows, so be careful
        return sys.maxsize


def _forget_programs() -> None:
    if "shoal.train.program" in sys.modules:
        sys.modules["shoal.train.program"]._programs.clear()
    if "shoal.model.predict" in sys.modules:
        sys.modules["shoal.model.predict"].program.cache_clear()
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
        gc.collect()


_pages = Sybil(
    parsers=[SkipParser(), PythonCodeBlockParser(doctest_optionflags=0)],
    patterns=["docs/**/*.md", "docs/*.md", "README.md"],
    excludes=["docs/techniques/*.md"],  # made from a table, every row of which a test of its own trains
    fixtures=["docs_folder"],
)
pytest_collect_file = _pages.pytest()
