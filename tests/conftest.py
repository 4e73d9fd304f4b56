"""What every test shares: the seed, the bundled table, Hypothesis without a stopwatch."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
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


@pytest.fixture(scope="module")
def no_looks() -> Iterator[None]:
    """Record losses alone where nothing else is asked for: tests of other things compile a third less so.

    What is recorded by default is tested in train, in laws/test_recording, in estimators/test_callbacks and
    test_diagnosis, on the command line and in the examples.
    """
    from shoal import pipeline

    decide = pipeline.with_records

    def losses(ready, folded):
        told = [
            (replace(one, settings=replace(one.settings, record="losses")), view)
            if one.settings.record == "auto"
            else (one, view)
            for one, view in ready
        ]
        return decide(told, folded)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "with_records", losses)
        yield
