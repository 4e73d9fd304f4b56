"""Batches that go through in halves give what whole batches give."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shoal.nets import halves
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Pass
from shoal.nets.listing import layers_of
from shoal.nets.network import apply, init
from shoal.nets.spec import NetSpec, mlp

ROWS = 32
PLAIN = [{"conv2d": 16, "activation": "relu"}, {"max_pool": 2}, {"conv2d": 32}, {"dropout": 0.4}, "flatten"]
NORMED = [{"conv2d": 16}, "batch_norm", "relu", {"conv2d": 32}, "flatten"]


def net(entries=PLAIN, side=16):
    return NetSpec(ImageInput(side, side, 1), layers_of(entries), "softmax", 3)


def training(spec, **more):
    rates = {path: jnp.float32(rate) for path, rate in spec.rates().items()}
    return Pass(train=True, key=jnp.uint32(7), weight=jnp.ones(ROWS), rates=rates, **more)


def outputs_and_gradients(spec, now):
    params, running = (jax.tree.map(jnp.asarray, part) for part in init(spec, 0))
    pixels = jax.random.normal(jax.random.key(1), (ROWS, spec.inputs.features()))

    def value(params):
        y, _ = apply(spec, params, running, {"numbers": pixels}, now)
        return jnp.sum(jnp.sin(y)), y

    (_, y), grads = jax.jit(jax.value_and_grad(value, has_aux=True))(params)
    return {"outputs": y, **grads}


@pytest.mark.parametrize("ahead", [False, True])
def test_halves_agree_with_the_whole(monkeypatch, ahead):
    """Dropout included, whose units are those of the whole batch: other ones would be far off."""
    spec = net()
    kept = {"layers.4": jax.random.bernoulli(jax.random.key(0), 0.6, (ROWS, 8, 8, 32))} if ahead else {}
    assert [path for path, layer, _ in spec.walk() if layer.kind == "dropout"] == ["layers.4"]
    now = training(spec, keep=kept)
    assert halves.pay(spec, ROWS, now)
    found = outputs_and_gradients(spec, now)
    monkeypatch.setattr(halves, "pay", lambda *_: False)
    wanted = outputs_and_gradients(spec, now)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-4, err_msg=name)


def test_the_two_halves_do_not_need_each_other():
    """Convolutions of half the rows, forward and backward, are what two cores can share."""
    spec = net()
    params, running = (jax.tree.map(jnp.asarray, part) for part in init(spec, 0))
    pixels = jnp.zeros((ROWS, 256))
    program = jax.make_jaxpr(lambda p: apply(spec, p, running, {"numbers": pixels}, training(spec))[0])(
        params
    )
    assert f"f32[{ROWS // 2},8,8,32]" in str(program)
    assert f"f32[{ROWS},8,8,32]" not in str(program)


@pytest.mark.parametrize(
    ("spec", "rows", "now"),
    [
        (net(), ROWS + 1, Pass()),
        (net(side=8), ROWS, Pass()),
        (net(NORMED), ROWS, training(net(NORMED))),
        (net(), ROWS, training(net(), activity={"layers.1": (jnp.float32(0), jnp.float32(1))})),
        (net(), ROWS, Pass(tap=lambda path, x, mask: x)),
        (mlp(TableInput(1000), (1000,), "softmax", 3), ROWS, Pass()),
    ],
    ids=["odd rows", "little work", "batch norm", "penalised activity", "values shown", "a table"],
)
def test_these_go_through_whole(spec, rows, now):
    assert not halves.pay(spec, rows, now)


def test_batch_norm_goes_through_in_halves_once_it_is_trained():
    assert halves.pay(net(NORMED), ROWS, Pass())


def test_no_gpu_has_halves(monkeypatch):
    assert halves.pay(net(), ROWS, Pass())
    monkeypatch.setattr(halves.backend, "on_cpu", lambda: False)
    assert not halves.pay(net(), ROWS, Pass())
