"""The sentences of a report: what the figures mean to someone who did not train the network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from shoal.history.wording import compact, listed, with_bounds
from shoal.report.facts import Facts

MEANINGS = {
    "accuracy": "share of rows whose class it names; higher is better",
    "balanced_accuracy": "the same, every class counting alike; higher is better",
    "f1_macro": "balance of precision and recall, averaged over the classes; higher is better",
    "log_loss": "how surprised it is by the truth; lower is better",
    "roc_auc": "chance that it ranks a right row above a wrong one; 0.5 is guessing, 1 is perfect",
    "brier": "squared distance of its probabilities from the truth; lower is better",
    "ece": "gap between how sure it is and how often it is right; lower is better",
    "rmse": "typical error in the target's own unit, large errors counting more; lower is better",
    "mae": "average error in the target's own unit; lower is better",
    "mape": "average error as a share of the true value; lower is better",
    "r2": "share of the ups and downs that it explains; 1 is perfect, 0 is no better than the mean",
}
"""Metric name to its meaning in one line."""

SHARES = {"accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "ece"}
"""Metrics that run from 0 to 1, for which a picture of the interval says something."""


def title(facts: Facts) -> str:
    """Return the report's title: what is predicted from what."""
    return f"Predicting {listed(facts.targets)} from {facts.table}"


def capital(text: str) -> str:
    """Return a text that starts a line."""
    return text[:1].upper() + text[1:]


def headline(facts: Facts) -> str:
    """Say in one or two sentences how good the network is on rows that it did not learn from."""
    if facts.unfinished:
        return facts.unfinished
    if not facts.judged:
        return (
            "No rows were kept aside, so nothing is known about how it does on rows that it has not seen. "
            "Train with a test table or a test share to find out."
        )
    if facts.task == "regression":
        return _regression_headline(facts)
    if facts.task == "multilabel":
        return _label_headline(facts)
    return _class_headline(facts)


def _class_headline(facts: Facts) -> str:
    found = facts.figure("accuracy")
    if not found:
        return f"It was tested on {_tested(facts)}; the figures are below."
    who = "Networks trained alike name" if facts.by_folds else "It names"
    return f"{who} the right {listed(facts.targets)} for {percent(found['value'])} of {_tested(facts)}."


def _label_headline(facts: Facts) -> str:
    found = facts.figure("roc_auc")
    value = f"a mean ROC AUC of {compact(found['value'])}" if found else "the figures below"
    who = "networks trained alike reach" if facts.by_folds else "it reaches"
    return f"On {_tested(facts)} {who} {value} over {len(facts.targets)} labels."


def _regression_headline(facts: Facts) -> str:
    error, explained = facts.figure("mae"), facts.figure("r2")
    who = "networks trained alike are" if facts.by_folds else "it is"
    sentence = f"On {_tested(facts)} {who} off by "
    sentence += f"{_written(error)[0] if error else 'an unknown amount'} on average."
    if explained and math.isfinite(explained["value"]):
        share = max(explained["value"], 0.0)
        who = "They explain" if facts.by_folds else "It explains"
        sentence += f" {who} {percent(share)} of the ups and downs from row to row."
    return sentence


def caution(facts: Facts) -> str:
    """Say how far the headline's figure may be off because only so many rows were tested."""
    lead = {"regression": "mae", "multilabel": "roc_auc"}.get(facts.task, "accuracy")
    found = facts.figure(lead)
    if not found or not (math.isfinite(found["low"]) and math.isfinite(found["high"])):
        return ""
    if lead == "accuracy":
        bounds = f"{100 * found['low']:.1f} to {100 * found['high']:.1f}\N{NO-BREAK SPACE}%"
    else:
        bounds = _written(found)[1]
    return f"With that many rows, chance alone leaves room from {bounds} (95\N{NO-BREAK SPACE}% interval)."


def _written(found: Mapping[str, Any]) -> tuple[str, str]:
    return with_bounds(found["value"], found["low"], found["high"])


def _tested(facts: Facts) -> str:
    rows = (facts.judged or {}).get("rows")
    count = f"{rows:,} rows" if rows != 1 else "one row"
    return f"{count} that it had never seen" if not facts.by_folds else f"{count} that they had never seen"


def percent(share: float | None) -> str:
    """Return a share in per cent, to a tenth."""
    share = math.nan if share is None else share
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%" if math.isfinite(share) else "an unknown share"


def course(facts: Facts) -> str:
    """Say how training went: how many epochs, which were kept, why it ended."""
    history = facts.history
    if not len(history):
        return "No epoch was recorded."
    sentences = [f"It trained for {len(history):,} epoch{'s' if len(history) > 1 else ''}{_took(facts)}."]
    if history.best_epoch is not None and "best was" not in history.stop_reason:
        sentences.append(f"The weights of epoch {history.best_epoch:,} were kept.")
    if history.stop_reason:
        reason = history.stop_reason.rstrip(".")
        sentences.append(f"{reason[:1].upper()}{reason[1:]}.")
    return " ".join(sentences)


def _took(facts: Facts) -> str:
    if facts.seconds is None:
        return ""
    return f" in {facts.seconds:.1f} s" if facts.seconds < 90 else f" in {facts.seconds / 60:.1f} min"


def portions(facts: Facts) -> str:
    """Say which rows served for what."""
    roles = (
        ("train", "to learn from"),
        ("valid", "to decide when to stop"),
        ("test", "kept aside to judge it"),
    )
    said = [f"{facts.rows[name]:,} {role}" for name, role in roles if facts.rows.get(name)]
    sentences = [f"Rows: {', '.join(said)}."] if said else []
    if facts.judged and facts.by_folds:
        sentences.append(
            f"Every row trained the network. The figures come from {facts.method}: networks trained beside "
            "it, each judged on rows that it had not seen."
        )
    return " ".join(sentences)
