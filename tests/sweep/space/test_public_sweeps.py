"""Sweep files of public projects, the examples of W&B first: those about settings of a network are read.

The files hold the parameters alone. The names that are left out were listed with these files at hand, so the
count says nothing of files that nobody has looked at.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import SettingError
from shoal.settings import Settings
from shoal.sweep.space import read_sweep

HERE = Path(__file__).parent
READ, REFUSED = sorted((HERE / "public").glob("*.yaml")), sorted((HERE / "refused").glob("*.yaml"))
LEFT_OUT = {
    "blocks_and_heads": {"n_heads"},
    "experiments_hydra": {"experiment"},
    "fashion_torch_grid": {"channels_one", "channels_two"},
    "normalization_cifar10": {"model.num_groups", "dataset"},
    "normalization_hydra": {"model.num_groups"},
    "normalization_mnist": {"model.num_groups", "dataset"},
    "point_clouds": {
        "sample_points",
        *(f"set_abstraction_{what}_{n}" for what in ("ratio", "radius") for n in (1, 2)),
    },
    "simpsons_fastai": {"img_size", "pretrained"},
}


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_it_is_read_and_gives_settings(path):
    """Whatever is left out is told; all that remains can be trained."""
    sweep = read_sweep(path)
    told = re.findall(r"line \d+: (\S+) is left out(?:, so|: it is one)", "\n".join(sweep.notices))
    assert set(told) == LEFT_OUT.get(path.stem, set())
    for values in sweep.space.sample(np.random.default_rng(0), 20):
        Settings.of({**sweep.settings, **sweep.space.settings(values, sweep.settings)})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("channels_counted", r"^channels_counted\.yaml, line 7: .* Got out_features\."),
        (
            "flags",
            r"^flags\.yaml, line 4: Expected parameters that are settings of shoal\. Got flag1, flag2\.",
        ),
        ("other_program", r"^other_program\.yaml, line 2: Expected a key of a sweep file\. Got 'tune'\."),
    ],
)
def test_what_means_nothing_here_is_refused_with_its_line(name, message):
    with pytest.raises(SettingError, match=message):
        read_sweep(HERE / "refused" / f"{name}.yaml")


def test_how_many_are_read(capsys):
    """Prints the count; a file of either folder that changes sides shows here."""
    read = 0
    for path in (*READ, *REFUSED):
        try:
            read_sweep(path)
        except SettingError:
            continue
        read += 1
    with capsys.disabled():
        print(f"\n{read} of {len(READ) + len(REFUSED)} public sweep files are read unchanged")
    assert (read, len(REFUSED)) == (len(READ), 3)


def test_a_switch_is_a_choice_between_two_values():
    sweep = read_sweep(HERE / "public" / "simpsons_fastai.yaml")
    domain = sweep.space.dimensions[sweep.space.names.index("schedule")].domain
    assert set(domain.ends()) == {"one_cycle", "constant"}
    layers = read_sweep("method: grid\nparameters:\n  use_layer_norm: {values: [true, false]}\n")
    assert layers.space.grid() == [{"norm": "layer"}, {"norm": None}]


def test_a_slip_is_never_taken_for_something_foreign():
    """What is near a setting's name, or near nothing known, is refused, and never left out in silence."""
    for name in ("droput", "learning_rte", "n_neuron", "wobble"):
        with pytest.raises(SettingError, match=rf"Got {name}\."):
            read_sweep(f"method: grid\nparameters:\n  {name}: {{values: [1, 2]}}\n")
