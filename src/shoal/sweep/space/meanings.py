"""What names and values of other tools mean here, where that is clear: the tables of ``meanings.yaml``."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from shoal.plain_yaml import read_yaml

_SPELLED = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NUMBERED = re.compile(r"^(?P<a>[a-z_]*?)_?(?P<n>\d+)(?:_?(?P<b>[a-z_]*))?$")


@cache
def meanings() -> dict[str, str]:
    """Return name elsewhere -> setting; ``_width`` and ``_depth`` describe hidden layers together.

    Examples
    --------
    >>> meanings()["lr"], meanings()["fc_layer_size"]
    ('learning_rate', '_width')
    """
    return {alias: name for name, aliases in _table("names").items() for alias in aliases}


@cache
def _table(name: str) -> Any:
    text = resources.files("shoal.sweep.space").joinpath("meanings.yaml").read_text(encoding="utf-8")
    return read_yaml(text)[name]


def normal_name(name: str) -> str:
    """Return a name in small letters and underscores.

    Examples
    --------
    >>> normal_name("learningRate"), normal_name("batch-size")
    ('learning_rate', 'batch_size')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def numbered_width(name: str) -> int | None:
    """Return which hidden layer a name gives the width of.

    Examples
    --------
    >>> numbered_width("layer_1_size"), numbered_width("n_units_l2"), numbered_width("beta_1")
    (1, 2, None)
    """
    plain = normal_name(name)
    for spelled, number in _SPELLED.items():
        plain = re.sub(rf"_{spelled}(?=_|$)", f"_{number}", plain)
    found = _NUMBERED.match(plain)
    if found is None:
        return None
    rest = "_".join(part for part in (found["a"].strip("_"), (found["b"] or "").strip("_")) if part)
    return int(found["n"]) if rest in _table("widths") else None


def switch(name: str) -> tuple[str, Any, Any] | None:
    """Return setting, value for true and value for false of a name that is a switch elsewhere.

    Examples
    --------
    >>> switch("one_cycle"), switch("dropout")
    (('schedule', 'one_cycle', 'constant'), None)
    """
    found = _table("switches").get(name)
    return None if found is None else tuple(found)


def foreign(name: str) -> str | None:
    """Return what a name, with a number behind it or without, is about where no setting of shoal is.

    Examples
    --------
    >>> foreign("channels_one"), foreign("num_groups"), foreign("dropuot")
    ("convolutions, which are described under 'layers'", 'groups of a group normalisation', None)
    """
    bare = re.sub(rf"_?(\d+|_({'|'.join(_SPELLED)}))$", "", name).rstrip("_")
    return next((about for about, names in _table("foreign").items() if {name, bare} & set(names)), None)


def missing_here(name: str, value: Any) -> bool:
    """Return whether a value is one that other tools have and shoal lacks."""
    return _bare(value) in _table("lacking").get(name, ())


def meant(name: str, value: Any, known: tuple[Any, ...]) -> Any:
    """Return what a value of a setting means here; itself where nothing is known of it.

    Examples
    --------
    >>> meant("activation", "ReLU", ("relu", "tanh")), meant("norm", True, ("batch",))
    ('relu', 'batch')
    """
    if not isinstance(value, str | bool) or (isinstance(value, str) and value in known):
        return value
    bare = _bare(value)
    values = _table("values").get(name, {})
    if bare in values:
        return values[bare]
    same = [one for one in known if isinstance(one, str) and _bare(one) == bare]
    return same[0] if same else value


def same_word(one: Any, other: Any) -> bool:
    """Return whether two words differ in capital letters and punctuation only."""
    return isinstance(one, str) and isinstance(other, str) and _bare(one) == _bare(other)


def _bare(value: Any) -> str:
    return re.sub(r"[^a-z0-9]", "", str(value).lower())
