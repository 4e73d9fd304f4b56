"""All of it at once: plain data, strict JSON, and no JAX."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from shoal.sweep import matter
from shoal.sweep.matter.evidence import Evidence
from shoal.sweep.matter.importances import importances
from shoal.sweep.matter.next_steps import next_steps
from shoal.sweep.matter.slices import slices
from shoal.sweep.matter.study import study
from shoal.sweep.matter.summary import what_mattered
from shoal.sweep.space import as_space, choice, intrange, loguniform, when

SPACE = as_space(
    {
        "rate": loguniform(1e-3, 1.0),
        "kind": choice("sgd", "adam"),
        "momentum": when(choice(0.0, 0.9), kind="sgd"),
        "width": intrange(1, 200),
    }
)


def seen(seed):
    rng = np.random.default_rng(seed)
    values = SPACE.sample(rng, 24)
    parts = np.array([[np.log10(one["rate"])] * 4 for one in values]) + 0.1 * rng.normal(size=(24, 4))
    parts[3] = np.nan
    parts[5, 1] = np.nan
    return Evidence(SPACE, values, parts, 2, 2, costs=rng.random(24))


def test_everything_is_strict_json_and_told_in_words(seed):
    found = what_mattered(seen(seed), draws=4)
    written = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(written["pictures"]) == {"parallel_coordinates", "importances", "slices"}
    told = found.told()
    for title in ("Best\n", "What mattered\n", "What to try next\n"):
        assert title in told
    assert "came to nothing in some or all of their runs" in told
    assert "rate: " in told


def test_one_study_says_the_same_as_each_alone(seed):
    evidence = seen(seed)
    found = what_mattered(evidence, draws=4, seed=1)
    made = study(evidence, draws=4, seed=1)
    assert found.importances == importances(evidence, made=made)
    assert found.slices == slices(evidence, made=made)
    assert list(found.next_steps) == next_steps(evidence, seed=1, made=made)


def test_the_pictures(seed):
    evidence = seen(seed)
    pictures = what_mattered(evidence, draws=3).pictures
    axes, lines = (pictures["parallel_coordinates"][name] for name in ("axes", "lines"))
    assert [axis["name"] for axis in axes] == ["rate", "kind", "momentum", "width"]
    assert [axis["scale"] for axis in axes] == ["log", "choice", "choice", "linear"]
    assert len(lines) == 24
    assert lines[3]["score"] is None
    assert not lines[5]["complete"]
    for line, values in zip(lines, evidence.values, strict=True):
        assert (line["places"][2] is None) == (values["kind"] == "adam")
        assert all(unit is None or 0 <= unit <= 1 for unit in line["places"])
    assert sorted(line["rank"] for line in lines) == list(range(1, 25))
    curves = {one["name"]: one for one in pictures["slices"]}
    assert len(curves["rate"]["values"]) == len(curves["rate"]["low"]) == 32
    assert len(curves["rate"]["trials"]) == 23
    assert {point["value"] for point in curves["momentum"]["trials"]} == {0.0, 0.9}
    bars = pictures["importances"]["settings"]
    assert bars[0]["name"] == "rate"
    assert bars[0]["low"] <= bars[0]["share"] <= bars[0]["high"]


def test_nothing_here_wakes_jax():
    names = sorted(path.stem for path in Path(matter.__file__).parent.glob("[a-z]*.py"))
    code = (
        f"import sys, importlib; [importlib.import_module('shoal.sweep.matter.' + n) for n in {names}]; "
        "woken = {'jax', 'sklearn', 'scipy', 'polars', 'optuna'} & set(sys.modules); assert not woken, woken"
    )
    assert len(names) > 12
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
