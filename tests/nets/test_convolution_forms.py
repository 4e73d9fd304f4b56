"""Each form of a convolution gives the values and gradients of the plain product of patches."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shoal.nets.layers.convolution_forms import by_products, by_sums, by_xla, convolved
from shoal.nets.layers.windows import Windows

# image, size, stride, dilation, padding, channels
CASES = {
    "few channels": ((9, 8), (3, 3), (1, 1), (1, 1), "same", 1),
    "many": ((9, 8), (3, 3), (1, 1), (1, 1), "same", 6),
    "even size": ((7, 8), (2, 4), (1, 1), (1, 1), "same", 6),
    "valid": ((9, 8), (3, 5), (1, 1), (1, 1), "valid", 6),
    "dilated": ((11, 9), (3, 2), (1, 1), (2, 3), "same", 6),
    "dilated, valid": ((11, 9), (3, 2), (1, 1), (2, 3), "valid", 6),
    "strides": ((9, 8), (3, 3), (2, 3), (1, 1), "same", 6),
    "strides that leave pixels out": ((10, 9), (3, 2), (3, 4), (1, 1), "valid", 6),
    "strides wider than the window": ((10, 9), (2, 2), (3, 3), (1, 1), "valid", 3),
    "all at once": ((12, 11), (3, 2), (2, 2), (2, 3), "same", 6),
}


def arrays(case, seed=0):
    image, size, _, _, _, channels = CASES[case]
    rng = np.random.default_rng(seed)
    sizes = (5, *image, channels), (*size, channels, 7), (7,)
    return tuple(jnp.asarray(rng.normal(size=size), jnp.float32) for size in sizes)


def with_gradients(function, case):
    windows = Windows(*CASES[case][:5])

    def both(*given):
        y, back = jax.vjp(lambda *given: function(*given, windows), *given)
        return y, *back(jnp.cos(y))

    return both


def plain(x, kernel, bias, windows):
    return by_products(x, kernel, windows) + bias[None, None, None, :]


def close(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_forms_agree(case):
    given = arrays(case)
    wanted = jax.jit(with_gradients(plain, case))(*given)
    close(jax.jit(with_gradients(convolved, case))(*given), wanted)
    windows = Windows(*CASES[case][:5])
    others = [by(*given[:2], windows) + given[2][None, None, None, :] for by in (by_sums, by_xla)]
    close(others, [wanted[0]] * 2)


def test_without_a_bias():
    x, kernel, _ = arrays("few channels")
    windows = Windows(*CASES["few channels"][:5])
    found = jax.grad(lambda kernel: jnp.sum(convolved(x, kernel, None, windows) ** 2))(kernel)
    wanted = jax.grad(lambda kernel: jnp.sum(by_products(x, kernel, windows) ** 2))(kernel)
    close([found], [wanted])


def test_a_kernel_that_is_lost_gives_nothing_sound():
    x, kernel, bias = arrays("few channels")
    windows = Windows(*CASES["few channels"][:5])
    assert np.isnan(convolved(x, jnp.full_like(kernel, jnp.nan), bias, windows)).all()


@pytest.mark.parametrize("axes", [(0, 0, 0), (0, None, None), (None, 0, None)])
@pytest.mark.parametrize("case", ["few channels", "many"])
def test_under_vmap_they_are_products(case, axes):
    stacks = zip(*(arrays(case, seed) for seed in range(3)), strict=True)
    pairs = zip(stacks, axes, strict=True)
    given = [jnp.stack(values) if axis == 0 else values[0] for values, axis in pairs]
    found, wanted = (
        jax.jit(jax.vmap(with_gradients(form, case), in_axes=axes))(*given) for form in (convolved, plain)
    )
    close(found, wanted)
    program = jax.make_jaxpr(jax.vmap(with_gradients(convolved, case), in_axes=axes))(*given)
    assert "conv_general_dilated" not in str(program)


def test_a_gradient_in_a_loop_keeps_to_the_order_of_axes_that_is_fast():
    """Another order is computed by plain loops, at a tenth of the speed."""
    given = arrays("many")
    lowered = jax.jit(with_gradients(convolved, "many")).lower(*given).as_text()
    orders = [
        line.split("dim_numbers = ")[1].split(", wind")[0]
        for line in lowered.splitlines()
        if "dim_numbers" in line
    ]
    assert orders == ["[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]"] * 3
