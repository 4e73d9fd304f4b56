"""Where it errs: the pictures of truth beside prediction."""

from __future__ import annotations

from shoal.report.facts import Facts
from shoal.report.markup import tag
from shoal.report.sheet import Section, section


def errors(facts: Facts) -> Section | None:
    """Return the pictures of its errors; None where there are none.

    Which pictures there are depends on the task: confusion and ROC of classes, residuals of quantities.
    """
    if not facts.pictures:
        return None
    return section(
        "Where it errs",
        tag("div", list(facts.pictures), class_="charts"),
        short="Errors",
    )
