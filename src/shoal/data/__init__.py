"""The data room: a table or an array comes in, the network's numbers go out. Never JAX.

Read a file or a frame, know the columns, split, encode::

    read_table / as_frame -> know_columns -> split_rows -> TableEncoder.fit -> transform -> Rows
                 as_vector -> Target.fit -> encode
"""

from shoal.data.columns import Column, ColumnKind, know_columns, notices
from shoal.data.encode import Encoding, Layout, Rows, TableEncoder
from shoal.data.intake import as_frame, as_vector
from shoal.data.task import TASKS, Target, infer_task

__all__ = [
    "TASKS",
    "Column",
    "ColumnKind",
    "Encoding",
    "Layout",
    "Rows",
    "TableEncoder",
    "Target",
    "as_frame",
    "as_vector",
    "infer_task",
    "know_columns",
    "notices",
]
