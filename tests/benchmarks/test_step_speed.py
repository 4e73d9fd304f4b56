import json

import pytest
from step_speed import main
from trainers import Data, Size

SMALL = Size("toy", (3, 5, 2), batch=4, rows=10, nets=2, epochs=1, epochs_alone=1)


def test_operations_are_those_of_the_products_of_both_passes():
    # forward 3*5 + 5*2, gradients of kernels the same, of inputs 5*2; times 2 for multiply and add
    assert SMALL.flops == 2 * 4 * (25 + 25 + 10)


def test_a_short_last_batch_is_a_step_and_a_quarter_more_rows_validate():
    assert SMALL.steps == 3
    data = Data.of(SMALL)
    assert len(data.X) == 12
    assert data.train == 10


def test_every_contestant_trains_and_the_figures_are_kept(tmp_path, capsys):
    kept = tmp_path / "kept.json"
    main(["--quick", "--sizes", "tiny", "--json", str(kept)])
    printed = capsys.readouterr().out
    assert "target" not in printed  # nothing is judged by a quick run
    tiny = json.loads(kept.read_text())["figures"]["tiny"]
    names = [entry["contestant"] for entry in tiny["contestants"]]
    assert names[:3] == ["shoal of 8", "shoal, one net", "scikit-learn"]
    for entry in tiny["contestants"]:
        validated = tiny["flops_to_validate"] if entry["contestant"].startswith("shoal") else 0.0
        flops = tiny["flops_of_a_step"] + validated
        assert entry["share_of_peak"] == pytest.approx(
            flops / entry["microseconds"][0] * 1e6 / _median(tiny["peak_gflops"]) / 1e9, rel=0.05
        )


def _median(values: list[float]) -> float:
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
