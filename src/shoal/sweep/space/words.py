"""The words that say in Python what may vary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.distributions import Beta, Normal
from shoal.sweep.space.domain import Choice, Domain
from shoal.sweep.space.expression import expression
from shoal.sweep.space.plain import frozen, is_number
from shoal.sweep.space.ranges import Range


@dataclass(frozen=True)
class Following:
    """What `tie` returns, before the parameter that follows has a name.

    Parameters
    ----------
    source : str or None
        An expression; None where the parameter is itself the label of what `table` lists.
    table : tuple of (value, value), optional
    """

    source: str | None
    table: tuple[tuple[Any, Any], ...] | None = None


@dataclass(frozen=True)
class Sometimes:
    """What `when` returns, before the parameter has a name.

    Parameters
    ----------
    inner : Domain or Following
    condition : str
    """

    inner: Domain | Following
    condition: str


def choice(*values: Any, weights: Sequence[float] | None = None) -> Choice:
    """One of some values: numbers, words, lists, mappings.

    Parameters
    ----------
    *values : any
        Each once.
    weights : sequence of float, optional
        How likely each is, in proportion.

    Returns
    -------
    Choice

    Raises
    ------
    SettingError
        If there are none, one comes twice, or the weights do not fit.

    Examples
    --------
    >>> hidden = choice((64,), (128, 128))
    >>> hidden.size, hidden.from_unit(0.9)
    (2, (128, 128))
    """
    return Choice(values, None if weights is None else tuple(weights))


def grid(*values: Any) -> Choice:
    """Some values in their order, so that neighbours are alike and a trend over them has a meaning.

    Numbers that rise or fall are taken so by `choice` too; this says it of others.

    Parameters
    ----------
    *values : any
        From the least to the most.

    Returns
    -------
    Choice

    Examples
    --------
    >>> grid((64,), (64, 64), (64, 64, 64)).ordered, choice("relu", "tanh").ordered
    (True, False)
    """
    return Choice(values, in_order=True)


def uniform(low: float, high: float, step: float | None = None) -> Range:
    """A number between `low` and `high`, all equally likely: ``p(x) = 1 / (high - low)``.

    Parameters
    ----------
    low, high : float
        Both included.
    step : float, optional
        Only `low`, ``low + step``, ...

    Returns
    -------
    Range

    Examples
    --------
    >>> uniform(0.0, 0.5).from_unit(0.5), uniform(0.0, 0.5, step=0.25).grid()
    (0.25, [0.0, 0.25, 0.5])
    """
    return Range(low, high, step=step)


def loguniform(low: float, high: float, step: float | None = None, reverse: bool = False) -> Range:
    """A number whose logarithm is uniform: ``p(x) = 1 / (x log(high / low))``.

    So 0.0001 to 0.001 is as likely as 0.01 to 0.1: the scale of learning rates and penalties (Bergstra and
    Bengio, 2012, "Random search for hyper-parameter optimization").

    Parameters
    ----------
    low, high : float
        Above 0, both included.
    step : float, optional
        Only `low`, ``low + step``, ...
    reverse : bool
        Mirrored, so that numbers close to `high` are finely told apart, as for a momentum.

    Returns
    -------
    Range

    Examples
    --------
    >>> loguniform(1e-4, 1e-2).from_unit(0.5)
    0.001
    """
    return Range(low, high, "reverse_log" if reverse else "log", step)


def intrange(low: float, high: float, step: float = 1, log: bool = False) -> Range:
    """A whole number from `low` to `high`.

    Parameters
    ----------
    low, high : int
        Both included.
    step : int
        Only `low`, ``low + step``, ...
    log : bool
        Small numbers as likely as large ones: from 1 to 10 as likely as from 10 to 100.

    Returns
    -------
    Range

    Examples
    --------
    >>> (
    ...     intrange(1, 4).grid(),
    ...     intrange(16, 64, step=16).from_unit(0.5),
    ...     intrange(1, 1000, log=True).from_unit(0.5),
    ... )
    ([1, 2, 3, 4], 32, 22)
    """
    return Range(low, high, "log" if log else "linear", step, integer=True)


def normal(
    mu: float,
    sigma: float,
    step: float | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Normal:
    """A number with the normal law of mean `mu` and standard deviation `sigma`.

    Parameters
    ----------
    mu, sigma : float
    step : float, optional
        Rounded to multiples of it.
    low, high : float, optional
        Where the law is cut off; needed by most settings, which are not to be negative.

    Returns
    -------
    Normal

    Examples
    --------
    >>> normal(0.5, 0.1).from_unit(0.5), normal(0.0, 1.0, low=0.0).from_unit(0.0)
    (0.5, 0.0)
    """
    return Normal(mu, sigma, False, step, low, high)


def lognormal(
    mu: float,
    sigma: float,
    step: float | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Normal:
    """A number whose natural logarithm has the normal law of mean `mu` and standard deviation `sigma`.

    Parameters
    ----------
    mu, sigma : float
        Of the logarithm: the median is ``exp(mu)``.
    step : float, optional
        Rounded to multiples of it.
    low, high : float, optional
        Where the law is cut off, as values.

    Returns
    -------
    Normal

    Examples
    --------
    >>> lognormal(-6.9078, 1.0).from_unit(0.5)
    0.001
    """
    return Normal(mu, sigma, True, step, low, high)


def beta(a: float, b: float, step: float | None = None) -> Beta:
    """A number between 0 and 1 of density ``x^(a-1) (1-x)^(b-1) / B(a, b)``.

    Parameters
    ----------
    a, b : float
        Above 0; (1, 1) is uniform, (2, 8) leans to small numbers.
    step : float, optional
        Rounded to multiples of it.

    Returns
    -------
    Beta

    Examples
    --------
    >>> beta(1, 1).from_unit(0.3)
    0.3
    """
    return Beta(a, b, step)


def when(values: Any, condition: str | None = None, /, **parameters: Any) -> Sometimes:
    """Values of a parameter that takes part only beside certain values of others.

    Parameters
    ----------
    values : Domain, list, or what `tie` returns
    condition : str, optional
        An expression over other parameters, ``"batch_size > 64"``.
    **parameters : any
        Another parameter and the value that it must have; or a tuple or list of such values.

    Returns
    -------
    Sometimes
        To stand in the mapping that `SweepCV` or `as_space` takes.

    Raises
    ------
    SettingError
        If there is no condition, or its expression cannot be read.

    Examples
    --------
    >>> when(uniform(0.5, 0.99), optimizer=("momentum", "nesterov")).condition
    "optimizer in ('momentum', 'nesterov')"
    """
    told = [] if condition is None else [f"({condition})" if parameters else condition]
    told += [_compared(name, value) for name, value in parameters.items()]
    if not told:
        raise SettingError(
            "Expected a condition, such as when(uniform(0.5, 0.9), optimizer='sgd'). Got none."
        )
    joined = " and ".join(told)
    expression(joined)
    return Sometimes(values if isinstance(values, Following) else as_domain(values), joined)


def tie(source: str | Mapping[Any, Any], values: Mapping[Any, Any] | None = None) -> Following:
    """A parameter that follows others instead of being searched.

    Parameters
    ----------
    source : str or mapping
        Another parameter, or an expression over several: ``"512 // batch_size"``. A mapping of words to
        mappings of settings makes its parameter a label that drives those settings together.
    values : mapping, optional
        What each value of the source stands for.

    Returns
    -------
    Following
        To stand in the mapping that `SweepCV` or `as_space` takes.

    Raises
    ------
    SettingError
        If the expression cannot be read.

    Examples
    --------
    >>> from shoal.sweep.space import as_space
    >>> as_space({"batch_size": [64, 128], "accumulate": tie("512 // batch_size")}).grid()
    [{'batch_size': 64, 'accumulate': 8}, {'batch_size': 128, 'accumulate': 4}]
    >>> sizes = {"small": {"hidden": (64,), "dropout": 0.0}, "large": {"hidden": (256, 256), "dropout": 0.3}}
    >>> as_space({"size": tie(sizes)}).grid()[1]
    {'size': 'large', 'hidden': [256, 256], 'dropout': 0.3}
    """
    if isinstance(source, Mapping):
        return Following(None, tuple(source.items()))
    expression(source)
    return Following(source, None if values is None else tuple(values.items()))


def as_domain(values: Any) -> Domain:
    """Return the domain that stands for itself, a list of choices, or a distribution of SciPy.

    Raises
    ------
    SettingError
        If it is none of these.

    Examples
    --------
    >>> as_domain([32, 64])
    Choice(values=(32, 64), weights=None, in_order=None)
    """
    if isinstance(values, Domain):
        return values
    listed = frozen(values)
    if isinstance(listed, tuple | range):
        return Choice(tuple(listed))
    if hasattr(values, "rvs"):
        from shoal.sweep.space.scipy_laws import domain_of_scipy

        return domain_of_scipy(values)
    example = f"[{values!r}] for one value" if is_number(values) or isinstance(values, str) else "[1, 2]"
    raise SettingError(
        f"Expected a list of values such as {example}, a word such as uniform(0, 1), or a distribution of "
        f"scipy.stats. Got {values!r}."
    )


def _compared(name: str, value: Any) -> str:
    return f"{name} in {tuple(value)!r}" if isinstance(value, list | tuple) else f"{name} == {value!r}"
