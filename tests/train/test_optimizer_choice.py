"""An optimizer as it is chosen: names and mappings, ranges, what it does not read, what L-BFGS asks for."""

from __future__ import annotations

import numpy as np
import pytest
from populations import recipe, spec, trained, view

from shoal.errors import SettingError, SettingNotice
from shoal.nets.network import init
from shoal.settings import Settings
from shoal.train.optimizers import OPTIMIZERS, OptimizerChoice
from shoal.train.population import Member
from shoal.train.schedules import Schedule


@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
def test_a_name_a_mapping_and_settings_beside_it_say_the_same(kind):
    given = {name: knob.default for name, knob in OPTIMIZERS[kind].settings.items()}
    assert OptimizerChoice.of({"kind": kind, **given}) == OptimizerChoice.of(kind, given)
    assert OptimizerChoice.of(kind).settings == ()


def test_a_pair_is_a_ramp_of_the_momentum():
    """D2."""
    assert OptimizerChoice.of("nesterov", {"momentum": (0.5, 0.9)}).momentum_start == 0.5
    chosen = OptimizerChoice.of({"kind": "adam", "beta_1": [0.5, 0.9]})
    assert (chosen.settings, chosen.momentum_start) == ((("beta_1", 0.9),), 0.5)


@pytest.mark.parametrize(
    ("value", "named", "message"),
    [
        ("adamm", {}, r"Unknown optimizer 'adamm'\. Did you mean 'adam'\? Choose one of: sgd,"),
        ({"kind": "adam", "betta_1": 0.8}, {}, r"has no setting 'betta_1'\. Did you mean 'beta_1'\?"),
        ({"kind": "sgd", "momentum": 0.8}, {}, r"sgd optimizer has no setting 'momentum'\. .* are: none\."),
        (
            {"kind": "momentum", "momentum": 1.0},
            {},
            r"The 'momentum' parameter of the momentum optimizer .* the range \[0, 1\)\. Got 1\.0",
        ),
        ({"kind": "adafactor", "beta_2_decay": 0.8}, {}, r"in the range \(-inf, 0\]\. Got 0\.8 instead"),
        ({"kind": "lbfgs", "search_steps": 2.5}, {}, r"must be an int in the range \[0, 100\]\. Got 2\.5"),
        ({"kind": "adam", "beta_1": 0.8}, {"beta_1": 0.9}, r"Expected 'beta_1' once\. Received: optimizer="),
        ("momentum", {"momentum": (0.5, 0.7, 0.9)}, "Expected momentum of the momentum optimizer to be"),
        ({"kind": "rmsprop", "rho": (0.5, 0.9)}, {}, "The 'rho' parameter of the rmsprop optimizer must"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(value, named, message):
    with pytest.raises(SettingError, match=message):
        OptimizerChoice.of(value, named)


def test_settings_refuse_it_at_the_door_and_survive_json():
    with pytest.raises(SettingError, match="The adam optimizer has no setting 'beta_3'"):
        Settings(optimizer={"kind": "adam", "beta_3": 0.8}).checked()
    with pytest.raises(SettingError, match="Expected 'rho' once"):
        Settings(optimizer={"kind": "rmsprop", "rho": 0.8}, rho=0.9).checked()
    given = Settings(optimizer={"kind": "adam", "beta_1": 0.8}, momentum=[0.5, 0.9]).checked()
    assert Settings.of(given.to_json()) == given
    typed = Settings.parse({"optimizer": "rmsprop:rho=0.8"})
    assert typed.optimizer == {"kind": "rmsprop", "rho": 0.8}


def test_what_an_optimizer_does_not_read_is_told_and_nothing_else():
    chosen = OptimizerChoice.of("adamw", {"momentum": 0.9, "beta_1": 0.8, "rho": None})
    assert chosen.unread == ("momentum",)
    assert chosen.notices(Schedule()) == [
        "momentum has no effect: the adamw optimizer takes beta_1, beta_2, epsilon."
    ]
    assert OptimizerChoice.of("sgd", {"rho": 0.5}).notices(Schedule()) == [
        "rho has no effect: the sgd optimizer takes no settings."
    ]


def test_who_moves_the_momentum_is_told_where_two_want_to():
    cycle, asked = Schedule("one_cycle"), Schedule("one_cycle", (("momentum_low", 0.5),))

    def told(value, schedule, **named):
        return OptimizerChoice.of(value, named).notices(schedule)

    assert told("adam", cycle) == told("sgd", cycle) == []
    [said] = told("momentum", cycle, momentum=0.8)
    assert said.startswith("momentum=0.8 has no effect: the cycle of the one_cycle schedule moves it")
    [said] = told("sgd", asked)
    assert said == "momentum_low has no effect: the sgd optimizer has no momentum to move."
    [said] = told("momentum", asked, momentum=(0.5, 0.9))
    assert said.startswith("momentum_low has no effect: the momentum that rises in the run comes before")


def test_a_grid_over_optimizers_and_their_settings_is_told_and_goes_on():
    from shoal import NetRegressor

    X = np.random.default_rng(0).standard_normal((20, 2))
    plain = {"hidden": (), "epochs": 1, "random_state": 0}
    with pytest.warns(SettingNotice, match="momentum has no effect: the adam optimizer takes beta_1"):
        net = NetRegressor(**plain, optimizer="adam", momentum=0.8).fit(X, X[:, 0])
    same = NetRegressor(**plain, optimizer="adam").fit(X, X[:, 0])
    np.testing.assert_array_equal(net.predict(X), same.predict(X))


# -- L-BFGS -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"batch_size": 8},
            r"it needs a batch_size of at least the 23 training rows\. Received: batch_size=8",
        ),
        ({"l1": 0.1}, r"which l1 would lead away from: leave l1 out, .* Received: l1=0\.1"),
        ({"weight_decay": 0.1}, "which weight_decay would lead away from"),
        ({"clip_norm": 1.0}, "which clip_norm would lead away from"),
        ({"accumulate": 2}, "which accumulate would lead away from"),
        ({"rate_factors": (("bias", 0.5),)}, r"one rate for all parameters: .* Received: \{'bias': 0\.5\}"),
    ],
)
def test_lbfgs_refuses_what_its_search_cannot_see(settings, message):
    given = {"batch_size": 99, **settings}
    with pytest.raises(SettingError, match=message):
        trained([Member(spec(), recipe(optimizer="lbfgs", **given))], view())


def test_lbfgs_goes_down_with_every_step_and_freezes_what_is_frozen():
    """Under dropout too: the search sees the units that the step sees."""
    full = {"optimizer": "lbfgs", "learning_rate": 1.0, "batch_size": 99, "monitor": "loss"}
    settings = {**full, "precision": "float64", "epochs": 15}
    plain, frozen, dropped = trained(
        [
            Member(spec((6,)), recipe(**settings)),
            Member(spec((6,)), recipe(**settings, rate_factors=(("layers", 0.0),))),
            Member(spec((6,), dropout=0.2), recipe(**settings)),
        ],
        view(23, 0),
    )
    assert np.all(np.diff(plain.history[:, 0]) < 0)
    assert np.all(np.diff(frozen.history[:, 0]) <= 0)
    assert frozen.history[-1, 0] > plain.history[-1, 0]
    assert dropped.history[-1, 0] < 0.5 * dropped.history[0, 0]
    first, _ = init(spec((6,)), 0, "float64")
    for name in ("layers.0.kernel", "layers.0.bias"):
        np.testing.assert_array_equal(frozen.params[name], first[name])


def test_auto_suits_the_optimizer():
    from shoal.fitting.defaults import Facts, resolved

    facts = Facts(500, "binary")
    found = {name: resolved(Settings(optimizer=name), facts) for name in OPTIMIZERS}
    assert found["adamw"].learning_rate == found["muon"].learning_rate == 3e-3
    assert found["lion"].learning_rate == pytest.approx(6e-4)  # a third to a tenth of Adam's, its authors say
    for name in ("sgd", "adadelta"):
        assert found[name].learning_rate == OPTIMIZERS[name].learning_rate
    for name in ("sgd", "adadelta", "lion"):  # the decay of a step stays what it was
        assert found[name].weight_decay * found[name].learning_rate == pytest.approx(0.3 * 3e-3)
    lbfgs = found["lbfgs"]
    assert (lbfgs.batch_size, lbfgs.weight_decay, lbfgs.schedule) == (500, 0.0, "constant")
