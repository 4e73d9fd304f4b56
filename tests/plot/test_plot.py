"""Pictures for notebooks: what is drawn are the numbers of the record, and nothing is drawn of nothing."""

from __future__ import annotations

import sys

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.datasets import load_iris

import shoal
from shoal import NetClassifier, SweepCV, plot
from shoal.errors import InputError, MissingExtraError
from shoal.history import History
from shoal.history.rate_finding import RateFinding
from shoal.lens.surface.landscape import Landscape, OptimizerPath

X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def no_window():
    mpl.use("Agg", force=True)
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.fixture(scope="module")
def net():
    return NetClassifier(hidden=(4,), epochs=12, validation=0.2, random_state=0).fit(X, y)


def labels(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_curves_are_the_columns_of_the_history(net):
    ax = plot.curves(net)
    assert labels(ax) == ["training", "validation"]
    for line, name in zip(ax.get_lines(), ("loss", "val_loss"), strict=False):
        np.testing.assert_allclose(line.get_ydata(), net.history_[name])
    assert ax.get_lines()[2].get_xdata()[0] == net.history_.best_epoch
    assert labels(plot.curves(net, ["learning_rate"])) == ["learning rate"]
    with pytest.raises(KeyError, match=r"no column 'val_los'.*Did you mean 'val_loss'"):
        plot.curves(net, ["val_los"])


def test_losses_far_apart_are_drawn_on_a_logarithmic_scale():
    rows = [{"epoch": e, "loss": 10.0**-e} for e in range(4)]
    assert plot.curves(History(rows)).get_yscale() == "log"


def test_layers_run_from_the_entrance_to_the_head(net):
    ax = plot.gradient_flow(net)
    assert labels(ax) == net.history_.layers()
    table = net.history_.by_layer("gradient_norm")
    np.testing.assert_allclose(ax.get_lines()[-1].get_ydata(), table["head"])
    with pytest.raises(KeyError, match="No layer has the quantity 'gradient'"):
        plot.gradient_flow(net, "gradient")


def test_reliability_has_the_bins_of_the_diagram(net):
    from shoal.history.reliability import reliability

    bins = reliability(y, net.predict_proba(X))["bins"]
    ax = plot.reliability(net, X, net.classes_[y])
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), [one["accuracy"] for one in bins])
    with pytest.raises(InputError, match=r"Expected classes of the network \(0, 1, 2\). Got 7"):
        plot.reliability(net, X[:2], [0, 7])
    with pytest.raises(InputError, match="Expected a fitted classifier, which gives probabilities"):
        plot.reliability(History(), X, y)


def test_a_landscape_is_drawn_as_it_is_or_made_first(net):
    path = OptimizerPath("sgd", (0, 1), ((0.5, 0.5), (0.0, 0.0)), (0.9, 0.5))
    made = Landscape("cross_entropy", 9, "random", (-1.0, 1.0), (-1.0, 1.0), ((1.0, 2.0), (2.0, 1.5)), 0.5)
    ax = plot.landscape(Landscape(**{**vars(made), "paths": (path,)}))
    assert labels(ax) == ["sgd"]
    line = plot.landscape(net, X, y, dimensions=1, points=5)
    assert len(line.get_lines()[0].get_xdata()) == 5
    with pytest.raises(InputError, match="Expected the rows of the training, X and y"):
        plot.landscape(net)
    with pytest.raises(InputError, match="Expected a finished landscape alone"):
        plot.landscape(made, points=3)


def test_a_rate_finding_shows_its_suggestion():
    rates = np.geomspace(1e-4, 1.0, 5)
    losses = np.array([[1.0, 0.9, 0.5, 0.6, 9.0], [1.0, 0.8, 0.4, 0.7, np.nan]])
    found = RateFinding(
        *(0.01, 0.02, 0.01, (0.005, 0.02), (0.01, 0.03), (0.01, 0.02)),
        *(rates, losses, losses, (0, 1), np.array([0.01, 0.1]), np.array([[0.3, np.inf], [0.4, 0.5]])),
    )
    ax = plot.lr_find(found)
    assert labels(ax) == ["range test, seed by seed", "trained to the end", "suggestion 0.01"]
    assert ax.get_lines()[2].get_xdata().tolist() == [0.01]  # the other rate diverged


def test_a_search_shows_trials_and_what_mattered():
    search = SweepCV(NetClassifier(hidden=(4,), epochs=3), {"learning_rate": [1e-3, 1e-2, 1e-1]}, cv=3)
    search.fit(X, y)
    left, right = plot.sweep(search)
    assert left.get_xlabel() == "trial"
    np.testing.assert_allclose(left.get_lines()[0].get_ydata(), search.cv_results_["mean_test_score"])
    assert right.get_title(loc="left") == "What mattered"
    html = search._repr_html_()
    assert "grid: all 3 settings" in html
    assert "learning_rate" in html
    with pytest.raises(InputError, match=r"Expected a fitted SweepCV\. Got NetClassifier"):
        plot.sweep(NetClassifier())
    with pytest.raises(InputError, match=r"Expected 2 axes to draw on\. Got 1"):
        plot.sweep(search, ax=[left])


def test_without_matplotlib_there_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtraError, match=r"draws with Matplotlib: pip install 'shoal\[plot\]'"):
        plot.curves(History([{"epoch": 1, "loss": 1.0}]))


def test_the_room_is_reached_through_the_package():
    assert shoal.plot.curves is plot.curves
    with pytest.raises(AttributeError, match="has no attribute 'curve'"):
        plot.curve  # noqa: B018


def test_what_is_no_network_is_refused():
    with pytest.raises(InputError, match=r"Expected a fitted network, a model or its history\. Got int"):
        plot.curves(3)


# ---------------------------------------------------------------- notebooks


def test_a_fitted_network_shows_its_training_in_a_notebook(net):
    html = net._repr_html_()
    assert "NetClassifier, fitted" in html
    assert "<polyline" in html
    assert net.history_.stop_reason.split(";")[0] in html
    assert "NetClassifier, fitted" not in NetClassifier(hidden=(4,))._repr_html_()
    assert "text/html" in net._repr_mimebundle_()


def test_text_of_users_is_escaped():
    from shoal.history.findings import Finding
    from shoal.history.notebook import told

    found = Finding("S501", "leak", "warning", "Column <b> tells all.", "Drop it.", where="<i>")
    assert "&lt;b&gt;" in found._repr_html_()
    assert "<i>" not in found._repr_html_()
    assert "<x>" not in told("<x>", {"<x>": "<x>"})
