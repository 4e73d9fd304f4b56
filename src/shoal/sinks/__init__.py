"""Where a training is told of besides its own history: a CSV file, TensorBoard, MLflow.

A sink is told every epoch when it is done, as a row of named numbers, and at the end the whole history. The
libraries behind TensorBoard and MLflow are extras, which are woken when a sink of theirs is opened.
"""

from shoal.sinks.base import Sink
from shoal.sinks.table import SINKS, Sinks, checked_sinks

__all__ = ["SINKS", "Sink", "Sinks", "checked_sinks"]
