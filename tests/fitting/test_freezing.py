"""A5: which parameters a name of the ``frozen`` setting stands for."""

from __future__ import annotations

import pytest

from shoal.errors import SettingError
from shoal.fitting.freezing import frozen_rates
from shoal.nets.inputs import TableInput
from shoal.nets.spec import mlp

WIDE = mlp(TableInput(numbers=3), (4,) * 11, "softmax", 3, activation="tanh")
RICH = mlp(TableInput(numbers=3, levels=(9,), widths=(2,)), (4, 4), "linear", 1, norm="batch", residual=True)


def names(frozen, spec) -> list[str]:
    assert all(factor == 0.0 and name[0] == "=" for name, factor in frozen_rates(frozen, spec))
    return [name[1:] for name, _ in frozen_rates(frozen, spec)]


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        (None, []),
        ("layers.2", ["layers.2.kernel", "layers.2.bias"]),  # and not layers.20
        (["layers.2.bias", "head"], ["layers.2.bias", "head.kernel", "head.bias"]),
        ("layers.2?", ["layers.20.kernel", "layers.20.bias"]),
    ],
)
def test_plain_names(frozen, expected):
    assert names(frozen, WIDE) == expected


def test_all_but_some():
    assert names("all but head", WIDE) == names("layers.*", WIDE)
    kept = names("all but layers.20, head", WIDE)
    assert names(["all but layers.20,head"], WIDE) == kept
    assert {name.split(".")[1] for name in kept} == {str(i) for i in range(0, 20, 2)}


def test_inputs_and_blocks():
    assert names("inputs", RICH) == ["inputs.embedding.0"]
    inside = names("layers.0", RICH)
    assert "layers.0.shortcut" in inside
    assert set(names("layers.0.layers.1", RICH)) == {"layers.0.layers.1.gamma", "layers.0.layers.1.beta"}
    assert set(names("layers.0.layers.1", RICH)) < set(inside)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            "layer.2",
            r"has no layer 'layer\.2' to freeze\. Did you mean 'layers\.2'\? Its layers are: layers\.0",
        ),
        ("layers.1", r"The layer 'layers\.1' has no weights to freeze\. Those that have some are: layers\.0"),
        ("*", r"Expected frozen to leave a layer to train\. Got frozen='\*'"),
        (["layers.*", "head"], r"which names all of them"),
        (3, r"'frozen' setting must be None, the name of a layer, or a list of names.* Got 3 instead"),
        ([], r"Got \[\] instead"),
        ("all but heads", r"Did you mean 'head'\?"),
    ],
)
def test_what_is_refused(wrong, sentence):
    with pytest.raises(SettingError, match=sentence):
        frozen_rates(wrong, WIDE)
