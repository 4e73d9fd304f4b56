"""``shoal explain``: one row through a model and what moved its answer; columns, errors, a threshold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, layout, pairs, reading, refuse_unknown_columns
from shoal.cli.say import write_json

if TYPE_CHECKING:
    import polars as pl

    from shoal.model.model import Model

_COSTS = {"fp": "false_positive", "fn": "false_negative"}


@click.command()
@click.argument("model", type=click.Path(path_type=str))
@click.argument("table", type=TABLE)
@click.option("--row", type=click.IntRange(0), help="Explain this row, counted from 0.  [default: 0]")
@click.option("--of", metavar="ANSWER", help="Class, label or quantity to explain, if not the predicted one.")
@click.option("--background", metavar="TABLE", help="Compare with the rows of this table.")
@click.option("--importance", is_flag=True, help="Tell what is lost when each column is shuffled.")
@click.option("--metric", help="Figure that the importances are losses of.")
@click.option(
    "--repeats", default=10, show_default=True, type=click.IntRange(1), help="Shuffles of a column."
)
@click.option(
    "--dependence", multiple=True, metavar="COLUMN", help="Tell how the answer goes with it; repeatable."
)
@click.option("--errors", is_flag=True, help="Tell what is taken for what, and which rows are worst.")
@click.option(
    "--threshold-cost", metavar="fp=1,fn=5", help="Find the threshold that costs least, for these costs."
)
@click.option(
    "--most-rows", default=500, show_default=True, type=click.IntRange(2), help="Rows for importances."
)
@click.option(
    "--target", "-t", "targets", multiple=True, help="Column with the answers, if not called as in training."
)
@click.option("--pictures", metavar="FOLDER", help="Draw what is told, as SVG files.")
@reading
@as_json
def explain(model: str, table: str, **options: Any) -> None:
    """Explain what MODEL says of the rows of TABLE.

    Without further options one row is explained: the values that it has in each layer, and how far each
    column moved the answer. Importances, errors and thresholds need the answers in TABLE, of rows that MODEL
    was not trained on. MODEL may be the folder of a run.
    """
    costs = _costs(options["threshold_cost"])

    from shoal.data.read import read_table
    from shoal.lens.kept import model_of

    words = layout(*(options[name] for name in ("encoding", "delimiter", "decimal", "image_size")))
    kept, frame = model_of(model), read_table(table, **words)
    found = _found(kept, frame, costs, options, words)
    drawn = _drawn(found, Path(options["pictures"])) if options["pictures"] else []
    if options["as_json"]:
        told = {name: _json_of(value) for name, value in found.items() if name != "answers"}
        write_json({"model": model, "table": table, **told, **({"pictures": drawn} if drawn else {})})
        return
    from shoal.cli.explanations import show

    show(found)
    for path in drawn:
        click.echo(f"picture  {path}")


def _found(
    model: Model, frame: pl.DataFrame, costs: dict | None, options: dict[str, Any], words
) -> dict[str, Any]:
    """Return all that was asked for, by what it is."""
    asked = {name: options[name] for name in ("importance", "dependence", "errors")}
    names = list(options["targets"] or model.target.names)
    refuse_unknown_columns(frame, options["targets"])
    features = frame.drop(names, strict=False)
    found: dict[str, Any] = {}
    if options["row"] is not None or not (costs or any(asked.values())):
        found["row"] = _row(model, features, options, words)
    if asked["importance"] or asked["errors"] or costs:
        refuse_unknown_columns(frame, names)
        truth = frame[names[0]] if len(names) == 1 else frame.select(names)
        found |= _judged(model, features, truth, costs, options)
    if asked["dependence"]:
        from shoal.lens.explaining.dependence import partial_dependence

        of, most = options["of"], options["most_rows"]
        found["dependence"] = [
            partial_dependence(model, features, name, of=of, most_rows=most) for name in asked["dependence"]
        ]
    return found


def _row(model: Model, features: pl.DataFrame, options: dict[str, Any], words) -> Any:
    from shoal.data.read import read_table
    from shoal.lens.explaining.door import explain as explained

    beside = options["background"]
    background = read_table(beside, **words).drop(model.target.names, strict=False) if beside else None
    return explained(model, features, row=options["row"] or 0, of=options["of"], background=background)


def _judged(model: Model, features: pl.DataFrame, truth: Any, costs: dict | None, options) -> dict[str, Any]:
    from shoal.lens.kept import answers

    found: dict[str, Any] = {}
    if options["errors"] or costs:
        found["answers"] = answers(model, features, truth)
    if options["errors"]:
        found |= _errors(found["answers"])
    if costs:
        from shoal.history.thresholds import choose_threshold

        found["threshold"] = choose_threshold(found["answers"], of=options["of"], **costs)
    if options["importance"]:
        from shoal.lens.explaining.importance import permutation_importance

        told = {"metric": options["metric"], "repeats": options["repeats"], "most_rows": options["most_rows"]}
        found["importance"] = permutation_importance(model, features, truth, **told)
    return found


def _errors(answers: Any) -> dict[str, Any]:
    from shoal.history.confusion import confusions
    from shoal.history.residuals import residuals
    from shoal.history.worst import worst_rows

    key, look = ("residuals", residuals) if answers.task == "regression" else ("confusion", confusions)
    return {key: list(look(answers)), "worst": list(worst_rows(answers))}


def _costs(text: str | None) -> dict[str, float] | None:
    """Return the costs of the two mistakes from ``fp=1,fn=5``."""
    if text is None:
        return None
    told = pairs(text.split(","), "--threshold-cost")
    for name in told.keys() - _COSTS.keys():
        raise click.UsageError(f"--threshold-cost expects fp and fn, as fp=1,fn=5. Got '{name}' instead.")
    try:
        return {_COSTS[name]: float(value) for name, value in told.items()}
    except ValueError:
        raise click.UsageError(
            f"--threshold-cost expects numbers, as fp=1,fn=5. Got '{text}' instead."
        ) from None


def _json_of(value: Any) -> Any:
    return [_json_of(one) for one in value] if isinstance(value, list) else value.to_json()


def _drawn(found: dict[str, Any], folder: Path) -> list[str]:
    """Write the pictures of what was found, and return their paths."""
    from shoal.report.pictures.contributions import contributions_picture, importances_picture
    from shoal.report.pictures.dependence import dependence_picture
    from shoal.report.pictures.errors import error_pictures
    from shoal.report.pictures.paper import write_figure
    from shoal.report.pictures.roc import cost_picture

    one = {"row": contributions_picture, "importance": importances_picture, "threshold": cost_picture}
    figures = {name: draw(found[name].to_json()) for name, draw in one.items() if name in found}
    for each in found.get("dependence", ()):
        figures[f"dependence-{each.column}"] = dependence_picture(each.to_json())
    if "worst" in found:
        figures |= {f"errors-{i + 1}": one for i, one in enumerate(error_pictures(found["answers"]))}
    return [str(write_figure(figure, folder, name)) for name, figure in figures.items()]
