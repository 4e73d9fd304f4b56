"""What each column is worth to a network that was just trained: measured while the table is at hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl

from shoal.cli.order import Order
from shoal.cli.run_folder import RunFolder
from shoal.model.model import Model
from shoal.pipeline import Trained

REPEATS, MOST_ROWS = 5, 500
MOST_COLUMNS = 60
"""With more columns it would last seconds, so a first look says which of them are measured."""

SCREENED, SCREEN_ROWS = 20, 100
"""How many are measured then, and the rows of a first look, in which every column is shuffled once."""

MOST_SCREENED = 300
"""With more columns even that would last seconds: ``shoal explain --importance`` does it when asked."""


def measured(order: Order, frame: pl.DataFrame, trained: Trained) -> dict[str, Any] | None:
    """Return the importances of the columns, with the rows that they were measured on.

    Those are the rows that judged the network. Where folds judged it, the network that is kept learnt from
    all rows, and the importances say what it uses, not what helps on new rows.

    Returns
    -------
    dict or None
        As ``Importances.to_json`` gives it, with ``"on"``: "test rows", "test table" or "training rows", and
        ``"of"``: of how many these are the strongest; ``"columns"`` is empty where there are too many.
        None for images, which have no columns to shuffle, and where nothing was judged.
    """
    model, method = trained.model, trained.scores.get("method", "")
    used = model.encoder.feature_names
    if trained.answers is None or any(c.kind == "image" for c in model.columns):
        return None
    on = "training rows" if "fold" in method else method
    if len(used) > MOST_SCREENED:
        return {"columns": [], "of": len(used), "on": on}
    from shoal.lens.explaining.importance import permutation_importance

    given = order.arguments()["test"] if method == "test table" else None
    whole = given if isinstance(given, pl.DataFrame) else frame
    rows = whole[np.sort(trained.answers.rows)]
    names = list(order.targets)
    truth = rows[names[0]] if len(names) == 1 else rows.select(names)
    weight = rows[order.weight].cast(pl.Float64).to_numpy() if order.weight else None
    seen = rows.select([name for name in used if name in rows.columns])  # neither targets nor weights
    names = strongest(model, seen, truth, weight) if len(used) > MOST_COLUMNS else None
    found = permutation_importance(
        model, seen, truth, repeats=REPEATS, weight=weight, most_rows=MOST_ROWS, columns=names
    )
    return {**found.to_json(), "of": len(used), "on": on}


def strongest(model: Model, seen: pl.DataFrame, truth: Any, weight: Any) -> list[str]:
    """Return the columns that a first look finds strongest: one shuffle of each on a few rows.

    What is looked at is the loss (log loss, RMSE), which moves where a share of right rows stays.
    """
    from shoal.lens.explaining.importance import permutation_importance

    metric = "rmse" if model.target.task == "regression" else "log_loss"
    looked = permutation_importance(
        model, seen, truth, repeats=1, weight=weight, most_rows=SCREEN_ROWS, metric=metric
    )
    return [one.name for one in looked.columns[:SCREENED]]


def keep_importances(order: Order, frame: pl.DataFrame, trained: Trained, folder: RunFolder) -> None:
    """Write the importances into the run folder, if there are any."""
    found = measured(order, frame, trained)
    if found is not None:
        folder.importances.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
