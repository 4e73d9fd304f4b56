"""Where it errs: the pictures of truth beside prediction, and the rows that it got most wrong."""

from __future__ import annotations

from shoal.history.answers import Answers
from shoal.history.wording import compact
from shoal.history.worst import worst_rows
from shoal.report.facts import Facts
from shoal.report.markup import Markup, joined, tag
from shoal.report.pictures.errors import error_pictures
from shoal.report.sheet import Section, section
from shoal.report.tables import Column, table
from shoal.report.words import percent

_WORST = 10


def errors(facts: Facts) -> Section | None:
    """Return confusion and ROC of classes, or residuals of quantities; None where no answers were kept."""
    if facts.answers is None or not len(facts.answers):
        return None
    return section(
        "Where it errs",
        tag("div", error_pictures(facts.answers), class_="charts unlike"),
        _worst(facts.answers),
        short="Errors",
    )


def _worst(answers: Answers) -> Markup | None:
    numbers = answers.task == "regression"
    found = [one for one in worst_rows(answers, _WORST) if numbers or one.truth != one.said]
    if not found:
        return None
    kind = "number" if numbers else "text"
    last = Column("Off by" if numbers else "How sure", "number")
    heads = (Column("Row", "number"), Column("Truth", kind), Column("Prediction", kind), last)
    rows = [
        [f"{one.row:,}", one.truth, one.said, compact(one.loss) if numbers else percent(one.confidence)]
        for one in found
    ]
    said = "Rows are counted from 0, as in answers.csv of the run folder. Mistakes of the table show, too."
    return joined(
        tag("h3", "The rows that it got most wrong"),
        table(heads, rows, caption="Worst rows", class_="tight narrow"),
        tag("p", said, class_="fine"),
    )
