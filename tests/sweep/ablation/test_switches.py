"""The table of techniques: each can be put in, and taken out again."""

from __future__ import annotations

import pytest

from shoal.fitting.defaults import Facts, resolved
from shoal.settings import Settings
from shoal.sweep.ablation import layer_lists
from shoal.sweep.ablation.switches import SWITCHES, Switch, applied
from shoal.sweep.ablation.variants import variants_of
from shoal.sweep.question import settings_with
from shoal.techniques import techniques

FACTS = {
    "table": {task: Facts(300, task) for task in ("binary", "multiclass", "multilabel", "regression")},
    "image": {"multiclass": Facts(300, "multiclass", image=(8, 8, 1))},
}


def cases() -> list:
    return [
        pytest.param(switch, facts, id=f"{switch.name} {kind} {task}")
        for switch in SWITCHES
        for kind, tasks in FACTS.items()
        if kind in switch.inputs
        for task, facts in tasks.items()
        if task in switch.tasks
    ]


@pytest.mark.parametrize(("switch", "facts"), cases())
def test_it_is_there_once_put_in_and_gone_once_taken_out(switch: Switch, facts: Facts) -> None:
    before = resolved(Settings(), facts)
    change = applied(switch.on, before)
    if not change:
        return  # such as one layer less of a list
    base = settings_with(Settings(), change)
    within = resolved(base, facts)
    if switch.off is None:
        assert within != before or switch.present(before)
        return
    assert switch.present(within)
    assert not switch.present(resolved(settings_with(base, applied(switch.off, within)), facts))


def test_what_the_baseline_has_is_taken_out_and_what_it_lacks_put_in() -> None:
    found = variants_of(Settings(dropout=0.3, norm="batch"), Facts(300, "multiclass")).variants
    change = {one.name: (one.change, one.settings) for one in found}
    assert change["dropout"] == ("taken out", {"dropout": 0.0})
    assert change["batch norm"] == ("taken out", {"norm": None})
    assert change["layer norm"] == ("put in", {"norm": "layer"})
    assert change["weight decay"][0] == "taken out"
    assert change["deeper"] == ("changed", {"hidden": [128, 128, 128]})


def test_what_defaults_decide_otherwise_is_told() -> None:
    [noise] = variants_of(Settings(), Facts(300, "regression"), only=["noise"]).variants
    assert noise.also == {"number_embedding": "none"}


def test_ids_are_those_of_the_table_of_techniques() -> None:
    assert {switch.id for switch in SWITCHES} <= {technique.id for technique in techniques()}
    assert len({switch.name for switch in SWITCHES}) == len(SWITCHES)


def test_norms_go_behind_layers_without_an_activation_of_their_own() -> None:
    entries = [{"conv2d": 4, "kernel": 3}, "relu", {"dense": 8, "activation": "relu"}]
    put = layer_lists.with_norm(entries, "batch_norm")
    assert put == [{"conv2d": 4, "kernel": 3}, "batch_norm", "relu", {"dense": 8, "activation": "relu"}]
    assert layer_lists.without(put, "batch_norm") == entries
    assert layer_lists.first_size(entries) == 4
