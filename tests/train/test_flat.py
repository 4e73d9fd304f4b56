"""Arrays in one vector are the arrays that they stand for, to whoever asks by name and to JAX."""

from __future__ import annotations

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from shoal.nets.inputs import TableInput
from shoal.nets.spec import mlp
from shoal.train.flat import Flat, in_form_of, numbers_of, packed, replaced, unpacked
from shoal.train.loop import train_all
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member, first_state, program_key, stacked
from shoal.train.recipe import Recipe
from shoal.train.view import Batchable, View


def arrays(seed: int, lead: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {"layers.0.kernel": (3, 4), "layers.0.bias": (4,), "layers.1.slope": (), "head.kernel": (4, 2)}
    return {name: np.float32(rng.normal(size=(*lead, *shape))) for name, shape in shapes.items()}


@pytest.mark.parametrize("lead", [(), (5,)], ids=["one network", "a tile"])
def test_every_array_comes_back_under_its_name(seed, lead):
    given = arrays(seed, lead)
    flat = Flat.of_nets(given) if lead else Flat.of(given)
    assert flat.vector.shape == (*lead, 12 + 4 + 1 + 8)
    assert flat.keys() == given.keys()
    for name, value in given.items():
        np.testing.assert_array_equal(flat[name], value)


def test_the_order_is_that_of_jax(seed):
    """L-BFGS keeps vectors in the order of JAX: those of a dictionary and of a vector have to be one."""
    given = arrays(seed)
    np.testing.assert_array_equal(Flat.of(given).vector, jax.flatten_util.ravel_pytree(given)[0])


def test_numbers_are_repeated_for_each_array(seed):
    given, rates = arrays(seed), {"head.kernel": 0.5, "layers.0.bias": 0.0}
    flat = Flat.of(given)
    spread = numbers_of(flat, lambda name: rates.get(name, 1.0))
    assert numbers_of(given, lambda name: rates.get(name, 1.0)) == {n: rates.get(n, 1.0) for n in given}
    for name, value in given.items():
        np.testing.assert_array_equal(spread[name], np.full_like(value, rates.get(name, 1.0)))


@pytest.mark.parametrize("others", [{}, {"layers.0.bias": 3}], ids=["one traced number", "several"])
def test_traced_numbers_are_repeated_too(seed, others):
    given = arrays(seed)

    @jax.jit
    def spread(flat, number):
        told = {"head.kernel": number, **{name: number * times for name, times in others.items()}}
        return numbers_of(flat, lambda name: told.get(name, 0.0))

    found = spread(Flat.of(given), 7.0)
    for name, value in given.items():
        wanted = 7.0 if name == "head.kernel" else 7.0 * others.get(name, 0)
        np.testing.assert_array_equal(found[name], np.full_like(value, wanted))


def test_flags_stay_flags(seed):
    spread = numbers_of(Flat.of(arrays(seed)), lambda name: name == "head.kernel")
    assert spread.vector.dtype == bool
    assert spread.vector.sum() == 8


def test_some_are_replaced_and_the_form_stays(seed):
    given, fresh = arrays(seed), {"layers.0.bias": np.ones(4)}
    flat = replaced(Flat.of(given), fresh)
    assert isinstance(flat, Flat)
    assert isinstance(in_form_of(given, flat), Flat)
    assert in_form_of(given, given) is given
    for name, value in replaced(given, fresh).items():
        np.testing.assert_array_equal(flat[name], value)


@pytest.mark.parametrize(
    "name", [name for name, kind in OPTIMIZERS.items() if kind.pads and not kind.searches]
)
def test_an_optimizer_moves_a_vector_as_it_moves_its_arrays(seed, name):
    """Rules for each weight alone, so that the arrays of its vector end where the arrays end."""
    rule = OPTIMIZERS[name].direction({**OPTIMIZERS[name].defaults, "rate": 0.1})
    params = {k: jnp.asarray(v) for k, v in arrays(seed).items()}
    flat = Flat.of(params)
    states = rule.init(params), rule.init(flat)
    for step in range(3):
        grads = {k: jnp.asarray(v) for k, v in arrays(seed + 1 + step).items()}
        with jax.numpy_dtype_promotion("standard"):
            moved, one = rule.update(grads, states[0], params)
            moved_flat, other = rule.update(Flat.of(grads), states[1], flat)
        states = one, other
        params, flat = optax.apply_updates(params, moved), optax.apply_updates(flat, moved_flat)
    for key, value in params.items():
        # float32, and roots of a longer vector are computed in wider instructions
        np.testing.assert_allclose(flat[key], value, rtol=1e-6)


def _population() -> tuple[list[Member], list[View]]:
    rng = np.random.default_rng(0)
    rows = Batchable(
        rng.normal(size=(40, 3)), np.zeros((40, 0), np.int32), rng.normal(size=(40, 1)), np.ones(40)
    )
    told = {"optimizer": "adam", "averaging": ("ema", 0.9), "monitor": "loss"}
    recipe = Recipe("squared_error", epochs=3, batch_size=16, **told)
    return [Member(mlp(TableInput(3), (8,), "linear", 1), recipe, seed=i) for i in range(2)], [View(rows)]


def test_a_state_is_packed_and_unpacked_whole():
    members, _ = _population()
    state = stacked([first_state(member) for member in members])
    tight = packed(state)
    vectors = [leaf for leaf in jax.tree.leaves(tight, is_leaf=_is_flat) if _is_flat(leaf)]
    assert len(vectors) == 6  # weights, best and earlier best, their average, Adam's two moments
    jax.tree.map(np.testing.assert_array_equal, unpacked(tight), state)
    assert jax.tree.structure(unpacked(tight)) == jax.tree.structure(state)


def test_whoever_has_the_result_sees_dictionaries():
    members, views = _population()
    assert program_key(members[0], views[0], 1).flat
    for result in train_all(members, views):
        assert not any(map(_is_flat, jax.tree.leaves(result.state, is_leaf=_is_flat)))
        assert result.state["params"].keys() == result.params.keys()


def _is_flat(node: object) -> bool:
    return isinstance(node, Flat)
