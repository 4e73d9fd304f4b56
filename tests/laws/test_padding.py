"""Law 3, padding: a row, a unit or a net that is not there changes nothing.

Rows and nets: bit for bit where the program is the same. Units: a padded layer is another program, whose
sums may be ordered otherwise; in float64 the weights agree to 1e-12 after twelve steps.
"""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from populations import largest_difference, recipe, rich, rows, same_bits, shoal, spec, trained, view

from shoal.errors import SettingError
from shoal.nets.activations import ACTIVATIONS
from shoal.nets.layers import Activation, BatchNorm, Dense, Dropout, LayerNorm, Pass
from shoal.nets.network import apply, init
from shoal.train.descent import descended
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.population import Member, program_key
from shoal.train.program import optimizer_state
from shoal.train.view import Batchable, View
from shoal.train.widths import with_widths

NORMS = (None, "batch", "layer")
CASES = {(name, NORMS[i % 3]) for i, name in enumerate(ACTIVATIONS)}
CASES |= {(name, norm) for name in ("sigmoid", "softplus", "relu") for norm in NORMS}


def padded(values, spec, wide):
    """Pad parameters or statistics with zeros to the shapes of a wider network."""
    shapes = {k: v.shape for part in init(wide, 0) for k, v in part.items()}
    return {
        k: jnp.pad(v, [(0, want - have) for have, want in zip(v.shape, shapes[k], strict=True)] or 0)
        for k, v in values.items()
    }


def test_padded_units_change_neither_outputs_nor_slopes_of_any_activation():
    """In training, with dropout and each norm: real slopes agree, padded ones are zero."""
    x = np.random.default_rng(0).standard_normal((5, 3))
    now = {"train": True, "key": jnp.uint32(4)}

    def both(x):
        ones = jnp.ones(5, x.dtype)
        found = {}
        for name, norm in CASES:
            net = spec((3,), activation=name, dropout=0.4, norm=norm)
            wide = net.with_units((8,))
            params, running = init(net, 1, "float64")
            rates = {path: jnp.asarray(rate) for path, rate in net.rates().items()}
            masks = {"layers.0": (jnp.arange(8) < 3).astype(x.dtype)}

            def loss(p, r, which, masks, rates=rates):
                y, fresh = apply(
                    which, p, r, {"numbers": x}, Pass(**now, weight=ones, rates=rates, masks=masks)
                )
                return jnp.sum(jnp.sin(y)), (y, fresh)

            slope = jax.value_and_grad(loss, has_aux=True)
            (_, plain), grads = slope(_arrays(params), _arrays(running), net, {})
            (_, other), others = slope(padded(params, net, wide), padded(running, net, wide), wide, masks)
            found[f"{name} {norm}"] = plain, grads, other, others
        return found

    with jax.enable_x64(True):
        quickly = {"xla_backend_optimization_level": "0"}  # of compiling, not of running
        found = jax.device_get(jax.jit(both, compiler_options=quickly)(x))
    for name, ((y, fresh), grads, (y_wide, fresh_wide), grads_wide) in found.items():
        np.testing.assert_allclose(y_wide, y, rtol=1e-12, err_msg=str(name))
        for narrow, wide in ((grads, grads_wide), (fresh, fresh_wide)):
            for key, value in narrow.items():
                real = tuple(slice(n) for n in value.shape)
                np.testing.assert_allclose(wide[key][real], value, rtol=1e-9, atol=1e-13, err_msg=str(name))
        for key, value in grads_wide.items():
            beyond = np.ones(value.shape, bool)
            beyond[tuple(slice(n) for n in grads[key].shape)] = False
            assert not value[beyond].any(), (name, key)


def _arrays(values):
    return {k: jnp.asarray(v) for k, v in values.items()}


def test_a_padded_net_trains_like_its_narrow_self():
    """Sigmoid is not zero at zero, so its padded units need their mask; twelve steps with all that decays."""
    first = (Dense(3, bias=False), BatchNorm(), Activation("sigmoid"), Dropout(0.3))
    second = (Dense(5), LayerNorm(), Activation("sigmoid"), Dropout(0.3))
    net = replace(spec(), layers=(*first, *second))
    settings = {"precision": "float64", "l2": 0.01, "l1": 1e-3, "weight_decay": 0.1, "clip_norm": 1.0}
    member = Member(net, recipe(**settings))
    narrow, wide = (trained([m], view())[0] for m in (member, replace(member, padded=(8, 8))))
    assert largest_difference(narrow, wide) < 1e-12
    np.testing.assert_allclose(wide.history, narrow.history, rtol=1e-10)
    assert {k: v.shape for k, v in wide.params.items()} == {k: v.shape for k, v in narrow.params.items()}


def test_many_widths_share_programs_when_runs_are_short():
    members = [Member(spec((width,)), recipe(epochs=2)) for width in (3, 4, 5, 6, 7, 9, 11, 16)]
    widths = [member.padded for member in with_widths(members, [view()])]
    assert widths == [(8,)] * 5 + [(16,)] * 3
    long = [replace(m, recipe=recipe(epochs=100_000_000)) for m in members]
    assert with_widths(long, [view()]) == long


def test_widths_share_a_program_where_zeros_stay_zeros_by_themselves():
    """With relu a padded unit needs no mask, so that the width that needs no padding has the same program."""
    members = [Member(spec((width,), activation="relu"), recipe(), padded=(8,)) for width in (3, 8)]
    keys = {program_key(member, view(), 1) for member in members}
    assert len(keys) == 1
    other = [replace(m, spec=spec((m.spec.units()[0],), activation="sigmoid")) for m in members]
    assert [program_key(member, view(), 1).masked for member in other] == [True, False]
    normed = [replace(m, spec=spec(m.spec.units(), activation="relu", norm="layer")) for m in members]
    assert [program_key(member, view(), 1).masked for member in normed] == [True, False]


@pytest.mark.parametrize("norm", [None, "batch"])
def test_a_padded_net_without_masks_trains_like_its_narrow_self(norm):
    net = spec((3, 5), activation="relu", norm=norm, dropout=0.3)
    settings = {"precision": "float64", "l2": 0.01, "l1": 1e-3, "weight_decay": 0.1, "clip_norm": 1.0}
    member = Member(net, recipe(**settings))
    narrow, wide = (trained([m], view())[0] for m in (member, replace(member, padded=(8, 8))))
    assert largest_difference(narrow, wide) < 1e-12
    np.testing.assert_allclose(wide.history, narrow.history, rtol=1e-10)


def test_a_padded_width_changes_no_other_net():
    plain = shoal([0.01, 0.02], rich((3,)))
    mixed = [replace(plain[0], padded=(8,)), plain[1]]
    data = view()
    assert same_bits(trained(mixed, data)[1], trained(plain, data)[1])


def test_how_far_validation_rows_are_padded_changes_nothing():
    """9 rows fill 32 slots, 33 rows fill 64: the same rows with others of weight zero behind them."""
    few = view(23, 9)
    many = View(few.train, _with_absent(few.valid, 40))
    a, b = trained([Member(spec(), recipe())], few)[0], trained([Member(spec(), recipe())], many)[0]
    assert same_bits(a, b)


def _with_absent(given: Batchable, more: int) -> Batchable:
    other = rows(more, seed=9)
    parts = {k: np.concatenate([v, getattr(other, k)]) for k, v in vars(given).items()}
    parts["weight"][len(given) :] = 0.0
    return Batchable(**parts)


def test_a_net_that_only_fills_a_tile_is_never_reported():
    """Three nets in a tile of four: the filler costs time, and that is all."""
    data = view()
    three = trained(shoal([0.01, 0.02, 0.03], rich()), data, tile=4)
    four = trained(shoal([0.01, 0.02, 0.03, 0.9], rich()), data, tile=4)
    assert len(three) == 3
    assert all(same_bits(a, b) for a, b in zip(three, four[:3], strict=True))


def test_padded_units_change_no_step_of_an_optimizer_that_may_be_padded():
    """Three steps along the same slopes, narrow and with a row and a column of zeros; all in one program."""
    narrow = {"layers.0.kernel": (3, 2), "layers.0.bias": (2,)}
    rng = np.random.default_rng(0)
    start, *grads = ({name: rng.standard_normal(shape) for name, shape in narrow.items()} for _ in range(4))

    def wide(values):
        return {name: np.pad(value, [(0, 1)] * value.ndim) for name, value in values.items()}

    def bowl(params):
        return sum(jnp.sum(jnp.square(jnp.square(value))) for value in params.values())

    def walk(name, params, slopes):
        state = jax.tree.map(jnp.asarray, optimizer_state(name, params))
        params = {part: jnp.asarray(value) for part, value in params.items()}
        net = {n: jnp.float64(value) for n, value in OPTIMIZERS[name].defaults.items()}
        for slope in slopes:
            slope = jax.grad(bowl)(params) if OPTIMIZERS[name].searches else jax.tree.map(jnp.asarray, slope)
            params, state = descended(params, slope, state, jnp.float64(0.01), net, name, (), value_fn=bowl)
        return params

    names = [name for name, kind in OPTIMIZERS.items() if kind.pads]

    @jax.jit
    def both():
        return {n: (walk(n, start, grads), walk(n, wide(start), [wide(g) for g in grads])) for n in names}

    with jax.enable_x64(True):
        for name, (exact, padded) in jax.device_get(both()).items():
            for part, shape in narrow.items():
                inside = padded[part][tuple(slice(n) for n in shape)]
                np.testing.assert_allclose(inside, exact[part], rtol=1e-12, err_msg=name)
                assert np.sum(padded[part] != 0) == exact[part].size


@pytest.mark.parametrize("optimizer", [name for name, kind in OPTIMIZERS.items() if not kind.pads])
def test_widths_are_not_padded_where_the_step_depends_on_the_shape_of_a_kernel(optimizer):
    member = Member(spec((3,)), recipe(optimizer=optimizer))
    many = [replace(member, spec=spec((width,))) for width in (3, 4, 5, 6, 7)]
    assert with_widths(many, [view()]) == many
    with pytest.raises(SettingError, match=f"Expected no padded widths for the {optimizer} optimizer"):
        trained([replace(member, padded=(8,))], view())
