"""What a setting may be: declared once, checked at the door, said in one sentence when it is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.plain_yaml import read_yaml


@dataclass(frozen=True)
class Number:
    """A number in a range, or one of some words.

    Parameters
    ----------
    low, high : float
        Ends of the range.
    low_open, high_open : bool
        Whether the end itself is excluded.
    integer : bool
        Only whole numbers.
    words : tuple of str
        Words accepted instead, such as "auto".
    none : bool
        Whether None is accepted.
    many : bool
        Whether a sequence of such numbers is accepted.
    """

    low: float = 0.0
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    integer: bool = False
    words: tuple[str, ...] = ()
    none: bool = False
    many: bool = False

    def __str__(self) -> str:
        left = "(" if self.low_open or self.low == -math.inf else "["
        right = ")" if self.high_open or self.high == math.inf else "]"
        kind = "an int" if self.integer else "a float"
        one = f"{kind} in the range {left}{self.low:g}, {self.high:g}{right}"
        many = " (or a sequence of them)" if self.many else ""
        return _or([one + many, *map(repr, self.words), *(["None"] if self.none else [])])

    def accepts(self, value: Any) -> bool:
        """Return whether `value` is allowed."""
        if value is None:
            return self.none
        if isinstance(value, str):
            return value in self.words
        if self.many and isinstance(value, list | tuple):
            return all(self._one(item) for item in value)
        return self._one(value)

    def _one(self, value: Any) -> bool:
        kind = Integral if self.integer else Real
        if not isinstance(value, kind) or isinstance(value, bool):
            return False
        number = float(value)
        if math.isnan(number) or number == math.inf:
            return False
        above = number > self.low if self.low_open else number >= self.low
        below = number < self.high if self.high_open else number <= self.high
        return above and below


@dataclass(frozen=True)
class Choice:
    """One of some names; `many` allows a sequence of them, `none` allows None."""

    names: tuple[Any, ...]
    none: bool = False
    many: bool = False

    def __str__(self) -> str:
        return "one of " + ", ".join(map(repr, self.names)) + (", None" if self.none else "")

    def accepts(self, value: Any) -> bool:
        """Return whether `value` is allowed."""
        if value is None:
            return self.none
        if self.many and isinstance(value, list | tuple):
            return all(item in self.names for item in value)
        return isinstance(value, str | bool) and value in self.names


@dataclass(frozen=True)
class Flag:
    """True or False, or one of some words."""

    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _or(["a bool", *map(repr, self.words)])

    def accepts(self, value: Any) -> bool:
        """Return whether `value` is allowed."""
        return isinstance(value, bool) or (isinstance(value, str) and value in self.words)


@dataclass(frozen=True)
class Named:
    """One of some names, alone or in a mapping with numbers of its own: ``{"kind": "huber", "delta": 1.5}``.

    Parameters
    ----------
    names : tuple of str
        What "kind" may be. The numbers beside it are checked by who reads them.
    words : tuple of str
        Words accepted instead, such as "auto".
    none : bool
        Whether None is accepted.
    also : Number, optional
        A plain number accepted instead.
    many : bool
        Whether a sequence of such names and mappings is accepted.
    """

    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    none: bool = False
    also: Number | None = None
    many: bool = False

    def __str__(self) -> str:
        listed = "one of " + ", ".join(map(repr, (*self.words, *self.names)))
        example = f'{listed} (or a mapping such as {{"kind": "{self.names[0]}", ...}})'
        example += " or a sequence of them" * self.many
        return _or([*([str(self.also)] if self.also else []), example, *(["None"] if self.none else [])])

    def accepts(self, value: Any) -> bool:
        """Return whether `value` is allowed."""
        if value is None:
            return self.none
        if isinstance(value, Mapping):
            return value.get("kind") in self.names
        if isinstance(value, str):
            return value in self.words or value in self.names
        if self.many and isinstance(value, list | tuple):
            return all(isinstance(item, str | Mapping) and self.accepts(item) for item in value)
        return self.also is not None and self.also.accepts(value)


Rule = Number | Choice | Flag | Named


def check(owner: str, name: str, value: Any, rule: Rule) -> None:
    """Refuse a value that its rule does not allow.

    Raises
    ------
    SettingError
        In the words of scikit-learn: "The 'patience' parameter of NetClassifier must be ...".
    """
    if rule.accepts(value):
        return
    hint = ""
    value_named = value.get("kind") if isinstance(value, Mapping) else value
    if isinstance(value_named, str):
        words = rule.names if isinstance(rule, Choice | Named) else rule.words
        hint = did_you_mean(value_named, [w for w in words if isinstance(w, str)])
    raise SettingError(f"The '{name}' parameter of {owner} must be {rule}. Got {value!r} instead.{hint}")


def parse(name: str, text: str, rule: Rule | None) -> Any:
    """Read a setting typed on a command line: numbers, true/false, none, and lists with commas.

    Examples
    --------
    >>> parse("hidden", "256,128", Number(low=1, integer=True, many=True))
    (256, 128)
    >>> parse("dropout", "0.2", Number()), parse("norm", "none", Choice(("batch",), none=True))
    (0.2, None)
    >>> parse("loss", "huber:delta=1.5", Named(("huber",)))
    {'kind': 'huber', 'delta': 1.5}
    """
    text = text.strip()
    if text[:1] in ("{", "[") and text not in ("[]", "{}"):
        return _structure(name, text)
    if rule is None or isinstance(rule, Named):
        kind, colon, numbers = text.partition(":")
        if colon and "=" in numbers:
            return {"kind": kind.strip(), **_mapping(numbers)}
        if "=" in text:
            return _mapping(text)
    if isinstance(rule, Choice) and text in rule.names:  # "none" may be a name of its own
        return text
    if "," in text or (isinstance(rule, Number | Choice) and rule.many and text in ("()", "[]")):
        inner = text.strip("()[] ")
        return tuple(_word(part) for part in inner.split(",") if part.strip())
    return _word(text)


def _structure(name: str, text: str) -> Any:
    """Read a list or mapping in YAML's (and so JSON's) inline form."""
    import yaml

    try:
        return read_yaml(text)
    except yaml.YAMLError as error:
        raise SettingError(
            f"The setting '{name}' cannot be read as YAML or JSON: {str(error).splitlines()[0]}. Got {text}."
        ) from None


def _mapping(text: str) -> dict[str, Any]:
    """Read ``rotate=15,flip``: a name without a value is switched on."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): _word(value) if equals else True for name, equals, value in pairs}


def _word(text: str) -> Any:
    text = text.strip()
    plain = {"true": True, "yes": True, "false": False, "no": False, "none": None, "null": None}
    if text.lower() in plain:
        return plain[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def refuse_unknown(owner: str, names: Iterable[str], known: Mapping[str, Any] | Iterable[str]) -> None:
    """Refuse names that are no settings, with the nearest one that is."""
    known = list(known)
    for name in names:
        if name not in known:
            raise SettingError(
                f"{owner} has no setting '{name}'.{did_you_mean(str(name), known)} "
                f"Its settings are: {', '.join(sorted(known)) or 'none'}."
            )


def _or(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]
