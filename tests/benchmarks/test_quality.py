import gzip
import json

import numpy as np
import pandas as pd
import pytest
from outcome import Figure, Outcome, summary
from quality import main
from tables import read_tables


def outcome(measure: str, ours: float, theirs: float, seconds=(1.0, 2.0)) -> Outcome:
    figures = {"shoal": Figure([ours], [seconds[0]], [1.0]), "mlp": Figure([theirs], [seconds[1]], [1.0])}
    return Outcome("t", 10, measure, figures)


@pytest.fixture
def folder(tmp_path):
    """A folder with one table: a number, a category with a gap, a binary target written as words."""
    place = tmp_path / "tables" / "mice"
    place.mkdir(parents=True)
    rows = pd.DataFrame({"a": np.arange(50.0), "b": ["x", None] * 25, "y": ["no"] * 30 + ["yes"] * 20})
    with gzip.open(place / "data.csv.gz", "wt") as file:
        rows.to_csv(file, index=False)
    about = {
        "file": "data.csv.gz",
        "task": "binary",
        "target": "y",
        "categorical": ["b"],
        "positive_label": "yes",
    }
    (place / "meta.json").write_text(json.dumps(about))
    return place.parent


def test_better_means_higher_auc_and_lower_error():
    assert outcome("AUC", 0.9, 0.8).gain("shoal", "mlp") == pytest.approx(0.1)
    assert outcome("RMSE/std", 0.5, 0.4).gain("shoal", "mlp") == pytest.approx(-0.1)
    assert outcome("AUC", 0.9, 0.8).gain("shoal", "hgb") is None


def test_summary_counts_better_and_quicker_tables():
    found = [outcome("AUC", 0.9, 0.8), outcome("AUC", 0.9, 0.8, (3.0, 2.0)), outcome("AUC", 0.7, 0.7)]
    assert summary(found, ["shoal"]) == [
        "shoal is better than mlp on 2 of 3 tables (1 equal), on 1 of the better ones in less time"
    ]


def test_a_folder_of_tables_is_read_and_split_by_classes(folder):
    (mice,) = read_tables(folder)
    assert len(mice.train) == 40
    assert sorted(np.r_[mice.train, mice.test]) == list(range(50))
    assert (mice.y[mice.test] == "yes").sum() == 4
    assert mice.X["b"].dtype == "category"
    assert mice.score((mice.y[mice.test] == "yes").astype(float)) == 1.0


def test_rows_are_capped_but_those_that_judge_stay(folder):
    (whole,), (part,) = read_tables(folder), read_tables(folder, rows=7)
    assert len(part.train) == 7
    assert set(part.train) <= set(whole.train)
    assert (part.test == whole.test).all()


def test_an_unknown_table_is_refused_with_those_there_are(folder):
    with pytest.raises(SystemExit, match=r"There is no table rats. There are: mice."):
        list(read_tables(folder, ["rats"]))


def test_all_contestants_run_and_the_figures_are_kept(folder, tmp_path, capsys):
    kept = tmp_path / "kept.json"
    common = ["--tables", str(folder), "--seeds", "1", "--set", "epochs=2", "--set", "hidden=4"]
    main([*common, "--json", str(kept)])
    printed = capsys.readouterr().out
    assert "shoal is better than hgb" in printed
    found = json.loads(kept.read_text())
    assert set(found["figures"]["mice"]["figures"]) == {"shoal", "mlp", "hgb"}

    main([*common, "--contestants", "shoal,mlp", "--recorded", str(kept), "--together"])
    assert f"* mice, mlp: recorded on {found['date']}" in capsys.readouterr().out
