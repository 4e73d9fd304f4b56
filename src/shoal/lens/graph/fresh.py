"""A network before its first step: described and drawn as training would, and not trained."""

from __future__ import annotations

from typing import cast

from shoal.axes import Precision
from shoal.fitting.prepare import prepare_all, spec_of
from shoal.fitting.problem import Problem
from shoal.model.model import Model
from shoal.nets import network
from shoal.settings import Settings


def fresh(problem: Problem, settings: Settings) -> Model:
    """Return the network with which training would begin.

    Examples
    --------
    >>> import polars as pl
    >>> from shoal.fitting.problem import problem_of
    >>> table = pl.DataFrame({"a": [0.0, 1.0] * 8, "y": ["no", "yes"] * 8})
    >>> fresh(problem_of(table, "y"), Settings(hidden=(2,))).spec.units()
    (2,)
    """
    ready, _ = prepare_all(problem, [settings], None, None)
    made, _ = ready[0]
    decided = made.settings
    params, running = network.init(spec_of(made), decided.seed, decided.precision)
    return Model(
        spec=spec_of(made),
        params=params,
        state=running,
        encoder=made.encoder,
        columns=made.columns,
        target=made.target,
        provenance={"seed": decided.seed, "settings": {"resolved": decided.to_json()}},
        precision=cast(Precision, decided.precision),
    )
