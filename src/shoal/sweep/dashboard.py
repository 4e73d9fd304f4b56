"""A copy of a search for optuna-dashboard, in the search's own database."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shoal.sweep.space import Space
    from shoal.sweep.store import Store

METHODS = ("tpe", "gp", "genetic")
"""Methods whose trials Optuna's pictures are made for: those that learn from one trial to the next."""


def is_copied(method: str) -> bool:
    """Return whether searches by a method are copied: where Optuna is installed."""
    return method in METHODS and find_spec("optuna") is not None


def copy(store: Store, space: Space, metric: str, max_epochs: int, *, over: bool) -> int:
    """Write the trials that the study of a search does not have yet; return how many.

    Parameters
    ----------
    store : Store
        One in memory has no study: nobody else could read it.
    space : Space
    metric : str
        What the scores are called.
    max_epochs : int
    over : bool
        Whether no trial goes on.
    """
    if not store.is_lasting:
        return 0
    from shoal.sweep.store import OptunaStudy
    from shoal.sweep.store.space_domains import domains_of

    with OptunaStudy(store, domains_of(space), max_epochs=max_epochs, metric=metric) as study:
        return study.update(over=over)
