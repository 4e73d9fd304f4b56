"""The outside of a ``.shoal`` file: an uncompressed ZIP archive of four members, nothing else.

::

    README.md              the card, for people (any ZIP tool opens it)
    model.json             what the model is
    history.jsonl          how its training went
    weights.safetensors    the numbers

There is no pickle and no code. Nothing is ever unpacked onto the disk: members are read by name into
memory, and because they are stored uncompressed, a small file cannot grow into a large one.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

from shoal.errors import ArtefactError
from shoal.model.atomic import put_in_place

CARD, DOCUMENT, HISTORY, WEIGHTS = "README.md", "model.json", "history.jsonl", "weights.safetensors"
MEMBERS = (CARD, DOCUMENT, HISTORY, WEIGHTS)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # no clock in the archive: the same model gives the same bytes

# What `zipfile` raises for files that are cut, altered or made up.
_DAMAGE = (zipfile.BadZipFile, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError)


def write_archive(path: str | os.PathLike[str], members: Mapping[str, bytes]) -> None:
    """Write the four members to `path` in one step.

    Raises
    ------
    ArtefactError
        If the file cannot be written; what was there before is unchanged.
    """

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in MEMBERS:
                info = zipfile.ZipInfo(name, _EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, members[name])

    put_in_place(path, write)


def read_archive(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Read the four members of a ``.shoal`` file, each checked against its checksum.

    Raises
    ------
    ArtefactError
        If the file is absent, not readable, cut, altered, or no ``.shoal`` file.
    """
    where = os.fspath(path)
    try:
        with open(where, "rb") as file:
            return _read_members(where, file)
    except OSError as error:
        reason = "it is a folder" if os.path.isdir(where) else (error.strerror or str(error)).lower()
        raise ArtefactError(f"The model '{where}' cannot be read: {reason}.") from None
    except _DAMAGE as error:
        raise damaged(where, error) from error


def read_card(path: str | os.PathLike[str]) -> str:
    """Return the card of a saved model as Markdown, without making the model or waking JAX.

    Raises
    ------
    ArtefactError
        As for `read_archive`.
    """
    return read_archive(path)[CARD].decode(errors="replace")


def damaged(where: str, why: object) -> ArtefactError:
    """Return the error that says a model file was cut or altered."""
    return ArtefactError(
        f"The model '{where}' is damaged ({why}); it was cut or altered after it was saved: use "
        "another copy of it, or train again."
    )


def _read_members(where: str, file: BinaryIO) -> dict[str, bytes]:
    size = os.fstat(file.fileno()).st_size
    if file.read(4) != b"PK\x03\x04":
        what = "it is empty" if size == 0 else "it is not a ZIP archive"
        raise ArtefactError(
            f"'{where}' is not a shoal model: {what}; give a .shoal file that `shoal train` or `save` wrote."
        )
    with zipfile.ZipFile(file) as archive:
        _check_listing(where, archive.infolist(), size)
        return {name: archive.read(name) for name in MEMBERS}


def _check_listing(where: str, infos: list[zipfile.ZipInfo], size: int) -> None:
    names = [info.filename for info in infos]
    missing = [name for name in MEMBERS if name not in names]
    if missing:
        raise ArtefactError(
            f"'{where}' is not a whole shoal model: {', '.join(missing)} is missing from the archive."
        )
    surplus = sorted(set(names) - set(MEMBERS))
    if surplus or len(names) != len(MEMBERS):
        odd = repr(surplus[0]) if surplus else "one of its members twice"
        raise ArtefactError(
            f"'{where}' is not a shoal model: the archive holds {odd}, which shoal never writes."
        )
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
        raise ArtefactError(
            f"'{where}' is not a shoal model: its members are compressed, which shoal never does; if you "
            "packed it again, store the members uncompressed (zip -0)."
        )
    if any(info.file_size != info.compress_size or info.file_size > size for info in infos):
        raise damaged(where, "its members are said to be larger than the file")
