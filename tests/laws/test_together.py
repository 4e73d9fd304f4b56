"""Law 1: N networks together are each network alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from populations import largest_difference, rich, same_bits, shoal, trained, view

from shoal.train import loop
from shoal.train.schedules import Schedule

COSINE = Schedule("cosine")
RATES = [0.01, 0.02, 0.03, 0.05, 0.001, 0.002, 0.04]


@pytest.fixture(scope="module")
def data():
    return view()


@pytest.fixture(scope="module")
def alone(data):
    """Each network trained by itself."""
    return [trained([member], data)[0] for member in shoal(RATES, rich())]


def test_exact_nets_have_the_bits_they_would_have_alone(data, alone):
    together = trained(shoal(RATES, rich()), data, exact=True)
    assert all(same_bits(a, b) for a, b in zip(together, alone, strict=True))


def test_vmapped_nets_agree_within_rounding(data, alone):
    """A tile sums in another order; after 12 steps of these nets 1e-6 apart at most, measured 2e-7."""
    together = trained(shoal(RATES, rich()), data, tile=4)
    assert {net.tile for net in together} == {4}
    assert max(largest_difference(a, b) for a, b in zip(together, alone, strict=True)) < 1e-6
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.history, b.history, rtol=1e-5)


def test_a_second_run_has_the_same_bits(data):
    first, second = (trained(shoal(RATES, rich()), data, tile=4) for _ in range(2))
    assert all(same_bits(a, b) for a, b in zip(first, second, strict=True))


def test_the_length_of_a_call_changes_no_bit(data, monkeypatch):
    """How many epochs one call of the program trains depends on the clock; results do not."""
    long = trained(shoal(RATES, rich(), schedule=COSINE), data, tile=4)
    monkeypatch.setattr(loop, "_CALL_SECONDS", 0.0)
    short = trained(shoal(RATES, rich(), schedule=COSINE), data, tile=4)
    assert all(same_bits(a, b) for a, b in zip(long, short, strict=True))


SCRIPT = """
import sys, json, hashlib
sys.path[:0] = {path!r}
import jax
from populations import rich, shoal, trained, view
from shoal.train import loop
loop._DEVICE_SECONDS = 0.0
nets = trained(shoal([0.01, 0.02, 0.03, 0.04, 0.05], rich()), view(), tile=2)
leaves = [leaf.tobytes() for net in nets for leaf in jax.tree.leaves(net.state)]
digest = hashlib.sha256(b"".join(leaves) + b"".join(net.history.tobytes() for net in nets)).hexdigest()
print(json.dumps([jax.local_device_count(), digest]))
"""


def said_by(environment: dict[str, str]) -> Callable[[], tuple[int, str]]:
    """Start a process that trains; the answer waits for it: devices, and a digest of all weights."""
    paths = [str(Path(__file__).parents[1] / "plugins"), str(Path(loop.__file__).parents[2])]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(path=paths)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    return lambda: tuple(json.loads(process.communicate(timeout=300)[0].splitlines()[-1]))


def test_one_core_and_two_give_the_same_bits():
    """In processes of their own, because a process decides once how many devices it has."""
    one, two = [wait() for wait in [said_by({"SHOAL_CORES": cores}) for cores in ("1", "2")]]
    assert (one[0], two[0]) == (1, 2)
    assert one[1] == two[1]


IMAGES = """
import os, sys, json, hashlib
sys.path[:0] = {path!r}
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}])
import jax, numpy as np
from populations import recipe, trained
from shoal.nets.image_input import ImageInput
from shoal.nets.listing import layers_of
from shoal.nets.spec import NetSpec
from shoal.train import loop
from shoal.train.population import Member
from shoal.train.view import Batchable, View
loop._DEVICE_SECONDS = 0.0
entries = [{{"conv2d": 16, "activation": "relu"}}, {{"max_pool": 2}}, {{"conv2d": 32}}, {{"dropout": 0.3}}]
net = NetSpec(ImageInput(16, 16, 1), layers_of([*entries, "flatten"]), "softmax", 3)
draw = np.random.default_rng(0)
def rows(n):
    pixels, labels = draw.normal(size=(n, 256)).astype(np.float32), draw.integers(0, 3, n).astype(np.int32)
    return Batchable(pixels, np.zeros((n, 0), np.int32), labels, np.ones(n, np.float32))
data = View(rows(90), rows(40))
settings = dict(loss="cross_entropy", batch_size=32)
members = [Member(net, recipe(learning_rate=rate, **settings)) for rate in (0.001, 0.002, 0.003)]
def digest(net):
    leaves = [leaf.tobytes() for leaf in jax.tree.leaves(net.state)]
    return hashlib.sha256(b"".join([*leaves, net.history.tobytes()])).hexdigest()
together = [digest(net) for net in trained(members, data)]
print(json.dumps([jax.local_device_count(), together, digest(trained(members[:1], data)[0])]))
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be held to one core here")
def test_images_give_the_same_bits_on_one_core_and_on_two_alone_and_among_others():
    """Such batches go through in halves; each process has as many threads as cores, in XLA's pools too."""
    paths = [str(Path(__file__).parents[1] / "plugins"), str(Path(loop.__file__).parents[2])]
    scripts = [IMAGES.format(path=paths, cores=cores) for cores in (1, 2)]
    one, two = (
        json.loads(subprocess.run([sys.executable, "-c", script], stdout=-1, check=True).stdout)
        for script in scripts
    )
    assert one[1:] == two[1:]
    assert two[1][0] == two[2]
    assert len(set(two[1])) == 3


def test_two_devices_in_one_process_give_the_bits_of_one(data, two_devices, monkeypatch):
    used, both = set(), threading.Barrier(2)
    advance = loop._Run._advance

    def seen(self, tile, device):
        if device not in used:  # the first device must not do all the work before the second has begun
            used.add(device)
            both.wait(timeout=60)
        advance(self, tile, device)

    monkeypatch.setattr(loop._Run, "_advance", seen)
    spread = trained(shoal(RATES, rich()), data, tile=2)
    assert len(used) == 2
    two_devices.pop()
    monkeypatch.setattr(loop._Run, "_advance", advance)
    single = trained(shoal(RATES, rich()), data, tile=2)
    assert all(same_bits(a, b) for a, b in zip(spread, single, strict=True))


def test_a_program_from_disk_gives_the_bits_of_the_one_that_was_compiled(tmp_path):
    """The first process compiles and keeps the program, the second finds it."""
    (first, bits), (second, same) = (said_by({"SHOAL_CACHE": str(tmp_path)})() for _ in range(2))
    assert bits == same
    assert first == second
    assert len(list(tmp_path.rglob("*"))) > 1
