"""Sweep files: W&B's schema read unchanged, with one key of our own for what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shoal.errors import FileError, SettingError, did_you_mean
from shoal.sweep.space.checking import check_settings
from shoal.sweep.space.domain import Choice, Domain, Fixed
from shoal.sweep.space.hidden_layers import shape_of
from shoal.sweep.space.links import Condition
from shoal.sweep.space.own_key import Own, read_own
from shoal.sweep.space.plain import plain
from shoal.sweep.space.space import Dimension, Space
from shoal.sweep.space.sweep_keys import (
    EarlyTerminate,
    Metric,
    early_terminate_of,
    method_of,
    metric_of,
    whole_number,
)
from shoal.sweep.space.translating import Parameter, read_parameters
from shoal.sweep.space.yaml_lines import Entry, read_entries

_READ = ("method", "parameters", "metric", "metrics", "early_terminate", "run_cap", "shoal")
_WITHOUT_MEANING = (
    *("name", "description", "program", "command", "project", "entity", "controller", "scheduler", "job"),
    *("image_uri", "apiVersion", "kind", "settings", "metric_constraints", "_wandb", "queue", "launch"),
)


@dataclass(frozen=True)
class SweepFile:
    """A sweep file, read.

    Parameters
    ----------
    space : Space
        What varies, under the names of shoal's settings.
    method : str or None
        As it stands there; None where shoal is to choose.
    metric : Metric or None
    early_terminate : EarlyTerminate or None
    run_cap : int or None
        Most trials.
    settings : dict
        What is the same for all trials.
    own : Own
        What stands under the key ``shoal``: seed, seeds, folds, nested, budget, scoring.
    notices : tuple of str
        What was left out or read otherwise, a sentence each.
    """

    space: Space
    method: str | None = None
    metric: Metric | None = None
    early_terminate: EarlyTerminate | None = None
    run_cap: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    own: Own = field(default_factory=Own)
    notices: tuple[str, ...] = ()


def read_sweep(source: str | Path, *, ignore: Sequence[str] = ()) -> SweepFile:
    """Read a sweep file.

    Parameters
    ----------
    source : path or str
        A file; or the text itself, which has more than one line.
    ignore : sequence of str
        Parameters to leave out.

    Returns
    -------
    SweepFile

    Raises
    ------
    FileError
        If the file cannot be read.
    SettingError
        With the line, what was expected, and what stands there.

    Examples
    --------
    >>> sweep = read_sweep('''
    ... method: random
    ... parameters:
    ...   lr: {distribution: log_uniform_values, min: 1e-4, max: 1e-1}
    ...   batch_size: {values: [64, 128]}
    ...   epochs: {value: 20}
    ... ''')
    >>> sweep.space.names, sweep.settings
    (('learning_rate', 'batch_size'), {'epochs': 20})
    >>> sweep.notices
    ('the sweep, line 4: lr is read as learning_rate.',)
    """
    text, where = _text(source)
    root = read_entries(text, where)
    _refuse_unknown_keys(root)
    notices = _top_notices(root)
    own = read_own(root.items.get("shoal"), where)
    parameters = _parameters(root, (*own.ignore, *ignore), notices)
    parameters, own = _seeds_taken_out(parameters, own, notices)
    space, settings = _space(parameters, own, notices)
    check = root.items.get("parameters", root)
    try:
        check_settings(space, settings)
    except SettingError as error:
        check.refuse(str(error))
    return SweepFile(
        space,
        method_of(root, own, notices),
        metric_of(root, notices),
        early_terminate_of(root, notices),
        whole_number(root, "run_cap", least=1),
        settings,
        own,
        tuple(dict.fromkeys(notices)),
    )


def _text(source: str | Path) -> tuple[str, str]:
    if isinstance(source, str) and "\n" in source:
        return source, "the sweep"
    try:
        return Path(source).read_text(encoding="utf-8"), Path(source).name
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"Expected a sweep file in UTF-8 at {source}. It cannot be read: {error}.") from None


def _refuse_unknown_keys(root: Entry) -> None:
    known = (*_READ, *_WITHOUT_MEANING)
    for key, entry in root.mapping("a sweep").items():
        if key not in known:
            entry.refuse(f"Expected a key of a sweep file. Got {key!r}.{did_you_mean(key, known)}")


def _top_notices(root: Entry) -> list[str]:
    unread = [key for key in root.items if key in _WITHOUT_MEANING]
    notices = [f"Without meaning here, and left out: {', '.join(unread)}."] if unread else []
    twice = [entry for entry in (root, *root.items.values()) if entry.twice]
    return notices + [
        f"{entry.where}, line {entry.line}: {', '.join(entry.twice)} stands there twice; the last one counts."
        for entry in twice
    ]


def _parameters(root: Entry, ignored: tuple[str, ...], notices: list[str]) -> list[Parameter]:
    if "parameters" not in root.items:
        root.refuse("Expected parameters: what each may be. Got none.")
    found = read_parameters(root.items["parameters"], ignored, notices)
    by_target: dict[str, Parameter] = {}
    for parameter in found:
        if parameter.target in by_target and not parameter.target.startswith("_"):
            first = by_target[parameter.target].name
            parameter.entry.refuse(f"Expected {parameter.target} once. Got {first} and {parameter.name}.")
        by_target[parameter.target] = parameter
    return found


def _seeds_taken_out(
    parameters: list[Parameter], own: Own, notices: list[str]
) -> tuple[list[Parameter], Own]:
    """Return the parameters without the seed: several seeds repeat a setting, they are no other settings."""
    for parameter in [p for p in parameters if p.target == "seed"]:
        domain = parameter.domain
        if domain.size == 1 and own.seed is None:
            own = replace(own, seed=domain.from_unit(0.5))
        elif isinstance(domain, Choice) and own.seeds is None:
            own = replace(own, seeds=domain.size)
        entry, trained = parameter.entry, f"{own.seeds or 1} time{'s' * ((own.seeds or 1) > 1)}"
        notices.append(
            f"{entry.where}, line {entry.line}: {parameter.name} is no dimension: each setting is trained "
            f"{trained}, from other initial weights."
        )
    return [p for p in parameters if p.target != "seed"], own


def _space(parameters: list[Parameter], own: Own, notices: list[str]) -> tuple[Space, dict[str, Any]]:
    """Return what varies, and what is the same for all."""
    shape = shape_of(parameters)
    notices += shape.notices
    settings = dict(own.settings)
    given = {p.target: p.domain for p in parameters if not p.target.startswith("_")}
    given |= {d.name: d.domain for d in shape.dimensions if not d.label}
    domains = _with_momentum(given, settings, notices)
    for name in [name for name in domains if name in settings]:
        notices.append(
            f"{name} is {settings[name]!r} for all, as the key shoal says; the parameter is left out."
        )
        del domains[name]
    conditions = (*own.conditions, *_of_optimizers(domains, own, notices))
    linked = (*conditions, *shape.ties, *own.ties, *own.constraints)
    spoken = {name for link in linked for name in link.names} | {c.name for c in conditions}
    for name, domain in list(domains.items()):
        if isinstance(domain, Fixed) and name not in spoken:
            settings[name] = plain(domains.pop(name).from_unit(0.5))
    tied = {tie.name for tie in own.ties}
    dimensions = [Dimension(name, domain) for name, domain in domains.items() if name not in tied]
    try:
        return (
            Space(
                (*dimensions, *(d for d in shape.dimensions if d.label), *own.labels),
                conditions,
                (*shape.ties, *own.ties),
                own.constraints,
            ),
            settings,
        )
    except SettingError as error:
        raise SettingError(f"{own.where}, line {own.line}: {error}") from None


def _with_momentum(
    domains: dict[str, Domain], settings: dict[str, Any], notices: list[str]
) -> dict[str, Domain]:
    """Return the domains with 'sgd' as 'momentum' where a momentum is given, as other tools mean it."""
    if "momentum" not in domains or "optimizer" in settings:
        return domains
    if "optimizer" not in domains:
        notices.append(
            "A momentum without an optimizer is read as that of optimizer 'momentum', which is SGD with it."
        )
        return {**domains, "optimizer": Fixed("momentum")}
    here = domains["optimizer"]
    values = here.ends()
    if "sgd" not in values or {"momentum", "nesterov"} & set(values):
        return domains
    notices.append("optimizer 'sgd' beside a momentum is read as 'momentum', which is SGD with it.")
    named = tuple("momentum" if value == "sgd" else value for value in values)
    renamed = replace(here, values=named) if isinstance(here, Choice) else Fixed(named[0])
    return {**domains, "optimizer": renamed}


def _of_optimizers(domains: dict[str, Domain], own: Own, notices: list[str]) -> list[Condition]:
    """Return conditions for numbers that only some of the optimizers have: others would be tried in vain."""
    from shoal.train.optimizers import NAMED, OPTIMIZERS

    optimizer = domains.get("optimizer")
    if optimizer is None or optimizer.size == 1:
        return []
    found = []
    for name in [name for name in NAMED if name in domains and name not in {c.name for c in own.conditions}]:
        having = [
            o
            for o in optimizer.ends()
            if isinstance(o, str) and name in getattr(OPTIMIZERS.get(o), "settings", ())
        ]
        if having and len(having) < (optimizer.size or 0):
            found.append(Condition(name, f"optimizer in {tuple(having)!r}"))
            notices.append(f"{name} takes part only where the optimizer has one: {', '.join(having)}.")
    return found
