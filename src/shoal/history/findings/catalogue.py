"""All rules by their codes, and the one call that asks them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from shoal.errors import SettingError, did_you_mean
from shoal.history.findings import course, fit, layers, table
from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import SEVERITIES, Finding, Rule

RULES: dict[str, Rule] = {rule.code: rule for room in (course, layers, fit, table) for rule in room.RULES}
"""Code -> rule. S1 is about the course of the loss, S2 about layers, S3 about training beside validation,
S4 about the table."""


def find(evidence: Evidence, *, ignore: Collection[str] = ()) -> list[Finding]:
    """Ask every rule about a training.

    Parameters
    ----------
    evidence : Evidence
    ignore : collection of str
        Codes of rules that are to be silent.

    Returns
    -------
    list of Finding
        The worst first; among equals, in the order of the codes.

    Raises
    ------
    SettingError
        If a code is unknown.

    Examples
    --------
    >>> from shoal.history import History
    >>> history = History([{"epoch": 1, "loss": float("nan")}])
    >>> seen = Evidence(history, {"learning_rate": 3.0}, {"scores": {}})
    >>> [(one.code, dict(one.change)) for one in find(seen)]
    [('S101', {'learning_rate': 0.1}), ('S406', {'validation': 0.2})]
    >>> find(seen, ignore=["S101", "S406"])
    []
    """
    silent = checked_codes(ignore)
    rules = [rule for code, rule in RULES.items() if code not in silent]
    found = [rule.function(evidence) for rule in rules]
    return in_order(one for one in found if one is not None)


def checked_codes(codes: Collection[str]) -> frozenset[str]:
    """Return codes in capitals, or refuse the first that no rule has.

    Raises
    ------
    SettingError
    """
    asked = [code.strip().upper() for code in codes]
    for code in asked:
        if code not in RULES:
            raise SettingError(
                f"No finding has the code '{code}'.{did_you_mean(code, RULES)} There are: {', '.join(RULES)}."
            )
    return frozenset(asked)


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Return findings with the worst first."""
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.code))


def worst(found: Iterable[Finding]) -> str | None:
    """Return the worst severity; None of none.

    Examples
    --------
    >>> worst([]) is None
    True
    """
    return min((one.severity for one in found), key=SEVERITIES.index, default=None)
