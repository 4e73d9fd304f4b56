"""All rules together: order, muting, JSON, and what they must never do."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from shoal.errors import SettingError
from shoal.history import History
from shoal.history.findings import RULES, SEVERITIES, Evidence, Finding, find, worst

DIVERGED = Evidence(History([{"epoch": 1, "loss": math.nan}]), {"learning_rate": 3.0}, {"scores": {}})


def test_the_worst_come_first():
    found = find(DIVERGED)
    assert [one.severity for one in found] == ["error", "note"]
    assert worst(found) == "error"


def test_a_code_can_be_muted():
    assert [one.code for one in find(DIVERGED, ignore=["s101"])] == ["S406"]


def test_an_unknown_code_is_refused():
    with pytest.raises(SettingError, match=r"No finding has the code 'S999'\..* There are: S101, S102"):
        find(DIVERGED, ignore=["S999"])


def test_codes_are_unique_and_name_their_rule():
    assert all(rule.code == code for code, rule in RULES.items())
    assert len({rule.title for rule in RULES.values()}) == len(RULES)


cells = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 5))
names = st.sampled_from(
    [
        *("loss", "val_loss", "val_accuracy", "learning_rate", "confidence", "train_metric", "clipped_share"),
        *("gradient_norm/dense_0", "gradient_norm/dense_1", "gradient_norm/head", "weight_norm/dense_0"),
        *("dead_share/dense_0", "saturated_share/dense_0"),
    ]
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "baseline_loss": st.floats(0, 10),
        "val_baseline_loss": st.floats(0, 10),
        "task": st.sampled_from(["binary", "multiclass", "regression", "multilabel"]),
        "reference": st.fixed_dictionaries({"score": st.floats(-1, 1)}),
        "classes": st.dictionaries(st.text(max_size=2), st.integers(1, 99), min_size=2, max_size=4),
        "usual": st.fixed_dictionaries({"learning_rate": st.floats(1e-5, 1)}),
        "running": st.booleans(),
    },
)
settings = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": st.one_of(st.floats(1e-6, 100), st.just("default")),
        "dropout": st.one_of(st.floats(0, 0.9), st.just([0.1, 0.2])),
        "weight_decay": st.floats(0, 10),
        "hidden": st.one_of(st.none(), st.lists(st.integers(1, 64), max_size=8)),
        "epochs": st.integers(1, 30),
        "schedule": st.sampled_from(["constant", "cosine", None]),
        "loss": st.sampled_from(["cross_entropy", "squared_error", None]),
        "activation": st.one_of(st.just("tanh"), st.just([{"kind": "prelu"}, "relu"])),
    },
)


@limits(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(names, cells), max_size=14), settings, facts)
def test_no_record_makes_a_rule_fail_and_all_findings_are_plain(rows, given_settings, known):
    history = History([{"epoch": i, **row} for i, row in enumerate(rows, 1)])
    for found in find(Evidence(history, given_settings, known)):
        assert found.severity in SEVERITIES
        assert found.evidence
        assert RULES[found.code].title == found.title
        assert Finding.from_json(json.loads(json.dumps(found.to_json()))).to_json() == found.to_json()


@limits(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(names, cells), max_size=8), settings)
def test_rules_are_pure(rows, given_settings):
    evidence = Evidence(History(rows), given_settings, {})
    before = evidence.history.to_json()
    assert [x.to_json() for x in find(evidence)] == [x.to_json() for x in find(evidence)]
    assert evidence.history.to_json() == before
