"""Sweep files: every shape that public files have is read; bad ones are refused with the line."""

# ruff: noqa: E501  # the table of bad files has one line for each

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from shoal.errors import FileError, SettingError
from shoal.settings import Settings
from shoal.sweep.space import Choice, Space, SweepFile, read_sweep

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))


def example(name: str) -> SweepFile:
    return read_sweep(Path(__file__).parent / "examples" / f"{name}.yaml")


def domain(sweep: SweepFile, name: str):
    return sweep.space.dimensions[sweep.space.names.index(name)].domain


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_shape_is_read_and_gives_settings(path):
    sweep = read_sweep(path)
    assert Space.from_json(json.loads(json.dumps(sweep.space.to_json()))) == sweep.space
    for values in sweep.space.sample(np.random.default_rng(0), 20):
        Settings.of({**sweep.settings, **sweep.space.settings(values, sweep.settings)})


def test_top_level_keys():
    sweep = example("plain_choices")
    assert (sweep.method, sweep.run_cap) == ("grid", 40)
    assert sweep.metric is not None
    assert (sweep.metric.name, sweep.metric.goal, sweep.metric.target) == ("val_accuracy", "maximize", 0.98)
    assert sweep.early_terminate is not None
    assert (sweep.early_terminate.min_iter, sweep.early_terminate.eta) == (3, 2.0)
    assert sweep.early_terminate.strict is True
    assert sweep.settings == {"epochs": 12}
    assert sweep.space.size == 8
    assert sweep.notices[0] == "Without meaning here, and left out: program, project, entity, command."
    assert "plain_choices.yaml, line 16: dataset_name is left out" in sweep.notices[1]


UNITS = np.linspace(0.02, 0.98, 25)


def _rounded(law, q):
    return np.round(law.ppf(UNITS) / q) * q


W_AND_B = {
    "patience": stats.randint(3, 10).ppf(UNITS),
    "dropout": stats.uniform(0, 0.5).ppf(UNITS),
    "warmup": _rounded(stats.uniform(0, 5), 0.5),
    "learning_rate": np.exp(stats.uniform(-9.21, 9.21 - 2.3).ppf(UNITS)),
    "weight_decay": stats.loguniform(1e-5, 1e-1).ppf(UNITS),
    "batch_size": _rounded(stats.loguniform(32, 256), 8),
    "accumulate": _rounded(stats.loguniform(1, math.exp(2.1)), 1),
    "l2": np.exp(-stats.uniform(2.3, 6.9).ppf(1 - UNITS)),
    "l1": stats.loguniform(1e-6, 1e-3).ppf(UNITS),
    "clip_norm": stats.lognorm(0.5).ppf(UNITS),
    "bias_l2": _rounded(stats.lognorm(1.0, scale=math.exp(-3)), 0.01),
    "min_delta": stats.norm(0.01, 0.002).ppf(UNITS),
    "activity_l2": _rounded(stats.norm(0.05, 0.01), 0.01),
    "label_smoothing": stats.beta(1.5, 12).ppf(UNITS),
    "bias_l1": _rounded(stats.beta(2, 9), 0.05),
}


@pytest.mark.parametrize("name", W_AND_B)
def test_every_distribution_is_w_and_bs(name):
    here = domain(example("every_distribution"), name)
    values = [here.from_unit(unit) for unit in UNITS]
    np.testing.assert_allclose(values, W_AND_B[name], rtol=1e-5, atol=1e-9)


def test_choices_with_probabilities_and_constants():
    sweep = example("every_distribution")
    assert domain(sweep, "schedule") == Choice(("cosine", "step"), (0.75, 0.25))
    assert sweep.settings == {"epochs": 20}


def test_two_whole_numbers_are_whole_numbers():
    sweep = example("ranges_without_a_name")
    assert domain(sweep, "batch_size").size == 113
    assert domain(sweep, "dropout").size is None
    assert domain(sweep, "learning_rate").ends() == (1e-4, 0.1)
    assert sweep.settings == {"accumulate": 2}


def test_names_and_values_of_other_tools():
    sweep = example("names_of_other_tools")
    told = "\n".join(sweep.notices)
    assert domain(sweep, "learning_rate").ends() == (pytest.approx(1e-4), 0.1)
    assert domain(sweep, "dropout").ends() == (0.0, 0.999)
    assert domain(sweep, "optimizer").ends() == ("adam", "sgd", "nesterov")
    assert domain(sweep, "activation").ends() == ("relu", "sigmoid", "silu")
    assert domain(sweep, "initializer").ends() == ("glorot_uniform", "he_normal", "normal")
    assert domain(sweep, "norm").ends() == ("batch", None)
    assert domain(sweep, "schedule").ends() == ("cosine", "step")
    assert sweep.settings == {"loss": "cross_entropy"}
    for sentence in (
        "line 4: lr is read as learning_rate.",
        "line 4: learning_rate is drawn from 0.0001 to 0.1, because it must be a float in the range (0, inf)",
        "line 5: batch-size is read as batch_size.",
        "line 8: 'Adamax' is left out of optimizer: shoal has no such value for it.",
        "line 10: 'logistic' is read as activation 'sigmoid'.",
        "line 16: tags is left out: it is one constant, and no setting of shoal.",
        "beta_1 takes part only where the optimizer has one: adam.",
    ):
        assert sentence in told, sentence


def hidden(name: str) -> list:
    sweep = example(name)
    return sorted({json.dumps(sweep.space.settings(values)["hidden"]) for values in sweep.space.grid()})


def test_hidden_layers_in_pieces():
    # by hand: one, two or three layers of 16 or 32
    assert len(hidden("depth_and_width")) == 6
    assert "[32, 32, 32]" in hidden("depth_and_width")
    assert hidden("widths_one_by_one") == ["[16, 16]", "[16, 8]", "[16]", "[32, 16]", "[32, 8]", "[32]"]
    assert example("widths_one_by_one").space.size == 6
    assert hidden("one_layer") == ["[128]", "[256]", "[64]"]
    assert hidden("lists_of_widths") == ["[16, 16]", "[64, 32]", "[64]"]


def test_nested_parameters():
    assert example("nested").space.names == ("dropout", "activation", "learning_rate", "beta_1", "batch_size")


def test_a_momentum_takes_part_only_where_the_optimizer_has_one():
    sweep = example("momentum")
    assert domain(sweep, "optimizer").ends() == ("adam", "momentum")
    for values in sweep.space.sample(np.random.default_rng(0), 30):
        assert ("momentum" in values) == (values["optimizer"] == "momentum")


def test_seeds_are_repetitions():
    sweep = example("seeds_as_parameter")
    assert (sweep.space.size, sweep.own.seeds) == (2, 3)
    one = read_sweep("method: grid\nparameters:\n  seed: {value: 5}\n  l2: {values: [0, 1]}\n")
    assert (one.own.seed, one.own.seeds, one.space.names) == (5, None, ("l2",))


def test_a_range_of_seeds_is_left_to_each_trial():
    sweep = read_sweep("parameters:\n  seed: {min: 1, max: 99999}\n  l2: {values: [0, 1]}\n")
    assert (sweep.own.seed, sweep.own.seeds, sweep.space.names) == (None, None, ("l2",))


def test_groups_parted_by_two_lines_as_skorch_does():
    text = "parameters:\n  model__lr: {values: [0.1, 0.01]}\n  model__module__dropout: {values: [0, 0.5]}\n"
    text += "  model__lr_scheduler: {values: [true]}\n  model__device: {value: cuda}\n"
    sweep = read_sweep(text)
    assert (sweep.space.names, sweep.settings) == (("learning_rate", "dropout"), {})
    assert "model__lr_scheduler is left out: it is one constant" in "\n".join(sweep.notices)


def test_widths_called_hidden():
    sweep = read_sweep("parameters:\n  hidden: {values: [32, 64]}\n  n_layers: {values: [1, 2]}\n")
    assert sorted(v["hidden"] for v in sweep.space.grid()) == [[32], [32, 32], [64], [64, 64]]


def test_another_programs_method_is_ours_to_choose():
    sweep = example("anchors")
    assert sweep.method is None
    assert any("'custom' is another program's" in notice for notice in sweep.notices)
    assert domain(sweep, "l2") == domain(sweep, "l1")
    assert domain(sweep, "bias_l2").ends() == (1e-6, 1e-3)


def test_the_own_key():
    sweep = example("own_key")
    own = sweep.own
    assert (own.seed, own.seeds, own.folds, own.nested, own.budget) == (7, 3, 5, 4, "10m")
    assert (own.scoring, sweep.method) == (["neg_log_loss", "accuracy"], "hyperband")
    assert sweep.settings == {"epochs": 30, "number_embedding": "none"}
    for values in sweep.space.sample(np.random.default_rng(0), 100):
        settings = sweep.space.settings(values, sweep.settings)
        assert ("momentum" in values) == (values["optimizer"] == "momentum")
        assert ("beta_2" in values) == (values["optimizer"] == "adam")
        assert values.get("beta_1", 0) < values.get("beta_2", 1)
        assert settings["accumulate"] * settings["batch_size"] == 256
        assert settings["warmup"] == (2 if values["schedule"] == "cosine" else 0)
        assert settings["dropout"] == (0.0 if settings["hidden"] == (32,) else 0.25)
        assert "size" not in settings


def test_parameters_can_be_left_out_by_the_caller():
    text = "method: grid\nparameters:\n  l2: {values: [0, 1]}\n  colour: {values: [red, blue]}\n"
    assert read_sweep(text, ignore=["colour"]).space.names == ("l2",)


def test_a_notice_where_exponents_look_like_values():
    text = "method: random\nparameters:\n  lr: {distribution: log_uniform, min: 1e-4, max: 1e-1}\n"
    assert (
        "because log_uniform takes exponents; log_uniform_values takes the values"
        in read_sweep(text).notices[0]
    )


def test_repeated_values_and_keys_are_told():
    text = (
        "method: grid\nparameters:\n  l2: {values: [0, 1, 1]}\n  l1: {values: [0]}\n  l1: {values: [0, 1]}\n"
    )
    told = "\n".join(read_sweep(text).notices)
    assert "a value of l2 stands twice, or has probability 0" in told
    assert "line 2: l1 stands there twice; the last one counts" in told


HEAD = "method: random\nparameters:\n"
BAD = [
    ("  learning_rate:\n    min: 0.1\n    max: 0.01\n", 4, r"Expected min below max for learning_rate\. Got min 0\.1, max 0\.01\."),
    ("  lr: 0.1\n", 3, r"Expected value, values, min and max, .* for lr\. Write \{value: 0\.1\}"),
    ("  lr: [0.1, 0.2]\n", 3, r"Write \{values: \[0\.1, 0\.2\]\}"),
    ("  lr: {}\n", 3, r"Expected value, values, min and max, or a distribution for lr\. Got \{\}"),
    ("  lr: {vales: [0.1]}\n", 3, r"Got 'vales'\. Did you mean 'values'\?"),
    ("  lr:\n    distribution: log_unifrm\n    min: 1\n", 4, r"Got 'log_unifrm'\. Did you mean 'log_uniform'\?"),
    ("  lr: {min: 0.1}\n", 3, r"Expected max for lr: this form needs it"),
    ("  lr:\n    min: low\n    max: 1\n", 4, r"Expected min of lr to be a number\. Got 'low'"),
    ("  lr: {distribution: log_uniform_values, min: 0, max: 1}\n", 3, r"Expected min above 0 for lr, which draws"),
    ("  lr: {distribution: log_uniform, min: 1, max: 1000}\n", 3, r"Expected exponents for lr.*Got 1000"),
    ("  patience: {distribution: int_uniform, min: 1.5, max: 3}\n", 3, r"Expected min of patience to be a whole"),
    ("  l2: {distribution: q_uniform, min: 0, max: 1, q: 0}\n", 3, r"Expected q above 0 for l2\. Got 0"),
    ("  l2: {distribution: normal, sigma: -1}\n", 3, r"l2: Expected a mean and a standard deviation above 0"),
    ("  l2: {distribution: beta, a: 1}\n", 3, r"Expected b for l2: beta needs it"),
    ("  l2: {distribution: constant}\n", 3, r"Expected value for the constant l2"),
    ("  l2: {values: []}\n", 3, r"Expected values of l2 as a list of at least one\. Got \[\]"),
    ("  l2: {values: 3}\n", 3, r"Expected values of l2 as a list"),
    ("  l2: {values: [0, 1], probabilities: [1]}\n", 3, r"Expected a probability for each of the 2 values of l2"),
    ("  l2: {values: [0, 1], probabilities: [0.3, 0.3]}\n", 3, r"Expected probabilities of l2 that add up to 1.*0\.6"),
    ("  learning_rat: {values: [1, 2]}\n", 3, r"Got learning_rat\. Did you mean 'learning_rate' by learning_rat\?"),
    ("  l2: {values: [0]}\n  colour: {values: [red, blue]}\n  taste: {min: 0, max: 1}\n", 4,
     r"Expected parameters that are settings of shoal\. Got colour, taste\. .*'shoal: \{ignore: \[colour, taste\]\}'"),
    ("  lr: {values: [1, 2]}\n  learning_rate: {values: [3, 4]}\n", 4, r"Expected learning_rate once\. Got lr and"),
    ("  optimizer: {values: [adam, adm]}\n", 3, r"'optimizer' parameter of shoal must be one of .*Got 'adm'.*mean 'adam'"),
    ("  optimizer: {values: [Adamax, ftrl]}\n", 3, r"Expected a value that shoal has for optimizer.*Got 'Adamax', 'ftrl'"),
    ("  dropout: {min: 0.5, max: 1.5}\n", 3, r"The 'dropout' parameter of shoal must be .*Got 1\.5 instead"),
    ("  lr: {distribution: q_log_uniform_values, min: 1e-5, max: 1e-2}\n", 3, r"multiples of q=1"),
    ("  hidden_size: {values: [8.5, 16]}\n", 3, r"Expected hidden_size to be whole numbers from 1\. Got 8\.5"),
    ("  units_1: {values: [8]}\n  hidden: {values: [[8], [9]]}\n", 3, r"Expected the hidden layers once\. Got hidden and units_1"),
    ("  depth: {values: [1, 2]}\n  num_layers: {values: [1, 2]}\n", 4, r"Expected the number of layers once"),
    ("  l2: {values: [0, 1]}\nmetric: {goal: maximize}\n", 4, r"Expected metric to have a name"),
    ("  l2: {values: [0, 1]}\nmetric: {name: a, goal: max}\n", 4, r"Expected goal to be minimize or maximize\. Got 'max'"),
    ("  l2: {values: [0, 1]}\nmetric: {name: a, target: much}\n", 4, r"Expected target to be a number"),
    ("  l2: {values: [0, 1]}\nearly_terminate: {type: median}\n", 4, r"to be hyperband\. Got 'median'"),
    ("  l2: {values: [0, 1]}\nearly_terminate: {type: hyperband, max_iter: 9}\n", 4, r"min_iter, or max_iter and s"),
    ("  l2: {values: [0, 1]}\nearly_terminate: {type: hyperband, min_iter: 3, eta: 1}\n", 4, r"Expected eta above 1"),
    ("  l2: {values: [0, 1]}\nearly_terminate: {type: hyperband, min_iter: 3, strict: 1}\n", 4, r"Expected strict"),
    ("  l2: {values: [0, 1]}\nrun_cap: 0\n", 4, r"Expected run_cap to be a whole number from 1\. Got 0"),
    ("  l2: {values: [0, 1]}\nrun_caps: 3\n", 4, r"Expected a key of a sweep file\. Got 'run_caps'\. Did you mean 'run_cap'"),
    ("  l2: {values: [0, 1]}\nmetrics: 3\n", 4, r"Expected metrics as a list"),
    ("  l2: {values: [0, 1]\n", 4, r"Expected YAML\. Got something else"),
    ("  l2: &a {values: [*a]}\n", 3, r"Expected an anchor that does not hold itself"),
    ("  l2: {values: [0, 1]}\nshoal: {fold: 3}\n", 4, r"Got 'fold'\. Did you mean 'folds'"),
    ("  l2: {values: [0, 1]}\nshoal:\n  folds: 1\n", 5, r"Expected a whole number from 2\. Got 1"),
    ("  l2: {values: [0, 1]}\nshoal:\n  budget: -3\n", 5, r"Expected budget as seconds above 0"),
    ("  l2: {values: [0, 1]}\nshoal:\n  scoring: 3\n", 5, r"Expected scoring as a name"),
    ("  l2: {values: [0, 1]}\nshoal:\n  ignore: 3\n", 5, r"Expected ignore as a list"),
    ("  l2: {values: [0, 1]}\nshoal:\n  settings:\n    dropot: 0.1\n", 5, r"Did you mean 'dropout'"),
    ("  l2: {values: [0, 1]}\nshoal:\n  constraints:\n    - l2 <\n", 6, r"Expected an expression such as"),
    ("  l2: {values: [0, 1]}\nshoal:\n  constraints: [l3 < 1]\n", 4, r"'l3 < 1' speaks of 'l3'.*Did you mean 'l2'"),
    ("  l2: {values: [0, 1]}\nshoal:\n  conditions:\n    l2: 3\n", 6, r"Expected the condition of l2"),
    ("  l2: {values: [0, 1]}\nshoal:\n  ties:\n    l1: 3\n", 6, r"Expected the tie of l1"),
    ("  l2: {values: [0, 1]}\nshoal:\n  ties:\n    s: {a: {l1: 1}, b: {}}\n", 6, r"Expected l1 for each word of s"),
    ("  schedule: {values: [cosine, step]}\n  schedule.factor: {min: 0.1, max: 0.9}\n", 2, r"schedule has no setting 'factor'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_files_are_refused_with_the_line(text, line, message):
    with pytest.raises(SettingError, match=rf"^the sweep, line {line}: .*{message}"):
        read_sweep(HEAD + text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n", r"line 1: Expected a mapping with method and parameters\. Got nothing"),
        ("- 1\n- 2\n", r"line 1: Expected a sweep as a mapping"),
        ("method: grid\nname: x\n", r"line 1: Expected parameters"),
        ("parameters: 3\nmethod: grid\n", r"line 1: Expected parameters as a mapping\. Got 3"),
        ("method: gird\nparameters: {l2: {values: [0, 1]}}\n", r"line 1: .*Got 'gird'\. Did you mean 'grid'"),
    ],
)
def test_what_is_no_sweep_is_refused(text, message):
    with pytest.raises(SettingError, match=message):
        read_sweep(text)


def test_a_file_is_named_in_its_errors(tmp_path):
    (tmp_path / "sweep.yaml").write_text(HEAD + "  lr: 3\n")
    with pytest.raises(SettingError, match=r"^sweep\.yaml, line 3: "):
        read_sweep(tmp_path / "sweep.yaml")
    with pytest.raises(FileError, match=r"Expected a sweep file in UTF-8 at .*none\.yaml"):
        read_sweep(tmp_path / "none.yaml")
