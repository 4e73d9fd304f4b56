"""Hidden layers that a sweep file describes in pieces: how many, how wide, each width by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shoal.errors import SettingError
from shoal.sweep.space.checking import check_value
from shoal.sweep.space.domain import Choice, Domain, Fixed
from shoal.sweep.space.links import Tie
from shoal.sweep.space.meanings import normal_name, numbered_width
from shoal.sweep.space.plain import is_number
from shoal.sweep.space.space import Dimension
from shoal.sweep.space.translating import Parameter

_WIDTH = 128
"""Units of a layer where a file says only how many layers there are: those of shoal's own default."""


@dataclass(frozen=True)
class Shape:
    """What a file says of the hidden layers.

    Parameters
    ----------
    dimensions : tuple of Dimension
    ties : tuple of Tie
    notices : tuple of str
    """

    dimensions: tuple[Dimension, ...] = ()
    ties: tuple[Tie, ...] = ()
    notices: tuple[str, ...] = ()


def shape_of(parameters: list[Parameter]) -> Shape:
    """Return the hidden layers that widths and depths describe together.

    Raises
    ------
    SettingError
        With the line, if they contradict each other or are no whole numbers.
    """
    depths = [p for p in parameters if p.target == "_depth"]
    widths = sorted((p for p in parameters if p.target == "_numbered"), key=lambda p: _number(p.name))
    widths += [p for p in parameters if p.target == "_width"]
    described = [*widths, *depths]
    if not described:
        return Shape()
    _refuse_contradiction(parameters, depths)
    for parameter in described:
        _refuse_no_count(parameter, least=0 if parameter in depths else 1)
    if described == widths[:1] and isinstance(widths[0].domain, Choice | Fixed):
        return _one_layer(widths[0])
    source = _source([_label(p.name) for p in widths], _label(depths[0].name) if depths else None)
    first = described[0].entry
    return Shape(
        tuple(Dimension(_label(p.name), p.domain, label=True) for p in described),
        (Tie("hidden", source),),
        (f"{first.where}, line {first.line}: hidden is read as {source}.",),
    )


def _one_layer(parameter: Parameter) -> Shape:
    """Return one hidden layer of several widths."""
    domain, entry = parameter.domain, parameter.entry
    values = tuple((value,) for value in domain.ends())
    weights = domain.weights if isinstance(domain, Choice) else None
    one = len(values) == 1
    named = Fixed((domain.from_unit(0.5),)) if one else Choice(values, weights, in_order=domain.ordered)
    told = f"{entry.where}, line {entry.line}: {parameter.name} is read as the width of one hidden layer."
    return Shape((Dimension("hidden", named),), (), (told,))


def _source(widths: list[str], depth: str | None) -> str:
    """Return the expression that makes the widths of all layers."""
    if not widths:
        return f"[{_WIDTH}] * {depth}"
    if depth is None:
        return f"[{', '.join(widths)}]"
    return f"[{widths[0]}] * {depth}" if len(widths) == 1 else f"[{', '.join(widths)}][:{depth}]"


def _label(name: str) -> str:
    """Return a name that an expression can hold and that is no setting."""
    from shoal.settings import Settings

    label = re.sub(r"\W", "_", normal_name(name))
    return f"{label}_count" if label in Settings.known() else label


def _number(name: str) -> int:
    return numbered_width(re.split(r"\.|__", name)[-1]) or 0


def _refuse_contradiction(parameters: list[Parameter], depths: list[Parameter]) -> None:
    whole = [p for p in parameters if p.target in ("hidden", "layers")]
    if whole:
        p = next(p for p in parameters if p.target in ("_depth", "_numbered", "_width"))
        p.entry.refuse(f"Expected the hidden layers once. Got {whole[0].name} and {p.name}.")
    if len(depths) > 1:
        depths[1].entry.refuse(
            f"Expected the number of layers once. Got {depths[0].name} and {depths[1].name}."
        )


def _refuse_no_count(parameter: Parameter, least: int) -> None:
    for value in _some(parameter.domain):
        if not is_number(value) or not float(value).is_integer() or value < least:
            parameter.entry.refuse(
                f"Expected {parameter.name} to be whole numbers from {least}. Got {value!r}."
            )
        if least:
            try:
                check_value("hidden", (int(value),))
            except SettingError as error:
                parameter.entry.refuse(str(error))


def _some(domain: Domain) -> tuple[Any, ...]:
    return domain.ends() if isinstance(domain, Fixed) else (*domain.ends(), domain.from_unit(0.381966))
