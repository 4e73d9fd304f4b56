"""``shoal predict``: a model's answers for the rows of a table."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shoal.cli.options import TABLE, as_json, layout, reading, refuse_unknown_columns
from shoal.cli.say import write_json
from shoal.errors import ColumnError, DataNotice, FileError

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
@click.option(
    "--mc-dropout",
    "samples",
    type=click.IntRange(1),
    metavar="SAMPLES",
    help="Add mean and spread of so many predictions with dropout.",
)
@click.option("--unlikeness", is_flag=True, help="Add the share of training rows likelier than each row.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column of TABLE along; repeatable.")
@reading
@as_json
def predict(
    model: str,
    table: str,
    out: str | None,
    proba: bool,
    samples: int | None,
    unlikeness: bool,
    keep: tuple[str, ...],
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    image_size: str | None,
    as_json: bool,
) -> None:
    """Predict the rows of TABLE with MODEL.

    The columns are found by name, in any order; columns that the model does not know are ignored.
    Without --out the predictions are written on stdout as CSV. TABLE may be a folder of pictures or an
    .npz file with an array x of images.
    """
    ending = _ending(out)

    from shoal.data.read import read_table
    from shoal.model.artefact import load

    kept = load(model)
    if proba and kept.target.task == "regression":
        raise click.UsageError("--proba needs a model of classes. This one predicts numbers.")
    frame = read_table(table, **layout(encoding, delimiter, decimal, image_size))
    if not keep and os.path.isdir(table):  # without it nobody knows which picture a prediction is of
        keep = ("file",)
    refuse_unknown_columns(frame, keep)
    predictions = answer(kept, frame, proba=proba, keep=keep, samples=samples or 0, unlikeness=unlikeness)
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
    model: Model,
    frame: pl.DataFrame,
    *,
    proba: bool = False,
    keep: tuple[str, ...] = (),
    samples: int = 0,
    unlikeness: bool = False,
) -> pl.DataFrame:
    """Return the predictions as a table: kept columns, ``prediction``, and what else is asked for.

    With several targets the columns are called ``prediction_<target>``; probabilities are called
    ``probability_<class>``, or ``probability_<label>`` where each label is its own question. A network that
    predicts quantiles gives ``quantile_<level>`` too, one that predicts a variance ``std``. Monte-Carlo
    dropout gives ``mc_mean`` and ``mc_spread``, the standard deviation over so many `samples`, with the same
    endings, and ``unlikeness`` is the share of the training rows that are likelier than the row.
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
        answers |= {f"probability_{c}": pl.Series(chances[:, i]) for i, c in enumerate(_outputs(model))}
    answers |= _spread(model, features)
    if samples:
        answers |= _sampled(model, features, samples)
    if unlikeness:
        answers["unlikeness"] = _unlike(model, features)
    for name in columns.keys() & answers.keys():
        raise ColumnError(
            f"The column '{name}' cannot be kept: the predictions have one of that name; rename it."
        )
    return pl.DataFrame(columns | answers)


def _outputs(model: Model) -> tuple[object, ...]:
    """Return what each column of probabilities, or of quantities, stands for."""
    return model.target.classes if model.target.task in ("binary", "multiclass") else model.target.names


def _spread(model: Model, features: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the quantiles or standard deviations, where the network predicts them."""
    import polars as pl

    rows, several = features.height, len(model.target.names) > 1
    if model.spec.head == "gaussian":
        words, found = ["std"], model.predict_std(features).reshape(rows, -1, 1)
    elif model.spec.head == "quantiles":
        words = [f"quantile_{level:g}" for level in model.target.levels]
        found = model.predict_quantiles(features).reshape(rows, -1, len(words))
    else:
        return {}
    return {
        f"{word}_{name}" if several else word: pl.Series(found[:, i, j])
        for i, name in enumerate(model.target.names)
        for j, word in enumerate(words)
    }


def _sampled(model: Model, features: pl.DataFrame, samples: int) -> dict[str, pl.Series]:
    import polars as pl

    drawn = model.predict_samples(features, samples)
    figures = {"mc_mean": drawn.mean(axis=0), "mc_spread": drawn.std(axis=0)}
    outputs = _outputs(model)
    one = model.target.task == "regression" and len(outputs) == 1
    return {
        word if one else f"{word}_{name}": pl.Series(values[:, i])
        for word, values in figures.items()
        for i, name in enumerate(outputs)
    }


def _unlike(model: Model, features: pl.DataFrame) -> pl.Series:
    """Return the unlikeness of each row; say how many are unlike anything that the model has learnt from."""
    import polars as pl

    share = model.unlikeness(features).share
    beyond = int((share == 1).sum())
    if beyond:
        rows = "One row is" if beyond == 1 else f"{beyond:,} of {len(share):,} rows are"
        warnings.warn(
            f"{rows} less like the training rows than any of these; what is predicted there is a guess.",
            DataNotice,
            stacklevel=2,
        )
    return pl.Series(share)


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
