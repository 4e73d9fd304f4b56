"""A copy of a sweep for optuna-dashboard, in the sweep's own database."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from shoal.cli.sweep.kept import Score
from shoal.sweep.space import Choice, Range

if TYPE_CHECKING:
    from shoal.sweep.space import Space
    from shoal.sweep.store import Store

METHODS = ("tpe", "gp", "genetic")
"""Methods whose trials Optuna's pictures are made for: those that learn from one trial to the next."""


def is_copied(method: str) -> bool:
    """Return whether sweeps by a method are copied: where Optuna is installed."""
    return method in METHODS and find_spec("optuna") is not None


def copy(store: Store, space: Space, score: Score, max_epochs: int, *, over: bool) -> int:
    """Write the trials that the study of a sweep does not have yet; return how many.

    Parameters
    ----------
    store : Store
    space : Space
    score : Score
    max_epochs : int
    over : bool
        Whether no trial goes on.
    """
    if not store.is_lasting:
        return 0
    from shoal.sweep.store import OptunaStudy

    named = f"{score.name}" if score.sign > 0 else f"- {score.name}"
    with OptunaStudy(store, domains(space), max_epochs=max_epochs, metric=named) as study:
        return study.update(over=over)


def domains(space: Space) -> dict[str, dict[str, Any]]:
    """Return the domains of a space in Optuna's words; what has none there is left out.

    Examples
    --------
    >>> from shoal.sweep.space import as_space, choice, loguniform
    >>> domains(as_space({"learning_rate": loguniform(0.01, 1.0), "hidden": choice((8,), (16,))}))
    {'learning_rate': {'kind': 'float', 'low': 0.01, 'high': 1.0, 'log': True}, \
'hidden': {'kind': 'categorical', 'choices': [[8], [16]]}}
    """
    found = {d.name: _domain(d.domain) for d in space.dimensions if space.names.count(d.name) == 1}
    return {name: domain for name, domain in found.items() if domain is not None}


def _domain(domain: Any) -> dict[str, Any] | None:
    if isinstance(domain, Choice):
        return {"kind": "categorical", "choices": [_plain(value) for value in domain.values]}
    if not isinstance(domain, Range):
        return None
    found = {"kind": "int" if domain.integer else "float", "low": domain.low, "high": domain.high}
    if domain.scale == "log":
        found["log"] = True
    return found if domain.step is None else {**found, "step": domain.step}


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
