from __future__ import annotations

import numpy as np
import pytest

from shoal.cli.progress import Bar, figures
from shoal.train.events import EpochsDone, Finished, NetStopped, Started

NAN = float("nan")


def epochs(first: int, count: int, nets: tuple[int, ...] = (0,)) -> EpochsDone:
    values = np.full((len(nets), count, 4), 0.5)
    return EpochsDone(nets=np.array(nets), first_epoch=first, values=values, seconds=0.1)


def test_a_stopped_networks_last_figure_counts_and_a_missing_column_is_left_out() -> None:
    values = np.array([[[0.4, NAN, 0.9, 1e-3], [NAN] * 4], [[0.3, NAN, 0.8, 1e-3], [0.2, NAN, 0.7, 1e-3]]])
    assert figures(values, "binary") == "loss 0.3  accuracy 0.8"


def test_in_a_pipe_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("binary") as bar:
        for event in (Started(1, 1, 1, 10, 5), epochs(1, 10), Finished([])):
            bar.show(event)
    assert "".join(capsys.readouterr()) == ""


def test_on_a_terminal_it_counts_epochs_of_all_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.cli.progress.on_terminal", lambda: True)
    with Bar("binary") as bar:
        bar.show(Started(nets=2, tiles=1, programs=1, epochs=10, steps=5))
        bar.show(epochs(1, 4, (0, 1)))
        drawn = bar._drawn.tasks[0]
        assert (drawn.completed, drawn.total) == (8, 20)
        assert drawn.description == "epoch 4/10, 2 networks"
        assert drawn.fields["figures"] == "loss 0.5  val_loss 0.5  accuracy 0.5"
        # A network that stopped early needs no more time.
        bar.show(NetStopped(net=0, epoch=4, best_epoch=3, code="early", reason="stopped early"))
        assert drawn.completed == 14


def test_the_error_of_a_regression_is_shown_in_standard_deviations() -> None:
    values = np.array([[[0.3, 0.25, 0.25, 1e-3]]])
    assert figures(values, "regression") == "loss 0.3  val_loss 0.25  rmse / std 0.5"
    assert figures(np.array([[[0.3, NAN, NAN, 1e-3]]]), "regression") == "loss 0.3"
