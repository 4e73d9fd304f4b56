"""The kinds of augmentation: what each is for, what its number may be, and how the setting is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.rules import Number

IMAGES, TABLES, BOTH = "images", "tables", "images and tables"
_PIXELS = Number(0)
_SHARE = Number(0, 1)

Augmentation = tuple[tuple[str, float], ...]
"""Kinds and their numbers, sorted by name."""


@dataclass(frozen=True)
class AugmentKind:
    """A kind of augmentation.

    Parameters
    ----------
    suits : {"images", "tables", "images and tables"}
    rule : Number
        What its number may be; at 0 nothing is varied.
    default : float
        Its number where it is only switched on.
    said : str
        What its number is.
    whole : bool
        Whether a number of pixels must be whole.
    """

    suits: str
    rule: Number
    default: float
    said: str
    whole: bool = False

    @property
    def pixels(self) -> bool:
        """Whether its number is a length in pixels, or a share of a side."""
        return self.rule is _PIXELS


KINDS: dict[str, AugmentKind] = {
    "rotate": AugmentKind(IMAGES, Number(0, 180), 15.0, "largest angle in degrees"),
    "shift": AugmentKind(IMAGES, _PIXELS, 0.1, "largest shift in pixels, below 1 as a share of the side"),
    "zoom": AugmentKind(IMAGES, Number(0, 1, high_open=True), 0.1, "largest change of the size, as a share"),
    "crop": AugmentKind(
        IMAGES, _PIXELS, 0.1, "pixels added around before the crop, below 1 as a share of the side", True
    ),
    "flip_horizontal": AugmentKind(IMAGES, _SHARE, 0.5, "probability that left and right change places"),
    "flip_vertical": AugmentKind(IMAGES, _SHARE, 0.5, "probability that top and bottom change places"),
    "cutout": AugmentKind(
        IMAGES, _PIXELS, 0.25, "side of the blank square in pixels, below 1 as a share of the side", True
    ),
    "noise": AugmentKind(BOTH, Number(0), 0.1, "standard deviation of what is added to scaled numbers"),
    "mixup": AugmentKind(BOTH, Number(0), 0.2, "alpha of Beta(alpha, alpha), which the share is drawn from"),
}
"""Name -> kind of augmentation."""


def augmentation(value: Any, owner: str = "shoal") -> Augmentation:
    """Read the setting ``augment``: a mapping of names and numbers, or only names, with usual numbers.

    Parameters
    ----------
    value : mapping, str, sequence of str, or None
    owner : str
        Who is addressed in a refusal.

    Returns
    -------
    tuple of (str, float)
        Sorted by name; empty where nothing is varied.

    Raises
    ------
    SettingError
        In one sentence: an unknown name with the nearest one, or a number that is out of its range.

    Examples
    --------
    >>> augmentation({"rotate": 15, "flip_horizontal": True})
    (('flip_horizontal', 0.5), ('rotate', 15.0))
    >>> augmentation({"rotat": 15})
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: The 'augment' parameter of shoal knows no 'rotat'. Did you mean 'rotate'? \
It knows rotate, shift, zoom, crop, flip_horizontal, flip_vertical, cutout, noise, mixup.
    """
    found = {name: _number(name, number, owner) for name, number in _as_mapping(value, owner).items()}
    return tuple(sorted((name, number) for name, number in found.items() if number is not None))


def augmentation_for(
    value: Any, image: tuple[int, int, int] | None = None, number_embedding: str = "none"
) -> Augmentation:
    """Read the setting ``augment`` for images, or for rows of a table.

    Parameters
    ----------
    value
        As for `augmentation`.
    image : (height, width, channels), optional
        Of the images; without, the rows are those of a table.
    number_embedding : str
        As decided; noise cannot follow the numbers of a table into their piecewise features.

    Raises
    ------
    SettingError
        If a kind does not suit the rows, or a length is larger than the images.
    """
    found = augmentation(value)
    refuse_unsuited(found, TABLES if image is None else IMAGES)
    if image is not None:
        _refuse_too_large(found, *image[:2])
    elif "noise" in dict(found) and number_embedding == "piecewise":
        raise SettingError(
            "The noise of 'augment' would leave piecewise features of the numbers as they are: set "
            "number_embedding to 'none' or 'periodic', or leave noise out."
        )
    return found


def refuse_unsuited(found: Augmentation, suits: str, owner: str = "shoal") -> None:
    """Refuse kinds that are not for `suits`, which is "images" or "tables"."""
    for name, _ in found:
        if suits not in KINDS[name].suits:
            fitting = ", ".join(other for other, kind in KINDS.items() if suits in kind.suits)
            raise SettingError(
                f"The 'augment' parameter of {owner} has '{name}', which is for {KINDS[name].suits}; "
                f"the rows are {suits}: choose among {fitting}."
            )


def _refuse_too_large(found: Augmentation, height: int, width: int) -> None:
    for name, number in found:
        if KINDS[name].pixels and number > min(height, width):
            raise SettingError(
                f"The number of '{name}' in 'augment' ({KINDS[name].said}) must be at most the shorter side "
                f"of the images, which have {height}x{width} pixels. Got {number:g} instead."
            )


def _as_mapping(value: Any, owner: str) -> Mapping[Any, Any]:
    if value is None or value is False:
        return {}
    if isinstance(value, str):
        value = (value,)
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value, True)
    if isinstance(value, Mapping):
        return value
    raise SettingError(
        f"The 'augment' parameter of {owner} must be a mapping such as {{'rotate': 15, 'noise': 0.1}}, or "
        f"None. Got {value!r} instead."
    )


def _number(name: Any, value: Any, owner: str) -> float | None:
    """Return the number of one kind; None where it is switched off."""
    if name not in KINDS:
        raise SettingError(
            f"The 'augment' parameter of {owner} knows no '{name}'.{did_you_mean(str(name), KINDS)} "
            f"It knows {', '.join(KINDS)}."
        )
    kind = KINDS[name]
    if value is None or value is False:
        return None
    if value is True:
        return kind.default
    if not kind.rule.accepts(value) or (kind.whole and value >= 1 and value != int(value)):
        whole = ", whole from 1 on" if kind.whole else ""
        raise SettingError(
            f"The number of '{name}' in the 'augment' parameter of {owner} ({kind.said}) must be {kind.rule}"
            f"{whole}, or True. Got {value!r} instead."
        )
    return float(value)
