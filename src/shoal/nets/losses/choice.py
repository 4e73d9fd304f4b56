"""A loss as a setting names it: alone, or in a mapping with numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.nets.losses import LOSSES
from shoal.rules import refuse_unknown


@dataclass(frozen=True)
class LossChoice:
    """A loss with all of its numbers, checked.

    Parameters
    ----------
    kind : str
        Name in `shoal.nets.losses.LOSSES`.
    numbers : tuple of (name, value)
        Every number that the loss reads, sorted by name.
    """

    kind: str
    numbers: tuple[tuple[str, float | tuple[float, ...]], ...] = ()

    @classmethod
    def of(cls, value: str | Mapping[str, Any], **otherwise: Any) -> LossChoice:
        """Return the loss that a setting names.

        Parameters
        ----------
        value : str or mapping
            A name, or ``{"kind": name, ...}`` with numbers by name.
        **otherwise
            Numbers that take the place of the defaults, where the loss has one of that name.

        Raises
        ------
        SettingError
            If there is no such loss or number, or a number is out of its range.

        Examples
        --------
        >>> LossChoice.of({"kind": "huber", "delta": 1.5})
        LossChoice(kind='huber', numbers=(('delta', 1.5),))
        >>> LossChoice.of({"kind": "huber", "dleta": 1.5})
        Traceback (most recent call last):
        ...
        shoal.errors.SettingError: The loss 'huber' has no setting 'dleta'. Did you mean 'delta'? \
Its settings are: delta.
        """
        given = dict(value) if isinstance(value, Mapping) else {"kind": value}
        name = given.pop("kind", "")
        if name not in LOSSES:
            raise SettingError(
                f"Unknown loss {name!r}.{did_you_mean(str(name), LOSSES)} Choose one of: {', '.join(LOSSES)}."
            )
        known = LOSSES[name].numbers
        refuse_unknown(f"The loss '{name}'", given, known)
        defaults = {n: otherwise.get(n, one.default) for n, one in known.items()}
        numbers = {n: known[n].checked(name, n, v) for n, v in {**defaults, **given}.items()}
        return cls(name, tuple(sorted(numbers.items())))
