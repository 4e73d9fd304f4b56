"""The forms in which W&B's sweep files write what a parameter may be, as domains.

A form that draws logarithms takes exponents (``log_uniform``: the value is ``exp(x)`` with x between min and
max); its namesake with ``_values`` takes the values themselves. A form that begins with ``q_`` rounds what
is drawn to ``round(x / q) * q``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.sweep.space.distributions import Beta, Normal
from shoal.sweep.space.domain import Choice, Domain, Fixed
from shoal.sweep.space.plain import is_number, word
from shoal.sweep.space.ranges import Range
from shoal.sweep.space.yaml_lines import Entry

KEYS = (
    "value",
    "values",
    "probabilities",
    "min",
    "max",
    "distribution",
    "mu",
    "sigma",
    "q",
    "a",
    "b",
    "parameters",
)


def domain_of_entry(name: str, entry: Entry, notices: list[str]) -> Domain:
    """Return the domain that a parameter of a sweep file describes.

    Parameters
    ----------
    name : str
    entry : Entry
        The mapping beside the name.
    notices : list of str
        What was taken otherwise than it stands there is added.

    Raises
    ------
    SettingError
        With the line, what was expected, and what stands there.
    """
    if not isinstance(entry.value, dict):
        written = (
            f"{{values: {entry.value!r}}}" if isinstance(entry.value, list) else f"{{value: {entry.value!r}}}"
        )
        entry.refuse(f"Expected value, values, min and max, or a distribution for {name}. Write {written}.")
    given = entry.known(f"the parameter {name}", KEYS)
    form = _form(name, entry)
    try:
        return FORMS[form](_Form(name, entry, given, notices))
    except SettingError as error:
        if str(error).startswith(entry.where):
            raise
        entry.refuse(f"{name}: {error}")


class _Form:
    """The numbers of a parameter, asked for one by one."""

    def __init__(self, name: str, entry: Entry, given: dict[str, Entry], notices: list[str]):
        self.name, self.entry, self.given, self.notices = name, entry, given, notices

    def number(self, key: str, default: float | None = None) -> float:
        """Return a number, or refuse what is none."""
        if key not in self.given:
            if default is None:
                form = self.entry.value.get("distribution", "this form")
                self.entry.refuse(f"Expected {key} for {self.name}: {form} needs it. Got {self.entry.value}.")
            return default
        value = self.given[key].value
        if not is_number(value) or not math.isfinite(value):
            self.given[key].refuse(f"Expected {key} of {self.name} to be a number. Got {value!r}.")
        return value

    def ends(self) -> tuple[float, float]:
        """Return min and max, in this order."""
        low, high = self.number("min"), self.number("max")
        if low > high:
            self.given["min"].refuse(
                f"Expected min below max for {self.name}. Got min {low:g}, max {high:g}."
            )
        return low, high

    def step(self) -> float:
        """Return the quantum."""
        step = self.number("q", 1)
        if not step > 0:
            self.given["q"].refuse(f"Expected q above 0 for {self.name}. Got {step:g}.")
        return step


def _form(name: str, entry: Entry) -> str:
    """Return the name of the form, which follows from the keys where it is not given."""
    given = entry.items
    if "distribution" in given:
        form = given["distribution"].value
        if form not in FORMS:
            hint = did_you_mean(str(form), FORMS)
            given["distribution"].refuse(
                f"Expected the distribution of {name} to be one of {', '.join(FORMS)}. Got {form!r}.{hint}"
            )
        return form
    if "values" in given:
        return "categorical_w_probabilities" if "probabilities" in given else "categorical"
    if "value" in given:
        return "constant"
    if "min" in given or "max" in given:
        whole = all(type(given[key].value) is int for key in ("min", "max") if key in given)
        return "q_uniform" if "q" in given else "int_uniform" if whole else "uniform"
    if "mu" in given or "sigma" in given:
        return "q_normal" if "q" in given else "normal"
    entry.refuse(f"Expected value, values, min and max, or a distribution for {name}. Got {entry.value}.")


def _range(form: _Form, low: float, high: float, scale: str = "linear", step: Any = None) -> Domain:
    if low == high:
        return Fixed(low)
    if scale == "log" and not low > 0:
        form.given["min"].refuse(
            f"Expected min above 0 for {form.name}, which draws logarithms. Got {low:g}."
        )
    return Range(low, high, scale, step, multiples=step is not None)


def _int_uniform(form: _Form) -> Domain:
    low, high = form.ends()
    for key, end in (("min", low), ("max", high)):
        if not float(end).is_integer():
            form.given[key].refuse(f"Expected {key} of {form.name} to be a whole number. Got {end!r}.")
    return Fixed(int(low)) if low == high else Range(int(low), int(high), integer=True)


def _uniform(form: _Form) -> Domain:
    return _range(form, *form.ends())


def _q_uniform(form: _Form) -> Domain:
    return _range(form, *form.ends(), step=form.step())


def _log_uniform(form: _Form, step: float | None = None, sign: int = 1) -> Domain:
    low, high = form.ends()
    if low > 0 and high <= 1 and sign > 0:
        form.notices.append(
            f"{form.entry.where}, line {form.entry.line}: {form.name} is drawn from {math.exp(low):g} to "
            f"{math.exp(high):g}, because log_uniform takes exponents; log_uniform_values takes the values."
        )
    ends = sorted((_exp(form, sign * low), _exp(form, sign * high)))
    return _range(form, ends[0], ends[1], "log", step)


def _exp(form: _Form, exponent: float) -> float:
    try:
        return math.exp(exponent)
    except OverflowError:
        form.entry.refuse(
            f"Expected exponents for {form.name}: log_uniform draws exp(x), log_uniform_values the values. "
            f"Got {exponent:g}."
        )


def _log_uniform_values(form: _Form, step: float | None = None) -> Domain:
    return _range(form, *form.ends(), "log", step)


def _normal(form: _Form, log: bool = False, step: float | None = None) -> Domain:
    return Normal(form.number("mu", 0.0), form.number("sigma", 1.0), log, step)


def _beta(form: _Form, step: float | None = None) -> Domain:
    return Beta(form.number("a"), form.number("b"), step)


def _constant(form: _Form) -> Domain:
    if "value" not in form.given:
        form.entry.refuse(f"Expected value for the constant {form.name}. Got {form.entry.value}.")
    return Fixed(form.given["value"].value)


def _categorical(form: _Form) -> Domain:
    entry = form.given.get("values")
    if entry is None or not isinstance(entry.value, list) or not entry.value:
        got = None if entry is None else entry.value
        (entry or form.entry).refuse(
            f"Expected values of {form.name} as a list of at least one. Got {got!r}."
        )
    weights = (
        _probabilities(form, len(entry.value)) if "probabilities" in form.given else [1.0] * len(entry.value)
    )
    merged: dict[str, tuple[Any, float]] = {}
    for value, weight in zip(entry.value, weights, strict=True):
        if weight > 0:
            merged[word(value)] = (value, merged.get(word(value), (value, 0.0))[1] + weight)
    if len(merged) < len(entry.value):
        form.notices.append(
            f"{entry.where}, line {entry.line}: a value of {form.name} stands twice, or has probability 0."
        )
    values, shares = zip(*merged.values(), strict=True)
    if len(values) == 1:
        return Fixed(values[0])
    return Choice(values, None if len(set(shares)) == 1 else shares)


def _probabilities(form: _Form, count: int) -> list[float]:
    entry = form.given["probabilities"]
    shares = entry.value
    good = isinstance(shares, list) and all(is_number(share) and share >= 0 for share in shares)
    if not good or len(shares) != count:
        entry.refuse(f"Expected a probability for each of the {count} values of {form.name}. Got {shares!r}.")
    if not math.isclose(math.fsum(shares), 1.0, abs_tol=1e-3):
        entry.refuse(
            f"Expected probabilities of {form.name} that add up to 1. Got {shares}: {math.fsum(shares):g}."
        )
    return shares


FORMS: dict[str, Callable[[_Form], Domain]] = {
    "constant": _constant,
    "categorical": _categorical,
    "categorical_w_probabilities": _categorical,
    "int_uniform": _int_uniform,
    "uniform": _uniform,
    "q_uniform": _q_uniform,
    "log_uniform": _log_uniform,
    "log_uniform_values": _log_uniform_values,
    "q_log_uniform": lambda form: _log_uniform(form, form.step()),
    "q_log_uniform_values": lambda form: _log_uniform_values(form, form.step()),
    # log(1/X) is uniform where log X is: W&B's inverse forms differ in their exponents' sign only
    "inv_log_uniform": lambda form: _log_uniform(form, sign=-1),
    "inv_log_uniform_values": _log_uniform_values,
    "normal": _normal,
    "q_normal": lambda form: _normal(form, step=form.step()),
    "log_normal": lambda form: _normal(form, log=True),
    "q_log_normal": lambda form: _normal(form, log=True, step=form.step()),
    "beta": _beta,
    "q_beta": lambda form: _beta(form, form.step()),
}
"""What ``distribution`` may be."""
