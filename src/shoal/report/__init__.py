"""What a run leaves to read: one HTML file that needs no network, no script and no server."""

from shoal.report.facts import Facts
from shoal.report.page import page, write_report

__all__ = ["Facts", "page", "write_report"]
