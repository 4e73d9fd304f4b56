"""The data room: a table or an array comes in, the network's numbers go out. Never JAX.

Read a file or a frame, know the columns, split, encode::

    read_table / as_frame -> know_columns -> split_rows -> TableEncoder.fit -> transform -> Rows
                 as_vector -> Target.fit -> encode
"""

from shoal.data.columns import Column, ColumnKind, know_columns, notices
from shoal.data.encode import Encoding, Layout, Rows, TableEncoder
from shoal.data.encoders import Encoder, encoder_from_json, fit_encoder
from shoal.data.image_encoder import ImageEncoder
from shoal.data.images import image_frame, is_image_array
from shoal.data.intake import as_frame, as_vector
from shoal.data.read import MISSING_WORDS, read_table
from shoal.data.scaling import SCALINGS
from shoal.data.split import Split, k_folds, split_rows
from shoal.data.task import Target
from shoal.data.tasks import TASKS, infer_task
from shoal.data.weights import class_weights

__all__ = [
    "MISSING_WORDS",
    "SCALINGS",
    "TASKS",
    "Column",
    "ColumnKind",
    "Encoder",
    "Encoding",
    "ImageEncoder",
    "Layout",
    "Rows",
    "Split",
    "TableEncoder",
    "Target",
    "as_frame",
    "as_vector",
    "class_weights",
    "encoder_from_json",
    "fit_encoder",
    "image_frame",
    "infer_task",
    "is_image_array",
    "k_folds",
    "know_columns",
    "notices",
    "read_table",
    "split_rows",
]
