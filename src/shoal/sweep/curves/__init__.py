"""Error against width, depth, rows or epochs: bias, variance, double descent, what more rows bring.

`levels` says which values are looked at, `subsets` takes nested parts of the training rows, `study` trains
all of it as one shoal, `result` and `verdicts` tell it, `power_law` looks ahead.
"""
