"""How images enter a network: as rows of pixels that become images again inside the compiled step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


@dataclass(frozen=True)
class ImageInput:
    """Images of one size, a row of ``height * width * channels`` pixels each.

    Pixels that are whole numbers up to 255 travel as one byte each, and are standardised inside the step:
    ``(pixel - mean) / std``, channel by channel. Others are standardised before, and come as they are.

    Parameters
    ----------
    height, width, channels : int
    mean, std : tuple of float
        Of the training pixels of each channel; empty where pixels come standardised.

    Examples
    --------
    >>> ImageInput(8, 6, 3).shape()
    (8, 6, 3)
    """

    kind: ClassVar[str] = "image"
    levels: ClassVar[tuple[int, ...]] = ()
    continuous: ClassVar[tuple[int, ...]] = ()
    height: int
    width: int
    channels: int
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def numbers(self) -> int:
        """Pixels of a row, all channels counted."""
        return prod(self.shape())

    @property
    def dtype(self) -> str | None:
        """The type in which pixels travel; None for that in which the network computes."""
        return "uint8" if self.mean else None

    def features(self) -> int:
        """Return the number of values that the first layer sees."""
        return self.numbers

    def shape(self) -> tuple[int, ...]:
        """Return the shape of one row's values before the first layer."""
        return (self.height, self.width, self.channels)

    def structure(self) -> ImageInput:
        """Return the description without mean and spread, which a compiled program takes as data."""
        return replace(self, mean=(0.0,) * len(self.mean), std=(1.0,) * len(self.std))

    def init(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return the parameters: none."""
        return {}

    def running(self) -> dict[str, np.ndarray]:
        """Return mean and spread of the pixels, which no training changes."""
        return {"mean": np.array(self.mean), "std": np.array(self.std)} if self.mean else {}

    def scaled(self, running: Mapping[str, Array], pixels: Array) -> Float[Array, "batch pixels"]:
        """Return standardised pixels; those that come standardised stay as they are.

        Parameters
        ----------
        running : mapping
            As `running` gives them.
        pixels : (batch, pixels) array
        """
        if not jnp.issubdtype(pixels.dtype, jnp.integer):
            return pixels
        mean, std = running["mean"], running["std"]
        images = pixels.reshape(-1, *self.shape()).astype(mean.dtype)
        images = (images - mean[None, None, None, :]) / std[None, None, None, :]
        return images.reshape(-1, self.numbers)

    def apply(
        self, values: Mapping[str, Array], inputs: Mapping[str, Array]
    ) -> Float[Array, "batch height width channels"]:
        """Return the images of a batch of rows; `values` holds mean and spread."""
        return self.scaled(values, inputs["numbers"]).reshape(-1, *self.shape())
