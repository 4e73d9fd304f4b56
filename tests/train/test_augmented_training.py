"""E7 in training: one program for all strengths, the laws of padding and weights, nothing in validation."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import largest_difference, recipe, rows, same_bits, spec, trained, view

from shoal.backend import counting_compilations
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Flatten
from shoal.nets.spec import NetSpec
from shoal.train.population import Member, first_state, net_settings, program_key
from shoal.train.recipe import Recipe
from shoal.train.step import objective_of
from shoal.train.view import Batchable, View

pytestmark = pytest.mark.usefixtures("no_programs")

VARIED = (("mixup", 0.4), ("noise", 0.3))
CLASSES = {"loss": "cross_entropy"}


def table_spec(**options):
    """Describe a network of three measured numbers and three classes."""
    net = spec((4,), "softmax", 3, **options)
    return replace(net, inputs=TableInput(numbers=3, continuous=(0, 1, 2)))


def skewed(count: int = 40, seed: int = 0) -> Batchable:
    """Make rows of which few are of class 2, and none of class 1."""
    table = rows(count, "multiclass", seed)
    return replace(table, target=np.where(np.arange(count) % 10 == 0, 2, 0).astype(np.int32))


def test_networks_of_all_strengths_share_one_program():
    net, data = table_spec(), view(task="multiclass")
    mixes = [(("mixup", a), ("noise", s)) for a in (0.0, 0.2, 1.0) for s in (0.0, 0.5)]
    members = [Member(net, recipe(augment=mix, **CLASSES)) for mix in mixes]
    with counting_compilations() as count:
        together = trained(members, data, exact=True)
    assert count[0] == 1
    plain = trained([Member(net, recipe(**CLASSES))], data)[0]
    assert largest_difference(together[0], plain) < 1e-6, "0 and 0 is no augmentation"
    assert all(largest_difference(net, plain) > 1e-3 for net in together[1:])


def test_the_same_seed_gives_the_same_network_alone_and_in_company():
    net, data = table_spec(), view(task="multiclass")
    members = [Member(net, recipe(augment=VARIED, balance=True, **CLASSES), seed=s) for s in (3, 4, 3)]
    first, other, again = trained(members, data, exact=True)
    assert same_bits(first, again)
    assert largest_difference(first, other) > 1e-3
    assert same_bits(first, trained(members[:1], data)[0])


def test_validation_sees_the_rows_as_they_are():
    """With a rate of zero the network stays: its validation loss is that without augmentation."""
    net, data = table_spec(), view(task="multiclass")
    still = {"learning_rate": 0.0, **CLASSES}
    plain, varied = (trained([Member(net, recipe(augment=mix, **still))], data)[0] for mix in ((), VARIED))
    np.testing.assert_allclose(varied.history[:, 1:3], plain.history[:, 1:3], rtol=1e-6)
    assert np.abs(varied.history[:, 0] - plain.history[:, 0]).min() > 1e-4


@pytest.mark.parametrize("settings", [{"augment": VARIED}, {"balance": True}])
def test_rows_of_weight_zero_are_absent_bit_for_bit(settings):
    table = skewed(26)
    weight = np.ones(26)
    weight[[1, 7, 25]] = 0.0
    present = np.flatnonzero(weight)
    member = Member(table_spec(), recipe(monitor="loss", **settings, **CLASSES))
    with_zero = trained([member], View(replace(table, weight=weight)))[0]
    assert same_bits(with_zero, trained([member], View(table.take(present)))[0])


def test_a_balanced_loss_weighs_every_class_alike():
    """With a rate of zero, and one row in ten of class 2, its rows make half of the mean loss."""
    table = skewed(1000)
    table.numbers[table.target == 2] += 2.0
    member = Member(
        table_spec(),
        recipe(learning_rate=0.0, balance=True, epochs=8, batch_size=100, monitor="loss", **CLASSES),
    )
    net = trained([member], View(table))[0]
    hidden = np.tanh(table.numbers @ net.params["layers.0.kernel"] + net.params["layers.0.bias"])
    logits = hidden @ net.params["head.kernel"] + net.params["head.bias"]
    loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(1000), table.target]
    expected = np.mean([loss[table.target == c].mean() for c in (0, 2)])
    spread = max(loss[table.target == c].std() for c in (0, 2)) / np.sqrt(8000)
    assert abs(net.history[:, 0].mean() - expected) < 4.5 * spread
    assert abs(loss.mean() - expected) > 4.5 * spread, "else nothing was balanced"


def test_folds_of_a_balanced_table_share_a_program():
    """Also where a fold lacks a class."""
    table, net = skewed(40), table_spec()
    parts = [np.arange(40), np.arange(10, 40), np.flatnonzero(table.target == 0)]
    views = [View(table.take(part), whole=40) for part in parts]
    members = [Member(net, recipe(balance=True, monitor="loss", **CLASSES), view=i) for i in range(3)]
    with counting_compilations() as count:
        results = trained(members, views, exact=True)
    assert count[0] == 1
    assert all(net.code == "complete" for net in results)


def test_a_recipe_survives_json():
    given = Recipe("cross_entropy", augment=VARIED, balance=True)
    assert Recipe.from_json(given.to_json()) == given
    assert given.uses() == ("augment:mixup", "augment:noise", "balance")


def test_mixup_serves_regression_and_noise_draws_weights_towards_zero():
    """Noise on the inputs of a linear model is ridge: the slopes shrink by 1 / (1 + noise**2)."""
    count = 400
    x = np.linalg.qr(np.random.default_rng(0).standard_normal((count, 3)))[0] * np.sqrt(count)
    target = x @ np.array([[1.0], [-2.0], [0.5]])
    table = Batchable(x, np.zeros((count, 0), np.int32), target, np.ones(count))
    net = replace(spec(()), inputs=TableInput(numbers=3, continuous=(0, 1, 2)))
    settings = {"batch_size": count, "epochs": 400, "learning_rate": 0.02, "monitor": "loss"}
    noisy = trained([Member(net, recipe(augment=(("noise", 1.0),), **settings))], View(table))[0]
    last = noisy.state["params"]["head.kernel"][:, 0]
    np.testing.assert_allclose(last, [0.5, -1.0, 0.25], atol=0.15)
    mixed = trained([Member(net, recipe(augment=(("mixup", 1.0),), **settings))], View(table))[0]
    slopes = mixed.state["params"]["head.kernel"][:, 0]
    # E[x x'] shrinks to E[l^2 + (1-l)^2] = 2/3, E[x y] to the same, because both answers count by shares
    np.testing.assert_allclose(slopes, [1.0, -2.0, 0.5], atol=0.15)
    assert jax.tree.all(jax.tree.map(lambda a: bool(np.isfinite(a).all()), mixed.params))


def test_the_gradient_of_a_varied_step_is_that_of_its_loss():
    """Central differences in float64, along a direction of all parameters."""
    net, data = table_spec(), view(task="multiclass")
    member = Member(net, recipe(augment=VARIED, precision="float64", **CLASSES))
    with jax.enable_x64(True):
        objective = objective_of(program_key(member, data, 1))
        batch = {name: jnp.asarray(value[:8]) for name, value in data.train.padded(23, "float64").items()}
        state, settings = jax.tree.map(jnp.asarray, (first_state(member), net_settings(member)))
        direction = {k: np.random.default_rng(1).standard_normal(v.shape) for k, v in state["params"].items()}

        @jax.jit
        def along(step):
            moved = {k: jnp.asarray(v) + step * direction[k] for k, v in state["params"].items()}
            return objective(moved, state["running"], batch, settings, jnp.uint32(5))[0]

        slope, h = float(jax.jit(jax.grad(along))(0.0)), 1e-5
        difference = (float(along(h)) - float(along(-h))) / (2 * h)
    np.testing.assert_allclose(slope, difference, rtol=1e-7)


def test_images_travel_as_bytes_and_are_varied_in_the_step():
    """Bright on the left or on the right: mirrored half of the time, the classes cannot be told apart."""
    count = 64
    pixels = np.zeros((count, 4, 6, 1), np.uint8)
    pixels[::2, :, :2], pixels[1::2, :, 4:] = 200, 200
    table = Batchable(
        pixels.reshape(count, -1), np.zeros((count, 0), np.int32), np.arange(count) % 2, np.ones(count)
    )
    net = NetSpec(ImageInput(4, 6, 1, (60.0,), (90.0,)), (Flatten(),), "softmax", 2)
    settings = {"batch_size": 32, "epochs": 60, "learning_rate": 0.05, **CLASSES}
    mixes = [(("flip_horizontal", p), ("flip_vertical", 0.5)) for p in (0.0, 0.5)]
    members = [Member(net, recipe(augment=mix, **settings)) for mix in mixes]
    kept, mirrored = trained(members, View(table, table), exact=True)
    assert kept.history[-1, 0] < 0.05
    assert mirrored.history[-1, 0] > 0.6
    assert mirrored.history[-1, 1] > 0.6, "the bytes themselves are the same in validation"
