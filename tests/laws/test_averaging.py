"""D9: averages of the weights, against the loops that one would write, and against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
from populations import FEATURES, recipe, rich, rows, same_bits, spec, trained, view

from shoal.errors import SettingError
from shoal.nets import network
from shoal.train.averaging import as_averaging
from shoal.train.population import Member
from shoal.train.view import View

TABLE = rows(12)
LINEAR = spec((), "linear", 1)
PLAIN = {"optimizer": "sgd", "batch_size": 12, "epochs": 8, "monitor": "loss", "precision": "float64"}


def descent() -> list[np.ndarray]:
    """Return the weights after each of eight steps of plain descent on a linear net."""
    params, _ = network.init(LINEAR, 0, "float64")
    w = np.vstack([params["head.kernel"], params["head.bias"][None]])
    x = np.hstack([TABLE.numbers, np.ones((12, 1))])
    found = []
    for _ in range(8):
        w = w - 0.02 * 2.0 / 12 * x.T @ (x @ w - TABLE.target)
        found.append(w)
    return found


def by_hand(kind: str, number: float) -> np.ndarray:
    if kind == "swa":
        return np.mean([w for epoch, w in enumerate(descent(), 1) if epoch > number * 8], axis=0)
    first, *rest = descent()
    for w in rest:
        first = number * first + (1.0 - number) * w
    return first


def kept(averaging: tuple) -> np.ndarray:
    net = trained([Member(LINEAR, recipe(averaging=averaging, **PLAIN))], View(TABLE))[0]
    return np.vstack([net.params["head.kernel"], net.params["head.bias"][None]])


@pytest.mark.parametrize("averaging", [("ema", 0.9), ("ema", 0.5), ("swa", 0.0), ("swa", 0.5)])
def test_what_is_kept_is_the_average(averaging):
    np.testing.assert_allclose(kept(averaging), by_hand(*averaging), rtol=1e-9)


@pytest.mark.parametrize("averaging", [("ema", 0.9), ("swa", 0.0)])
def test_the_average_is_pytorchs(averaging):
    torch = pytest.importorskip("torch")
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    ema = {"multi_avg_fn": get_ema_multi_avg_fn(0.9)} if averaging[0] == "ema" else {}
    model = torch.nn.Linear(FEATURES, 1).double()
    mean = AveragedModel(model, **ema)
    for w in descent():
        model.weight.data, model.bias.data = torch.tensor(w[:-1].T), torch.tensor(w[-1])
        mean.update_parameters(model)
    np.testing.assert_allclose(kept(averaging)[:-1, 0], mean.module.weight.detach().numpy()[0], rtol=1e-9)


def test_training_itself_does_not_follow_the_average():
    nets = trained(
        [Member(LINEAR, recipe(averaging=a, **PLAIN)) for a in ((), ("ema", 0.9))], View(TABLE), tile=1
    )
    np.testing.assert_array_equal(
        nets[0].state["params"]["head.kernel"], nets[1].state["params"]["head.kernel"]
    )
    np.testing.assert_allclose(nets[0].state["params"]["head.kernel"], descent()[-1][:-1], rtol=1e-9)


def test_the_average_is_what_validation_judges():
    data = view(12, 9)
    member = Member(LINEAR, recipe(**{**PLAIN, "monitor": "val_loss", "averaging": ("ema", 0.9)}))
    net = trained([member], data)[0]
    outputs = data.valid.numbers @ net.params["head.kernel"] + net.params["head.bias"]
    expected = np.mean((outputs - data.valid.target) ** 2)
    np.testing.assert_allclose(net.history[net.best_epoch - 1, 1], expected, rtol=1e-9)


@pytest.mark.parametrize("averaging", [("ema", 0.9), ("swa", 0.25)])
def test_a_run_in_pieces_is_one_at_once(averaging):
    """Law 9, with dropout and running statistics."""
    member = Member(rich(), recipe(averaging=averaging, epochs=4))
    data = view()
    first = trained([Member(member.spec, member.recipe, until=2)], data)[0]
    again = trained([Member(member.spec, member.recipe, start=first.state)], data)[0]
    whole = trained([member], data)[0]
    assert all(np.array_equal(again.params[name], whole.params[name]) for name in whole.params)
    assert all(np.array_equal(again.running[name], whole.running[name]) for name in whole.running)


def test_neighbours_change_nothing():
    """Law 2: averages of one tile do not mix."""
    data = view()
    members = [Member(rich(), recipe(averaging=("ema", decay))) for decay in (0.5, 0.9, 0.99)]
    together, without = trained(members, data, tile=4), trained(members[::2], data, tile=4)
    assert same_bits(together[0], without[0])
    assert same_bits(together[2], without[1])


def test_wrong_numbers_are_refused():
    with pytest.raises(
        SettingError, match=r"'decay' parameter of the averaging 'ema' must be a float in the range \[0, 1\)"
    ):
        as_averaging({"kind": "ema", "decay": 1.5})
    with pytest.raises(SettingError, match=r"'swa' has no setting 'strat'. Did you mean 'start'"):
        as_averaging({"kind": "swa", "strat": 0.5})
