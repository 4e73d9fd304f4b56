"""What every test shares: the seed, the bundled table, Hypothesis without a stopwatch."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]

# A shell ignores Ctrl-C for what it starts in the background, and children inherit that; the tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "shoal",
    deadline=None,  # a first call compiles; its time says nothing about the property
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shoal")


@pytest.fixture
def seed() -> int:
    """The seed of a test with random data; the test must hold for SHOAL_TEST_SEED=0 to 99."""
    return int(os.environ.get("SHOAL_TEST_SEED", "0"))


@pytest.fixture(scope="session")
def penguins() -> Path:
    """Path of the bundled table: 344 rows, three species, gaps."""
    return ROOT / "examples" / "data" / "penguins.csv"
