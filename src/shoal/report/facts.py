"""What a report is made of: plain data, gathered once, so that a report can be made without JAX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shoal.history.answers import Answers
from shoal.history.record import History

if TYPE_CHECKING:
    from shoal.data.columns import Column


@dataclass(frozen=True)
class Facts:
    """Everything that the report of one run says.

    Attributes
    ----------
    table : str
        Name of the table, as the user gave it.
    task : str
        "regression", "binary", "multiclass" or "multilabel".
    targets : sequence of str
        Names of the target columns.
    history : History
        The epochs of the network that was kept.
    classes : sequence
        The classes of the target; empty for regression.
    rows : mapping
        How many rows served for what: ``{"train": 220, "valid": 55, "test": 69}``.
    judged : mapping or None
        What `shoal.history.judged` returned, with ``"method"``: "test rows", "test table" or
        "5-fold cross-validation"; None where nothing was judged.
    columns : sequence of Column
        The feature columns as they were read.
    settings, given : mapping
        The settings as resolved, and those that the user asked for.
    provenance : mapping
        Versions, seed, data fingerprint: whatever helps to do it again.
    command : str
        The command that made the run; empty where there was none.
    notices : sequence of str
        What was said along the way: columns dropped, warnings.
    network : str
        The network in a few words: "13 inputs, layers of 256 and 128 units, 3 outputs".
    seconds : float or None
        How long training took.
    findings : sequence of Finding or None
        What the record of the training says is wrong; None where nobody looked.
    spec : mapping or None
        The network's description, as ``NetSpec.to_json`` gives it.
    weights : mapping
        The shape of every array of weights, by its name.
    python : str
        The same training in Python; empty where it cannot be said.
    importances : mapping or None
        As ``Importances.to_json`` of `shoal.lens.explaining.importance` gives it, with ``"on"``: the rows.
    answers : Answers or None
        What was said about each row that judged it, beside the truth.
    row : mapping or None
        One row through the network, as ``shoal backprop`` keeps it: ``"row"``, ``"target"``, ``"said"``,
        ``"loss"`` and ``"graph"``.
    landscape : mapping or None
        As ``Landscape.to_json`` of `shoal.lens.surface.landscape` gives it.
    unfinished : str
        Why there is no network to tell of; empty where there is one.
    """

    table: str
    task: str
    targets: Sequence[str]
    history: History
    classes: Sequence[Any] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[str, Any] | None = None
    columns: Sequence[Column] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    notices: Sequence[str] = ()
    network: str = ""
    seconds: float | None = None
    findings: Sequence[Any] | None = None
    spec: Mapping[str, Any] | None = None
    weights: Mapping[str, Sequence[int]] = field(default_factory=dict)
    python: str = ""
    importances: Mapping[str, Any] | None = None
    answers: Answers | None = None
    row: Mapping[str, Any] | None = None
    landscape: Mapping[str, Any] | None = None
    unfinished: str = ""

    @property
    def method(self) -> str:
        """How it was judged."""
        return str((self.judged or {}).get("method", "test rows"))

    @property
    def by_folds(self) -> bool:
        """Whether networks trained beside it judged, each on rows that it had not seen."""
        return "fold" in self.method

    def figure(self, metric: str) -> Mapping[str, Any] | None:
        """Return value and bounds of a metric, or None where it was not measured."""
        return self.judged["figures"].get(metric) if self.judged else None
