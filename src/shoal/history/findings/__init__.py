"""What went wrong in a training, in words: small pure rules over its record, NumPy and JSON only."""

from shoal.history.findings.catalogue import RULES, checked_codes, find, worst
from shoal.history.findings.evidence import Evidence
from shoal.history.findings.finding import SEVERITIES, Finding, Rule

__all__ = ["RULES", "SEVERITIES", "Evidence", "Finding", "Rule", "checked_codes", "find", "worst"]
