"""The shape vocabulary: one word per axis, used in every docstring and comment.

===========  ==============================================================
word         meaning
===========  ==============================================================
``nets``     networks trained together; always the leading axis of a shoal
``rows``     rows of the table (examples)
``features`` inputs of a layer: encoded columns at the first, units after
``units``    outputs of a hidden layer
``outputs``  outputs of the head (one per class, quantity or label)
``classes``  classes of the target
``folds``    parts of a cross-validation
``steps``    parameter updates within one epoch
``epochs``   passes over the training rows
``batch``    rows of one step
===========  ==============================================================

Dtype policy: tables are float64 until they enter the engine; the engine computes in the
*precision* of the network, ``float32`` unless the table is small (see `shoal.fitting.defaults`), and hands
float64 back to people. Row numbers are int64 outside and int32 inside the compiled programs.
"""

from __future__ import annotations

from typing import Literal

Precision = Literal["float32", "float64"]
"""The floating-point type in which a network is trained and evaluated."""
