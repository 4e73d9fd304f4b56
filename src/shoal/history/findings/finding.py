"""A finding: what went wrong in a training, how that shows, and which setting to turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from shoal.history.notebook import finding_line
from shoal.history.strict_json import from_text, to_text

if TYPE_CHECKING:
    from shoal.history.findings.evidence import Evidence

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From the worst to the mildest: there is no network to use; it could be better; worth knowing."""


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found in a training.

    Parameters
    ----------
    code : str
        Such as "S101"; every code has a paragraph in the documentation.
    title : str
    severity : {"error", "warning", "note"}
    evidence : str
        One or two sentences with numbers.
    remedy : str
        One sentence that names a setting and a value.
    where : str
        Layer, epochs or column.
    numbers : dict of str to float
        The figures of the evidence.
    change : dict
        Settings to try; empty where no setting helps.

    Examples
    --------
    >>> found = Finding(
    ...     "S102", "learning rate too high", "warning", "The loss rose.", "Set learning_rate=0.01."
    ... )
    >>> Finding.from_json(found.to_json()) == found
    True
    >>> print(found.in_words())
    warning S102 learning rate too high: The loss rose. Set learning_rate=0.01.
    """

    code: str
    title: str
    severity: Severity
    evidence: str
    remedy: str
    where: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    change: Mapping[str, Any] = field(default_factory=dict)

    def in_words(self) -> str:
        """Return the finding in one line."""
        place = f" ({self.where})" if self.where else ""
        return f"{self.severity} {self.code} {self.title}{place}: {self.evidence} {self.remedy}"

    def _repr_html_(self) -> str:
        return f"<p>{finding_line(self)}</p>"

    def to_json(self) -> dict[str, Any]:
        """Return plain data for strict JSON; numbers that are not finite are tagged."""
        told = {**vars(self), "numbers": dict(self.numbers), "change": dict(self.change)}
        return cast(dict[str, Any], _strict(told))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """Read what `to_json` gave."""
        return cls(**from_text(to_text(dict(data))))


@dataclass(frozen=True)
class Rule:
    """A rule: a pure function of `Evidence` that finds one kind of trouble, or nothing.

    Parameters
    ----------
    code, title : str
    about : str
        What it looks for, in one or two sentences.
    function : callable
        ``Evidence -> Finding | None``; None too where what it looks at was not recorded.
    live : bool
        Whether it can speak while training still runs.
    """

    code: str
    title: str
    about: str
    function: Callable[[Evidence], Finding | None]
    live: bool = False


def _strict(value: Any) -> Any:
    import json

    return json.loads(to_text(value))
