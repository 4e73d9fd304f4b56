"""The network that images get unless another is asked for, as a list of layers."""

from __future__ import annotations

from typing import Any

_SMALL_SIDE = 12  # up to here pixels are few, so filters may be many
_SMALLEST = 4  # pixels of a side behind which no more is pooled
_MOST_FILTERS = 128


def default_layers(shape: tuple[int, int, int]) -> list[dict[str, Any] | str]:
    """Return the layers of a small convolutional network for images of ``(height, width, channels)``.

    Convolutions with batch norm, each behind a pooling that halves the image, with twice the filters of the
    one before. What costs most are the first layers, which see every pixel, so they have few filters: a
    network that trains in minutes on a processor.

    Examples
    --------
    >>> [entry if isinstance(entry, str) else next(iter(entry)) for entry in default_layers((28, 28, 1))]
    ['conv2d', 'max_pool', 'conv2d', 'max_pool', 'conv2d', 'flatten', 'dropout']
    """
    side = min(shape[:2])
    small = side <= _SMALL_SIDE
    filters = 32 if small else 16
    layers: list[dict[str, Any] | str] = [_convolution(filters)] if small else []
    while True:
        layers.append(_convolution(filters))
        if side < 2 * _SMALLEST:
            return [*layers, "flatten", {"dropout": 0.3}]
        layers.append({"max_pool": 2})
        side, filters = side // 2, min(2 * filters, _MOST_FILTERS)


def _convolution(filters: int) -> dict[str, Any]:
    return {"conv2d": filters, "kernel": 3, "norm": "batch", "activation": "relu", "bias": False}
