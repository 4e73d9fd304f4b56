"""``shoal calibrate``: probabilities as sure as rows that the model has not seen say they should be."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, layout, reading, refuse_unknown_columns
from shoal.cli.say import number, write_json
from shoal.errors import TargetError, TrainingWarning

if TYPE_CHECKING:
    import polars as pl

    from shoal.model.model import Model


@click.command()
@click.argument("model", type=click.Path(path_type=str))
@click.argument("table", type=TABLE)
@click.option(
    "--target", "-t", "targets", multiple=True, help="Column with the answers, if not called as in training."
)
@click.option("--weight", metavar="COLUMN", help="Weight of each row; 2 counts as the row twice.")
@click.option("--out", "-o", metavar="FILE", required=True, help="Write the calibrated model here.")
@reading
@as_json
def calibrate(
    model: str,
    table: str,
    targets: tuple[str, ...],
    weight: str | None,
    out: str,
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    image_size: str | None,
    as_json: bool,
) -> None:
    """Calibrate the probabilities of MODEL on the rows of TABLE.

    TABLE must hold rows that MODEL was not trained on, with their answers: of its training rows a
    network is too sure. The predicted classes stay as they are.
    """
    from shoal.data.read import read_table
    from shoal.model.artefact import load

    kept = load(model)
    frame = read_table(table, **layout(encoding, delimiter, decimal, image_size))
    names = targets or kept.target.names
    refuse_unknown_columns(frame, [*names, *([weight] if weight else [])])
    _warn_of_training_rows(kept, frame)
    made = kept.calibrate(*_told(kept, frame, names, weight))
    made.save(out)
    found = made.scores["calibration"]
    if as_json:
        write_json({"model": model, "table": table, "out": out, **found})
    else:
        click.echo(said(found))
        click.echo(f"model   {out}")


def said(found: dict[str, Any]) -> str:
    """Return what a calibration did, in two lines.

    Examples
    --------
    >>> figures = {"ece": 0.08, "log_loss": 0.5, "rows": 200}
    >>> found = {"temperature": 1.5, "fitted_on": "validation rows", "measured_on": "test rows", "rows": 90}
    >>> print(said({**found, "before": figures, "after": {**figures, "ece": 0.02}}))
    calibrated: temperature 1.5, fitted on 90 validation rows
    calibration error 0.08 before, 0.02 after; log loss 0.5 before, 0.5 after (200 test rows)
    """
    before, after = found["before"], found["after"]
    told = [
        f"{title} {number(before[name])} before, {number(after[name])} after"
        for name, title in (("ece", "calibration error"), ("log_loss", "log loss"))
    ]
    temperature, rows = number(found["temperature"]), f"{found['rows']:,} {found['fitted_on']}"
    measured = found["measured_on"]
    measured = measured if measured.startswith("the same") else f"{before['rows']:,} {measured}"
    return f"calibrated: temperature {temperature}, fitted on {rows}\n{'; '.join(told)} ({measured})"


def _told(
    model: Model, frame: pl.DataFrame, names: tuple[str, ...], weight: str | None
) -> tuple[pl.DataFrame, pl.Series | pl.DataFrame, Any]:
    if len(names) != len(model.target.names):
        raise TargetError(f"Expected {len(model.target.names)} target column(s). Got {len(names)}.")
    from shoal.fitting.problem import row_weights

    answers = frame[names[0]] if len(names) == 1 else frame.select(names)
    features = frame.drop(*names, *([weight] if weight else []))
    return features, answers, row_weights(frame, weight)


def _warn_of_training_rows(model: Model, frame: pl.DataFrame) -> None:
    from shoal.model.fingerprint import fingerprint

    learnt = model.provenance.get("data", {})
    if isinstance(learnt, dict) and learnt.get("fingerprint") == fingerprint(frame):
        warnings.warn(
            "This is the table that the model was trained on: of its own training rows it is too sure, and "
            "will stay so. Calibrate with other rows.",
            TrainingWarning,
            stacklevel=2,
        )
