"""Law 4: what a network is and how it is trained survives JSON, exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.nets.activations import ACTIVATIONS
from shoal.nets.heads import HEADS
from shoal.nets.image_input import ImageInput
from shoal.nets.initializers import INITIALIZERS
from shoal.nets.inputs import TableInput
from shoal.nets.layers import (
    CONSTRAINTS,
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
    MemberBatchNorm,
    Repeat,
    Residual,
    Scale,
    SharedDense,
)
from shoal.nets.spec import NetSpec
from shoal.settings import Settings
from shoal.train.optimizers import OPTIMIZERS
from shoal.train.recipe import Recipe
from shoal.train.schedules import SCHEDULES, Schedule

# The checker of annotations picks by random which items of a list it looks at; no draw depends on it.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

share = st.floats(0.0, 0.99)
positive = st.floats(1e-12, 1e12)
small = st.integers(1, 50)


def through_text(values):
    return json.loads(json.dumps(values, allow_nan=False))


layers = st.recursive(
    st.one_of(
        *(
            st.builds(
                kind,
                small,
                st.sampled_from(sorted(INITIALIZERS)),
                st.booleans(),
                kernel_l2=st.none() | share,
                bias_l1=st.none() | share,
                constraint=st.none() | st.tuples(st.sampled_from(CONSTRAINTS), positive),
            )
            for kind in (Dense, SharedDense)
        ),
        st.builds(Activation, st.sampled_from(sorted(ACTIVATIONS)), st.none() | share),
        st.builds(Dropout, share),
        st.builds(BatchNorm, positive, share),
        st.builds(MemberBatchNorm, positive, share),
        st.builds(LayerNorm, positive),
        st.just(Scale()),
    ),
    lambda inner: st.one_of(
        st.builds(Residual, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Repeat, st.tuples(st.builds(Dropout, share), st.just(Activation("tanh"))), small),
    ),
    max_leaves=6,
)
inputs = st.integers(0, 3).flatmap(
    lambda categories: st.builds(
        TableInput,
        numbers=small,
        continuous=st.lists(st.integers(0, 9), max_size=4, unique=True).map(tuple),
        levels=st.tuples(*[small] * categories),
        widths=st.tuples(*[small] * categories),
        number_embedding=st.sampled_from(["none", "periodic"]),
        frequency_scale=positive,
    )
)
specs = st.builds(
    NetSpec,
    inputs,
    st.lists(layers, max_size=4).map(tuple),
    st.sampled_from(sorted(HEADS)),
    small,
    st.sampled_from(sorted(INITIALIZERS)),
    st.integers(0, 3),
)


@given(specs)
def test_a_network(spec):
    again = NetSpec.from_json(through_text(spec.to_json()))
    assert again == spec
    assert hash(again) == hash(spec)


@given(specs)
def test_structure_and_widths_are_specs_too(spec):
    assert spec.structure().structure() == spec.structure()
    assert spec.with_units(spec.units()) == spec
    assert not any(spec.structure().rates().values())


def test_every_layer_takes_part():
    table = (Dense, Activation, Dropout, BatchNorm, LayerNorm, Scale, Residual, Repeat)
    shared = (SharedDense, MemberBatchNorm)
    image = (Conv2D, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, Flatten)
    assert set(LAYERS) == {layer.kind for layer in (*table, *shared, *image)}


sides = st.integers(1, 5)
pairs = sides | st.tuples(sides, sides)
paddings = st.sampled_from(["same", "valid"])
image_layers = st.one_of(
    st.builds(
        Conv2D,
        small,
        pairs,
        stride=pairs,
        padding=paddings,
        dilation=pairs,
        bias=st.booleans(),
        kernel_l1=st.none() | share,
        constraint=st.none() | st.tuples(st.sampled_from(CONSTRAINTS), positive),
    ),
    *(st.builds(pool, pairs, st.none() | pairs, paddings) for pool in (MaxPool, AveragePool)),
    st.sampled_from([GlobalAveragePool(), GlobalMaxPool(), Flatten()]),
)
image_inputs = st.integers(0, 3).flatmap(
    lambda known: st.builds(
        ImageInput, small, small, small, st.tuples(*[share] * known), st.tuples(*[positive] * known)
    )
)


@given(image_inputs, st.lists(image_layers, max_size=4).map(tuple))
def test_a_network_of_images(inputs, layers):
    spec = NetSpec(inputs, layers, "softmax", 3)
    again = NetSpec.from_json(through_text(spec.to_json()))
    assert again == spec
    assert hash(again) == hash(spec)
    assert spec.structure().structure() == spec.structure()


@st.composite
def schedules(draw):
    kind = draw(st.sampled_from(sorted(SCHEDULES)))
    known = SCHEDULES[kind].settings
    names = draw(st.sets(st.sampled_from(sorted(known) or ["-"]))) - {"-", "boundaries", "values"}
    given = [(name, draw(allowed(known[name].rule))) for name in sorted(names)]
    if kind == "piecewise":
        given = [("boundaries", (1.0, 2.5)), ("values", (1.0, 0.5, draw(share)))]
    return Schedule(kind, tuple(given), draw(st.sampled_from([0.0, 0.5, 3.0])))


def allowed(rule):
    """Values in the range of a rule."""
    low = rule.low + 0.01 * rule.low_open
    high = min(rule.high - 0.01 * rule.high_open, rule.low + 9.0)
    return st.integers(int(low), int(high)) if rule.integer else st.floats(low, high)


LOSS_CHOICES = [
    {"loss": "squared_error"},
    {"loss": "huber", "loss_settings": (("delta", 0.3),)},
    {"loss": "quantile", "loss_settings": (("levels", (0.1, 0.9)),)},
]


@st.composite
def recipes(draw):
    optimizer = draw(st.sampled_from(sorted(OPTIMIZERS)))
    known = sorted(OPTIMIZERS[optimizer].defaults)
    names = draw(st.sets(st.sampled_from(known))) if known else ()
    return Recipe(
        **draw(st.sampled_from(LOSS_CHOICES)),
        optimizer=optimizer,
        optimizer_settings=tuple((name, draw(share)) for name in sorted(names)),
        learning_rate=draw(positive),
        schedule=draw(schedules()),
        weight_decay=draw(positive),
        l1=draw(positive),
        batch_size=draw(small),
        epochs=draw(small),
        patience=draw(small),
        precision=draw(st.sampled_from(["float32", "float64"])),
        rate_factors=draw(st.sampled_from([(), (("bias", 0.1), ("kernel", 2.0))])),
    )


@given(recipes())
def test_a_recipe(recipe):
    again = Recipe.from_json(through_text(recipe.to_json()))
    assert again == recipe
    assert hash(again) == hash(recipe)


@given(recipes(), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_a_run_in_pieces_has_the_rates_of_one_at_once(recipe, total, steps, first):
    """Bit for bit: the clock counts whole steps."""
    first = min(first, total)
    whole = recipe.schedule.factors(total, steps, total)
    pieces = [recipe.schedule.factors(n, steps, total, at) for at, n in ((0, first), (first, total - first))]
    assert [row.tolist() for piece in pieces for row in piece] == whole.tolist()


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "hidden": st.one_of(st.just("auto"), small, st.lists(small, max_size=3)),
        "activation": st.one_of(st.just("auto"), st.sampled_from(sorted(ACTIVATIONS))),
        "dropout": st.one_of(st.just("auto"), share, st.lists(share, min_size=1, max_size=3)),
        "optimizer": st.sampled_from(["auto", *OPTIMIZERS]),
        "learning_rate": st.one_of(st.just("auto"), positive),
        "momentum": st.one_of(st.none(), share),
        "schedule": st.sampled_from(["auto", *SCHEDULES]),
        "norm": st.sampled_from([None, "batch", "layer"]),
        "patience": st.one_of(st.just("auto"), st.none(), small),
        "batch_size": st.one_of(st.just("auto"), small),
        "l2": positive,
        "seed": st.integers(0, 2**32 - 1),
    },
)


@given(SETTINGS)
def test_settings(values):
    settings = Settings.of(values)
    assert Settings.of(through_text(settings.to_json())) == settings
    assert Settings.of(through_text(settings.given())) == settings
