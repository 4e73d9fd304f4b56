"""What went wrong in a training, in words: small pure rules over its record, NumPy and JSON only."""

from shoal.history.findings.catalogue import RULES, checked_codes, find, worst
from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import SEVERITIES, Finding, Rule
from shoal.history.findings.live import LiveFindings

__all__ = [
    "RULES",
    "SEVERITIES",
    "Evidence",
    "Finding",
    "LiveFindings",
    "Rule",
    "checked_codes",
    "find",
    "worst",
]
