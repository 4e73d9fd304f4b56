"""Which strategy suits a space and a budget, and why."""

from __future__ import annotations

from shoal.sweep.space import Space

_LEARNS = 24
"""Below so many whole trainings a model has seen nothing but its random start when the search ends."""

_SMOOTH, _MANY = 150, 20
"""Up to 150 trials of up to some twenty dimensions a Gaussian process finds better settings than Parzen
estimators (after 40 trials of the test functions it is ten times nearer to the optimum); of more they find
settings as good, in less time."""

_WORTH = 100
"""With time for fewer whole trainings than this, stopping losers lets a search see several times as many
settings, which is worth more than a model of those few."""

_DIVIDED = 9
"""Two divisions by three: with fewer epochs there is nothing to stop early."""

_SMALL = 64
"""A space so small is looked at whole where nothing is said about trials or time."""


def choice(space: Space, trials: int | None, max_epochs: int, whole: float | None) -> tuple[str, str]:
    """Return the name of a strategy ("bayes" included) and the reason in words.

    Parameters
    ----------
    space : Space
    trials : int or None
        Settings asked for.
    max_epochs : int
    whole : float or None
        Whole trainings that there is time for.

    Examples
    --------
    >>> from shoal.sweep.space import Choice, Dimension, Space
    >>> choice(Space((Dimension("dropout", Choice((0.0, 0.1, 0.2))),)), 10, 100, None)
    ('grid', 'all 3 settings of the space fit the budget')
    """
    size = space.size
    room = _room(trials, whole)
    if size is not None and size <= room:
        return "grid", f"all {size} settings of the space fit the budget"
    if trials is not None and (whole is None or trials <= whole):
        return _of_trials(space, trials)
    if max_epochs < _DIVIDED:
        return _whole_trainings(space, whole, max_epochs)
    if whole is None:
        return "hyperband", "neither trials nor time say how much can be trained; losers are stopped early"
    if whole < _WORTH:
        return "hyperband", f"there is time for {_count(whole)} only, so losers are stopped early"
    return model(space, whole), f"there is time for {_count(whole)}, enough to learn from"


def model(space: Space, trials: float | None) -> str:
    """Return the Bayesian strategy that suits so many trials."""
    known = trials is not None and trials <= _SMOOTH
    return "gp" if known and len(space.dimensions) <= _MANY else "bayes"


def _room(trials: int | None, whole: float | None) -> float:
    known = [one for one in (trials, whole) if one is not None]
    return min(known) if known else _SMALL


def _of_trials(space: Space, trials: int) -> tuple[str, str]:
    """Return what suits a number of whole trainings that was asked for."""
    if trials < _LEARNS:
        return "random", f"{trials} trials are too few to learn from"
    return model(space, trials), f"{trials} trials are enough to learn from"


def _whole_trainings(space: Space, whole: float | None, max_epochs: int) -> tuple[str, str]:
    short = f"{max_epochs} epochs are too few to stop losers early"
    if whole is not None and whole < _LEARNS:
        return "random", f"{short}, and there is time for {_count(whole)} only"
    return model(space, whole), short


def _count(whole: float) -> str:
    return f"about {whole:.0f} whole trainings" if whole >= 1 else "less than one whole training"
