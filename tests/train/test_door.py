"""What the engine refuses, each in one sentence, and what it makes of a state to go on from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import FEATURES, recipe, rich, rows, spec, trained, view

from shoal.errors import InputError, SettingError
from shoal.nets.image_input import ImageInput
from shoal.nets.layers import BatchNorm, Flatten
from shoal.nets.spec import NetSpec
from shoal.train.loop import train_all
from shoal.train.population import Member
from shoal.train.view import Batchable, View

MEMBER = Member(spec(), recipe())


def refused(message: str, members, views, error=SettingError) -> None:
    with pytest.raises(error, match=message):
        train_all(members, views)


def no_rows() -> Batchable:
    return Batchable(np.zeros((0, FEATURES)), np.zeros((0, 0), np.int32), np.zeros((0, 1)), np.zeros(0))


def test_nothing_to_train():
    refused(r"Expected at least one network to train\. Received none", [], [view()])


def test_no_rows_or_none_that_counts():
    refused(
        r"at least one training row with a weight above 0\. Received: 0 rows",
        [MEMBER],
        [View(no_rows())],
        InputError,
    )
    absent = rows(7, weight=np.zeros(7))
    refused(r"Received: 7 rows", [MEMBER], [View(absent)], InputError)
    refused(r"at least one validation row", [MEMBER], [View(rows(7), absent)], InputError)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_weights_that_are_no_weights(bad):
    weight = np.ones(7)
    weight[3] = bad
    refused(
        r"Expected finite weights of at least 0 for the training rows",
        [MEMBER],
        [View(rows(7, weight=weight))],
        InputError,
    )


@pytest.mark.parametrize("valid", [None, no_rows()])
@pytest.mark.parametrize("monitor", ["val_loss", "val_metric"])
def test_patience_without_validation_rows(monitor, valid):
    member = Member(spec(), recipe(monitor=monitor, patience=3))
    refused(
        rf"Expected validation rows for monitor='{monitor}'\. Received none: hand some in, or monitor 'loss'",
        [member],
        [View(rows(7), valid)],
    )


def test_a_view_that_is_not_there():
    refused(r"Network 1 looks at view 2, but there are 1 views", [MEMBER, replace(MEMBER, view=2)], [view()])


@pytest.mark.parametrize("settings", [{"epochs": 0}, {"batch_size": 0}])
def test_no_epochs_or_empty_batches(settings):
    refused(
        r"Expected at least one epoch and one row in a batch", [Member(spec(), recipe(**settings))], [view()]
    )


def test_padding_that_cannot_be():
    refused(
        r"Expected padded widths of at least \(4,\)\. Received: padded=\(3,\)",
        [replace(MEMBER, padded=(3,))],
        [view()],
    )
    residual = Member(spec((4,), residual=True), recipe(), padded=(8,))
    refused(r"layers that cannot be padded, such as shortcuts", [residual], [view()])


@pytest.fixture(scope="module")
def done():
    return trained([Member(rich(), recipe())], view())[0]


def test_weights_of_another_network(done):
    start = {"params": done.params, "running": done.running}
    refused(
        r"weights to start from are those of another network: they differ in head\.kernel, layers\.0\.kernel",
        [Member(rich((5,)), recipe(), start=start)],
        [view()],
    )
    refused(r"those of another network", [Member(spec(), recipe(), start=done.state)], [view()])


def test_a_state_of_another_precision(done):
    member = Member(rich(), recipe(precision="float64", epochs=8), start=done.state)
    refused(
        r"Expected precision='float32', that of the run to go on from\. Received: precision='float64'",
        [member],
        [view()],
    )


def test_given_weights_are_taken_in_the_precision_that_is_asked_for(done):
    start = {"params": done.params, "running": done.running}
    net = trained([Member(rich(), recipe(precision="float64", learning_rate=0.0), start=start)], view())[0]
    for name, value in done.params.items():
        assert net.params[name].dtype == np.float64
        np.testing.assert_array_equal(net.params[name], value.astype(np.float64))


def test_the_input_is_left_as_it_was(done):
    """Programs give their arguments away to be overwritten; what the caller holds must stay."""
    data = view()
    before = [value.copy() for value in vars(data.train).values()]
    start = {"params": {k: v.copy() for k, v in done.params.items()}, "running": done.running}
    trained([Member(rich(), recipe(learning_rate=0.5), start=start)], data)
    for value, old in zip(vars(data.train).values(), before, strict=True):
        np.testing.assert_array_equal(value, old)
    for name, value in start["params"].items():
        np.testing.assert_array_equal(value, done.params[name])


def test_going_on_leaves_the_state_as_it_was(done):
    before = {name: np.array(value) for name, value in done.state["params"].items()}
    trained([Member(rich(), recipe(epochs=8), start=done.state)], view())
    for name, value in before.items():
        np.testing.assert_array_equal(done.state["params"][name], value)


def test_batch_norm_needs_two_rows():
    """A6: of one row it would make 0, whatever the row is; of one image there are many places."""
    message = r"at least two rows in a batch for batch norm.* Received: batches of one row"
    refused(message, [Member(rich(), recipe(batch_size=1))], [view()])
    refused(message, [Member(rich(), recipe())], [view(1)])
    refused(message, [Member(rich().with_members(2), recipe(batch_size=1))], [view()])
    image = NetSpec(ImageInput(1, FEATURES, 1), (BatchNorm(), Flatten()), "linear", 1)
    assert trained([Member(image, recipe(batch_size=1, epochs=1))], view())[0].code == "complete"
