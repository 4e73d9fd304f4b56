import json

import lr_finder
import pytest
from lr_finder import GRID, Verdict, main


def verdict(suggested: float) -> Verdict:
    losses = {"suggestion": suggested, "steepest": 2.0, "valley": 1.01}
    return Verdict(0.01, (0.005, 0.02), 0.1, 0.001, losses, {"0.01": 1.0, "0.1": 1.5}, 30.0, 2.0)


def test_a_suggestion_is_judged_by_the_best_of_the_grid():
    found = verdict(1.015)
    assert found.best_rate == 0.01
    assert found.ratio() == pytest.approx(1.015)
    assert found.row("t") == [
        "t",
        "0.01",
        "0.005 .. 0.02",
        "1.0150",
        "1.0000",
        "0.01",
        "1.015",
        "2.000",
        "1.010",
    ]


def test_tables_within_two_percent_are_counted_and_the_figures_kept(monkeypatch, tmp_path, capsys):
    turns = iter([verdict(1.0), verdict(1.03)])
    monkeypatch.setattr(lr_finder, "judged", lambda table, given: next(turns))
    kept = tmp_path / "kept.json"
    main(["--quick", "--only", "wine,diabetes", "--json", str(kept)])
    told = capsys.readouterr().out
    assert "suggestion: within 2% of the grid's best on 1 of 2 tables" in told
    assert "valley: within 2% of the grid's best on 2 of 2 tables" in told
    assert set(json.loads(kept.read_text())["figures"]) == {"wine", "diabetes"}


def test_the_grid_has_fifteen_rates():
    assert (len(GRID), GRID[0], GRID[-1]) == (15, pytest.approx(1e-4), pytest.approx(1.0))
