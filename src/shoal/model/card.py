"""The card: what a person should know of a model before using it, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shoal.data.columns import Column, ColumnKind
from shoal.data.task import Target
from shoal.history.metrics import METRICS
from shoal.history.record import History
from shoal.history.wording import compact, listed, with_bounds
from shoal.model.diagnosis import diagnosis_of
from shoal.model.drawing import network_in_words
from shoal.nets.spec import NetSpec

MOST_COLUMNS = 60
"""A table of more columns than this is listed up to here."""


@dataclass(frozen=True)
class CardFacts:
    """What a card speaks of; the fields are those of `shoal.model.Model`."""

    spec: NetSpec
    weights: int
    columns: Sequence[Column]
    target: Target
    history: History
    provenance: Mapping[str, Any]
    scores: Mapping[str, Any]
    precision: str
    networks: int = 1
    zeros: str = ""


def write_card(facts: CardFacts) -> str:
    """Return the card of a model as Markdown."""
    sections = (_opening, _figures, _training, _network, _columns, _limits, _use, _versions)
    return "\n\n".join(section(facts) for section in sections) + "\n"


def _opening(facts: CardFacts) -> str:
    names = listed([_code(name) for name in facts.target.names])
    source = _data(facts).get("source")
    used = sum(column.used for column in facts.columns)
    table = f" of {_code(source)}" if source else ""
    count = "images" if _reads_images(facts) else "one column" if used == 1 else f"{used} columns"
    return f"# Predicts {names}\n\nA neural network that {_task(facts.target)} from {count}{table}."


def _reads_images(facts: CardFacts) -> bool:
    return any(column.used and column.kind is ColumnKind.IMAGE for column in facts.columns)


def _task(target: Target) -> str:
    names = listed([_code(name) for name in target.names])
    if target.task == "regression":
        return f"estimates {names}"
    if target.task == "multilabel":
        return f"tells which of {len(target.names)} labels are on ({names})"
    classes = listed([_code(value) for value in target.classes])
    return f"tells the {len(target.classes)} classes of {names} apart ({classes})"


def _figures(facts: CardFacts) -> str:
    figures = facts.scores.get("figures")
    if not figures:
        return (
            "## How well it does\n\nNo rows were kept aside, so nothing is known about how it does on rows "
            "that it has not seen."
        )
    rows = [_figure(name, found) for name, found in figures.items()]
    level = f"{100 * facts.scores.get('level', 0.95):g} % interval"
    return "\n".join(
        [
            f"## How well it does\n\n{_judges(facts.scores)}:\n",
            *_table(("figure", "value", level, "better is"), rows),
            "\nThe interval says how far a figure may be off because only these rows were tested.",
            *_members(facts.scores),
        ]
    )


def _members(scores: Mapping[str, Any]) -> list[str]:
    """Say what the networks of an ensemble reach alone."""
    alone = scores.get("members")
    if not alone:
        return []
    told = [
        f"{METRICS[name].title if name in METRICS else name} {compact(_number(value))}"
        for name, value in alone["figures"].items()
    ]
    return [f"Each of its {alone['count']} networks alone, on average: {', '.join(told)}."]


def _judges(scores: Mapping[str, Any]) -> str:
    """Say which rows judged: rows kept aside, another table, or all rows in turn."""
    count, method = _rows(scores.get("rows", 0)), str(scores.get("method", ""))
    if "cross-validation" in method:
        return (
            f"Judged by {method}: each of {count} was predicted by a network like this one that had not seen "
            "it. This one then learnt from all of them"
        )
    if method == "test table":
        return f"On {count} of another table, which it had never seen"
    return f"On {count} that it had never seen"


def _figure(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    value, bounds = with_bounds(*(_number(found.get(key)) for key in ("value", "low", "high")))
    metric = METRICS.get(name)
    if metric is None:
        return name, value, bounds, ""
    return metric.title, value, bounds, "higher" if metric.goal == "max" else "lower"


def _training(facts: CardFacts) -> str:
    lines = [line for line in (_from_data(facts), _epochs(facts.history), _asked(facts)) if line]
    lines += [f"- {_text(note)}" for note in facts.history.notes]
    found = diagnosis_of(facts.history, facts.provenance, facts.scores)
    lines += [f"- {_text(one.in_words())}" for one in found if one.severity != "note"]
    return "\n".join(["## How it was trained\n", *(lines or ["- Nothing was recorded."])])


def _from_data(facts: CardFacts) -> str:
    data = _data(facts)
    if not data:
        return ""
    when = str(facts.provenance.get("date", ""))[:10]
    told = f"- On {_rows(data.get('rows', 0))}{_shares(facts)}" + (f", on {when}" if when else "")
    seed = facts.provenance.get("seed")
    told += f", seed {seed}" if seed is not None else ""
    mark = data.get("fingerprint")
    return f"{told}.\n- Fingerprint of the table: {_code(mark)}." if mark else f"{told}."


def _shares(facts: CardFacts) -> str:
    rows = facts.provenance.get("rows")
    if not isinstance(rows, Mapping) or not rows.get("valid"):
        return ""
    return f" ({rows.get('train', 0):,} to learn from, {rows['valid']:,} to decide when to stop)"


def _epochs(history: History) -> str:
    if not len(history):
        return ""
    told = f"- {len(history):,} epoch{'s' if len(history) > 1 else ''}"
    told += f", the weights of epoch {history.best_epoch:,} kept" if history.best_epoch is not None else ""
    reason = _text(history.stop_reason.rstrip("."))
    return f"{told}. {reason[:1].upper()}{reason[1:]}." if reason else f"{told}."


def _asked(facts: CardFacts) -> str:
    settings = facts.provenance.get("settings")
    given = settings.get("given", {}) if isinstance(settings, Mapping) else {}
    if not given:
        return "- With the default settings."
    return f"- Settings asked for: {', '.join(_code(f'{name}={value}') for name, value in given.items())}."


def _network(facts: CardFacts) -> str:
    all_of = " in all" if facts.networks > 1 else ""
    return (
        f"## The network\n\n{network_in_words(facts.spec, facts.networks)}. "
        f"{facts.weights:,} weights{all_of}, computed in {facts.precision}."
        + (f" {facts.zeros}." if facts.zeros else "")
    )


def _columns(facts: CardFacts) -> str:
    shown = facts.columns[:MOST_COLUMNS]
    rows = [
        (_code(c.name), str(c.kind), "yes" if c.used else "no", str(c.missing or ""), _text(c.notice))
        for c in shown
    ]
    lines = ["## What it reads\n", *_table(("column", "kind", "used", "missing in training", "notice"), rows)]
    if len(facts.columns) > MOST_COLUMNS:
        lines.append(f"\nand {len(facts.columns) - MOST_COLUMNS} more.")
    return "\n".join(lines)


def _limits(facts: CardFacts) -> str:
    test = facts.scores.get("rows")
    told = [
        "It has learnt what goes together in its training table, not what causes what, and knows nothing of "
        "rows unlike those.",
        "Images of another size are refused, and so are gaps in them."
        if _reads_images(facts)
        else "A gap, or a category that was not there in training, is taken as missing. A column that is "
        "gone, renamed, or holds text in place of numbers is refused.",
    ]
    if isinstance(test, int) and test < 100:
        told.append(f"Its figures rest on {_rows(test)}: read the intervals rather than the values.")
    if facts.target.task != "regression":
        told.append(_calibrated(facts.scores.get("calibration")))
    told.append(
        "This file holds names, categories and a few values of the training table, but none of its rows."
    )
    return "\n".join(["## Limits\n", *(f"- {line}" for line in told)])


def _calibrated(found: Any) -> str:
    if not isinstance(found, Mapping):
        return "Its probabilities are as the network gives them; they were not calibrated afterwards."
    before, after = (_number(found.get(name, {}).get("ece")) for name in ("before", "after"))
    return (
        f"Its probabilities were calibrated on {_rows(found.get('rows', 0))} (temperature "
        f"{_number(found.get('temperature')):.3g}; expected calibration error {before:.3g} before and "
        f"{after:.3g} after)."
    )


def _use(facts: CardFacts) -> str:
    given, file = ("images", "folder") if _reads_images(facts) else ("frame", "new.csv")
    return (
        "## How to use it\n\n```python\nfrom shoal import load\n\n"
        f'load("model.shoal").predict({given})\n```\n\n'
        f"or `shoal predict model.shoal {file} --out predictions.csv`."
    )


def _versions(facts: CardFacts) -> str:
    found = facts.provenance.get("versions")
    if not isinstance(found, Mapping) or not found:
        return "## Versions\n\nNot recorded."
    return "## Versions\n\n" + ", ".join(f"{name} {version}" for name, version in found.items()) + "."


def _data(facts: CardFacts) -> Mapping[str, Any]:
    data = facts.provenance.get("data")
    return data if isinstance(data, Mapping) else {}


def _rows(count: int) -> str:
    return "one row" if count == 1 else f"{count:,} rows"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    line = "| {} |".format
    return [
        line(" | ".join(head)),
        line(" | ".join("---" for _ in head)),
        *(line(" | ".join(r)) for r in rows),
    ]


def _code(value: Any) -> str:
    """Write a name as code, where Markdown leaves it alone; a bar would end the table's cell."""
    text = " ".join(str(value).split()).replace("|", "\\|")
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _text(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|").replace("<", "&lt;")
