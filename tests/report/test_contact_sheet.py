"""Sheets of images: files that other programs read, with every image in its place."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from re import findall
from xml.etree import ElementTree

import numpy as np
import pytest

from shoal.report.contact_sheet import sheet_html, sheet_png, sheet_svg
from shoal.report.png import png


def read(data: bytes) -> np.ndarray:
    """Read a PNG file of unfiltered lines, and check its sums."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(name + body)
        chunks[name], at = body, at + 12 + length
    width, height, bits, kind, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (bits, rest) == (8, [0, 0, 0])
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[kind]
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, channels)


def pictures(channels=1, samples=3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, samples, 5, 7, channels)).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_the_pixels(channels):
    image = pictures(channels)[0, 0]
    np.testing.assert_array_equal(read(png(image)), image)
    np.testing.assert_array_equal(read(png(image[..., 0]))[..., 0], image[..., 0])


def test_a_png_is_what_other_programs_read():
    reader = pytest.importorskip("PIL.Image")
    from io import BytesIO

    np.testing.assert_array_equal(np.asarray(reader.open(BytesIO(png(pictures(3)[0, 0])))), pictures(3)[0, 0])


def test_a_png_sheet_shows_every_image_enlarged_by_a_whole_number():
    images = pictures(3)
    sheet = read(sheet_png(images))
    times = 10  # 7 pixels become 70, at least 64
    for r in range(2):
        for c in range(3):
            top, left = 8 + r * (5 * times + 8), 8 + c * (7 * times + 8)
            np.testing.assert_array_equal(
                sheet[top : top + 50 : times, left : left + 70 : times], images[r, c]
            )
    assert (sheet[:8] == 255).all()


def test_an_svg_sheet_is_xml_with_every_image():
    images = pictures()
    text = sheet_svg(images, ["a < b", "c"])
    ElementTree.fromstring(text)
    found = findall(r"base64,([^\"]+)\"", text)
    assert len(found) == 6
    for data, image in zip(found, images.reshape(-1, 5, 7, 1), strict=True):
        np.testing.assert_array_equal(read(b64decode(data)), image)
    assert "a &lt; b" in text
    assert "original" in text


def test_an_html_sheet_stands_alone():
    text = sheet_html(pictures(), title="digits & more")
    assert text.startswith("<!doctype html>")
    assert "digits &amp; more" in text
    assert not findall(r"(?:src|href)=\"https?://", text)
