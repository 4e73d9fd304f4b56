"""The network that images get unless another is asked for, as a list of layers."""

from __future__ import annotations

from typing import Any

_SMALL_SIDE = 12  # up to here pixels are few, so filters may be many
_SMALLEST = 4  # pixels of a side behind which no more is pooled
_MOST_FILTERS = 128


def default_layers(shape: tuple[int, int, int]) -> list[dict[str, Any] | str]:
    """Return the layers of a small convolutional network for images of ``(height, width, channels)``.

    Convolutions with batch norm, all but the last with a pooling that halves the image, and each with twice
    the filters of the one before. What costs most are the first layers, which see every pixel, so they have
    few filters: a network that trains in minutes on a processor.

    Examples
    --------
    >>> [entry if isinstance(entry, str) else next(iter(entry)) for entry in default_layers((8, 8, 1))][3:7]
    ['conv2d', 'max_pool', 'batch_norm', 'relu']
    """
    side = min(shape[:2])
    small = side <= _SMALL_SIDE
    filters = 32 if small else 16
    layers: list[dict[str, Any] | str] = _convolution(filters, pooled=False) if small else []
    while True:
        pooled = side >= 2 * _SMALLEST
        layers += _convolution(filters, pooled=pooled)
        if not pooled:
            return [*layers, "flatten", {"dropout": 0.3}]
        side, filters = side // 2, min(2 * filters, _MOST_FILTERS)


def _convolution(filters: int, *, pooled: bool) -> list[dict[str, Any] | str]:
    """Return a convolution with what follows it; norm and activation behind the pooling have less to do."""
    pool: list[dict[str, Any] | str] = [{"max_pool": 2}] if pooled else []
    return [{"conv2d": filters, "kernel": 3, "bias": False}, *pool, "batch_norm", "relu"]
