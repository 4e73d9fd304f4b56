"""Layers as a list that a person writes: in Python, YAML or JSON.

An entry is a mapping in which one word names the layer, ``{"dense": 64, "activation": "relu"}``, or the bare
name of a layer or of an activation. `shoal.nets.forms` is the table of all words.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shoal.errors import FileError, SettingError
from shoal.nets.entries import built, named
from shoal.nets.forms import FORMS
from shoal.nets.layers import CONSTRAINTS, Block, Layer, Repeat, Shape
from shoal.plain_yaml import read_yaml


def layers_of(entries: Any, shape: Shape | None = None) -> tuple[Layer, ...]:
    """Return the layers that a list describes.

    Parameters
    ----------
    entries : sequence or path
        The list, or a YAML or JSON file with it.
    shape : tuple of int, optional
        Of one row's values before the first layer. Where it is known, layers that do not fit are refused.

    Raises
    ------
    SettingError
        In one sentence with the place of the entry, if it cannot be understood or does not fit.
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> layers = layers_of([{"dense": 8, "activation": "relu", "dropout": 0.2}, "layer_norm"])
    >>> [layer.kind for layer in layers]
    ['dense', 'activation', 'dropout', 'layer_norm']
    >>> layers_of([{"dens": 8}])
    Traceback (most recent call last):
    ...
    shoal.errors.SettingError: Layer 1: There is no layer 'dens'. Did you mean 'dense'? Choose one of: ...
    """
    return _layers(entries_of(entries), shape, "")


def entries_of(entries: Any) -> list[Any]:
    """Return a list of layers as plain values; a file is read, and may be one of settings with ``layers``."""
    if isinstance(entries, str | os.PathLike):
        entries = read_entries(Path(entries))
    if isinstance(entries, Mapping) and "layers" in entries:
        entries = entries["layers"]
    if not isinstance(entries, list | tuple):
        raise SettingError(
            'Expected layers to be a list such as [{"dense": 64, "activation": "relu"}], or the path of a '
            f"YAML or JSON file with one. Received: {entries!r}."
        )
    return _as_lists(entries)


def _as_lists(value: Any) -> Any:
    """Return lists for tuples all the way down, so that a list and its JSON are equal."""
    if isinstance(value, Mapping):
        return {name: _as_lists(inner) for name, inner in value.items()}
    return [_as_lists(inner) for inner in value] if isinstance(value, list | tuple) else value


def to_entries(layers: Sequence[Layer]) -> list[Any]:
    """Return the list that `layers_of` reads as these layers, one entry for each.

    Examples
    --------
    >>> to_entries(layers_of([{"dense": 8, "activation": "relu"}, "flatten"]))
    [{'dense': 8, 'initializer': 'he_normal'}, {'activation': 'relu'}, 'flatten']
    """
    return [_entry(layer) for layer in layers]


def _entry(layer: Layer) -> Any:
    name, form = next((name, form) for name, form in FORMS.items() if isinstance(layer, form.layer))
    settings = {word: _plain(value) for word, value in form.settings(layer).items()}
    if isinstance(layer, Block):
        settings["layers"] = to_entries(layer.layers)
    if not form.value:
        return {name: settings} if settings else name
    beside = settings.pop(form.value, getattr(layer, form.value))
    return {name: _plain(beside), **settings}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and value[:1] and value[0] in CONSTRAINTS:
        return {value[0]: value[1]} if value[1] else value[0]
    if isinstance(value, tuple):
        return value[0] if len(set(value)) == 1 else list(value)
    return value


def _layers(entries: Sequence[Any], shape: Shape | None, above: str) -> tuple[Layer, ...]:
    found: list[Layer] = []
    for number, entry in enumerate(entries, 1):
        layers, shape = _placed(entry, shape, f"{above}{number}")
        found += layers
    return tuple(found)


def _placed(entry: Any, shape: Shape | None, place: str) -> tuple[list[Layer], Shape | None]:
    """Return the layers of one entry and the shape behind them; whatever refuses them, the place is told."""
    try:
        name, settings = named(entry)
        layers = built(name, settings, lambda inner: _layers(_inside(name, inner), shape, f"{place}."))
        if shape is not None:
            layers = _fitted(layers, shape)
        for layer in layers:
            shape = None if shape is None else layer.shape(shape)
    except SettingError as error:
        inside = str(error).startswith("Layer ")
        raise SettingError(str(error) if inside else f"Layer {place}: {error}") from None
    return layers, shape


def _inside(name: str, inner: Any) -> list[Any]:
    if not isinstance(inner, list | tuple):
        raise SettingError(f"Expected the layers within '{name}' to be a list. Received: {inner!r}.")
    return list(inner)


def _fitted(layers: list[Layer], shape: Shape) -> list[Layer]:
    """Take the first repetition out of its block where it changes the shape, as from a table to its units.

    Repeated layers have parameters of one shape; those that see the table itself have another.
    """
    block = layers[0]
    if not isinstance(block, Repeat) or block.inner_shape(shape) == shape:
        return layers
    rest = [replace(block, times=block.times - 1)] if block.times > 1 else []
    return [*block.layers, *rest]


def read_entries(path: Path) -> Any:
    """Return what a YAML or JSON file holds."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise FileError(f"The list of layers '{path}' cannot be read: {reason}.") from None
    import yaml

    try:  # JSON is YAML, but its own reader says better what is wrong
        return json.loads(text) if path.suffix == ".json" else read_yaml(text)
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise FileError(f"The list of layers '{path}' cannot be understood: {reason}.") from None
