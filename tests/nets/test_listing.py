"""Lists of layers: every form, every refusal, and the way back."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.errors import FileError, SettingError
from shoal.nets.forms import BLOCK_WORDS, FORMS, RULES
from shoal.nets.layers import (
    LAYERS,
    Activation,
    AveragePool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    LayerNorm,
    MaxPool,
    Repeat,
    Residual,
    Scale,
)
from shoal.nets.listing import entries_of, layers_of, to_entries

TANH = (Dense(8, "glorot_uniform"), Activation("tanh"))

CASES = [
    ({"dense": 8}, (Dense(8, "glorot_uniform"),)),
    ({"dense": 8, "activation": "tanh"}, TANH),
    ({"Dense": {"units": 8, "activation": "tanh"}}, TANH),
    ({"kind": "dense", "units": 8, "activation": "tanh"}, TANH),
    (
        {"dense": 8, "activation": "relu", "dropout": 0.2, "norm": "batch"},
        (Dense(8, "he_normal", bias=False), BatchNorm(), Activation("relu"), Dropout(0.2)),
    ),
    (
        {"dense": 8, "activation": "relu", "norm": "batch", "norm_position": "after", "dropout": 0},
        (Dense(8, "he_normal"), Activation("relu"), BatchNorm()),
    ),
    (
        {"dense": 8, "norm": "layer", "use_bias": False, "kernel_initializer": "orthogonal"},
        (Dense(8, "orthogonal", bias=False), LayerNorm()),
    ),
    (
        {"dense": 8, "kernel_l2": 1e-4, "bias_l1": 0, "constraint": {"max_norm": 3}},
        (Dense(8, "glorot_uniform", kernel_l2=1e-4, bias_l1=0, constraint=("max_norm", 3.0)),),
    ),
    ({"dense": 8, "constraint": "max_norm"}, (Dense(8, "glorot_uniform", constraint=("max_norm", 3.0)),)),
    (
        {"dense": 8, "constraint": {"kind": "non_negative"}},
        (Dense(8, "glorot_uniform", constraint=("non_negative", 0.0)),),
    ),
    (
        {"dense": 8, "activation": "leaky_relu", "slope": 0.1, "activity_l1": 0.01},
        (Dense(8, "he_normal"), Activation("leaky_relu", slope=0.1, activity_l1=0.01)),
    ),
    (
        {"dense": 8, "activation": {"kind": "leaky_relu", "slope": 0.1}},
        (Dense(8, "he_normal"), Activation("leaky_relu", slope=0.1)),
    ),
    (
        {"dense": 8, "initializer": {"kind": "normal", "sigma": 0.01}},
        (Dense(8, "normal:sigma=0.01"),),
    ),
    (
        {"conv2d": 4, "kernel": 3, "stride": 2, "padding": "valid", "dilation": 1, "activation": "relu"},
        (Conv2D(4, kernel=3, stride=2, padding="valid", initializer="he_normal"), Activation("relu")),
    ),
    (
        {"Conv2D": 4, "kernel_size": [3, 5], "strides": 1, "dilation_rate": 2},
        (Conv2D(4, kernel=(3, 5), dilation=2, initializer="glorot_uniform"),),
    ),
    ({"max_pool": 2}, (MaxPool(2),)),
    ({"MaxPooling2D": {"pool_size": 3, "strides": 2}}, (MaxPool(3, stride=2),)),
    ("max_pool", (MaxPool(2),)),
    ({"average_pool": 2, "padding": "same"}, (AveragePool(2, padding="same"),)),
    ("global_average_pool", (GlobalAveragePool(),)),
    ("global_max_pool", (GlobalMaxPool(),)),
    ("flatten", (Flatten(),)),
    ({"flatten": None}, (Flatten(),)),
    ({"activation": "prelu"}, (Activation("prelu"),)),
    ({"activation": "leaky_relu", "slope": 0.1}, (Activation("leaky_relu", slope=0.1),)),
    ("relu", (Activation("relu"),)),
    ({"dropout": 0.5}, (Dropout(0.5),)),
    ("batch_norm", (BatchNorm(),)),
    ({"BatchNormalization": {"momentum": 0.2}}, (BatchNorm(momentum=0.2),)),
    ("LayerNorm", (LayerNorm(),)),
    ("scale", (Scale(),)),
    ({"residual": [{"dense": 8, "activation": "tanh"}]}, (Residual(TANH),)),
    ({"repeat": 10, "layers": [{"dense": 8, "activation": "tanh"}]}, (Repeat(TANH, 10),)),
]


@pytest.mark.parametrize(("entry", "layers"), CASES, ids=lambda value: str(value)[:40])
def test_an_entry_is_read_as_its_layers(entry, layers):
    assert layers_of([entry]) == layers
    assert layers_of(json.loads(json.dumps([entry]))) == layers
    assert layers_of(yaml.safe_load(yaml.safe_dump([entry]))) == layers


def test_every_layer_can_be_listed():
    """All but the layers of an ensemble, which a setting makes of the plain ones."""
    assert {form.layer.kind for form in FORMS.values()} == set(LAYERS) - {"shared_dense", "member_batch_norm"}
    named = {type(layer) for _, layers in CASES for layer in layers}
    assert named == {form.layer for form in FORMS.values()}


@given(st.lists(st.sampled_from([layers for _, layers in CASES]), max_size=4))
def test_the_way_back_is_exact(parts):
    layers = tuple(layer for part in parts for layer in part)
    entries = json.loads(json.dumps(to_entries(layers)))
    assert layers_of(entries) == layers


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"dens": 8}], r"^Layer 1: There is no layer 'dens'\. Did you mean 'dense'\?"),
        (["flaten"], r"^Layer 1: There is no layer 'flaten'\. Did you mean 'flatten'\?"),
        ([{"dense": 8}, {"dense": 0}], r"^Layer 2: The 'units' parameter of dense must be an int .* Got 0"),
        ([{"dense": True}], r"^Layer 1: The layer 'dense' needs its units, as \{\"dense\": 64\}\."),
        (["dense"], r"^Layer 1: The layer 'dense' needs its units"),
        ([{"dropout": 1.0}], r"^Layer 1: The 'rate' parameter of dropout must be .* \[0, 1\)\. Got 1\.0"),
        ([{"dense": 4, "dropout": -0.1}], r"^Layer 1: The 'dropout' parameter of dense must be .* Got -0\.1"),
        ([{"dense": 4, "kernel_l2": -1}], r"'kernel_l2' parameter of dense must be a float in the range \[0"),
        ([{"dense": 4, "actvation": "relu"}], r"no option 'actvation'\. Did you mean 'activation'\?"),
        (
            [{"dense": 4, "activation": "relo"}],
            r"^Layer 1: Unknown activation 'relo'\. Did you mean 'relu'\?",
        ),
        ([{"dense": 4, "slope": 0.1}], r"^Layer 1: Expected an activation beside 'slope'\. Received none\."),
        ([{"dense": 4, "initializer": "he"}], r"^Layer 1: Unknown initializer 'he'\."),
        ([{"dense": 4, "norm": "group"}], r"^Layer 1: The 'norm' parameter of dense must be one of 'batch'"),
        ([{"dense": 4, "constraint": "maxnorm"}], r"no constraint 'maxnorm'\. Did you mean 'max_norm'\?"),
        ([{"dense": 4, "constraint": {"max_norm": 0}}], r"parameter of max_norm must be .* Got 0"),
        ([{"dense": 4, "constraint": 3}], r"^Layer 1: Expected a constraint such as"),
        ([{"flatten": 3}], r"^Layer 1: Expected nothing beside 'flatten'\. Received: 3\."),
        ([{"repeat": 3}], r"^Layer 1: The layer 'repeat' needs its layers, as \{\"repeat\": 10, \"layers\""),
        ([{"repeat": 0, "layers": ["relu"]}], r"^Layer 1: The 'times' parameter of repeat must be an int"),
        ([{"residual": [{"dense": 4}, {"dense": -1}]}], r"^Layer 1\.2: The 'units' parameter of dense"),
        ([{"conv2d": 4, "kernel": 0}], r"^Layer 1: Expected kernel to be a whole number of at least 1"),
        ([{"conv2d": 4, "padding": "some"}], r"^Layer 1: Expected padding to be 'same' or 'valid'\."),
        (
            [{"residual": "relu"}],
            r"^Layer 1: Expected the layers within 'residual' to be a list\. Received: 'relu'",
        ),
        ([{"activation": 3}], r"^Layer 1: Expected the activation to be a name\. Received: 3\."),
        ([{"dense": 3, "initializer": {"kind": 3}}], r"^Layer 1: Expected the initializer to be a name\."),
        ([3], r"^Layer 1: Expected a layer such as \{\"dense\": 64\} or \"flatten\"\. Received: 3\."),
        ([{}], r"^Layer 1: Expected a layer such as .* Received: \{\}\."),
        (3, r"^Expected layers to be a list such as .* Received: 3\."),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence_with_its_place(entries, message):
    with pytest.raises(SettingError, match=message):
        layers_of(entries)


@pytest.mark.parametrize(
    ("entries", "shape", "message"),
    [
        ([{"conv2d": 4, "kernel": 3}], (8,), r"^Layer 1: Expected images of \(height, width, channels\)"),
        (
            [{"max_pool": 4}, {"conv2d": 4, "kernel": 5, "padding": "valid"}],
            (8, 8, 1),
            r"^Layer 2: The convolution of 5x5 is larger than the image of 2x2 that reaches it",
        ),
        (
            [{"repeat": 3, "layers": [{"max_pool": 2}]}],
            (8, 8, 1),
            r"^Layer 1: Expected repeated layers to keep the shape .* \(4, 4, 1\) in, \(2, 2, 1\) out; what",
        ),
        (
            [{"residual": [{"max_pool": 2}]}],
            (8, 8, 1),
            r"^Layer 1: Expected the layers of a shortcut to keep all axes but the last",
        ),
        (
            [{"residual": [{"dense": 4}, {"conv2d": 4, "kernel": 9, "padding": "valid"}]}],
            (8, 8, 1),
            r"^Layer 1\.2: The convolution of 9x9 is larger than the image of 8x8",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused_once_the_shape_is_known(entries, shape, message):
    layers_of(entries)
    with pytest.raises(SettingError, match=message):
        layers_of(entries, shape)


def test_the_first_repetition_may_change_the_shape():
    """A11: the layer that sees the table has another kernel than those behind it."""
    entries = [{"repeat": 10_000, "layers": [{"dense": 8, "activation": "tanh"}]}]
    assert layers_of(entries) == (Repeat(TANH, 10_000),)
    assert layers_of(entries, (8,)) == (Repeat(TANH, 10_000),)
    assert layers_of(entries, (30,)) == (*TANH, Repeat(TANH, 9_999))
    assert layers_of([{"repeat": 1, "layers": [{"dense": 8, "activation": "tanh"}]}], (30,)) == TANH


WORDS = st.sampled_from(
    [
        *FORMS,
        *BLOCK_WORDS,
        *RULES,
        "kind",
        "initializer",
        "constraint",
        "kernel",
        "stride",
        "slope",
        "relu",
        "x",
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 9), st.floats(), WORDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(VALUES, st.sampled_from([None, (8,), (6, 6, 2)]))
def test_whatever_is_written_is_read_or_refused(entry, shape):
    told, layers = "", ()
    try:
        layers = layers_of([entry], shape)
    except SettingError as error:
        told = str(error)
    assert not told or told.startswith("Layer 1")
    assert told or layers_of(to_entries(layers), shape) == layers


def test_files_are_read(tmp_path):
    entries = [{"dense": 8, "activation": "tanh"}, "flatten"]
    for name, text in {
        "net.json": json.dumps(entries),
        "net.yaml": yaml.safe_dump(entries),
        "settings.yml": yaml.safe_dump({"epochs": 3, "layers": entries}),
    }.items():
        path = tmp_path / name
        path.write_text(text)
        assert entries_of(path) == entries
        assert layers_of(str(path)) == (*TANH, Flatten())


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("absent.yaml", None, r"absent\.yaml' cannot be read: No such file"),
        ("net.yaml", "[{", r"net\.yaml' cannot be understood"),
        ("net.json", "[{", r"net\.json' cannot be understood: Expecting property name"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(FileError, match=message):
        layers_of(tmp_path / name)
