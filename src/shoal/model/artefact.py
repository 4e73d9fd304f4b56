"""Saving a model to a ``.shoal`` file and loading it again, in this process or on another machine."""

from __future__ import annotations

import os

from shoal.model.archive import read_archive
from shoal.model.contents import from_members
from shoal.model.model import Model, from_contents


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to a ``.shoal`` file, in one step; the same as ``model.save(path)``.

    Raises
    ------
    ArtefactError
        If it cannot be written; a file that was there before is unchanged.
    """
    model.save(path)


def load(path: str | os.PathLike[str]) -> Model:
    """Load a model from a ``.shoal`` file. Loading runs no code from the file.

    Parameters
    ----------
    path : str or path
        What `Model.save` or ``shoal train`` wrote.

    Returns
    -------
    Model
        Its predictions equal those before saving, bit for bit, on the same kind of machine and with
        the same library versions.

    Raises
    ------
    ArtefactError
        If the file is absent, cut, altered, of another kind, or written by a newer shoal.
    """
    where = os.fspath(path)
    return from_contents(from_members(read_archive(where), where), where)
