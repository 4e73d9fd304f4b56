"""``shoal sweep`` from end to end: what is left and told, how it is taken up again and looked at."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from rich.console import Console

from shoal.cli.main import run
from shoal.cli.sweep.board import Board
from shoal.cli.sweep.kept import Score
from shoal.cli.sweep.order import SweepOrder
from shoal.model.artefact import load
from shoal.settings import Settings
from shoal.sweep.events import BatchDone, BatchStarted, RunDone
from shoal.sweep.strategy import Ask
from shoal.sweep.trials import Trial

SWEEP = """
method: random
metric: {name: val_loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1e-3, max: 1e-1}
  dropout: {values: [0.0, 0.3]}
run_cap: 4
shoal: {folds: 2, settings: {hidden: [8], epochs: 3}}
"""
SECONDS = ("seconds", "finished")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run folders go where the test can look at them."""
    monkeypatch.chdir(tmp_path)
    Path("sweep.yaml").write_text(SWEEP)


@pytest.fixture
def table(penguins: Path, tmp_path: Path) -> str:
    """A few rows of the bundled table, to be changed freely."""
    pl.read_csv(penguins).sample(90, seed=0, shuffle=True).write_csv("few.csv")
    return "few.csv"


def swept(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict:
    """Call ``shoal sweep`` with --json and return what it said."""
    assert run(["sweep", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def begun(capsys: pytest.CaptureFixture[str], table: str, *more: str, code: int = 0) -> dict:
    """Search as in the file."""
    return swept(capsys, table, "-t", "species", "--config", "sweep.yaml", *more, code=code)


def test_parameters_of_another_network_are_left_out_where_that_is_asked(capsys, table: str) -> None:
    Path("sweep.yaml").write_text(SWEEP.replace("parameters:", "parameters:\n  flag_one: {values: [2, 4]}"))
    asked = ["sweep", table, "-t", "species", "--config", "sweep.yaml", "--dry-run"]
    assert run(asked) == 2
    assert "line" in capsys.readouterr().err
    assert run([*asked, "--ignore", "flag_one"]) == 0
    assert run(["sweep", table, "-t", "species", "--ignore", "flag_one", "--dry-run"]) == 2
    assert "give the file with --config" in capsys.readouterr().err


def trials_of(path: str) -> pl.DataFrame:
    """Return the table of trials, without the times that no two runs share."""
    frame = pl.read_csv(Path(path) / "trials.csv")
    return frame.drop([name for name in SECONDS if name in frame.columns])


# ---------------------------------------------------------------- a search


def test_a_sweep_leaves_all_that_was_promised(capsys, table: str) -> None:
    told = begun(capsys, table, "--model", "kept.shoal")
    folder = Path(told["run"])
    assert folder.name.endswith("-few-species-sweep")
    kept = {"trials.csv", "model.shoal", "notes.txt", "command.txt", "report.html"}
    names = {"run.db", "sweep.given.json", "sweep.json", *kept}
    assert {path.name for path in folder.iterdir()} == names
    assert told["finished"]
    assert told["trials"] == 4
    assert told["ended"] == {"complete": 8}
    frame = trials_of(told["run"])
    assert frame.height == 4
    best = frame.row(int(frame["mean_test_log_loss"].arg_max()), named=True)
    assert told["best"]["trial"] == best["trial"]
    assert told["best"]["value"] == pytest.approx(-best["mean_test_log_loss"])
    assert told["model"]["settings"]["learning_rate"] == best["param_learning_rate"]
    assert "lr is read as learning_rate" in (folder / "notes.txt").read_text()
    model = load("kept.shoal")
    assert model.provenance["sweep"]["trials"] == 4
    assert len(model.predict(pl.read_csv(table).drop("species"))) == 90


def test_the_best_of_many_is_not_praised_for_its_luck(capsys, table: str) -> None:
    told = begun(capsys, table)
    scores = load(Path(told["run"]) / "model.shoal").scores
    assert "less the luck of being the best of 4" in scores["method"]
    figure = scores["figures"]["log_loss"]
    assert figure["low"] < figure["value"] < figure["high"]
    assert figure["value"] == pytest.approx(told["best"]["fair"]["value"])
    assert figure["value"] >= told["best"]["value"]  # a loss is lower by luck


def test_people_are_told_before_and_after(capsys, table: str) -> None:
    assert run(["sweep", table, "-t", "species", "--config", "sweep.yaml"]) == 0
    told = capsys.readouterr()
    assert "Searches learning_rate and dropout by log_loss, 2 folds." in told.err
    assert "4 trials; first batch: 4 settings, 8 networks, 2 programs" in told.err
    assert re.search(r"random: 4 of 4 trials, .* best log loss 0?\.?\d+.*, trial \d", told.err)
    assert "The best of 4 is overrated" in told.out
    assert "shoal sweep show runs/" in told.out
    assert "\x1b" not in told.out + told.err


def test_a_dry_run_trains_nothing(capsys, table: str) -> None:
    told = begun(capsys, table, "--dry-run", "--seeds", "2")
    assert told["first_batch"]["networks"] == 16
    assert told["first_batch"]["seconds"] > 0
    assert told["method"]["kind"] == "random"
    assert told["varies"] == ["learning_rate", "dropout"]
    assert not Path("runs").exists()
    assert run(["sweep", table, "-t", "species", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "learning_rate" in told
    assert "1 min of time" in told
    assert "5 folds" in told


def test_what_is_typed_rules_over_the_file(capsys, table: str) -> None:
    told = begun(capsys, table, "--trials", "2", "--folds", "3", "--score", "accuracy", "--set", "hidden=4")
    assert told["trials"] == 2
    assert told["best"]["score"] == "accuracy"
    assert told["ended"] == {"complete": 6}
    assert told["model"]["settings"]["hidden"] == [4]


def test_nested_folds_judge_the_whole_search(capsys, table: str) -> None:
    told = begun(capsys, table, "--trials", "2", "--nested", "2")
    assert len(told["nested"]) == 2
    scores = load(Path(told["run"]) / "model.shoal").scores
    assert "nested" in scores["method"]
    assert scores["figures"]["log_loss"]["value"] == pytest.approx(np.mean(told["nested"]))
    assert run(["sweep", "show", told["run"]]) == 0
    assert "Nested: the whole search" in capsys.readouterr().out


def test_a_space_of_the_tables_own_for_a_quantity(capsys, penguins: Path) -> None:
    pl.read_csv(penguins).drop_nulls("body_mass_g").sample(60, seed=1).write_csv("mass.csv")
    fixed = ("--hidden", "4", "--batch-size", "64", "--set", "number_embedding=none", "--epochs", "2")
    told = swept(capsys, "mass.csv", "-t", "body_mass_g", *fixed, "--trials", "3", "--method", "random")
    assert told["best"]["score"] == "rmse"
    assert set(told["best"]["values"]) >= {"learning_rate", "dropout"}


# ---------------------------------------------------------------- going on


def test_resuming_a_finished_sweep_does_nothing_and_more_trials_go_on(capsys, table: str) -> None:
    first = begun(capsys, table)
    before = trials_of(first["run"])
    assert run(["sweep", "resume", first["run"]]) == 0
    assert "nothing is left to try" in capsys.readouterr().out
    more = swept(capsys, "resume", first["run"], "--trials", "7")
    assert more["trials"] == 7
    assert trials_of(first["run"]).head(4).drop("batch").equals(before.drop("batch"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--trials", "3"], r"Expected at least as many trials as the sweep had.*\(4\). Got 3"),
        (["--trials", "x"], "is not a valid integer range"),
        (["--budget", "soon"], "Expected --budget as a time such as 90"),
    ],
)
def test_less_than_before_is_refused(capsys, table: str, arguments, sentence) -> None:
    told = begun(capsys, table)
    assert run(["sweep", "resume", told["run"], *arguments]) == 2
    assert re.search(sentence, capsys.readouterr().err)


def test_a_grid_cannot_take_more_trials() -> None:
    order = SweepOrder.from_json({"recipe": {"table": "t", "targets": ["y"]}, "trials": 3})
    grid = SweepOrder(**{**vars(order), "method": {"kind": "grid"}})
    with pytest.raises(Exception, match="no other number of trials for a sweep by grid"):
        grid.with_more(5, None)
    assert order.with_more(5, None).pauses == (3,)
    assert order.with_more(3, 9.0).pauses == ()


def test_a_changed_table_is_refused(capsys, table: str) -> None:
    told = begun(capsys, table)
    pl.read_csv(table).head(80).write_csv(table)
    assert run(["sweep", "resume", told["run"], "--trials", "6"]) == 1
    assert "has changed since the sweep" in capsys.readouterr().err
    assert run(["sweep", "best", told["run"], "--trial", "1", "--out", "m.shoal"]) == 1


def test_ctrl_c_keeps_all_and_the_best_so_far(capsys, table: str, monkeypatch) -> None:
    long = ("--trials", "12", "--folds", "3")
    whole = begun(capsys, table, *long, "--out", "whole")
    see, seen = Board.see, []

    def strike(self: Board, event: object) -> None:
        see(self, event)
        seen.append(isinstance(event, RunDone))
        if seen[-1] and sum(seen) == 30:  # of 36
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Board, "see", strike)
    assert run(["sweep", table, "-t", "species", "--config", "sweep.yaml", *long]) == 130
    told = capsys.readouterr()
    folder = re.search(r"Go on with: shoal sweep resume (\S+)", told.err)[1]
    assert "the best model so far is kept" in told.err
    assert (Path(folder) / "model.shoal").exists()
    monkeypatch.setattr(Board, "see", see)
    again = swept(capsys, "resume", folder)
    assert again["finished"]
    assert not again["interrupted"]
    assert trials_of(folder).equals(trials_of(whole["run"]))


def test_trials_of_a_model_based_search_are_copied_for_optuna(capsys, table: str) -> None:
    optuna = pytest.importorskip("optuna")
    told = begun(capsys, table, "--method", "tpe", "--trials", "3")
    study = optuna.load_study(study_name="sweep", storage=f"sqlite:///{told['run']}/run.db")
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
    assert -study.best_value == pytest.approx(told["best"]["value"])


def test_a_killed_sweep_ends_with_the_table_of_an_unbroken_one(capsys, table: str) -> None:
    long = ("--method", "halving", "--trials", "9", "--epochs", "9", "--seeds", "2")
    Path("sweep.yaml").write_text(SWEEP.replace(", epochs: 3", ""))
    whole = begun(capsys, table, *long, "--out", "whole")
    asked = ["sweep", table, "-t", "species", *long, "--config", "sweep.yaml", "--out", "cut"]
    lines = [
        "import os, signal, time",
        "from shoal.cli.main import main",
        "from shoal.cli.sweep.board import Board",
        "from shoal.sweep.keeper import StoreKeeper",
        "see, add_runs = Board.see, StoreKeeper.add_runs",
        "Board.see = lambda self, event: (see(self, event), time.sleep(0.05))",  # so that it takes a while
        "kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)",
        "StoreKeeper.add_runs = lambda self, *given: (add_runs(self, *given), kill())",
        f"main({asked!r})",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], stderr=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL
    [folder] = Path("cut").iterdir()
    told = swept(capsys, "show", str(folder), "--runs")["runs"]
    assert 0 < len(told) < 36  # 9 trials, 2 folds, 2 seeds: a part of the first batch
    assert not (folder / "trials.csv").exists()
    told = swept(capsys, "resume", str(folder))
    assert told["finished"]
    assert trials_of(str(folder)).equals(trials_of(whole["run"]))


# ---------------------------------------------------------------- looking at it


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, penguins: Path) -> str:
    """The folder of a sweep of twelve trials."""
    folder = tmp_path_factory.mktemp("finished")
    pl.read_csv(penguins).sample(90, seed=0, shuffle=True).write_csv(folder / "few.csv")
    (folder / "sweep.yaml").write_text(SWEEP.replace("run_cap: 4", "run_cap: 12").replace("0.3", "0.3, 0.5"))
    here = os.getcwd()
    os.chdir(folder)
    try:
        assert run(["sweep", "few.csv", "-t", "species", "--config", "sweep.yaml"]) == 0
    finally:
        os.chdir(here)
    [found] = (folder / "runs").iterdir()
    return str(found)


def test_show_says_how_sure_it_is(capsys, finished: str) -> None:
    assert run(["sweep", "show", finished]) == 0
    told = capsys.readouterr().out
    for part in ("few.csv: species (multiclass)", "12 trials of 2 folds by random; finished"):
        assert part in told
    assert re.search(r"Best is trial \d+: log loss [\d.]+ ± [\d.]+\.", told)
    assert "really the better of the two with a probability of" in told
    assert "shoal sweep best" in told


def test_show_for_machines(capsys, finished: str) -> None:
    told = swept(capsys, "show", finished)
    assert told["trials"] == 12
    assert told["unfinished"] == 0
    assert told["outcome"]["finished"]
    assert told["best"]["values"].keys() == {"learning_rate", "dropout"}
    assert {"settings", "interactions"} <= told["importances"].keys()
    assert told["next"]
    assert len(swept(capsys, "show", finished, "--runs")["runs"]) == 24


def test_show_wakes_no_jax(finished: str) -> None:
    code = f"import sys; from shoal.cli.main import run; run(['sweep', 'show', {finished!r}]); "
    code += "sys.exit('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Best is trial" in done.stdout


@pytest.mark.parametrize(("name", "read"), [("t.csv", pl.read_csv), ("t.parquet", pl.read_parquet)])
def test_trials_are_exported(capsys, finished: str, name: str, read) -> None:
    assert swept(capsys, "show", finished, "--export", name) == {"export": name}
    assert read(name).height == 12
    assert run(["sweep", "show", finished, "--runs", "--export", name]) == 0
    assert read(name).height == 24
    assert run(["sweep", "show", finished, "--export", "t.xls"]) == 1
    assert "a .csv or .parquet file. Got 't.xls'" in capsys.readouterr().err


def test_the_best_model_is_copied_and_another_one_trained(capsys, finished: str) -> None:
    told = swept(capsys, "best", finished, "--out", "best.shoal")
    assert Path("best.shoal").read_bytes() == (Path(finished) / "model.shoal").read_bytes()
    other = next(number for number in range(12) if number != told["trial"])
    found = swept(capsys, "best", finished, "--trial", str(other), "--out", "other.shoal")
    frame = trials_of(finished).filter(pl.col("trial") == other)
    assert found["trial"] == other
    assert found["value"] == pytest.approx(-frame["mean_test_log_loss"][0])
    asked = load("other.shoal").provenance["settings"]["given"]
    assert asked["learning_rate"] == frame["param_learning_rate"][0]
    assert "luck" not in load("other.shoal").scores["method"]


def test_its_settings_can_be_trained_again(capsys, finished: str) -> None:
    assert run(["sweep", "best", finished, "--print"]) == 0
    printed = capsys.readouterr().out
    settings = Settings.of(yaml.safe_load(printed))
    assert settings.hidden == (8,)
    assert settings.epochs == 3
    Path("best.yaml").write_text(printed)
    table = str(Path(finished).parents[1] / "few.csv")
    assert (
        run(["train", table, "-t", "species", "--config", "best.yaml", "--test", "0", "--model", "a.shoal"])
        == 0
    )
    one, two = load("a.shoal"), load(Path(finished) / "model.shoal")
    rows = pl.read_csv(table).drop("species")
    np.testing.assert_array_equal(one.predict_proba(rows), two.predict_proba(rows))


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "Usage"),
        (["few.csv"], 2, "Missing --target"),
        (["few.csv", "-t", "specis"], 1, "no column 'specis'. Did you mean 'species'"),
        (["gone.csv", "-t", "y"], 1, "gone.csv"),
        (["few.csv", "-t", "species", "--method", "hyprband"], 2, "Did you mean 'hyperband'"),
        (["few.csv", "-t", "species", "--score", "acuracy"], 2, "no score 'acuracy' for a multiclass target"),
        (["few.csv", "-t", "species", "--config", "gone.yaml"], 1, "gone.yaml"),
        (["few.csv", "-t", "species", "--budget", "0"], 2, "Expected --budget as a time"),
        (["few.csv", "-t", "species", "--set", "dropuot=1"], 2, "dropuot"),
        (["few.csv", "-t", "species", "--folds", "1"], 2, "x>=2"),
        (["show", "gone"], 1, "'gone' is not the folder of a sweep"),
        (["resume", "gone"], 1, "'gone' is not the folder of a sweep"),
        (["best", "gone", "--out", "m.shoal"], 1, "'gone' is not the folder of a sweep"),
        (["best", "gone"], 2, "Missing --out"),
    ],
)
def test_one_sentence_for_what_is_wrong(capsys, table: str, arguments, code: int, sentence: str) -> None:
    assert run(["sweep", *arguments]) == code
    told = capsys.readouterr()
    assert sentence in told.err + told.out
    assert "Traceback" not in told.err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("method: random\nparameters:\n  lr: {min: 1}\n", "line 3"),
        ("method: random\nparametres:\n  lr: {values: [1]}\n", "parametres"),
        ("method: [\n", "line"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(capsys, table: str, text: str, sentence: str) -> None:
    Path("bad.yaml").write_text(text)
    assert run(["sweep", table, "-t", "species", "--config", "bad.yaml"]) in (1, 2)
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_what_varies_cannot_be_fixed(capsys, table: str) -> None:
    arguments = ["--config", "sweep.yaml", "--set", "learning_rate=0.1"]
    assert run(["sweep", table, "-t", "species", *arguments]) == 2
    assert "Expected the setting 'learning_rate' either to vary or to be fixed" in capsys.readouterr().err


def test_there_is_no_such_trial(capsys, finished: str) -> None:
    assert run(["sweep", "best", finished, "--trial", "99", "--out", "m.shoal"]) == 2
    assert "Got 99, it has finished trials from 0 to 11" in capsys.readouterr().err


# ---------------------------------------------------------------- the live table


class Asked:
    """A strategy that has asked for some trials."""

    def ask(self) -> list[Ask]:
        return [Ask(i, {"learning_rate": 0.1 / (i + 1), "hidden": [128, 128]}) for i in range(3000)]


def drawn(board: Board, width: int = 80) -> str:
    """Return what a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(board)
    return console.file.getvalue()


def test_thousands_of_trials_fit_a_narrow_terminal() -> None:
    board = Board(Score("log_loss"), "random", None, 60.0, time.perf_counter(), 2)
    board.begin(Asked())
    assert "no trial is finished yet" in drawn(board)
    board.see(BatchStarted(0, 3000, 6000, 0))
    parts = [(-1.0 - i, -1.5 - i) if i % 10 else (np.nan, -1.0) for i in range(3000)]
    trials = [
        Trial(i, ask.values, {"log_loss": p}, "log_loss")
        for i, (ask, p) in enumerate(zip(Asked().ask(), parts, strict=True))
    ]
    board.see(BatchDone(0, tuple(trials)))
    shown = drawn(board).splitlines()
    assert len(shown) < 24
    assert max(map(len, shown)) <= 80
    assert "3,000 trials, 300 diverged" in shown[0]
    assert "2.25 ± 0.25" in shown[3]
    assert "learning_rate 0.05" in shown[3]
    assert "left" in shown[-1]
    assert max(map(len, drawn(board, 40).splitlines())) <= 40
