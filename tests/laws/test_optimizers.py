"""Law 8: optimizers are PyTorch's, step for step, to 1e-6 relative over 100 steps (measured: 1e-13)."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import GOLDEN, golden, recipe, rows, spec, trained

from shoal.train.descent import descended
from shoal.train.optimizers import OPTIMIZERS, momentum_name
from shoal.train.optimizers.muon import orthogonal
from shoal.train.population import Member
from shoal.train.program import optimizer_state
from shoal.train.schedules import Schedule
from shoal.train.view import View


def recorder():
    """Return the script that recorded the golden file; it imports torch only when it is asked to record."""
    found = importlib.util.spec_from_file_location("make_optimizers", GOLDEN / "make_optimizers.py")
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


RECORDER = recorder()
CASES = {case.name: case for case in RECORDER.cases()}
known = cache(golden)


def trajectory(case, given) -> dict[str, np.ndarray]:
    """Take the recorded gradients through shoal's step, all steps in one program."""
    params = {"layers.0.kernel": given["kernel"], "layers.0.bias": given["bias"]}
    grads = {"layers.0.kernel": given["kernel gradient"], "layers.0.bias": given["bias gradient"]}
    chosen = recipe(optimizer=case.optimizer, optimizer_settings=tuple(case.settings.items()), **case.penalty)
    schedule = Schedule("one_cycle") if case.cycle else Schedule()
    moved = momentum_name(case.optimizer)
    base = chosen.numbers().get(moved, 0.0)
    rates = case.rate * schedule.factors(1, RECORDER.STEPS, 1)[0]
    momenta = schedule.momenta(base, 1, RECORDER.STEPS, 1)[0]
    slope = OPTIMIZERS[case.optimizer].searches

    def value(params):
        """What L-BFGS walks down; the penalty is added by the step."""
        scores = given["features"] @ params["layers.0.kernel"] + params["layers.0.bias"][None, :]
        return jnp.mean(jax.nn.softplus(-given["labels"] * scores))

    @jax.jit
    def walk(params, state, grads, net, rates, momenta):
        def step(carry, now):
            grads, rate, momentum = now
            here = net if moved is None else {**net, moved: momentum}
            grads = jax.grad(value)(carry[0]) if slope else grads
            params, state = descended(
                carry[0], grads, carry[1], rate, here, case.optimizer, chosen.uses(), value_fn=value
            )
            return (params, state), params

        return jax.lax.scan(step, (params, state), (grads, rates, momenta))[1]

    with jax.enable_x64(True):
        net = {name: jnp.asarray(value, jnp.float64) for name, value in chosen.numbers().items()}
        state = optimizer_state(case.optimizer, params)
        found = jax.device_get(walk(params, state, grads, net, rates, momenta))
    kept = np.array(RECORDER.KEPT) - 1
    return {name.removeprefix("layers.0."): value[kept] for name, value in found.items()}


@cache
def ours(name: str) -> dict[str, np.ndarray]:
    given = {k.removeprefix("given: "): v for k, v in known("optimizers").items() if k.startswith("given")}
    return trajectory(CASES[name], given)


def assert_same(found, recorded, name: str) -> None:
    for part in ("kernel", "bias"):
        np.testing.assert_allclose(found[part], recorded[part], rtol=1e-6, atol=1e-12, err_msg=name)


def test_every_optimizer_is_compared_with_and_without_a_penalty():
    assert {case.optimizer for case in CASES.values()} == set(OPTIMIZERS)
    assert {case.optimizer for case in CASES.values() if case.penalty} == set(OPTIMIZERS)


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_the_recorded_one(name):
    recorded = {part: known("optimizers")[f"{name}: {part}"] for part in ("kernel", "bias")}
    assert_same(ours(name), recorded, name)


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_that_of_the_pytorch_that_is_installed(name):
    pytest.importorskip("torch")
    given = {k.removeprefix("given: "): v for k, v in known("optimizers").items() if k.startswith("given")}
    assert_same(ours(name), RECORDER.trajectory(CASES[name], given), name)


def test_defaults_are_pytorchs():
    """The cases named like their optimizer alone pass PyTorch nothing but the rate."""
    for name in ("adagrad", "adadelta", "rmsprop", "adam"):
        assert CASES[name].options == CASES[name].settings == {}


def test_decay_and_penalty_agree_under_plain_descent_and_differ_under_adam():
    """E3."""
    np.testing.assert_allclose(ours("sgd, decay")["kernel"], ours("sgd, l2")["kernel"], rtol=1e-12)
    assert np.abs(ours("adamw")["kernel"] - ours("adam, l2")["kernel"]).max() > 0.01


def test_momentum_is_the_exponential_sum_of_past_gradients():
    """D2: v_t = sum_k m^(t-k) g_k, and the weights move by the sum of rate times v."""
    given = known("optimizers")
    grads, m = given["given: kernel gradient"], 0.9
    steps = 40
    powers = m ** np.subtract.outer(np.arange(steps), np.arange(steps)) * np.tri(steps)
    velocity = np.tensordot(powers, grads[:steps], 1)
    expected = given["given: kernel"] - 0.01 * velocity.sum(0)
    place = RECORDER.KEPT.index(steps)
    np.testing.assert_allclose(ours("momentum 0.9")["kernel"][place], expected, rtol=1e-9)


def test_a_whole_training_is_the_loop_one_would_write_in_numpy():
    """Linear regression, one batch of all rows, Adam: the trainer does nothing besides."""
    table = rows(12)
    member = Member(
        spec((), "linear", 1), recipe(precision="float64", batch_size=99, epochs=20, monitor="loss")
    )
    net = trained([member], View(table))[0]
    first = trained(
        [Member(member.spec, recipe(precision="float64", epochs=1, learning_rate=0.0, monitor="loss"))],
        View(table),
    )[0]
    w = np.vstack([first.params["head.kernel"], first.params["head.bias"][None]])
    x = np.hstack([table.numbers, np.ones((12, 1))])
    mean, square = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, 21):
        g = 2.0 / 12 * x.T @ (x @ w - table.target)
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        w = w - 0.02 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(net.state["params"]["head.kernel"], w[:3], rtol=1e-9)
    np.testing.assert_allclose(net.state["params"]["head.bias"], w[3], rtol=1e-9)


def test_rate_factors_scale_and_freeze():
    table = rows(12)
    settings = {"optimizer": "sgd", "batch_size": 99, "epochs": 1, "monitor": "loss", "precision": "float64"}
    factors = {"free": (), "slow": (("kernel", 0.25),), "frozen": (("head", 0.0),)}
    moved = {}
    for name, pairs in factors.items():
        net = trained([Member(spec((), "linear", 1), recipe(rate_factors=pairs, **settings))], View(table))[0]
        still = trained([Member(spec((), "linear", 1), recipe(learning_rate=0.0, **settings))], View(table))[
            0
        ]
        moved[name] = {k: net.state["params"][k] - still.state["params"][k] for k in net.params}
    np.testing.assert_allclose(moved["slow"]["head.kernel"], 0.25 * moved["free"]["head.kernel"], rtol=1e-9)
    np.testing.assert_array_equal(moved["slow"]["head.bias"], moved["free"]["head.bias"])
    assert not moved["frozen"]["head.kernel"].any()
    assert not moved["frozen"]["head.bias"].any()


@pytest.mark.parametrize("limit", [0.05, 1e9])
def test_clipping_bounds_the_norm_of_the_whole_gradient(limit):
    """D8: plain descent moves by rate times the clipped gradient; under the limit nothing changes."""
    table = rows(12)
    settings = {"optimizer": "sgd", "batch_size": 99, "epochs": 1, "monitor": "loss", "precision": "float64"}
    nets = [
        trained([Member(spec((), "linear", 1), recipe(**settings, **more))], View(table))[0].state["params"]
        for more in (
            {"learning_rate": 0.0},
            {"learning_rate": 1.0},
            {"learning_rate": 1.0, "clip_norm": limit},
        )
    ]
    free, clipped = (
        np.concatenate([(net[k] - nets[0][k]).ravel() for k in ("head.kernel", "head.bias")])
        for net in nets[1:]
    )
    factor = min(1.0, limit / np.linalg.norm(free))
    np.testing.assert_allclose(clipped, factor * free, rtol=1e-9)


def test_muon_is_pytorchs_but_for_its_rounding():
    """PyTorch iterates in bfloat16 (8 bits): a step of ours differs from its by that much, and no more."""
    torch = pytest.importorskip("torch")
    given = known("optimizers")
    kernel = torch.tensor(given["given: kernel"], requires_grad=True)
    kernel.grad = torch.tensor(given["given: kernel gradient"][0])
    torch.optim.Muon([kernel], lr=0.01, weight_decay=0.0, adjust_lr_fn="match_rms_adamw").step()
    theirs = kernel.detach().numpy() - given["given: kernel"]
    np.testing.assert_allclose(
        ours("muon")["kernel"][0] - given["given: kernel"], theirs, rtol=0.05, atol=1e-4
    )


def test_muon_takes_patches_as_rows_and_repeated_layers_one_by_one():
    rng = np.random.default_rng(1)
    grads = {
        "layers.0.kernel": rng.standard_normal((2, 3, 4, 5)),  # a convolution
        "layers.1.kernel": rng.standard_normal((2, 6, 4)),  # two layers that repeat
        "layers.2.kernel": rng.standard_normal((2, 2, 3, 4, 5)),  # two convolutions that repeat
    }
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):  # as in a step
        grads = {name: jnp.asarray(value) for name, value in grads.items()}
        settings = {name: jnp.float64(value) for name, value in OPTIMIZERS["muon"].defaults.items()}
        muon = OPTIMIZERS["muon"].direction(settings)

        def step(grads):
            return muon.update(grads, muon.init(grads), grads)[0]

        found = step(grads)
        flat = step({"layers.0.kernel": grads["layers.0.kernel"].reshape(24, 5)})["layers.0.kernel"]
        np.testing.assert_allclose(found["layers.0.kernel"].reshape(24, 5), flat, rtol=1e-9)
        for name in ("layers.1.kernel", "layers.2.kernel"):
            for layer in (0, 1):
                alone = step({name: grads[name][layer]})[name]
                np.testing.assert_allclose(found[name][layer], alone, rtol=1e-9)


def test_muon_makes_the_step_of_a_hidden_kernel_orthogonal():
    with jax.enable_x64(True):
        for shape in ((5, 9), (9, 5), (2, 4, 4)):
            found = orthogonal(jnp.asarray(np.random.default_rng(0).standard_normal(shape)))
            sizes = np.linalg.svd(np.asarray(found), compute_uv=False)
            assert found.shape == shape
            assert sizes.min() > 0.5
            assert sizes.max() < 1.3
