"""The network that images get unless another is asked for, as a list of layers."""

from __future__ import annotations

from typing import Any

_FILTERS = (32, 64, 128, 128, 128)
_SMALLEST = 4  # pixels of a side behind which no more is pooled


def default_layers(shape: tuple[int, int, int]) -> list[dict[str, Any] | str]:
    """Return the layers of a small convolutional network for images of ``(height, width, channels)``.

    Convolutions with batch norm, in pairs; each pair but the first sees an image of half the side, and more
    channels. A network of few multiply-adds trains in minutes on a processor.

    Examples
    --------
    >>> [entry if isinstance(entry, str) else next(iter(entry)) for entry in default_layers((8, 8, 1))]
    ['conv2d', 'conv2d', 'max_pool', 'conv2d', 'flatten', 'dropout']
    """
    side, layers = min(shape[:2]), list[dict[str, Any] | str]()
    for number, filters in enumerate(_FILTERS):
        layers += [_convolution(filters)] * (2 if number == 0 and side <= 12 else 1)
        if side < 2 * _SMALLEST:
            break
        layers.append({"max_pool": 2})
        side //= 2
    return [*layers, "flatten", {"dropout": 0.3}]


def _convolution(filters: int) -> dict[str, Any]:
    return {"conv2d": filters, "kernel": 3, "norm": "batch", "activation": "relu", "bias": False}
