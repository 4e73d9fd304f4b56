"""The page of a search: the best, the others beside it, what mattered, what to try next."""

from __future__ import annotations

from shoal.history.wording import listed
from shoal.report.markup import Markup, joined, tag
from shoal.report.sections.again import code_block
from shoal.report.sections.findings import findings, written
from shoal.report.sections.leaderboard import leaderboard, value_said
from shoal.report.sections.mattered import mattered, next_steps, one_by_one
from shoal.report.sections.opening import key_facts
from shoal.report.sections.trials import learning, trials
from shoal.report.sheet import Section, section, sheet
from shoal.report.sweep_facts import SweepFacts
from shoal.report.tables import Column, table


def sweep_page(facts: SweepFacts) -> str:
    """Return the page of a search as the text of one HTML file.

    Examples
    --------
    >>> text = sweep_page(SweepFacts("houses.csv", ["price"], "RMSE", True))
    >>> "No trial came to anything so far." in text
    True
    """
    sections = [
        leaderboard(facts),
        findings(facts.findings),
        trials(facts),
        mattered(facts),
        next_steps(facts),
        one_by_one(facts),
        learning(facts),
        _space(facts),
        _again(facts),
    ]
    closing = f"Made by shoal {facts.versions.get('shoal', '')}".rstrip()
    return sheet(_title(facts), _opening(facts), sections, closing)


def _title(facts: SweepFacts) -> str:
    return f"Settings for {listed(facts.targets)} from {facts.table}"


def _opening(facts: SweepFacts) -> Markup:
    lead, *more = facts.best or ["No trial came to anything so far."]
    told = ", ".join(f"{name} {value_said(value)}" for name, value in facts.best_settings.items())
    return joined(
        tag("p", _title(facts), class_="kicker"),
        tag("h1", lead),
        tag("p", told, class_="caution") if told else None,
        [tag("p", line) for line in more],
        key_facts(facts.key_facts) if facts.key_facts else None,
    )


def _space(facts: SweepFacts) -> Section | None:
    if not facts.space:
        return None
    shown = table(("Setting", "Values"), facts.space, caption="What varied", class_="tight")
    fixed = [[name, written(value)] for name, value in facts.fixed.items()]
    heads = (Column("Setting", "code"), Column("Value", "code"))
    return section(
        "What varied",
        shown,
        tag("h3", "Given, and the same in all trials") if fixed else None,
        table(heads, fixed, caption="Settings that did not vary", class_="tight narrow") if fixed else None,
        short="Space",
    )


def _again(facts: SweepFacts) -> Section | None:
    return section(
        "How to do it again",
        code_block("The search", facts.command),
        code_block("The best settings, trained on all rows", facts.best_command),
        short="Do it again",
    )
