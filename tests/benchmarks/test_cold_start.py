import sys

import pytest
from cold_start import Contestant, _stages, _write_iris
from timeline import attributed


def test_a_moment_of_two_stages_counts_for_the_first_of_them():
    spans = {"training steps": [(2.0, 6.0)], "compiling": [(1.0, 3.0), (2.5, 4.0)]}
    assert attributed(spans, 0.0, 7.0) == {"compiling": 3.0, "training steps": 2.0, "other": 2.0}


def test_a_command_is_timed_from_start_to_end(tmp_path):
    waits = Contestant("waits", [sys.executable, "-c", "import time; time.sleep(0.2)"], tmp_path / "cache")
    waits.run()
    assert waits.seconds[0] > 0.2


def test_a_command_that_fails_ends_the_benchmark(tmp_path):
    fails = Contestant("fails", [sys.executable, "-c", "raise SystemExit('no table')"], tmp_path / "cache")
    with pytest.raises(SystemExit, match="no table"):
        fails.run()


def test_the_stages_of_training_add_up_to_the_whole_process(tmp_path):
    _write_iris(tmp_path / "iris.csv")
    command = ["train", "iris.csv", "--target", "species", "--test", "0", "--epochs", "2", "--hidden", "4"]
    stages = _stages(tmp_path, command, tmp_path / "cache")
    assert {"imports", "compiling", "tracing", "training steps"} <= set(stages)
    whole = stages.pop("whole process")
    assert sum(stages.values()) == pytest.approx(whole, rel=0.01)
