"""Does it help on my data? Every technique switched on and off, trained as one shoal, and compared in pairs.

`switches` is the table of what can be switched, `variants` applies it to a baseline, `study` trains them all
over the same folds from the same seeds, `result` tells what each one changed.
"""
