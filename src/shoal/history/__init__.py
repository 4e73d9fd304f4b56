"""What happened: the record of a training run and the metrics that judge it.

NumPy and JSON only; nothing here wakes JAX, so that reports and the command line read a run fast.
"""

from shoal.history.intervals import Interval, interval, judged, wilson
from shoal.history.lines import from_lines, read_history, to_lines, write_end, write_line
from shoal.history.metrics import METRICS, Metric, default_metric, find_metric, scores
from shoal.history.record import History

__all__ = [
    "METRICS",
    "History",
    "Interval",
    "Metric",
    "default_metric",
    "find_metric",
    "from_lines",
    "interval",
    "judged",
    "read_history",
    "scores",
    "to_lines",
    "wilson",
    "write_end",
    "write_line",
]
