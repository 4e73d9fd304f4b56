"""Laws of the record: looking into a network changes nothing of it, and what is seen is no chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import FEATURES, recipe, rich, rows, same_bits, spec, trained, view

from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import TableInput
from shoal.nets.layers import Activation, Conv2D, Dense, Flatten, MaxPool, Repeat, Residual
from shoal.nets.spec import NetSpec, mlp
from shoal.train.augment import augmentation
from shoal.train.population import Member
from shoal.train.stepwise import train_stepwise
from shoal.train.view import Batchable, View

ALWAYS = ("layers", 1)


def pictures(count: int, seed: int = 0) -> Batchable:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 36))
    return Batchable(x, np.zeros((count, 0), np.int32), (x[:, :1] > 0).astype(float), np.ones(count))


def categories(count: int, seed: int = 0) -> Batchable:
    plain = rows(count, "binary", seed)
    return replace(plain, codes=np.random.default_rng(seed).integers(0, 9, (count, 1)).astype(np.int32))


TABLE, CLASSES = view(), view(task="multiclass")
IMAGES = View(pictures(20), pictures(7, 1))
KINDS = {
    "dropout, batch norm, clipping, EMA": (
        Member(rich(), recipe(clip_norm=0.1, averaging=("ema", 0.9), l2=1e-3)),
        TABLE,
    ),
    "shortcuts, members": (Member(spec((4, 4), residual=True).with_members(2), recipe()), TABLE),
    "repeated layers, two batches to a step": (
        Member(
            NetSpec(
                TableInput(FEATURES),
                (Dense(4), Repeat((Residual((Dense(4), Activation("relu"))),), times=7)),
                "softmax",
                3,
            ),
            recipe(loss="cross_entropy", accumulate=2, clip_value=0.01),
        ),
        CLASSES,
    ),
    "convolution": (
        Member(
            NetSpec(
                ImageInput(6, 6, 1),
                (Conv2D(3), Activation("sigmoid"), MaxPool(), Flatten(), Dense(4), Activation("relu")),
                "sigmoid",
                1,
            ),
            recipe(loss="binary_cross_entropy"),
        ),
        IMAGES,
    ),
    "embeddings, noise": (
        Member(
            mlp(TableInput(FEATURES, levels=(9,), widths=(2,)), (4,), "sigmoid", 1, activation="prelu"),
            recipe(loss="binary_cross_entropy", augment=augmentation({"noise": 0.1})),
        ),
        View(categories(23), categories(9, 1)),
    ),
    "line search": (Member(spec(), recipe(optimizer="lbfgs", batch_size=23)), TABLE),
}


@pytest.mark.parametrize("name", KINDS)
def test_weights_are_the_same_bit_for_bit_with_and_without_a_record(name):
    member, data = KINDS[name]
    [plain] = trained([member], data)
    [seen] = trained([replace(member, recipe=replace(member.recipe, record=ALWAYS))], data)
    assert same_bits(plain, seen)
    assert plain.record == {}
    assert sorted(seen.record) == [1, 2, 3, 4]
    assert all(np.isfinite(list(columns.values())).all() for columns in seen.record.values())


def test_a_record_is_that_of_the_network_alone_among_neighbours_in_one_tile():
    rates = (0.01, 0.05, 1e30)
    nets = [Member(rich(), recipe(learning_rate=rate, record=ALWAYS)) for rate in rates]
    together = trained(nets, TABLE, tile=3)
    for net, among in zip(nets[:2], together, strict=False):
        [alone] = trained([net], TABLE)
        assert sorted(alone.record) == sorted(among.record)
        for epoch, columns in alone.record.items():
            assert among.record[epoch] == pytest.approx(columns, rel=2e-4, abs=1e-5)
    assert not np.isfinite(together[2].record[max(together[2].record)]["weight_norm"])


def test_padded_units_do_not_count():
    net = spec((3, 4), activation="sigmoid")
    [plain, wide] = (
        trained([Member(net, recipe(record=ALWAYS), padded=padded)], TABLE)[0] for padded in (None, (8, 5))
    )
    for epoch, columns in plain.record.items():
        assert wide.record[epoch] == pytest.approx(columns, rel=1e-4, abs=1e-6)


def test_a_run_that_is_taken_up_is_looked_at_in_the_same_epochs():
    member = Member(rich(), recipe(epochs=14, record=("layers", 4)))
    [whole] = trained([member], TABLE)
    [first] = trained([replace(member, until=7)], TABLE)
    [second] = trained([replace(member, start=first.state)], TABLE)
    assert same_bits(whole, replace(second, history=np.concatenate([first.history, second.history])))
    assert first.record | second.record == whole.record
    assert sorted(whole.record) == [1, 2, 3, 5, 8, 12, 14]


def test_pauses_change_no_record():
    member = Member(spec(), recipe(epochs=7, record=("layers", 3)))
    [whole] = trained([member], TABLE)
    *_, last = train_stepwise(member, [TABLE], lambda result: True)
    assert last.results[0].record == whole.record
