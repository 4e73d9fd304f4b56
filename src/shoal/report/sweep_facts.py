"""What the page of a search is made of: plain data, so that it can be made without JAX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SweepFacts:
    """Everything that the page of a search says.

    Attributes
    ----------
    table : str
    targets : sequence of str
    figure : str
        Title of the score that was searched by.
    lower_is_better : bool
    best : sequence of str
        How the best trial stands, in sentences; empty where none came to anything.
    best_settings : mapping
        What varied, of the best trial.
    key_facts : sequence of (str, str)
    trials : sequence of mapping
        The trials that can be compared, from the best on: "trial", "figure", "spread", "others" (title to
        figure), "values", "epochs", "seconds".
    endings : sequence of str
        How trials ended where not as planned.
    pictures : mapping
        "parallel" (axes, lines), "importances" (settings, interactions, reason) and "slices".
    where : str
        Which trials these are of.
    curves : sequence of mapping
        "trial", "rank" and "values" by epoch.
    curve_title : str
    next_steps : sequence of str
    findings : sequence of Finding or None
    space : sequence of (str, str)
        What varied, in words.
    fixed : mapping
        Settings that were given and did not vary.
    command, best_command : str
    versions : mapping
    """

    table: str
    targets: Sequence[str]
    figure: str
    lower_is_better: bool
    best: Sequence[str] = ()
    best_settings: Mapping[str, Any] = field(default_factory=dict)
    key_facts: Sequence[tuple[str, str]] = ()
    trials: Sequence[Mapping[str, Any]] = ()
    endings: Sequence[str] = ()
    pictures: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    curves: Sequence[Mapping[str, Any]] = ()
    curve_title: str = "Loss"
    next_steps: Sequence[str] = ()
    findings: Sequence[Any] | None = None
    space: Sequence[tuple[str, str]] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    best_command: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
