"""Why a network says what it says: one row through it, and what its columns do over many rows.

`row.py` is what is told of one row, `attribution.py` shares a prediction out among columns; `importance.py`
and `dependence.py` look at many rows.
"""
