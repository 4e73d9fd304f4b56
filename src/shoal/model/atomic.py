"""Putting a file in place in one step: afterwards there is the old file or the new one, never a part.

The new file is written under a temporary name in the same folder, forced onto the disk, and renamed
over the old one. Whatever goes wrong before the rename (full disk, no permission, the user's Ctrl-C),
the temporary file is removed and the old one is untouched. Only a process killed outright can leave a
temporary file, named ``.shoal-*.tmp``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from shoal.errors import ArtefactError

_REASONS = {
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than this system allows",
    errno.EACCES: "there is no permission to write in its folder",
    errno.EPERM: "there is no permission to write in its folder",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder is not a folder",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its links lead in a circle",
}


def put_in_place(path: str | os.PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Write a file with `write` and put it at `path` in one step; a link stays, its target changes.

    Raises
    ------
    ArtefactError
        If it cannot be written; the message says why, and that the old file is unchanged.
    """
    try:
        target = Path(os.path.realpath(path))
        mode = _writable_mode(target, path)
        _replace(target, mode, write)
    except OSError as error:
        raise ArtefactError(_failure(path, error)) from error


def _writable_mode(target: Path, path: str | os.PathLike[str]) -> int | None:
    """Return the permissions of the file to be replaced, None where there is none."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    # Renaming over a folder fails late, over a device it would succeed and destroy the device's name.
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not an ordinary file"
        raise ArtefactError(
            f"The model cannot be saved as '{os.fspath(path)}': that is {kind}; give the name of a file."
        )
    if not os.access(target, os.W_OK):
        raise ArtefactError(
            f"The model cannot be saved as '{os.fspath(path)}': the file that is there is read-only; "
            "choose another name or make it writable."
        )
    return stat.S_IMODE(status.st_mode)


def _replace(target: Path, mode: int | None, write: Callable[[BinaryIO], None]) -> None:
    # A short name of our own: the model's name may already be as long as the system allows.
    temporary = target.parent / f".shoal-{secrets.token_hex(6)}.tmp"
    # The mode is the usual one of a new file; the user's umask takes away what it takes away.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Force the rename onto the disk, where the system can (not on Windows, not on every network disk)."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _failure(path: str | os.PathLike[str], error: OSError) -> str:
    reason = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
    kept = "; the model that was there before is unchanged" if os.path.lexists(path) else ""
    return f"The model could not be saved as '{os.fspath(path)}': {reason}{kept}."
