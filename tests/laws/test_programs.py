"""Law 6: one program key is compiled once; numbers never are a reason to compile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import recipe, rich, shoal, spec, trained, view

from shoal.backend import counting_compilations
from shoal.nets.losses import LOSSES
from shoal.train.population import Member
from shoal.train.schedules import SCHEDULES, Schedule

pytestmark = pytest.mark.usefixtures("no_programs")

USED = {"l2": 0.01, "l1": 1e-4, "weight_decay": 0.1, "clip_norm": 1.0}


@pytest.fixture(scope="module")
def data():
    return view()


@pytest.fixture(scope="module")
def member(data):
    """A member whose program is ready; early stopping, penalties and dropout are part of it."""
    ready = Member(rich(), recipe(patience=3, **USED))
    trained([ready], data)
    return ready


def compiled_by(members, data, **options) -> int:
    with counting_compilations() as count:
        trained(members, data, **options)
    return count[0]


def test_a_second_call_compiles_nothing(member, data):
    assert compiled_by([member], data) == 0


@pytest.mark.parametrize(
    "numbers",
    [
        {"learning_rate": 0.3},
        {"l2": 0.5, "l1": 0.1, "weight_decay": 0.01, "clip_norm": 9.0},
        {"optimizer_settings": (("beta_1", 0.5), ("epsilon", 1e-3))},
        {"patience": 0, "epochs": 2, "min_epochs": 1, "min_delta": 0.1},
        {"schedule": Schedule("cosine", warmup=1.0)},
        {"monitor": "val_metric"},
    ],
)
def test_other_numbers_compile_nothing(member, data, numbers):
    assert compiled_by([replace(member, recipe=replace(member.recipe, **numbers))], data) == 0


def test_other_dropout_seeds_and_rows_compile_nothing(member, data):
    others = [replace(member, spec=rich(dropout=0.6)), replace(member, seed=5)]
    assert compiled_by(others, data) == 0
    assert compiled_by([member], view(22, 30, seed=4)) == 0  # as many steps, and slots to judge on


def test_a_setting_that_the_optimizer_does_not_read_is_no_reason_to_compile_or_to_fail(member, data):
    extra = replace(member.recipe, optimizer_settings=(("momentum", 0.9), ("rho", 0.5)))
    assert compiled_by([replace(member, recipe=extra)], data) == 0


@pytest.mark.parametrize(
    "loss", [name for name, kind in LOSSES.items() if kind.numbers and "linear" in kind.heads]
)
def test_nets_with_other_numbers_of_one_loss_compile_once(data, loss):
    """The second has other numbers than the first, and other weights in the end."""
    numbers = {name: one.default for name, one in LOSSES[loss].numbers.items()}
    others = {name: (0.9,) if isinstance(v, tuple) else 0.9 * v for name, v in numbers.items()}
    members = [
        Member(spec((7,)), recipe(loss=loss, loss_settings=tuple(given.items())))
        for given in (numbers, others)
    ]
    with counting_compilations() as count:
        results = trained(members, data)
    assert count[0] == 1
    assert not np.array_equal(results[0].params["head.kernel"], results[1].params["head.kernel"])


def test_a_longer_population_of_one_kind_compiles_once(data):
    assert compiled_by(shoal([0.1 * i for i in range(1, 12)], spec((6,))), data, tile=4) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"spec": rich((5,))},
        {"recipe": {"optimizer": "nesterov"}},
        {"recipe": {"batch_size": 4}},
        {"recipe": {"l1": 0.0}},
    ],
)
def test_another_shape_or_choice_compiles_one_program(member, data, change):
    other = dict(change)
    if "recipe" in change:
        other["recipe"] = replace(member.recipe, **change["recipe"])
    assert compiled_by([replace(member, **other)], data) == 1


def test_each_device_has_its_own_program(data, two_devices):
    members = shoal([0.1, 0.2, 0.3, 0.4], spec((7,)))
    with counting_compilations() as count:
        for _ in range(3):
            trained(members, data, tile=1)
    assert 1 <= count[0] <= len(two_devices)


def test_the_store_of_programs_does_not_grow_without_end(data, monkeypatch):
    from shoal.train import program

    monkeypatch.setattr(program, "_programs", {})
    monkeypatch.setattr(program, "_MOST_PROGRAMS", 2)
    for width in (2, 3, 9):
        trained([Member(spec((width,)), recipe(epochs=1, optimizer="sgd"))], data)
    assert len(program._programs) == 2


def test_twenty_schedules_of_all_kinds_share_one_program(data):
    """D5: rates and momenta are tables, and how a rate reacts to the validation loss is six numbers."""
    schedules = [Schedule(kind) for kind in SCHEDULES]
    schedules += [Schedule("cosine", warmup=1.5), Schedule("one_cycle", (("momentum_low", 0.5),))]
    schedules += [Schedule("plateau", (("patience", 1),)), Schedule("new_bob", (("factor", 0.1),))]
    assert len(schedules) >= 20
    members = [
        Member(spec((5,)), recipe(schedule=schedule, momentum_start=0.5 if i % 7 == 0 else None, epochs=4))
        for i, schedule in enumerate(schedules)
    ]
    found = {}
    with counting_compilations() as count:
        for member, net in zip(members, trained(members, data, tile=8), strict=True):
            found[net.history.tobytes()] = member
    assert count[0] == 1
    assert len(found) >= 15  # and they are different trainings
