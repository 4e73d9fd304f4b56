"""The bytes of a file: opened with clear refusals, decompressed, and known for what they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePath

import polars as pl

from shoal.errors import FileError, did_you_mean

_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (an Excel workbook is one)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (_ZSTD, "zstd-compressed data"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "an Arrow table"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
)


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    FileError
        If there is no such file, it is a folder, may not be read, or is empty.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        near = [entry.name for entry in beside if entry.is_file()]
        raise FileError(f"There is no file '{path}'.{did_you_mean(path.name, near)}") from error
    except IsADirectoryError as error:
        raise FileError(f"Expected a file. Got the folder '{path}'; name one table in it.") from error
    except PermissionError as error:
        raise FileError(f"There is no permission to read '{path}'; ask its owner for it.") from error
    except OSError as error:
        raise FileError(f"The file '{path}' cannot be read: {error.strerror or error}.") from error
    if not data:
        raise FileError(f"The file '{path}' is empty (0 bytes); expected a table.")
    return data


def unpacked(name: str, data: bytes) -> tuple[str, bytes]:
    """Return name and bytes of the table inside a ``.gz``, ``.zst``, ``.bz2``, ``.xz`` or ``.zip`` file.

    Raises
    ------
    FileError
        If the file is damaged, or the archive holds anything but one file.

    Examples
    --------
    >>> unpacked("table.csv.gz", gzip.compress(b"a,b"))
    ('table.csv', b'a,b')
    """
    suffix = PurePath(name).suffix.lower()
    try:
        if suffix == ".zip":
            return _only_member(name, data)
        if suffix in _DECOMPRESS:
            return PurePath(name).stem, _DECOMPRESS[suffix](data)
    except (
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        RuntimeError,
        pl.exceptions.PolarsError,
    ) as error:
        raise FileError(
            f"The file '{name}' is damaged, or is no {suffix} file: {_first_line(error)}."
        ) from error
    return name, data


def what_binary(data: bytes) -> str | None:
    """Return what a file is that is certainly no text, or None.

    Examples
    --------
    >>> what_binary(b"%PDF-1.7"), what_binary(b"a,b")
    ('a PDF document', None)
    """
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return what
    head = data[:65536]
    controls = sum(head.count(bytes([byte])) for byte in (*range(1, 9), *range(14, 27), *range(28, 32)))
    if b"\x00" in head or controls > len(head) / 100:
        return "binary data"
    return None


def _only_member(name: str, data: bytes) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [
            entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(entry.filename)
        ]
        if len(members) != 1:
            listed = ", ".join(f"'{entry.filename}'" for entry in members[:5]) or "none"
            raise FileError(f"Expected one table in the archive '{name}'. Got {len(members)}: {listed}.")
        return members[0].filename, archive.read(members[0])


def _is_litter(member: str) -> bool:
    return member.startswith("__MACOSX/") or PurePath(member).name in (".DS_Store", "Thumbs.db")


def _zstd(data: bytes) -> bytes:
    # Python has no zstd before 3.14; Polars does, for text, and takes anything else as it is.
    if not data.startswith(_ZSTD):
        raise OSError("it does not begin as such files do")
    return "\n".join(pl.read_lines(data).to_series().to_list()).encode()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": _zstd,
}
