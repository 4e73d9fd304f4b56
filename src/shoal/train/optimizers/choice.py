"""An optimizer chosen: its name and the settings that were given, parsed once at the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.rules import check, refuse_unknown
from shoal.train.optimizers.table import OPTIMIZERS
from shoal.train.schedules import Schedule

NAMED = ("momentum", "rho", "beta_1", "beta_2", "epsilon")
"""Settings of optimizers that are settings of shoal too, so that a search may vary them."""


@dataclass(frozen=True)
class OptimizerChoice:
    """An optimizer with the settings given to it.

    Parameters
    ----------
    kind : str
        Name in `shoal.train.optimizers.OPTIMIZERS`.
    settings : tuple of (name, value)
        Those given, each checked; the others take their defaults.
    momentum_start : float or None
        Where the momentum (first beta) begins, if it ramps to its value.
    unread : tuple of str
        Settings that were given and that this optimizer does not have.

    Examples
    --------
    >>> OptimizerChoice.of({"kind": "nesterov", "momentum": (0.5, 0.9)})
    OptimizerChoice(kind='nesterov', settings=(('momentum', 0.9),), momentum_start=0.5, unread=())
    """

    kind: str
    settings: tuple[tuple[str, float], ...] = ()
    momentum_start: float | None = None
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str | Mapping[str, Any], named: Mapping[str, Any] | None = None) -> OptimizerChoice:
        """Return the choice that a name or a mapping and settings beside it make.

        Parameters
        ----------
        value : str or mapping
            Such as ``"adam"`` or ``{"kind": "adam", "beta_1": 0.8}``.
        named : mapping, optional
            Settings beside it, of whatever optimizer (`NAMED`); None stands for "not given".

        Raises
        ------
        SettingError
            If the optimizer has no such setting, a value is out of its range, or is given twice.
        """
        own = dict(value) if isinstance(value, Mapping) else {"kind": value}
        kind = _known(own.pop("kind", None))
        known = OPTIMIZERS[kind].settings
        refuse_unknown(f"The {kind} optimizer", own, known)
        beside = {name: v for name, v in (named or {}).items() if v is not None}
        _refuse_twice(kind, own, beside)
        read = {**own, **{name: v for name, v in beside.items() if name in known}}
        start = _refuse_wrong(kind, read)
        unread = tuple(sorted(name for name in beside if name not in known))
        return cls(kind, tuple(sorted((n, _end(v)) for n, v in read.items())), start, unread)

    def notices(self, schedule: Schedule) -> list[str]:
        """Return in a sentence each what was given and has no effect with this optimizer and schedule."""
        told = [_unread(self.kind, name) for name in self.unread]
        moved, cycle = OPTIMIZERS[self.kind].momentum, f"the cycle of the {schedule.kind} schedule"
        if not schedule.cycles_momentum:
            return told
        asked = [name for name, _ in schedule.settings if name.startswith("momentum")]
        if asked and not moved:
            told.append(f"{asked[0]} has no effect: the {self.kind} optimizer has no momentum to move.")
        elif asked and self.momentum_start is not None:
            told.append(f"{asked[0]} has no effect: the {moved} that rises in the run comes before {cycle}.")
        elif moved in dict(self.settings) and self.momentum_start is None:
            told.append(
                f"{moved}={dict(self.settings)[moved]:g} has no effect: {cycle} moves it; momentum_low=0 "
                "in the schedule leaves it alone."
            )
        return told


def _known(kind: Any) -> str:
    if isinstance(kind, str) and kind in OPTIMIZERS:
        return kind
    raise SettingError(
        f"Unknown optimizer {kind!r}.{did_you_mean(str(kind), OPTIMIZERS)} Choose one of: "
        f"{', '.join(OPTIMIZERS)}."
    )


def _refuse_twice(kind: str, own: Mapping[str, Any], beside: Mapping[str, Any]) -> None:
    for name in own:
        if name in beside:
            raise SettingError(
                f"Expected {name!r} once. Received: optimizer={{'kind': '{kind}', '{name}': {own[name]!r}}} "
                f"and {name}={beside[name]!r}."
            )


def _refuse_wrong(kind: str, given: Mapping[str, Any]) -> float | None:
    """Check every value; return where a momentum given as a pair begins."""
    start = None
    for name, value in given.items():
        values = [value]
        if isinstance(value, list | tuple) and name == OPTIMIZERS[kind].momentum:
            if len(value) != 2:
                raise SettingError(
                    f"Expected {name} of the {kind} optimizer to be one number or a pair, its first and its "
                    f"last value. Received: {name}={value!r}."
                )
            values, start = list(value), value[0]
        for one in values:
            check(f"the {kind} optimizer", name, one, OPTIMIZERS[kind].settings[name].rule)
    return None if start is None else float(start)


def _end(value: Any) -> float:
    return float(value[-1] if isinstance(value, list | tuple) else value)


def _unread(kind: str, name: str) -> str:
    takes = ", ".join(OPTIMIZERS[kind].settings) or "no settings"
    return f"{name} has no effect: the {kind} optimizer takes {takes}."
