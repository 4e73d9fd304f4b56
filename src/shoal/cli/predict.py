"""``shoal predict``: a model's answers for the rows of a table."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shoal.cli.options import TABLE, as_json, layout, reading, refuse_unknown_columns
from shoal.cli.say import write_json
from shoal.errors import ColumnError, FileError

if TYPE_CHECKING:
    import polars as pl

    from shoal.model.model import Model

WRITERS = {
    ".csv": "write_csv",
    ".parquet": "write_parquet",
    ".jsonl": "write_ndjson",
    ".ndjson": "write_ndjson",
    ".json": "write_json",
}
"""File ending to the Polars method that writes it."""


@click.command()
@click.argument("model", type=click.Path(path_type=str))
@click.argument("table", type=TABLE)
@click.option(
    "--out", "-o", metavar="FILE", help="Write here (.csv, .parquet, .jsonl, .json), not on stdout."
)
@click.option("--proba", is_flag=True, help="Add a column with the probability of each class.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column of TABLE along; repeatable.")
@reading
@as_json
def predict(
    model: str,
    table: str,
    out: str | None,
    proba: bool,
    keep: tuple[str, ...],
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    as_json: bool,
) -> None:
    """Predict the rows of TABLE with MODEL.

    The columns are found by name, in any order; columns that the model does not know are ignored.
    Without --out the predictions are written on stdout as CSV.
    """
    ending = _ending(out)

    from shoal.data.read import read_table
    from shoal.model.artefact import load

    kept = load(model)
    if proba and kept.target.task == "regression":
        raise click.UsageError("--proba needs a model of classes. This one predicts numbers.")
    frame = read_table(table, **layout(encoding, delimiter, decimal))
    refuse_unknown_columns(frame, keep)
    predictions = answer(kept, frame, proba=proba, keep=keep)
    if out:
        write_table(predictions, Path(out), ending)
    if as_json:
        about = {"model": model, "table": table, "task": kept.target.task, "rows": predictions.height}
        write_json(about | ({"out": out} if out else {"predictions": predictions.to_dicts()}))
    elif out:
        click.echo(f"{predictions.height:,} predictions in {out}")
    else:
        # Bytes, because text mode would write its own line ends on Windows.
        sys.stdout.flush()
        predictions.write_csv(sys.stdout.buffer)


def answer(
    model: Model, frame: pl.DataFrame, *, proba: bool = False, keep: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Return the predictions as a table: kept columns, ``prediction``, and probabilities if asked for.

    With several targets the columns are called ``prediction_<target>``; probabilities are called
    ``probability_<class>``, or ``probability_<label>`` where each label is its own question.
    """
    import polars as pl

    # The answers may stand in the table; to tell of an unknown column then would be noise.
    features = frame.drop(model.target.names, strict=False)
    chances = model.predict_proba(features) if proba else None
    # One pass through the network where probabilities are asked for: they decide the labels too.
    found = model.predict(features) if chances is None else model.target.labels(chances)
    names = _named("prediction", model)
    columns = {name: frame[name] for name in keep}
    by_target = [found] if found.ndim == 1 else list(found.T)
    answers = {
        name: pl.Series(name, list(values.tolist())) for name, values in zip(names, by_target, strict=True)
    }
    if chances is not None:
        classes = model.target.names if model.target.task == "multilabel" else model.target.classes
        answers |= {f"probability_{c}": pl.Series(chances[:, i]) for i, c in enumerate(classes)}
    for name in columns.keys() & answers.keys():
        raise ColumnError(
            f"The column '{name}' cannot be kept: the predictions have one of that name; rename it."
        )
    return pl.DataFrame(columns | answers)


def _named(word: str, model: Model) -> list[str]:
    names = model.target.names
    return [word] if len(names) == 1 else [f"{word}_{name}" for name in names]


def _ending(out: str | None) -> str:
    ending = Path(out or "x.csv").suffix.lower()
    if ending not in WRITERS:
        raise click.UsageError(
            f"--out expects a name that ends in {', '.join(WRITERS)}. Got '{out}' instead."
        )
    return ending


def write_table(frame: pl.DataFrame, path: Path, ending: str) -> None:
    """Write a table whole or not at all: a full disk leaves what was there before."""
    if not path.parent.is_dir():
        raise FileError(f"There is no folder '{path.parent}' to write '{path.name}' into.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        getattr(frame, WRITERS[ending])(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
