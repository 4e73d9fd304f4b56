"""What helps on a table: a technique that must help, one that cannot, and one that changes nothing at all."""

from __future__ import annotations

import json

import numpy as np
import pytest

from shoal import NetClassifier, ablate
from shoal.errors import SettingError
from shoal.sweep.ablation.result import Ablation, together
from shoal.sweep.ablation.study import ablated, by_fold, designed
from shoal.sweep.ablation.variants import variants_of
from shoal.sweep.handed_in import asked_of
from shoal.sweep.runs import RunScore

PLAIN = {"hidden": (), "epochs": 60, "schedule": "constant", "learning_rate": 0.05, "weight_decay": 0.0}
TRIED = {"decay": {"weight_decay": 1.0}, "nothing": {}, "loose clipping": {"clip_norm": 1e9}}


def noisy(rows: int = 60, columns: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """One input that matters, many that do not, a tenth of the classes wrong: learning by heart hurts."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns))
    return x, ((x[:, 0] > 0) ^ (rng.random(rows) < 0.1)).astype(int)


@pytest.fixture(scope="module")
def found() -> Ablation:
    return ablate(NetClassifier(**PLAIN, random_state=3), *noisy(), cv=5, n_seeds=2, tried=TRIED)


def test_what_must_help_helps_and_comes_first(found: Ablation) -> None:
    best = found.findings[0]
    assert best.variant.name == "decay"
    assert best.helps
    assert best.effect.verdict.startswith("helps: −")
    assert best.effect.verdict.endswith("log loss")
    assert best.advice == "change it"
    assert found.next_settings == {"weight_decay": 1.0}
    assert found.next_words == "--set weight_decay=1.0"


def test_the_same_network_has_an_effect_of_exactly_zero(found: Ablation) -> None:
    null = found["nothing"]
    assert null.parts == found.baseline_parts
    assert (null.effect.mean, null.effect.low, null.effect.high) == (0.0, 0.0, 0.0)
    assert null.effect.verdict == "no effect seen (within ±0.0%)"
    assert null.advice == ""


def test_what_never_acts_has_no_effect(found: Ablation) -> None:
    assert not found["loose clipping"].effect.seen
    assert abs(found["loose clipping"].effect.mean) < 1e-9


def test_effects_are_paired_by_fold_and_seed(found: Ablation) -> None:
    assert len(found.baseline_parts) == 5 * 2
    assert found.seeds == (3, 4)
    differences = np.array(found["decay"].parts) - np.array(found.baseline_parts)
    assert found["decay"].effect.mean == pytest.approx(differences.mean(), abs=1e-12)


def test_it_is_told_as_text_table_and_json(found: Ablation) -> None:
    told = str(found)
    assert "decay" in told
    assert "corrected by Holm's procedure" in told
    assert "Try next: --set weight_decay=1.0" in told
    assert found.to_frame()["technique"].to_list() == [one.variant.name for one in found.findings]
    kept = json.loads(json.dumps(found.to_json()))
    assert kept["techniques"][0]["helps"]
    assert kept["next"]["settings"] == {"weight_decay": 1.0}


def test_scores_are_laid_out_with_the_seeds_of_a_fold_side_by_side() -> None:
    question = asked_of("ablate", NetClassifier(**PLAIN, random_state=0), *noisy(), None, None, 2, 3)
    scores = {}
    for fold in range(2):
        for seed in range(3):
            figures = {"log_loss": -(10.0 * fold + seed), "accuracy": 0.5}
            scores[4, fold, seed] = RunScore(4, fold, seed, 1, 1, figures, {}, {}, "complete", "", 0.0)
    laid = by_fold(question, 4, scores)
    assert laid is not None
    assert laid.tolist() == [0, 1, 2, 10, 11, 12]
    assert by_fold(question, 5, scores) is None


def test_a_budget_drops_seeds_first_then_folds_and_says_so() -> None:
    question = asked_of("ablate", NetClassifier(**PLAIN, random_state=0), *noisy(), None, None, 5, 3)
    found = variants_of(question.base, question.facts, tried=TRIED)
    whole = designed(question, found)
    assert (len(whole.question.seeds), len(whole.question.folds), whole.notes) == (3, 5, ())
    none = designed(question, found, budget=1e-6)
    assert len(none.question.seeds) == 1
    assert len(none.question.folds) == 3
    assert "left 1 of 3 seeds" in none.notes[0]
    assert "3 of 5 folds" in none.notes[1]
    assert "networks" in whole.told()
    assert "programs, about" in whole.told()


def test_ctrl_c_before_anything_is_whole_is_ctrl_c() -> None:
    question = asked_of("ablate", NetClassifier(**PLAIN, random_state=0), *noisy(), None, None, 2, 1)
    design = designed(question, variants_of(question.base, question.facts, tried={"nothing": {}}))

    def strike(event: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ablated(design, on_event=strike)


def test_the_combination_is_judged_by_folds_and_seeds_that_did_not_choose_it() -> None:
    net = NetClassifier(**PLAIN, random_state=3)
    done = ablate(net, *noisy(), cv=5, n_seeds=2, tried={"decay": {"weight_decay": 1.0}}, combine=True)
    assert done.combination is not None
    assert done.combination.variant.settings == {"weight_decay": 1.0}
    assert done.combination.effect.relative < -0.2
    assert done.combination.parts != done["decay"].parts
    assert "on other folds from other seeds" in str(done)


def test_changes_of_one_setting_are_not_combined(found: Ablation) -> None:
    best = found.findings[0]
    assert together((best, best)) == {"weight_decay": 1.0}
    assert together(()) == {}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"only": ["dropuot"]}, "no technique 'dropuot' to switch. Did you mean 'dropout'"),
        ({"only": ["huber_loss"]}, "'Huber loss' is for tables and images and the tasks regression"),
        ({"tried": {"a": {"dropout": 2.0}}}, "The 'dropout' parameter"),
        ({"n_seeds": 0}, "'n_seeds'"),
        ({"budget": "soon"}, "Expected budget as a time"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(asked: dict, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        ablate(NetClassifier(**PLAIN), *noisy(), **asked)


def test_only_estimators_of_shoal_are_taken() -> None:
    with pytest.raises(SettingError, match=r"Expected a NetClassifier or NetRegressor for ablate\. Got str"):
        ablate("net", *noisy())
