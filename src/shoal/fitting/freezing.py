"""The ``frozen`` setting: which layers keep their weights while the others learn."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from shoal.errors import SettingError, did_you_mean
from shoal.nets.network import shapes
from shoal.nets.spec import NetSpec

_ALL_BUT = "all but "


def frozen_rates(frozen: Any, spec: NetSpec) -> tuple[tuple[str, float], ...]:
    """Return the learning rate's factor 0 for every parameter that is frozen, by its exact name.

    Parameters
    ----------
    frozen : None, str or sequence of str
        Names of layers or parameters as the saved file has them (``"layers.0"``, ``"inputs"``,
        ``"layers.0.bias"``), patterns with ``*`` and ``?``, or ``"all but head"``.
    spec : NetSpec

    Raises
    ------
    SettingError
        If a name is unknown, has no weights, or nothing is left to train.

    Examples
    --------
    >>> from shoal.nets.inputs import TableInput
    >>> from shoal.nets.spec import mlp
    >>> spec = mlp(TableInput(numbers=4), (8,), "softmax", 3)
    >>> frozen_rates("layers.0", spec)
    (('=layers.0.kernel', 0.0), ('=layers.0.bias', 0.0))
    >>> frozen_rates("all but head", spec) == frozen_rates("layers.*", spec)
    True
    """
    if frozen is None:
        return ()
    parameters = list(shapes(spec)[0])
    chosen: set[str] = set()
    for word in _words(frozen):
        if word.startswith(_ALL_BUT):
            spared = {name for part in word[len(_ALL_BUT) :].split(",") for name in _matched(part, spec)}
            chosen |= set(parameters) - spared
        else:
            chosen |= set(_matched(word, spec))
    if len(chosen) == len(parameters):
        raise SettingError(
            f"Expected frozen to leave a layer to train. Got frozen={frozen!r}, which names all of them: "
            f"{', '.join(_layers(parameters))}."
        )
    return tuple((f"={name}", 0.0) for name in parameters if name in chosen)


def _words(frozen: Any) -> list[str]:
    words = [frozen] if isinstance(frozen, str) else frozen
    if not isinstance(words, Sequence) or not words or not all(isinstance(word, str) for word in words):
        raise SettingError(
            "The 'frozen' setting must be None, the name of a layer, or a list of names, such as "
            f"['inputs', 'layers.0'] or 'all but head'. Got {frozen!r} instead."
        )
    return [word.strip() for word in words]


def _matched(word: str, spec: NetSpec) -> list[str]:
    """Return the parameters of the layers that a name or pattern stands for."""
    word = word.strip()
    parameters = list(shapes(spec)[0])
    found = [name for name in parameters if any(fnmatchcase(part, word) for part in _parts(name))]
    if found:
        return found
    bare = [path for path, _, _ in spec.walk() if fnmatchcase(path, word)]
    known = list(dict.fromkeys(part for name in parameters for part in _parts(name)))
    if bare:
        raise SettingError(
            f"The layer '{word}' has no weights to freeze. Those that have some are: "
            f"{', '.join(_layers(parameters))}."
        )
    raise SettingError(
        f"The network has no layer '{word}' to freeze.{did_you_mean(word, known)} Its layers are: "
        f"{', '.join(_layers(parameters))}."
    )


def _parts(name: str) -> list[str]:
    """Return every name that a parameter goes by: its own, and those of what it is in, "layers" aside."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1) if parts[n - 1] != "layers"]


def _layers(parameters: Sequence[str]) -> list[str]:
    """Return the layers that have parameters."""
    return list(
        dict.fromkeys("inputs" if n.startswith("inputs.") else n.rpartition(".")[0] for n in parameters)
    )
