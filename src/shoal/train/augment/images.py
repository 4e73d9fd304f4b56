"""Images varied anew in every step: moved, mirrored, partly blanked.

All that moves an image - rotation, shift, zoom, crop - is one affine map and one bilinear resampling, so
that an image is blurred once. Beyond its border an image goes on as at the border.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from zlib import crc32

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, UInt32

from shoal.nets import draws

MOVES = ("crop", "rotate", "shift", "zoom")

Images = Float[Array, "rows height width channels"]
Key = UInt32[Array, ""]
Strengths = Mapping[str, Array]


def key_of(key: Key, what: str) -> Key:
    """Return the key of one kind of draw in this step."""
    return draws.fold(key, crc32(f"augment {what}".encode()))


def varied_images(images: Images, key: Key, strengths: Strengths) -> Images:
    """Move, mirror and blank every image by chance, each by draws of its own.

    Parameters
    ----------
    images : (rows, height, width, channels) float array
    key : uint32 scalar
        Of this step; the draws of a row depend on it and on the row's place in the batch.
    strengths : mapping of str to scalar
        The number of each kind in use, see `shoal.train.augment.KINDS`; at 0 it changes no bit.
    """
    if any(kind in strengths for kind in MOVES):
        images = resampled(images, *moves(images.shape, key, strengths))
    for axis, kind in ((2, "flip_horizontal"), (1, "flip_vertical")):
        if kind in strengths:
            chance = draws.uniform(key_of(key, kind), images.shape[:1], images.dtype)
            images = _where(chance < strengths[kind], jnp.flip(images, axis), images)
    if "cutout" in strengths:
        images = cutout(images, key_of(key, "cutout"), strengths["cutout"])
    return images


def moves(
    shape: tuple[int, ...], key: Key, strengths: Strengths
) -> tuple[Float[Array, "rows 2 2"], Float[Array, "rows 2"]]:
    """Draw an affine map for each image: ``source = matrix @ place + offset``, both (row, column).

    Uniformly: the angle up to ``rotate`` degrees either way, the size between ``1 - zoom`` and ``1 + zoom``
    times its own, both about the centre; the shift up to ``shift`` pixels along each axis; and the crop a
    whole number of pixels up to ``crop`` either way, as if so many were added around and a window of the old
    size cut out.
    """
    rows, sides = shape[0], jnp.asarray(shape[1:3])
    dtype = next(iter(strengths.values())).dtype
    draw = partial(_both_ways, key, rows, dtype)
    matrix = jnp.broadcast_to(jnp.eye(2, dtype=dtype)[None], (rows, 2, 2))
    shift = jnp.zeros((rows, 2), dtype)
    if "rotate" in strengths:
        matrix = _rotation(jnp.deg2rad(strengths["rotate"]) * draw("rotate", 1)[:, 0])
    if "zoom" in strengths:
        matrix = matrix / (1.0 + strengths["zoom"] * draw("zoom", 1))[:, :, None]
    if "shift" in strengths:
        shift = shift + in_pixels(strengths["shift"], sides)[None, :] * draw("shift", 2)
    if "crop" in strengths:
        most = jnp.round(in_pixels(strengths["crop"], sides))[None, :]
        shift = shift + jnp.round((most + 0.5) * draw("crop", 2)).clip(-most, most)
    centre = (sides.astype(dtype)[None, :] - 1.0) / 2.0
    return matrix, centre - jnp.sum(matrix * (centre + shift)[:, None, :], axis=2)


def resampled(images: Images, matrix: Float[Array, "rows 2 2"], offset: Float[Array, "rows 2"]) -> Images:
    """Return images whose value at ``place`` is the old one at ``matrix @ place + offset``, bilinear.

    The same as ``scipy.ndimage.affine_transform(image, matrix, offset, order=1, mode="nearest")``.

    Examples
    --------
    >>> image = jnp.arange(3.0).reshape(1, 1, 3, 1)
    >>> half = jnp.array([[0.0, 0.5]])
    >>> resampled(image, jnp.eye(2)[None], half).ravel().tolist()
    [0.5, 1.5, 2.0]
    """
    height, width = images.shape[1:3]
    top, low, down = _between(_sources(matrix, offset, 0, height, width), height)
    left, right, across = _between(_sources(matrix, offset, 1, height, width), width)

    def one(plane, top, low, left, right, down, across):
        def at(i, j):
            return plane.at[i, j].get(mode="promise_in_bounds")

        above = at(top, left) * (1.0 - across) + at(top, right) * across
        below = at(low, left) * (1.0 - across) + at(low, right) * across
        return above * (1.0 - down) + below * down

    # One channel at a time: a gather of scalars is fused into one loop on a CPU, one of pixels is not.
    every = jax.vmap(jax.vmap(one, (2, *[None] * 6), 2))
    places = (top, low, left, right, down, across)
    planes = [every(images[..., c : c + 1], *places) for c in range(images.shape[3])]
    return jnp.concatenate(planes, axis=3)


def cutout(images: Images, key: Key, side: Float[Array, ""]) -> Images:
    """Blank a square of `side` pixels around a random pixel of each image with zeros (DeVries 2017).

    The square may reach over the border, so that every pixel is blanked equally often but those near it.
    """
    rows, *sides = images.shape[:3]
    places = draws.uniform(key, (rows, 2), side.dtype)
    side = jnp.round(in_pixels(side, jnp.asarray(min(sides))))
    blank = (
        _covered(places[:, 0], side, sides[0])[:, :, None] & _covered(places[:, 1], side, sides[1])[:, None]
    )
    return jnp.where(blank[..., None], jnp.zeros((), images.dtype), images)


def in_pixels(number: Float[Array, ""], side: Array) -> Array:
    """Return a length in pixels: a number below 1 is a share of the side."""
    return jnp.where(number < 1.0, number * side.astype(number.dtype), number)


def _both_ways(key: Key, rows: int, dtype, what: str, count: int) -> Float[Array, "rows count"]:
    return 2.0 * draws.uniform(key_of(key, what), (rows, count), dtype) - 1.0


def _rotation(angle: Float[Array, "rows"]) -> Float[Array, "rows 2 2"]:
    """Return the map that turns an image counter-clockwise by `angle`, as seen with row 0 on top."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.stack([jnp.stack([cos, sin], axis=-1), jnp.stack([-sin, cos], axis=-1)], axis=-2)


def _sources(matrix, offset, axis: int, height: int, width: int) -> Float[Array, "rows height width"]:
    """Return where along `axis` each place of the new image comes from."""
    row = jnp.arange(height).astype(matrix.dtype)[None, :, None]
    column = jnp.arange(width).astype(matrix.dtype)[None, None, :]
    a, b, c = (value[:, None, None] for value in (matrix[:, axis, 0], matrix[:, axis, 1], offset[:, axis]))
    return a * row + b * column + c


def _between(source: Array, side: int) -> tuple[Array, Array, Array]:
    """Return the pixels before and after a place, and how far it lies between them."""
    source = jnp.clip(source, 0.0, side - 1.0)
    before = jnp.floor(source)
    at = before.astype(jnp.int32)
    return at, jnp.minimum(at + 1, side - 1), source - before


def _covered(place: Float[Array, "rows"], length: Array, side: int) -> Bool[Array, "rows side"]:
    """Return which pixels lie in an interval around the pixel at `place`, a share of the side."""
    centre = jnp.floor(place * side)[:, None]
    pixel = jnp.arange(side).astype(place.dtype)[None, :]
    first = centre - jnp.floor(length / 2.0)
    return (pixel >= first) & (pixel < first + length)


def _where(rows: Bool[Array, "rows"], yes: Images, no: Images) -> Images:
    return jnp.where(rows[:, None, None, None], yes, no)
