"""Parameters of a sweep file as settings: names understood, values fitted, each told in a notice."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from shoal.errors import SettingError
from shoal.rules import Named, Number
from shoal.sweep.space.checking import check_name, check_value, parts_of_settings, settings_rule
from shoal.sweep.space.distributions import Normal
from shoal.sweep.space.domain import Choice, Domain, Fixed
from shoal.sweep.space.meanings import (
    foreign,
    meanings,
    meant,
    missing_here,
    normal_name,
    numbered_width,
    same_word,
    switch,
)
from shoal.sweep.space.plain import frozen, is_number, plain
from shoal.sweep.space.ranges import Range
from shoal.sweep.space.wandb_forms import domain_of_entry
from shoal.sweep.space.yaml_lines import Entry

_GROUPS_OF_NUMBERS = ("momentum", "rho", "beta_1", "beta_2", "epsilon")
_INSIDE = 1e-3
"""Share of a range by which it is drawn in from an end that a setting excludes."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a sweep file.

    Parameters
    ----------
    name : str
        As it stands there, dotted where it is nested.
    target : str
        The setting that it means; "_width", "_depth" and numbered widths describe hidden layers together; ""
        for none.
    domain : Domain
    entry : Entry
    """

    name: str
    target: str
    domain: Domain
    entry: Entry


def read_parameters(entry: Entry, ignored: tuple[str, ...], notices: list[str]) -> list[Parameter]:
    """Return the parameters of a file, those without meaning here left out or refused.

    Raises
    ------
    SettingError
        With the line.
    """
    found: list[Parameter] = []
    unknown: list[tuple[str, Entry]] = []
    for name, own in _flat(entry, ""):
        if name in ignored or name.rpartition(".")[2] in ignored:
            notices.append(f"{_place(own)}: {name} is left out, as asked.")
            continue
        said = len(notices)
        domain = domain_of_entry(name, own, notices)
        target = _target(name, domain)
        if target and not _only_alike(name, target, domain):
            found.append(_understood(Parameter(name, target, domain, own), notices))
        elif domain.size == 1:
            del notices[said:]
            notices.append(f"{_place(own)}: {name} is left out: it is one constant, and no setting of shoal.")
        elif about := foreign(_leaf(name)):
            del notices[said:]
            notices.append(f"{_place(own)}: {name} is left out, so it varies nothing: it is about {about}.")
        else:
            unknown.append((name, own))
    _refuse(unknown)
    return found


def _flat(entry: Entry, prefix: str) -> Iterator[tuple[str, Entry]]:
    for name, own in entry.mapping("parameters").items():
        if isinstance(own.value, dict) and "parameters" in own.items:
            own.known(f"the group {prefix}{name}", ("parameters",))
            yield from _flat(own.items["parameters"], f"{prefix}{name}.")
        else:
            yield prefix + name, own


def _target(name: str, domain: Domain) -> str:
    """Return what a name means: a setting, a part of one, a description of hidden layers, or nothing."""
    head, dot, _ = name.partition(".")
    if dot and head in parts_of_settings() and _known(name) and name != "optimizer.learning_rate":
        leaf = name.rpartition(".")[2]
        return leaf if head == "optimizer" and leaf in _GROUPS_OF_NUMBERS else name
    leaf = _leaf(name)
    if dot and leaf == "beta":
        return {"adam": "beta_1", "rmsprop": "rho"}.get(_family(name), "")
    if (
        dot
        and leaf in ("name", "type", "kind")
        and head in ("optimizer", "schedule", "scheduler", "activation")
    ):
        return meanings().get(head, head)
    if (switched := switch(leaf)) is not None:
        return switched[0]
    if numbered_width(leaf) is not None:
        return "_numbered"
    if leaf in ("layers", "hidden_layers"):
        return _layers(domain)
    if leaf == "hidden" and all(is_number(value) for value in domain.ends()):
        return "_width"
    target = leaf if _known(leaf) else meanings().get(leaf, "")
    return "hidden" if target == "_width" and _has_lists(domain) else target


def _leaf(name: str) -> str:
    """Return the last part of a name: a dot or, as scikit-learn has it, two lines part groups."""
    return normal_name(re.split(r"\.|__", name)[-1])


def _known(name: str) -> bool:
    try:
        check_name(name)
    except SettingError:
        return False
    return True


def _only_alike(name: str, target: str, domain: Domain) -> bool:
    """Return whether a constant has another tool's name for a setting, and a value that the setting lacks."""
    if not isinstance(domain, Fixed) or target.startswith("_") or "." in target or _leaf(name) == target:
        return False
    value = meant(target, _listed(domain.from_unit(0.5)), _words(target, settings_rule(target)))
    try:
        check_value(target, value)
    except SettingError:
        return True
    return False


def _family(name: str) -> str:
    above = name.lower()
    return "adam" if "adam" in above else "rmsprop" if "rmsprop" in above else ""


def _layers(domain: Domain) -> str:
    """Return what a parameter called layers is: lists of layers, widths, or how many layers there are."""
    values = domain.ends()
    if all(is_number(value) for value in values):
        return "_depth" if max(values) <= 12 else "_width"
    whole = all(isinstance(value, tuple) and all(is_number(one) for one in value) for value in values)
    return "hidden" if whole else "layers"


def _has_lists(domain: Domain) -> bool:
    return any(isinstance(_listed(value), tuple) for value in domain.ends())


def _listed(value: Any) -> Any:
    """Return a list that was written as text, ``"[64, 64]"`` or ``"64,64"``, as one."""
    if not isinstance(value, str) or not value.strip("()[] ").replace(",", "").replace(" ", "").isdigit():
        return value
    return tuple(int(part) for part in value.strip("()[] ").replace(",", " ").split())


def _refuse(unknown: list[tuple[str, Entry]]) -> None:
    """Refuse the parameters without meaning, all in one sentence, so that they can be left out at once."""
    if not unknown:
        return
    names = [name for name, _ in unknown]
    hints = [hint for hint in map(_nearest, names) if hint]
    unknown[0][1].refuse(
        f"Expected parameters that are settings of shoal. Got {', '.join(names)}.{hints[0] if hints else ''} "
        f"To search the others, say under a key of its own 'shoal: {{ignore: [{', '.join(names)}]}}'."
    )


def _nearest(name: str) -> str:
    from shoal.settings import Settings

    known = [*Settings.known(), *meanings()]
    close = get_close_matches(_leaf(name), known, n=1, cutoff=0.75)
    return f" Did you mean '{meanings().get(close[0], close[0])}' by {name}?" if close else ""


def _understood(parameter: Parameter, notices: list[str]) -> Parameter:
    """Return a parameter with its values as its setting has them."""
    place = _place(parameter.entry)
    target = parameter.target
    if target not in (parameter.name, "_width", "_depth", "_numbered"):
        notices.append(f"{place}: {parameter.name} is read as {target}.")
    if target.startswith("_") or "." in target:
        return parameter
    domain = _translated(parameter, notices)
    domain = _fitted(target, domain, place, notices)
    try:
        for value in (*domain.ends(), domain.from_unit(0.381966)):
            check_value(target, value)
    except SettingError as error:
        step = getattr(domain, "step", None) if getattr(domain, "multiples", False) else None
        told = "" if step is None else f" Its values are the multiples of q={step:g}."
        parameter.entry.refuse(f"{error}{told}")
    return replace(parameter, domain=domain)


def _translated(parameter: Parameter, notices: list[str]) -> Domain:
    """Return a choice with words of other tools as ours, without what shoal lacks."""
    domain, target = parameter.domain, parameter.target
    if not isinstance(domain, Choice | Fixed):
        return domain
    rule, place = settings_rule(target), _place(parameter.entry)
    known, switched = _words(target, rule), switch(_leaf(parameter.name))
    weights = domain.weights if isinstance(domain, Choice) else None
    kept: dict[Any, tuple[Any, float]] = {}
    for number, value in enumerate(domain.ends()):
        here = meant(target, _listed(value) if target in ("hidden", "dropout") else value, known)
        if switched is not None and isinstance(value, bool):
            here = switched[1] if value else switched[2]
        if missing_here(target, here) or _excluded(rule, here):
            notices.append(
                f"{place}: {plain(value)!r} is left out of {target}: shoal has no such value for it."
            )
            continue
        if (frozen(here) != value or type(here) is not type(value)) and not same_word(here, value):
            notices.append(f"{place}: {plain(value)!r} is read as {target} {plain(here)!r}.")
        kept[repr(here)] = (
            here,
            kept.get(repr(here), (here, 0.0))[1] + (weights[number] if weights else 1.0),
        )
    if not kept:
        listed = ", ".join(repr(plain(value)) for value in domain.ends())
        parameter.entry.refuse(f"Expected a value that shoal has for {target}: {rule}. Got {listed}.")
    values, shares = zip(*kept.values(), strict=True)
    return Fixed(values[0]) if len(values) == 1 else Choice(values, shares if weights else None)


def _words(target: str, rule: Any) -> tuple[Any, ...]:
    if target == "schedule":
        from shoal.train.schedules import SCHEDULES

        return tuple(SCHEDULES)
    return (*getattr(rule, "names", ()), *getattr(rule, "words", ()))


def _excluded(rule: Any, value: Any) -> bool:
    """Return whether a number is just the end that a rule excludes, such as a learning rate of 0."""
    if not isinstance(rule, Number) or not is_number(value):
        return False
    return (rule.low_open and value == rule.low) or (rule.high_open and value == rule.high)


def _fitted(target: str, domain: Domain, place: str, notices: list[str]) -> Domain:
    """Return a range within what its setting may be: whole where it counts, off an end that is excluded."""
    rule = settings_rule(target)
    number = rule.also if isinstance(rule, Named) else rule
    if not isinstance(number, Number):
        return domain
    if isinstance(domain, Normal):
        return _cut(target, domain, number, place, notices)
    if not isinstance(domain, Range):
        return domain
    fitted = _off_open_ends(domain, number)
    if number.integer:
        fitted = _whole(fitted)
    if fitted != domain:
        ends = fitted.ends() if isinstance(fitted, Range) else (fitted.from_unit(0), fitted.from_unit(1))
        whole = ", whole numbers" if number.integer else ""
        notices.append(
            f"{place}: {target} is drawn from {ends[0]:g} to {ends[1]:g}{whole}, because it must be {number}."
        )
    return fitted


def _off_open_ends(domain: Range, rule: Number) -> Range:
    width = domain.high - domain.low
    if rule.low_open and domain.low == rule.low:
        domain = replace(domain, low=domain.step if domain.multiples else domain.low + _INSIDE * width)
    if rule.high_open and domain.high == rule.high:
        domain = replace(domain, high=domain.high - (domain.step or _INSIDE * width))
    return domain


def _whole(domain: Range) -> Domain:
    """Return a range of whole numbers."""
    if domain.multiples and domain.step is not None and float(domain.step).is_integer():
        step, least = int(domain.step), max(domain.low, domain.step)
        return replace(domain, step=step, low=least) if domain.low < step else replace(domain, step=step)
    if domain.integer:
        return domain
    low, high = math.ceil(domain.low), math.floor(domain.high)
    return Range(low, high, domain.scale, 1, integer=True) if low < high else Fixed(round(domain.low))


def _cut(target: str, domain: Normal, rule: Number, place: str, notices: list[str]) -> Domain:
    """Return a normal law without what its setting refuses."""
    low = -math.inf if domain.low is None else domain.low
    least, most = domain.from_unit(0.0), domain.from_unit(1.0)
    if least <= rule.low and not (domain.log and rule.low <= 0):
        low = rule.low + (_INSIDE * domain.sigma if rule.low_open else 0.0)
    high = rule.high - (_INSIDE if rule.high_open else 0.0) if most >= rule.high else math.inf
    if low == -math.inf and high == math.inf:
        return domain
    notices.append(f"{place}: the law of {target} is cut off where the setting ends: it must be {rule}.")
    return replace(domain, low=None if low == -math.inf else low, high=None if high == math.inf else high)


def _place(entry: Entry) -> str:
    return f"{entry.where}, line {entry.line}"
