"""A network layer by layer, whatever holds it: a file, a list of layers, an estimator, a model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shoal.errors import SettingError
from shoal.fitting.defaults import Facts, resolved
from shoal.fitting.prepare import network_of
from shoal.nets.image_input import ImageInput
from shoal.nets.inputs import TableInput
from shoal.nets.listing import read_entries
from shoal.nets.spec import NetSpec
from shoal.nets.summary import Summary, summary_of
from shoal.settings import Settings

_MODEL = "model.shoal"
_ROWS = 10_000  # what "auto" means for a network that is described without a table


def summary(what: Any, *, inputs: int | Sequence[int] | None = None, outputs: int = 1) -> Summary:
    """Return the layers of a network with their shapes, parameters and computations for each row.

    Parameters
    ----------
    what : estimator, model, description, list, mapping or path
        A fitted `NetClassifier` or `NetRegressor`, a loaded model, a `NetSpec`, a list of layers, a mapping
        of settings, or the path of a model, a run folder, or a YAML or JSON file with a list or settings.
    inputs : int or (height, width, channels), optional
        What enters, for lists and settings, which do not know: so many numbers, or images of this size.
    outputs : int
        What comes out, for lists and settings.

    Returns
    -------
    Summary
        ``print`` shows it as a table; ``lines``, ``parameters`` and ``multiply_adds`` hold the numbers.

    Raises
    ------
    SettingError
        If layers are wrong or do not fit, or `inputs` is needed and not given.
    FileError
        If the path cannot be read.

    Examples
    --------
    >>> print(summary([{"dense": 16, "activation": "relu"}], inputs=4, outputs=3))
    layer          shape  parameters  multiply-adds
    table of 4         4           0              0
    dense 16          16          80             64
    activation relu   16           0              0
    softmax head       3          51             48
    total                        131            112
    """
    return summary_of(_spec_of(what, inputs, outputs))


def _spec_of(what: Any, inputs: Any, outputs: int) -> NetSpec:
    if isinstance(what, NetSpec):
        return what
    if isinstance(what, str | os.PathLike):
        return _spec_of_path(Path(what), inputs, outputs)
    if isinstance(what, list | tuple | Mapping):
        return _described(what, inputs, outputs)
    spec = getattr(getattr(what, "model_", what), "spec", None)
    if not isinstance(spec, NetSpec):
        raise SettingError(
            "Expected a fitted estimator, a model, a list of layers, settings, or the path of one of these. "
            f"Received: {what!r}."
        )
    return spec


def _spec_of_path(path: Path, inputs: Any, outputs: int) -> NetSpec:
    path = path / _MODEL if path.is_dir() else path
    if path.suffix in (".yaml", ".yml", ".json"):
        return _described(read_entries(path), inputs, outputs)
    from shoal.model.artefact import load

    return load(path).spec


def _described(what: Any, inputs: Any, outputs: int) -> NetSpec:
    """Return the network that a list or settings describe for these inputs and outputs."""
    if not isinstance(what, Mapping | list | tuple):
        raise SettingError(
            f"Expected a list of layers, or settings by name such as 'hidden: [64]'. Received: {what!r}."
        )
    given = dict(what) if isinstance(what, Mapping) else {"layers": list(what)}
    settings = Settings.of(given)
    if inputs is None:
        raise SettingError(
            "Expected to be told what enters the network: inputs=13 for 13 numbers, or inputs=(28, 28, 1) "
            "for images; --inputs and --image on the command line."
        )
    task = "regression" if outputs == 1 else "multiclass"
    settings = resolved(settings, Facts(rows=_ROWS, task=task))
    return network_of(settings, _entrance(inputs), outputs)


def _entrance(inputs: Any) -> TableInput | ImageInput:
    sizes = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    if len(sizes) not in (1, 3) or not all(type(n) is int and n >= 1 for n in sizes):
        raise SettingError(
            "Expected inputs to be a number of at least 1, or height, width and channels of images. "
            f"Received: {inputs!r}."
        )
    return TableInput(numbers=sizes[0]) if len(sizes) == 1 else ImageInput(*sizes)
