"""PNG files written with what Python brings along (ISO/IEC 15948:2004, "Portable Network Graphics")."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}
"""Channels -> colour type: grey, grey with opacity, red-green-blue, the same with opacity."""


def png(pixels: np.ndarray) -> bytes:
    r"""Return an image as the bytes of a PNG file.

    Parameters
    ----------
    pixels : uint8 array of shape (height, width) or (height, width, channels)
        One to four channels: grey or red-green-blue, with or without opacity.

    Examples
    --------
    >>> png(np.zeros((2, 3), np.uint8))[:4]
    b'\x89PNG'
    """
    image = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _KINDS[channels], 0, 0, 0)
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = image.reshape(height, -1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
