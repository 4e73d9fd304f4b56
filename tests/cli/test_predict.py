from __future__ import annotations

import io
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shoal.cli.main import run
from shoal.cli.predict import WRITERS, write_table
from shoal.data import Encoding, TableEncoder, Target, know_columns, read_table
from shoal.model.artefact import load
from shoal.model.model import Model
from shoal.nets.heads import HEADS
from shoal.nets.inputs import TableInput
from shoal.nets.network import init
from shoal.nets.spec import mlp


def rows_of(penguins: Path, tmp_path: Path, **changes: object) -> str:
    """Write the first thirty penguins, changed, as a table to predict."""
    frame = read_table(penguins).head(30).drop("species")
    frame = frame.with_columns(**{name: pl.lit(value) for name, value in changes.items()})
    path = tmp_path / "new.csv"
    frame.write_csv(path)
    return str(path)


def test_csv_goes_to_stdout_one_row_for_each(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    new = rows_of(penguins, tmp_path)
    assert run(["predict", str(species_model), new]) == 0
    told = pl.read_csv(io.StringIO(capsys.readouterr().out))
    assert told.columns == ["prediction"]
    assert told["prediction"].to_list() == load(species_model).predict(read_table(new)).tolist()


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_every_file_format_holds_the_same(
    ending: str, species_model: Path, penguins: Path, tmp_path: Path, capsys
) -> None:
    out = tmp_path / f"predictions{ending}"
    new = rows_of(penguins, tmp_path)
    assert run(["predict", str(species_model), new, "--proba", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"30 predictions in {out}\n"
    told = read_table(out)
    expected = load(species_model).predict_proba(read_table(new))
    np.testing.assert_allclose(
        told.select(pl.selectors.starts_with("probability_")).to_numpy(), expected, rtol=1e-12
    )
    assert told.columns == ["prediction", "probability_Adelie", "probability_Chinstrap", "probability_Gentoo"]


def test_columns_are_kept_beside_the_prediction(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    assert run(["predict", str(species_model), rows_of(penguins, tmp_path), "--keep", "island"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "island,prediction"


def test_for_machines_there_is_one_object(capsys, mass_model: Path, penguins: Path) -> None:
    assert run(["predict", str(mass_model), str(penguins), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["task"], told["rows"], len(told["predictions"])) == ("regression", 344, 344)
    assert isinstance(told["predictions"][0]["prediction"], float)


def test_columns_are_found_by_name_in_any_order(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    new = rows_of(penguins, tmp_path)
    run(["predict", str(species_model), new])
    straight = capsys.readouterr().out
    frame = read_table(new)
    frame.select(frame.columns[::-1]).write_csv(new)
    run(["predict", str(species_model), new])
    assert capsys.readouterr().out == straight


def test_a_column_that_is_gone_is_named_with_the_nearest(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    new = rows_of(penguins, tmp_path)
    read_table(new).rename({"island": "islands"}).write_csv(new)
    assert run(["predict", str(species_model), new]) == 1
    told = capsys.readouterr().err
    assert "'island'" in told
    assert "'islands'" in told
    assert told.count("shoal: ") == 1


def test_text_where_numbers_were_is_refused(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    assert run(["predict", str(species_model), rows_of(penguins, tmp_path, bill_length_mm="long")]) == 1
    told = capsys.readouterr().err
    assert "'bill_length_mm'" in told
    assert "'long'" in told


def test_an_infinite_value_is_refused(capsys, species_model: Path, penguins: Path, tmp_path: Path) -> None:
    new = rows_of(penguins, tmp_path, bill_length_mm=float("inf"))
    assert run(["predict", str(species_model), new]) == 1
    assert "'bill_length_mm'" in capsys.readouterr().err


def test_an_unknown_column_is_a_note_and_an_unseen_category_is_answered(
    capsys, species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    assert run(["predict", str(species_model), rows_of(penguins, tmp_path, island="Atlantis", extra=1)]) == 0
    told = capsys.readouterr()
    assert "'extra'" in told.err
    assert len(told.out.splitlines()) == 31


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["--out", "x.docx"],
            2,
            "--out expects a name that ends in .csv, .parquet, .jsonl, .ndjson, .json. Got 'x.docx'",
        ),
        (["--keep", "ilsand"], 1, "The table has no column 'ilsand'. Did you mean 'island'?"),
        (["--out", "no/such/folder/x.csv"], 1, "There is no folder 'no/such/folder' to write"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    capsys, species_model: Path, penguins: Path, tmp_path: Path, arguments, code, sentence
) -> None:
    assert run(["predict", str(species_model), rows_of(penguins, tmp_path), *arguments]) == code
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_probabilities_of_a_number_are_refused(capsys, mass_model: Path, penguins: Path) -> None:
    assert run(["predict", str(mass_model), str(penguins), "--proba"]) == 2
    assert "This one predicts numbers." in capsys.readouterr().err


def with_mixture_and_dropout(frame: pl.DataFrame, targets: list[str], path: Path) -> Path:
    """Write an untrained model that knows its training rows and drops units."""
    features = frame.drop(targets)
    columns = know_columns(features)
    encoder = TableEncoder.fit(features, columns, Encoding(mixture=2))
    target = Target.fit(frame[targets[0]] if len(targets) == 1 else frame.select(targets))
    head = "softmax" if target.task == "multiclass" else "linear"
    spec = mlp(TableInput(encoder.layout.numbers), (8,), head, target.outputs, dropout=0.3)
    Model(spec, *init(spec, 0), encoder, columns, target).save(path)
    return path


def test_samples_and_unlikeness_are_columns(capsys, penguins: Path, tmp_path: Path) -> None:
    path = with_mixture_and_dropout(read_table(penguins), ["species"], tmp_path / "m.shoal")
    new = rows_of(penguins, tmp_path)
    assert run(["predict", str(path), new, "--mc-dropout", "7", "--unlikeness"]) == 0
    told = capsys.readouterr()
    found, model, frame = pl.read_csv(io.StringIO(told.out)), load(path), read_table(new)
    species = ("Adelie", "Chinstrap", "Gentoo")
    spreads = [f"mc_spread_{name}" for name in species]
    assert found.columns == ["prediction", *(f"mc_mean_{name}" for name in species), *spreads, "unlikeness"]
    drawn = model.predict_samples(frame, 7)
    np.testing.assert_allclose(found.select(spreads).to_numpy(), drawn.std(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(found["unlikeness"], model.unlikeness(frame).share)
    assert "note" not in told.err


def test_rows_beyond_the_training_rows_are_counted(capsys, penguins: Path, tmp_path: Path) -> None:
    frame = read_table(penguins).drop("species").drop_nulls("body_mass_g")
    path = with_mixture_and_dropout(frame, ["body_mass_g"], tmp_path / "m.shoal")
    new = rows_of(penguins, tmp_path, bill_length_mm=9e9)
    assert run(["predict", str(path), new, "--mc-dropout", "3", "--unlikeness"]) == 0
    told = capsys.readouterr()
    found = pl.read_csv(io.StringIO(told.out))
    assert found.columns == ["prediction", "mc_mean", "mc_spread", "unlikeness"]
    assert (found["unlikeness"] == 1).all()
    assert told.err == (
        "note: 30 of 30 rows are less like the training rows than any of these; what is predicted there is a "
        "guess.\n"
    )


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["--unlikeness"], "trained without: train it with the setting mixture, such as mixture=4."),
        (["--mc-dropout", "5"], "This one has none; train it with the setting dropout, such as dropout=0.2."),
    ],
)
def test_what_the_model_cannot_tell_is_refused(
    capsys, species_model: Path, penguins: Path, tmp_path: Path, option, sentence
) -> None:
    assert run(["predict", str(species_model), rows_of(penguins, tmp_path), *option]) in (1, 2)
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("command", [["predict", "{}", "x.csv"], ["info", "{}"]])
@pytest.mark.parametrize("content", [None, b"", b"not a model", b"PK\x03\x04 torn"])
def test_what_is_no_model_file_is_refused(capsys, tmp_path: Path, command, content: bytes | None) -> None:
    path = tmp_path / "no.shoal"
    if content is not None:
        path.write_bytes(content)
    assert run([part.format(path) for part in command]) == 1
    told = capsys.readouterr().err
    assert "no.shoal" in told
    assert told.count("\n") == 1


def test_a_failed_write_leaves_what_was_there_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "predictions.csv"
    out.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_table(pl.DataFrame({"a": [1]}), out, ".csv")
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_info_prints_the_card_and_for_machines_the_facts(capsys, species_model: Path) -> None:
    assert run(["info", str(species_model)]) == 0
    assert "species" in capsys.readouterr().out
    assert run(["info", str(species_model), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["task"] == "multiclass"
    assert told["columns"][0]["name"] == "island"


def test_the_predictions_are_as_readable_as_any_new_file(
    species_model: Path, penguins: Path, tmp_path: Path
) -> None:
    out, plain = tmp_path / "predictions.csv", tmp_path / "plain"
    plain.touch()
    run(["predict", str(species_model), rows_of(penguins, tmp_path), "--out", str(out)])
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize(
    ("targets", "head", "levels", "names"),
    [
        (["a"], "quantiles", (0.1, 0.5), ["prediction", "quantile_0.1", "quantile_0.5"]),
        (["a"], "gaussian", (), ["prediction", "std"]),
        (
            ["a", "b"],
            "quantiles",
            (0.25, 0.75),
            [
                *("prediction_a", "prediction_b"),
                *("quantile_0.25_a", "quantile_0.75_a", "quantile_0.25_b", "quantile_0.75_b"),
            ],
        ),
        (["a", "b"], "gaussian", (), ["prediction_a", "prediction_b", "std_a", "std_b"]),
        (["a"], "poisson", (), ["prediction"]),
    ],
)
def test_what_a_head_says_of_the_spread_is_told_too(targets, head, levels, names, tmp_path, capsys) -> None:
    frame = pl.DataFrame({"x": [0.0, 1.0, 2.0], "a": [1.5, 2.5, 9.0], "b": [10.0, 30.0, 20.0]})
    columns = know_columns(frame.select("x"))
    encoder = TableEncoder.fit(frame.select("x"), columns)
    answers = frame[targets[0]] if len(targets) == 1 else frame.select(targets)
    target = replace(Target.fit(answers, "regression", counts=head == "poisson"), levels=levels)
    spec = mlp(TableInput(encoder.layout.numbers), (4,), head, HEADS[head].units(len(targets), len(levels)))
    model = Model(spec, *init(spec, 0), encoder, columns, target)
    model.save(tmp_path / "m.shoal")
    frame.write_csv(tmp_path / "t.csv")
    assert run(["predict", str(tmp_path / "m.shoal"), str(tmp_path / "t.csv")]) == 0
    told = pl.read_csv(io.StringIO(capsys.readouterr().out))
    assert told.columns == names
    if head == "gaussian":
        std = model.predict_std(frame.select("x")).reshape(3, -1)
        np.testing.assert_allclose(told[:, -len(targets) :].to_numpy(), std)
        assert (std > 0).all()
    if len(levels) == 2:
        found = model.predict_quantiles(frame.select("x")).reshape(3, -1)
        np.testing.assert_allclose(told[:, len(targets) :].to_numpy(), found)
