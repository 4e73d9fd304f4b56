"""The variants of a baseline: what it has taken out, what it lacks put in, one technique at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.fitting.defaults import Facts, resolved
from shoal.settings import Settings
from shoal.sweep.ablation.switches import SWITCHES, Switch, applied, plain
from shoal.sweep.question import settings_with
from shoal.techniques import in_words

PUT_IN, TAKEN_OUT, CHANGED = "put in", "taken out", "changed"


@dataclass(frozen=True)
class Variant:
    """A baseline with one thing changed.

    Parameters
    ----------
    name : str
        Of the technique.
    id : str
        Its place in the table of techniques; "" for a change of one's own.
    change : str
        "put in", "taken out" or "changed".
    settings : dict
        What is set beside the baseline.
    also : dict
        What the defaults decide otherwise because of it.
    why : str
    """

    name: str
    id: str
    change: str
    settings: dict[str, Any]
    also: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def words(self) -> str:
        """What is set, as it is typed.

        Examples
        --------
        >>> Variant("dropout", "A7", "put in", {"dropout": 0.25}).words
        'dropout=0.25'
        """
        return ", ".join(f"{name}={in_words(plain(value))}" for name, value in self.settings.items())

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Variants:
    """The variants of a baseline, and why some techniques are not among them."""

    variants: tuple[Variant, ...]
    skipped: dict[str, str]


def switch_named(name: str) -> Switch:
    """Return a technique of the table by its name; "batch_norm" and "Batch norm" are the same.

    Raises
    ------
    SettingError
    """
    known = {_key(switch.name): switch for switch in SWITCHES}
    if _key(name) not in known:
        raise SettingError(
            f"There is no technique '{name}' to switch.{did_you_mean(_key(name), list(known))} "
            f"Choose among {', '.join(known)}, or give settings of your own to try."
        )
    return known[_key(name)]


def variants_of(
    base: Settings,
    facts: Facts,
    only: Sequence[str] | None = None,
    tried: Mapping[str, Mapping[str, Any]] | None = None,
) -> Variants:
    """Return the variants of a baseline.

    Parameters
    ----------
    base : Settings
        As given, checked.
    facts : Facts
    only : sequence of str, optional
        Names of techniques; all that suit the task where neither these nor `tried` are given.
    tried : mapping of str to mapping, optional
        Changes of one's own: settings by the name under which they are told.

    Raises
    ------
    SettingError
        If a name is unknown, or what was asked for by name is not possible.
    """
    if only is None:
        chosen = () if tried else [switch for switch in SWITCHES if _suits(switch, facts)]
    else:
        chosen = [switch_named(name) for name in dict.fromkeys(only)]
    before = resolved(base, facts)
    skipped: dict[str, str] = {}
    found = []
    for name, one in _candidates(chosen, before, tried or {}):
        try:
            _refuse_unsuited(one, chosen if only is not None else (), facts)
            found.append(_completed(one, base, before, facts, own=name in (tried or {})))
        except SettingError as error:
            if only is not None or tried:
                raise
            skipped[name] = str(error)
    return Variants(tuple(v for v in found if v is not None), skipped)


def _candidates(
    chosen: Iterable[Switch], before: Settings, tried: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, Variant]]:
    for switch in chosen:
        present = switch.present(before) if applied(switch.on, before) else False
        if present and switch.off is None:
            continue
        settings = applied(switch.off if present else switch.on, before)
        if settings:
            change = TAKEN_OUT if present else PUT_IN if switch.off is not None else CHANGED
            yield switch.name, Variant(switch.name, switch.id, change, settings, {}, switch.why)
    for name, settings in tried.items():
        yield name, Variant(name, "", CHANGED, dict(settings))


def _completed(variant: Variant, base: Settings, before: Settings, facts: Facts, own: bool) -> Variant | None:
    """Return a variant with what else it changes; None if that is nothing, unless it is asked for."""
    after = resolved(settings_with(base, variant.settings), facts)
    differing = {
        name: plain(value)
        for name, value in vars(after).items()
        if plain(value) != plain(getattr(before, name))
    }
    if not differing and not own:
        return None
    set_ = variant.settings
    if not own:  # what the baseline says already need not be said again
        set_ = {name: value for name, value in set_.items() if plain(value) != plain(getattr(base, name))}
    also = {name: value for name, value in differing.items() if name not in set_}
    return Variant(variant.name, variant.id, variant.change, set_, also, variant.why)


def _suits(switch: Switch, facts: Facts) -> bool:
    return facts.task in switch.tasks and ("table" if facts.image is None else "image") in switch.inputs


def _refuse_unsuited(variant: Variant, named: Sequence[Switch], facts: Facts) -> None:
    for switch in named:
        if switch.name == variant.name and not _suits(switch, facts):
            what = "images" if facts.image is not None else "tables"
            suited = " and ".join(f"{kind}s" for kind in switch.inputs)
            raise SettingError(
                f"The technique '{variant.name}' is for {suited} and the tasks {', '.join(switch.tasks)}. "
                f"Got {what} and the task {facts.task}; leave it out."
            )


def _key(name: str) -> str:
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())
