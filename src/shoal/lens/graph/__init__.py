"""A network as a computation graph: every value forward and every gradient backward, for one row.

`trace.py` is what is told, `passes.py` runs a network of dense layers forward and backward, `units.py` draws
the graph unit by unit and `gates.py` gate by gate; `examples.py` holds two worked examples.
"""
