"""What a notebook shows of a search: how it went, the best settings, and the trials that follow."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from sklearn.utils import estimator_html_repr

from shoal.history.notebook import findings_table, told
from shoal.sweep.trials import finalists

_SHOWN = 5


def search_html(search: Any) -> str:
    """Return scikit-learn's box of a search and, once fitted, its five best trials and its findings."""
    box = estimator_html_repr(search)
    return box + (_found(search) if hasattr(search, "found_") else "")


def _found(search: Any) -> str:
    best = finalists(search.found_.trials.values())[:_SHOWN]
    facts = {
        "method": f"{search.strategy_}: {search.reason_}",
        "trials": f"{len(search.found_.trials)}, each of {search.n_splits_} networks: folds times seeds",
        "score": f"{search.question_.scorers.main}, higher is better",
    }
    return told(type(search).__name__, facts, _leaderboard(best), findings_table(search.findings_))


def _leaderboard(trials: list[Any]) -> str:
    if not trials:
        return ""
    names = list(dict.fromkeys(name for trial in trials for name in trial.values))
    head = "".join(f"<th>{escape(name)}</th>" for name in ("trial", "score", *names))
    body = "".join(_row(trial, names) for trial in trials)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(trial: Any, names: list[str]) -> str:
    spread = f" ± {np.std(trial.parts, ddof=1):.2g}" if len(trial.parts) > 1 else ""
    cells = [str(trial.number), f"{np.mean(trial.parts):.4g}{spread}"]
    cells += [_value(trial.values.get(name)) for name in names]
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
