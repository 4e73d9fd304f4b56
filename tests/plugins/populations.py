"""What the tests of the nets room and of the engine build: small tables, small networks, small shoals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import jax
import numpy as np
import pytest

from shoal import backend
from shoal.nets.inputs import TableInput
from shoal.nets.spec import NetSpec, mlp
from shoal.train import loop
from shoal.train.events import Finished
from shoal.train.loop import NetResult, train
from shoal.train.population import Member
from shoal.train.recipe import Recipe
from shoal.train.view import Batchable, View

backend.wake()  # before any test uses JAX, which then would have one device for all cores
FEATURES = 3
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True, scope="module")
def strictly() -> Iterator[None]:
    """Refuse silent promotion of types and ranks, in every thread: both hide mistakes."""
    before = jax.config.jax_numpy_dtype_promotion, jax.config.jax_numpy_rank_promotion
    jax.config.update("jax_numpy_dtype_promotion", "strict")
    jax.config.update("jax_numpy_rank_promotion", "raise")
    yield
    jax.config.update("jax_numpy_dtype_promotion", before[0])
    jax.config.update("jax_numpy_rank_promotion", before[1])


@pytest.fixture(autouse=True, scope="module")
def one_device() -> Iterator[None]:
    """Train on the first device only, because every program is compiled once for each device."""
    device = backend.devices()[:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "devices", lambda: device)
        yield


@pytest.fixture
def two_devices(monkeypatch) -> list[jax.Device]:
    """Train on two devices, in two threads, however little there is to do."""
    devices = jax.local_devices()[:2]
    if len(devices) < 2:
        pytest.skip("this machine has one core")
    monkeypatch.setattr(backend, "devices", lambda: devices)
    monkeypatch.setattr(loop, "_DEVICE_SECONDS", 0.0)
    return devices


def golden(name: str) -> dict[str, np.ndarray]:
    """Return the numbers that an independent library was asked for once."""
    with np.load(GOLDEN / f"{name}.npz") as file:
        return dict(file)


def rows(count: int, task: str = "regression", seed: int = 0, weight=None) -> Batchable:
    """Make rows whose target depends on their three numbers."""
    rng = np.random.default_rng([seed, 77])
    x = rng.standard_normal((count, FEATURES))
    signal = x @ np.array([1.0, -2.0, 0.5]) + 0.3 * x[:, 0] * x[:, 1]
    noisy = signal + 0.1 * rng.standard_normal(count)
    target = {
        "regression": noisy[:, None],
        "binary": (noisy > 0).astype(float)[:, None],
        "multiclass": np.digitize(noisy, [-1.0, 1.0]).astype(np.int32),
    }[task]
    weight = np.ones(count) if weight is None else np.asarray(weight, float)
    return Batchable(x, np.zeros((count, 0), np.int32), target, weight)


def view(train_rows: int = 23, valid_rows: int = 9, task: str = "regression", seed: int = 0) -> View:
    """Make rows to train on and rows to judge on; the last batch of eight is short."""
    return View(rows(train_rows, task, seed), rows(valid_rows, task, seed + 1) if valid_rows else None)


def spec(
    hidden: Sequence[int] = (4,), head: str = "linear", outputs: int = 1, activation: str = "tanh", **options
) -> NetSpec:
    """Describe a network small enough that only compiling it takes time."""
    return mlp(TableInput(numbers=FEATURES), tuple(hidden), head, outputs, activation=activation, **options)


def recipe(**settings) -> Recipe:
    """Return a short recipe."""
    common = {"loss": "squared_error", "learning_rate": 0.02, "batch_size": 8, "epochs": 4}
    return Recipe(**{**common, **settings})


def shoal(rates: Sequence[float], net: NetSpec | None = None, **settings) -> list[Member]:
    """Make one member for each learning rate."""
    net = net or spec()
    return [Member(net, recipe(learning_rate=rate, **settings)) for rate in rates]


def trained(members, views, **options) -> list[NetResult]:
    """Train and return the results."""
    return events_of(members, views, **options)[-1].results


def events_of(members, views, **options) -> list:
    """Train and return all that was told."""
    views = views if isinstance(views, list) else [views]
    told = list(train(members, views, **options))
    assert isinstance(told[-1], Finished)
    return told


def same_bits(a: NetResult, b: NetResult) -> bool:
    """Return whether two networks had the same life: weights, state and history, bit for bit."""
    trees = (a.state, a.params, a.running), (b.state, b.params, b.running)
    (left, shape_a), (right, shape_b) = map(jax.tree.flatten, trees)
    same = all(np.array_equal(x, y, equal_nan=True) for x, y in zip(left, right, strict=True))
    return shape_a == shape_b and same and np.array_equal(a.history, b.history, equal_nan=True)


def largest_difference(a: NetResult, b: NetResult) -> float:
    """Return the largest difference between the weights of two networks."""
    return max(float(np.max(np.abs(a.params[name] - b.params[name]))) for name in a.params)


def rich(hidden: Sequence[int] = (4,), dropout: float = 0.3) -> NetSpec:
    """Describe a network with all that could tie a result to its neighbours: dropout and batch norm."""
    return spec(hidden, dropout=dropout, norm="batch")
