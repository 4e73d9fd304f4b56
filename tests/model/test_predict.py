"""A row's prediction is its own: the same bits alone or among others, wherever it stands."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from shoal import backend
from shoal.model.predict import BLOCK, forward
from shoal.nets.inputs import TableInput
from shoal.nets.network import init
from shoal.nets.spec import NetSpec, mlp

SPECS = {
    "linear": mlp(TableInput(numbers=4), (), "sigmoid", 1),
    "tiny": mlp(TableInput(numbers=8), (16, 16), "softmax", 3),
    "odd": mlp(TableInput(numbers=33, levels=(5, 90), widths=(3, 7)), (37, 11), "softmax", 5, norm="batch"),
    "periodic": mlp(
        TableInput(numbers=9, continuous=(0, 1, 2, 4, 7, 8), number_embedding="periodic"), (64,), "linear", 2
    ),
    "wide": mlp(TableInput(numbers=100), (256, 256), "linear", 1, activation="tanh", norm="layer"),
    "codes": mlp(TableInput(numbers=0, levels=(6,), widths=(4,)), (8,), "multilabel", 4, residual=True),
}


def draw_rows(spec: NetSpec, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    levels = spec.inputs.levels
    codes = [rng.integers(0, size, rows) for size in levels]
    stacked = np.stack(codes, axis=1) if codes else np.zeros((rows, 0))
    return rng.normal(size=(rows, spec.inputs.numbers)) * 3, stacked.astype(np.int32)


def run(spec, rows, precision):
    return forward(spec, *init(spec, 1, precision), *rows, precision=precision)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", SPECS)
def test_one_by_one_equals_the_block_bit_for_bit(name, precision, seed):
    spec, rows = SPECS[name], BLOCK + 40
    numbers, codes = draw_rows(spec, rows, seed)
    whole = run(spec, (numbers, codes), precision)
    assert whole.shape == (rows, spec.outputs)
    assert whole.dtype == np.float64
    alone = [run(spec, (numbers[i : i + 1], codes[i : i + 1]), precision)[0] for i in range(0, rows, 7)]
    np.testing.assert_array_equal(np.array(alone), whole[::7])


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", SPECS)
def test_neither_order_nor_company_matters(name, precision, seed):
    spec, rows = SPECS[name], 2 * BLOCK + 3
    numbers, codes = draw_rows(spec, rows, seed)
    whole = run(spec, (numbers, codes), precision)
    order = np.random.default_rng(seed).permutation(rows)
    shuffled = run(spec, (numbers[order], codes[order]), precision)
    np.testing.assert_array_equal(shuffled, whole[order])
    wild = numbers.copy()
    wild[1::2] = np.nan
    np.testing.assert_array_equal(run(spec, (wild, codes), precision)[::2], whole[::2])


def test_equal_to_the_same_network_written_in_numpy(seed):
    spec = SPECS["tiny"]
    params, state = init(spec, seed, "float64")
    numbers, codes = draw_rows(spec, 300, seed)
    layers = [name.removesuffix(".kernel") for name in params if name.endswith(".kernel")]
    values = numbers
    for layer in layers:
        values = values @ params[f"{layer}.kernel"] + params[f"{layer}.bias"]
        values = np.maximum(values, 0.0) if layer != "head" else values
    found = forward(spec, params, state, numbers, codes, precision="float64")
    np.testing.assert_allclose(found, values, rtol=1e-12, atol=1e-12)
    single = forward(spec, *init(spec, seed), numbers, codes)
    np.testing.assert_allclose(single, values, rtol=1e-4, atol=1e-4)
    assert not np.array_equal(single, values)


def test_no_rows_give_no_predictions():
    spec = SPECS["tiny"]
    assert run(spec, draw_rows(spec, 0, 0), "float32").shape == (0, 3)


def test_double_precision_stays_inside():
    before = jax.config.jax_enable_x64
    spec = SPECS["linear"]
    run(spec, draw_rows(spec, 5, 0), "float64")
    assert jax.config.jax_enable_x64 is before


def test_networks_of_one_structure_share_one_program():
    spec = mlp(TableInput(numbers=7), (6,), "linear", 1, dropout=0.5)
    twin = mlp(TableInput(numbers=7), (6,), "linear", 1, dropout=0.1)
    run(spec, draw_rows(spec, 3, 0), "float32")
    with backend.counting_compilations() as count:
        for rows in (1, 3, BLOCK, 5 * BLOCK + 1):
            run(spec, draw_rows(spec, rows, 1), "float32")
        forward(twin, *init(twin, 9), *draw_rows(twin, 4, 0))
    assert count == [0]
