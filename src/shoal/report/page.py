"""The page of one run, in the order in which people ask.

Is it any good? How did training go? What is wrong, and what to do? How sure is that? What does it lean on?
What is it, how was it set, what did it read, and how do I do it again?
"""

from __future__ import annotations

import os
from pathlib import Path

from shoal.report.facts import Facts
from shoal.report.sections.again import again
from shoal.report.sections.calibration import calibration
from shoal.report.sections.columns import columns
from shoal.report.sections.errors import errors
from shoal.report.sections.figures import figures
from shoal.report.sections.findings import findings
from shoal.report.sections.importances import importances
from shoal.report.sections.layers import layers
from shoal.report.sections.looks import landscape, one_row
from shoal.report.sections.network import network
from shoal.report.sections.opening import opening
from shoal.report.sections.settings import settings
from shoal.report.sections.training import training
from shoal.report.sheet import sheet
from shoal.report.words import title


def write_report(facts: Facts, path: str | os.PathLike[str]) -> None:
    """Write the report as one HTML file.

    Parameters
    ----------
    facts : Facts
        What the report says.
    path : str or path
        Where it goes; a file that is there is replaced.
    """
    Path(path).write_text(page(facts), encoding="utf-8")


def page(facts: Facts) -> str:
    """Return the report as the text of one HTML file.

    Examples
    --------
    >>> from shoal.history import History
    >>> text = page(Facts("houses.csv", "regression", ["price"], History()))
    >>> "Predicting price from houses.csv" in text
    True
    """
    sections = [
        training(facts),
        findings(facts.findings),
        figures(facts),
        calibration(facts),
        errors(facts),
        importances(facts),
        layers(facts),
        network(facts),
        one_row(facts),
        landscape(facts),
        settings(facts),
        columns(facts),
        again(facts),
    ]
    return sheet(title(facts), opening(facts), sections, made_by(facts))


def made_by(facts: Facts) -> str:
    """Return what made the page."""
    return f"Made by shoal {facts.provenance.get('versions', {}).get('shoal', '')}".rstrip()
