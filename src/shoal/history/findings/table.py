"""Rules about the table: scales of the inputs, a leak, shared rows, rare classes, outliers of the target."""

from __future__ import annotations

from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import Finding, Rule
from shoal.history.findings.words import compact, percent

UNSCALED = 30.0
"""Largest root mean square of a column as the network sees it, and largest ratio between two columns.
Scaling leaves all of them near 1, columns that are rarely other than 0 included, which lie at 0.1;
a column thirty times as wide takes steps a thousand times as long as its neighbours'."""

ROUGH = 100.0  # ratio of two columns as the network sees them, where both are measured numbers

SQUEEZED = 0.2
"""Share of a column's values that smooth clipping drew to its ends; of scaled numbers next to none."""

LEAK = 0.97
"""Share of a constant's errors that one column alone does away with. The best single column of the tables
that people train on takes away 0.8 (a tumour's size, breast cancer) to 0.93 (a petal's width, iris)."""

LEAK_LEAD = 0.1  # by which it must be ahead of the next column: two that tell all are two views of one thing

RARE = 0.25
"""Rows of the rarest class over those of an even share: a class of an eighth of a binary table. Below
it a network that never names the class is hardly wrong on average."""

FEW = 10
"""Rows of a class below which its shape is a matter of luck: the usual rule of ten events."""

SHARED = 0.05
"""Share of validation rows that also train. Whole numbers and categories repeat themselves by chance in a
few rows of a hundred."""

OUTLIER = 15.0
"""Distance of a target from the median, in distances of the quartiles; in a normal distribution one of a
million lies 4 off. At 15, its square outweighs two hundred usual rows."""

_SQUARED = ("squared_error", "half_squared_error")


def unscaled(evidence: Evidence) -> Finding | None:
    """Find inputs of very different, or very large, scales."""
    largest, smallest = (evidence.fact("spread", name) for name in ("largest", "smallest"))
    if largest is None or not smallest:
        return None
    ratio, column = largest / smallest, evidence.fact("spread", "column")
    squeezed = evidence.fact("spread", "squeezed") or 0.0
    rough = ratio > ROUGH and evidence.setting("scaling") == "none"
    if not (largest > UNSCALED or rough or squeezed > SQUEEZED):
        return None
    told = (
        f"The network sees '{column}' with values around {compact(largest)}, {compact(ratio)} times those of "
        "the smallest column: one rate cannot suit both."
        if largest > UNSCALED or rough
        else f"Clipping draws {percent(squeezed)} of a column's values to its ends, where they look alike."
    )
    return Finding(
        "S401",
        "inputs not scaled",
        "warning",
        told,
        "Set scaling='standard'.",
        f"column '{column}'",
        {"largest": largest, "smallest": smallest, "ratio": ratio, "squeezed": squeezed},
        {"scaling": "standard", "smooth_clip": "auto"},
    )


def leak(evidence: Evidence) -> Finding | None:
    """Find a column that tells the target alone."""
    score, second = (evidence.fact("one_column", name) for name in ("score", "second"))
    if score is None or not (score > LEAK and score > (second or 0.0) + LEAK_LEAD):
        return None
    column = evidence.fact("one_column", "column")
    return Finding(
        "S402",
        "leak suspected",
        "warning",
        f"The column '{column}' alone does away with {percent(score)} of the errors of a constant, the next "
        f"best with {percent(max(second or 0.0, 0.0))}: it may have been written down after the answer was "
        "known.",
        f"If it is not known when predictions are made, leave it out (--drop {column}).",
        f"column '{column}'",
        {"score": score, "second": second or 0.0, "threshold": LEAK},
    )


def shared(evidence: Evidence) -> Finding | None:
    """Find validation rows that also train."""
    share, count = (evidence.fact("shared_rows", name) for name in ("share", "count"))
    if not share or not share > SHARED:
        return None
    return Finding(
        "S403",
        "rows on both sides of the split",
        "warning",
        f"{int(count)} validation rows ({percent(share)}) are among the training rows, features and target "
        "alike, so validation flatters.",
        "Leave repeated rows out, or keep them together with a group column (--group) and split='grouped'.",
        "",
        {"count": float(count), "share": share, "threshold": SHARED},
    )


def imbalance(evidence: Evidence) -> Finding | None:
    """Find a rare class that nothing makes up for."""
    classes = evidence.fact("classes")
    weighed = evidence.setting("class_weight") is not None or evidence.setting("balance")
    if not classes or weighed or len(classes) < 2:
        return None
    name = min(classes, key=lambda one: classes[one])
    whole = sum(classes.values())
    even = classes[name] * len(classes) / whole
    if not even < RARE:
        return None
    return Finding(
        "S404",
        "class imbalance",
        "warning",
        f"The class '{name}' has {classes[name]} of {whole} training rows "
        f"({percent(classes[name] / whole)}): a network that never names it is hardly wrong on average.",
        "Set class_weight='balanced', and judge by balanced accuracy.",
        f"class '{name}'",
        {"rows": float(classes[name]), "share": classes[name] / whole, "of_even": even, "threshold": RARE},
        {"class_weight": "balanced"},
    )


def few_rows(evidence: Evidence) -> Finding | None:
    """Find a class of which there are too few rows to learn."""
    classes = evidence.fact("classes")
    small = {name: rows for name, rows in (classes or {}).items() if rows < FEW}
    if not small:
        return None
    name = min(small, key=lambda one: small[one])
    more = f" and {len(small) - 1} more classes" if len(small) > 1 else ""
    return Finding(
        "S405",
        "too few rows of a class",
        "note",
        f"The class '{name}'{more} has fewer than {FEW} training rows ({small[name]}).",
        "Gather more rows of it, or join it with another class.",
        f"class '{name}'",
        {"rows": float(small[name]), "classes": float(len(small)), "threshold": float(FEW)},
    )


def unjudged(evidence: Evidence) -> Finding | None:
    """Find a training that nothing judged."""
    scores = evidence.fact("scores")
    if scores is None or scores.get("figures"):  # not known, or judged
        return None
    if "val_loss" in evidence.history or evidence.running:
        return None
    if not len(evidence.history):
        return None
    return Finding(
        "S406",
        "nothing judged it",
        "note",
        "No rows were kept aside, so nothing is known about how it does on rows that it has not seen.",
        "Set validation=0.2, or cross-validate.",
        "",
        {},
        {"validation": 0.2},
    )


def outlier(evidence: Evidence) -> Finding | None:
    """Find single targets that outweigh all others in a squared loss."""
    far, loss = evidence.fact("target_outlier"), evidence.setting("loss")
    if far is None or not (far > OUTLIER and loss in _SQUARED):
        return None
    return Finding(
        "S407",
        "outliers of the target",
        "note",
        f"A target lies {compact(far)} quartile distances from the median, and counts with its square.",
        "Set loss='huber', or predict the logarithm.",
        "",
        {"distance": far, "threshold": OUTLIER},
        {"loss": "huber"},
    )


RULES = (
    Rule("S401", "inputs not scaled", "Columns enter the network with very different scales.", unscaled),
    Rule("S402", "leak suspected", "One column alone tells the target.", leak),
    Rule("S403", "rows on both sides of the split", "Validation rows also train.", shared),
    Rule("S404", "class imbalance", "A class is so rare that ignoring it costs little.", imbalance),
    Rule("S405", "too few rows of a class", "A class has fewer rows than can be learnt from.", few_rows),
    Rule("S406", "nothing judged it", "No row was kept aside.", unjudged),
    Rule("S407", "outliers of the target", "Single targets outweigh all others.", outlier),
)
