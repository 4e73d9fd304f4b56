"""Windows that slide over images: where they lie, and what they see as strided slices.

The k-th slice holds, for every window, the pixel at the window's k-th place, rows first. Slices are cheap to
take and, unlike XLA's own convolution and pooling on a CPU, cheap to differentiate.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from shoal.errors import SettingError, did_you_mean

Pair = tuple[int, int]

PADDINGS = ("same", "valid")


def pair(value: Any, name: str) -> Pair:
    """Return a whole number of at least 1, or two of them for height and width, as a pair.

    Raises
    ------
    SettingError
        If it is anything else.

    Examples
    --------
    >>> pair(3, "kernel"), pair([3, 5], "kernel")
    ((3, 3), (3, 5))
    """
    both = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(both) != 2 or not all(type(n) is int and n >= 1 for n in both):
        raise SettingError(
            f"Expected {name} to be a whole number of at least 1, or two for height and width. "
            f"Received: {name}={value!r}."
        )
    return both[0], both[1]


def checked_padding(padding: Any) -> str:
    """Return the padding, or refuse what is none of `PADDINGS`."""
    if padding not in PADDINGS:
        raise SettingError(
            f"Expected padding to be 'same' or 'valid'.{did_you_mean(str(padding), PADDINGS)} "
            f"Received: padding={padding!r}."
        )
    return padding


@dataclass(frozen=True)
class Windows:
    """Windows of one size over images of ``(height, width)``.

    Parameters
    ----------
    image : (height, width)
    size, stride, dilation : pair of int
    padding : {"same", "valid"}
        "same" pads so that there are ``ceil(n / stride)`` windows along an axis of `n` pixels, an odd one at
        the end (TensorFlow's rule); "valid" pads nothing.

    Examples
    --------
    >>> Windows((28, 28), (3, 3), (2, 2), (1, 1), "same").count
    (14, 14)
    """

    image: Pair
    size: Pair
    stride: Pair
    dilation: Pair
    padding: str

    @property
    def reach(self) -> Pair:
        """Pixels from the first to the last place of a window, both counted."""
        (height, width), (down, across) = self.size, self.dilation
        return (height - 1) * down + 1, (width - 1) * across + 1

    @property
    def count(self) -> Pair:
        """Windows along each axis."""
        if self.padding == "same":
            return tuple(-(-n // s) for n, s in zip(self.image, self.stride, strict=True))  # type: ignore
        sizes = zip(self.image, self.reach, self.stride, strict=True)
        return tuple((n - k) // s + 1 for n, k, s in sizes)  # type: ignore[return-value]

    @property
    def around(self) -> tuple[Pair, Pair]:
        """Pixels of padding before and after each axis."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        sizes = zip(self.image, self.reach, self.stride, self.count, strict=True)
        total = [max((windows - 1) * s + k - n, 0) for n, k, s, windows in sizes]
        return tuple((t // 2, t - t // 2) for t in total)  # type: ignore[return-value]

    def refuse_too_large(self, what: str) -> None:
        """Refuse windows that are larger than the image.

        With "same" padding a window may reach over the edge, but not so far that some of its places never
        see a pixel.
        """
        most = self.image if self.padding == "valid" else tuple(2 * n - 1 for n in self.image)
        if any(k > n for k, n in zip(self.reach, most, strict=True)):
            dilated = f", {_times(self.reach)} with its dilation," if self.reach != self.size else ""
            raise SettingError(
                f"The {what} of {_times(self.size)}{dilated} is larger than the image of "
                f"{_times(self.image)} that reaches it; make it smaller, or pool or stride less before it."
            )

    def padded(self, x: Float[Array, "rows height width channels"], value: float) -> Float[Array, "..."]:
        """Return the images with the padding around them."""
        if self.around == ((0, 0), (0, 0)):
            return x
        return jnp.pad(x, ((0, 0), *self.around, (0, 0)), constant_values=value)

    def slices(self, padded: Float[Array, "rows height width channels"]) -> list[Float[Array, "..."]]:
        """Return one slice of ``(rows, *count, channels)`` for each place of the window."""
        (down, across), (high, wide) = self.stride, self.count
        spans = (high - 1) * down + 1, (wide - 1) * across + 1
        starts = product(*(range(0, k, d) for k, d in zip(self.reach, self.dilation, strict=True)))
        return [padded[:, i : i + spans[0] : down, j : j + spans[1] : across] for i, j in starts]


def _times(sizes: Pair) -> str:
    return f"{sizes[0]}x{sizes[1]}"
