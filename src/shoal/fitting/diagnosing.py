"""What is known of a training beside its record: cheap facts about rows, columns and target.

All of it is NumPy on a few hundred of the rows that are encoded anyway, and costs some milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal import data
from shoal.fitting.baselines import baseline_losses
from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.prepare import Prepared
from shoal.fitting.references import MOST_ROWS, best_columns, left_out_score
from shoal.settings import Settings
from shoal.train.view import Batchable

_USUAL = ("learning_rate", "weight_decay", "dropout", "hidden", "activation", "epochs", "scaling", "schedule")
_SQUEEZED = 2.7  # smooth clipping ends at 3; this far come numbers of six standard deviations
_MOST_COMPARED = 50_000  # rows of a table in which rows that occur twice are looked for
_SHORT_OF_DIGITS = 6  # decimals to which rows are compared


def facts_of(ready: Prepared, rows: int | None = None) -> dict[str, Any]:
    """Return the facts of `shoal.history.findings.Evidence` about a problem made ready for a network.

    Parameters
    ----------
    ready : Prepared
    rows : int, optional
        Rows of the table; those that train and validate if not given.
    """
    train, valid = ready.view.train, ready.view.valid
    found = early_facts_of(ready, rows)
    if ready.target.task == "regression":
        found["target_outlier"] = _farthest(train.target)
    if isinstance(ready.encoder, data.TableEncoder):
        found |= _of_columns(ready, _few(train))
        if valid is not None and len(valid) > 0 and len(train) <= _MOST_COMPARED:
            found["shared_rows"] = _shared(train, valid)
    return found


def early_facts_of(ready: Prepared, rows: int | None = None) -> dict[str, Any]:
    """Return the facts that need no model of the table: enough for rules that speak while training runs.

    Parameters
    ----------
    ready, rows
        As `facts_of` takes them.
    """
    train, valid = ready.view.train, ready.view.valid
    whole = len(train) + len(valid or ()) if rows is None else rows
    return {
        "task": ready.target.task,
        "rows": {"train": len(train), "valid": len(valid or ())},
        "usual": _usual(ready, whole),
        **_classes(ready.target, train),
        **baseline_losses(ready.settings.loss, train, valid),
    }


def _usual(ready: Prepared, rows: int) -> dict[str, Any]:
    """Return what "auto" takes for such a table, beside the optimizer that was asked for."""
    optimizer = ready.settings.optimizer
    facts = Facts(rows, ready.target.task, ready.view.valid is not None, _image(ready))
    kind = optimizer["kind"] if isinstance(optimizer, Mapping) else optimizer
    usual = resolved(Settings(optimizer=kind), facts)
    return {name: value for name, value in usual.to_json().items() if name in _USUAL}


def _image(ready: Prepared) -> tuple[int, int, int] | None:
    return ready.encoder.shape if isinstance(ready.encoder, data.ImageEncoder) else None


def _classes(target: data.Target, train: Batchable) -> dict[str, Any]:
    if target.task not in ("binary", "multiclass"):
        return {}
    numbers = np.asarray(train.target).reshape(-1).astype(int)
    counts = np.bincount(numbers, minlength=len(target.classes))
    return {"classes": {str(name): int(n) for name, n in zip(target.classes, counts, strict=True)}}


def _few(rows: Batchable) -> Batchable:
    """Return some rows, evenly picked: what is said of them holds of all."""
    if len(rows) <= MOST_ROWS:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, MOST_ROWS).astype(int))


def _of_columns(ready: Prepared, few: Batchable) -> dict[str, Any]:
    encoder = ready.encoder
    assert isinstance(encoder, data.TableEncoder)
    blocks = _blocks(encoder, few)
    answers = answers_of(few, ready.target)
    found: dict[str, Any] = {"one_column": best_columns(blocks, answers), **_spread(ready, few, blocks)}
    score = left_out_score(np.hstack([*blocks.values()]) if blocks else few.numbers, answers)
    return {**found, "reference": {"score": score}}


def _blocks(encoder: data.TableEncoder, rows: Batchable) -> dict[str, np.ndarray]:
    """Return the numbers that each column of the table became, (rows, numbers); codes as one number."""
    if encoder.rotated is not None:
        return {f"component {i + 1}": rows.numbers[:, [i]] for i in range(rows.numbers.shape[1])}
    blocks, at, coded = {}, 0, 0
    for part in encoder.parts:
        width = len(part.names)
        if width:
            blocks[part.column.name] = rows.numbers[:, at : at + width]
        elif coded < rows.codes.shape[1]:
            blocks[part.column.name] = rows.codes[:, [coded]].astype(float)
            coded += 1
        at += width
    return blocks


def _spread(ready: Prepared, few: Batchable, blocks: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the largest and smallest scale of the measured columns as the network sees them."""
    kinds = (data.ColumnKind.NUMBER, data.ColumnKind.DATETIME)
    named = {column.name for column in ready.columns if column.kind in kinds}
    scales = {
        name: float(np.sqrt(np.mean(np.square(block[:, 0]))))
        for name, block in blocks.items()
        if name in named
    }
    scales = {name: scale for name, scale in scales.items() if scale > 0}
    if not scales:
        return {}
    largest = max(scales, key=lambda name: scales[name])
    spread = {"largest": scales[largest], "smallest": min(scales.values()), "column": largest}
    if ready.settings.smooth_clip is True:
        squeezed = {name: float(np.mean(np.abs(blocks[name][:, 0]) > _SQUEEZED)) for name in scales}
        spread["squeezed"] = max(squeezed.values())
    return {"spread": spread}


def answers_of(rows: Batchable, target: data.Target) -> np.ndarray:
    """Return what is predicted, (rows, outputs): a column of 0 and 1 for each class, or quantities."""
    values = np.asarray(rows.target)
    if target.task in ("binary", "multiclass"):
        return np.eye(max(len(target.classes), 2))[values.reshape(-1).astype(int)]
    return values.reshape(len(rows), -1).astype(float)


def _farthest(target: np.ndarray) -> float:
    """Return the largest distance from the median, in distances of the quartiles; 0 where these coincide."""
    values = np.asarray(target, float).reshape(len(target), -1)
    low, middle, high = np.percentile(values, (25, 50, 75), axis=0)
    wide = np.where(high > low, high - low, np.inf)
    return float((np.abs(values - middle) / wide).max())


def _shared(train: Batchable, valid: Batchable) -> dict[str, float]:
    """Return how many validation rows also train, features and target alike."""
    known = set(_rows(train))
    count = sum(row in known for row in _rows(valid))
    return {"count": count, "share": count / len(valid)}


def _rows(rows: Batchable) -> list[bytes]:
    parts = [rows.numbers, rows.codes, np.asarray(rows.target).reshape(len(rows), -1)]
    told = np.hstack([np.asarray(part, float).reshape(len(rows), -1) for part in parts])
    return [row.tobytes() for row in np.round(told, _SHORT_OF_DIGITS) + 0.0]
