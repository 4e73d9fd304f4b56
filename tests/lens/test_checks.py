"""H6, the checks of a recipe: sound networks pass them all, a broken one fails the check that it should."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from populations import recipe, rows, spec, view

from shoal.lens.checks import CHECKS
from shoal.lens.flow import every_layer_learns, losses_are_numbers, no_rate_no_change, rows_keep_apart
from shoal.lens.learning import batches_are_mixed, inputs_beat_zeros, one_batch_by_heart
from shoal.lens.start import known_loss, loss_at_start
from shoal.lens.subject import Subject
from shoal.lens.verdict import Check, CheckReport
from shoal.nets.losses import LOSSES
from shoal.train.population import Member
from shoal.train.view import View

sys.path.insert(0, str(Path(__file__).parent))
from broken import Leak, Loud, Mute, Undefined


def counts():
    """Return rows whose target counts: what knows every answer still has a loss above zero."""
    data = view(96, 48)
    parts = [
        replace(p, target=np.round(np.exp(np.clip(p.target, -1.5, 1.5)))) for p in (data.train, data.valid)
    ]
    return View(*parts)


TASKS = {
    "regression": ("linear", 1, "squared_error"),
    "binary": ("sigmoid", 1, "binary_cross_entropy"),
    "multiclass": ("softmax", 3, "cross_entropy"),
}


def subject(
    task: str = "multiclass", front=(), back=(), frozen: bool = False, net=None, **settings
) -> Subject:
    """Return a small network with layers put in front of it and behind its hidden ones."""
    head, outputs, loss = TASKS[task]
    plain = spec((16,), head, outputs, **(net or {}))
    plain = replace(plain, layers=(*front, *plain.layers, *back))
    given = {"loss": loss, "optimizer": "adam", "epochs": 24, "batch_size": 16, **settings}
    members = tuple(Member(plain, recipe(**given), seed=seed) for seed in range(2))
    return Subject(members, _standardised(view(96, 48, task)), frozen)


def _standardised(data: View) -> View:
    """Return quantities with mean 0 and variance 1, as they reach a network."""
    target = data.train.target
    if target.dtype.kind != "f" or set(np.unique(target)) <= {0.0, 1.0}:
        return data
    mean, std = target.mean(), target.std()
    train, valid = (replace(part, target=(part.target - mean) / std) for part in (data.train, data.valid))
    return View(train, valid)


@pytest.mark.parametrize("task", TASKS)
def test_a_sound_network_passes_everything(task):
    report = CheckReport(tuple(check(subject(task)) for check in CHECKS), (0, 1))
    assert report.passed, str(report)
    assert report.failed() == ()


@pytest.mark.parametrize(
    ("task", "theory"), [("regression", 1.0), ("binary", np.log(2)), ("multiclass", np.log(3))]
)
def test_a_head_of_zeros_starts_at_exactly_the_loss_of_knowing_nothing(task, theory):
    found = loss_at_start(subject(task, net={"zero_head": True}))
    assert found.passed
    assert found.numbers["theory"] == pytest.approx(theory, rel=1e-6)
    assert found.numbers["measured"] == pytest.approx(theory, rel=1e-5)
    assert "because the head starts at zero" in found.expected


def test_a_bias_of_base_rates_starts_at_their_entropy():
    shares = np.array([0.7, 0.2, 0.1])
    target = np.repeat(np.arange(3), [70, 20, 10]).astype(np.int32)
    data = replace(rows(100, "multiclass"), target=target)
    found = known_loss(subject(), np.tile(np.log(shares), (100, 1)), data)
    assert found == pytest.approx(-(shares * np.log(shares)).sum())


def test_outputs_that_are_too_sure_fail_the_loss_at_the_start():
    found = loss_at_start(subject(back=(Loud(),)))
    assert not found.passed
    assert "log 3" in found.expected
    assert "'initializer'" in found.remedy


def test_a_wrong_loss_fails_the_loss_at_the_start(monkeypatch):
    def forgotten_softmax(outputs, target, settings):
        return -jnp.take_along_axis(outputs, target[:, None], axis=1)[:, 0]

    wrong = replace(LOSSES["cross_entropy"], function=forgotten_softmax)
    monkeypatch.setitem(LOSSES, "cross_entropy", wrong)
    found = loss_at_start(subject())
    assert not found.passed
    assert "'loss'" in found.remedy


def test_an_input_layer_multiplied_by_zero_fails_inputs_beat_zeros():
    broken = subject("regression", front=(Mute(),))
    found = inputs_beat_zeros(broken)
    assert not found.passed
    assert found.numbers["inputs"] == pytest.approx(found.numbers["zeros"])
    assert "'scaling'" in found.remedy
    assert not one_batch_by_heart(broken).passed
    assert rows_keep_apart(broken).passed


def test_a_leak_across_rows_fails_rows_keep_apart():
    found = rows_keep_apart(subject(front=(Leak(),)))
    assert not found.passed
    assert found.numbers["across"] > 0
    assert "'layers'" in found.remedy


def test_batch_norm_mixes_rows_by_design_and_is_told_so():
    found = rows_keep_apart(subject(net={"norm": "batch"}))
    assert found.passed
    assert "by design" in found.came


def test_a_leak_behind_batch_norm_is_noticed():
    assert not rows_keep_apart(subject(back=(Leak(),), net={"norm": "batch"})).passed


def test_dropout_and_layer_norm_keep_rows_apart():
    assert rows_keep_apart(subject(net={"norm": "layer", "dropout": 0.4})).passed


def test_categories_alone_keep_rows_apart():
    from shoal.nets.inputs import TableInput
    from shoal.nets.spec import mlp

    net = mlp(TableInput(0, levels=(7,), widths=(3,)), (4,), "linear", 1)
    codes = (np.arange(20) % 7).astype(np.int32)[:, None]
    data = replace(rows(20), numbers=np.zeros((20, 0)), codes=codes)
    found = Subject((Member(net, recipe()),), View(data, data))
    assert rows_keep_apart(found).passed
    mixed = replace(found.members[0], spec=replace(net, layers=(Leak(), *net.layers)))
    assert not rows_keep_apart(replace(found, members=(mixed,))).passed


def test_a_frozen_head_fails_every_layer_learns():
    found = every_layer_learns(subject(rate_factors=(("head", 0.0),)))
    assert not found.passed
    assert "head.kernel" in found.came
    assert "'activation'" in found.remedy


def test_layers_frozen_on_request_are_told_not_refused():
    found = every_layer_learns(subject(rate_factors=(("head", 0.0),), frozen=True))
    assert found.passed
    assert "frozen, as the settings ask" in found.came


def test_decay_alone_does_not_count_as_learning():
    found = every_layer_learns(subject(rate_factors=(("head", 0.0),), weight_decay=0.1, l2=0.1))
    assert not found.passed


def test_a_head_of_zeros_learns_all_the_same():
    assert every_layer_learns(subject(net={"zero_head": True})).passed


def test_losses_that_are_no_numbers_are_counted():
    found = losses_are_numbers(subject(front=(Undefined(),)))
    assert not found.passed
    assert found.numbers["not_finite"] > 0
    assert "clip_norm=1.0" in found.remedy


def test_a_constraint_does_not_count_as_a_change_at_rate_zero():
    found = no_rate_no_change(subject(constraint=("max_norm", 0.1), weight_decay=0.1, l1=0.1))
    assert found.passed
    assert found.numbers["largest"] == 0


def test_a_network_of_one_dead_unit_cannot_learn_a_batch_by_heart():
    narrow = subject("regression", net={"activation": "relu"})
    dead = replace(narrow.spec, layers=(*narrow.spec.layers, Mute()))
    members = tuple(replace(m, spec=dead) for m in narrow.members)
    found = one_batch_by_heart(replace(narrow, members=members))
    assert not found.passed
    assert "'hidden'" in found.remedy


def test_counts_are_learnt_by_heart_although_their_loss_stays_above_zero():
    sound = subject("regression", loss="poisson")
    members = tuple(replace(m, spec=spec((16,), "poisson", 1)) for m in sound.members)
    found = one_batch_by_heart(Subject(members, counts()))
    assert found.passed, found
    assert found.numbers["end"] > -10


def test_a_likelihood_without_bound_falls_by_one_at_least():
    sound = subject("regression", loss="gaussian")
    members = tuple(replace(m, spec=spec((16,), "gaussian", 2)) for m in sound.members)
    found = one_batch_by_heart(replace(sound, members=members))
    assert found.passed, found
    assert found.numbers["end"] <= found.numbers["start"] - 1


def test_rows_alike_in_all_but_the_target_are_not_asked_to_be_learnt():
    sound = subject("regression")
    twice = sound.view.train.take(np.r_[np.arange(20), np.arange(20)])
    target = np.r_[twice.target[:20], -twice.target[:20]]
    mixed = replace(sound, view=replace(sound.view, train=replace(twice, target=target)))
    assert one_batch_by_heart(mixed).passed


def test_dropout_and_decay_do_not_hinder_learning_by_heart():
    held = subject("regression", net={"dropout": 0.5}, weight_decay=1.0, l2=1.0)
    assert one_batch_by_heart(held).passed


def test_batches_of_one_class_are_told_with_their_share():
    sound = subject()
    target = np.zeros(96, np.int32)
    target[0] = 1
    rare = replace(sound, view=replace(sound.view, train=replace(sound.view.train, target=target)))
    found = batches_are_mixed(rare)
    assert not found.passed
    assert found.numbers["alike"] == pytest.approx((95 / 96) ** 16 + (1 / 96) ** 16)
    assert "'batch_size'" in found.remedy


def test_a_report_reads_and_survives_json():
    checks = (Check("a", "1", "1", True, numbers={"x": 1.0}), Check("b", "0", "2", False, "Lower 'c'."))
    report = CheckReport(checks, (0,), 1.5)
    assert (report.passed, report.failed()) == (False, ("b",))
    assert str(report).splitlines() == [
        "passed  a: 1; expected: 1",
        "FAILED  b: 2; expected: 0",
        "        Lower 'c'.",
    ]
    assert report["b"].remedy == "Lower 'c'."
    assert report.to_json()["checks"][0]["numbers"] == {"x": 1.0}
    assert report.to_frame().columns == ["name", "passed", "expected", "came", "remedy"]
