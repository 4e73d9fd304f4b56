"""The loss around a solution: lines and planes through the weights, and the way that training took on them.

`directions.py` says which way to look, `losses.py` works out the loss at many places at once, `paths.py`
trains in pauses to see the weights on the way, `landscape.py` is what is told.
"""
