"""Every exception and warning that shoal raises.

::

    Exception
    └── ShoalError                     anything that shoal refuses or cannot do
        ├── InputError (ValueError)    what was handed in cannot be used
        │   ├── FileError              a file cannot be read as a table, or not at all
        │   ├── ColumnError            a column is missing, renamed, or holds the wrong things
        │   └── TargetError            the target column cannot be learnt from
        ├── SettingError (ValueError)  a setting is unknown or out of its range
        ├── ArtefactError              a model file cannot be written, or is damaged
        ├── StoreError                 a sweep's database cannot be opened, or another process writes to it
        ├── TrainingError              training ended without a usable network
        └── MissingExtraError (ImportError)   an optional dependency is not installed

    UserWarning
    └── ShoalWarning                   anything worth telling that does not stop the work
        ├── DataNotice                 a column was dropped, read otherwise, or ignored
        ├── SettingNotice              a setting has no effect beside another one
        ├── TransferNotice             what was taken of a network that another one starts from
        └── TrainingWarning            a network diverged, or did not get as far as it should
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ShoalError(Exception):
    """Anything that shoal refuses or cannot do; the message is one clear sentence."""


class InputError(ShoalError, ValueError):
    """What was handed in cannot be used."""


class FileError(InputError):
    """A file cannot be read as a table, or not at all."""


class ColumnError(InputError):
    """A column is missing, renamed, or holds the wrong things."""


class TargetError(InputError):
    """The target column cannot be learnt from."""


class SettingError(ShoalError, ValueError):
    """A setting is unknown or out of its range."""


class ArtefactError(ShoalError):
    """A model file cannot be written, or is damaged."""


class StoreError(ShoalError):
    """A sweep's database cannot be opened, or another process writes to it."""


class TrainingError(ShoalError):
    """Training ended without a usable network."""


class MissingExtraError(ShoalError, ImportError):
    """An optional dependency is not installed; the message gives the install command."""


class ShoalWarning(UserWarning):
    """Anything worth telling that does not stop the work."""


class DataNotice(ShoalWarning):
    """A column was dropped, read otherwise, or ignored."""


class SettingNotice(ShoalWarning):
    """A setting has no effect beside another one."""


class TransferNotice(ShoalWarning):
    """What was taken of a network that another one starts from, and what was drawn anew."""


class TrainingWarning(ShoalWarning):
    """A network diverged, or did not get as far as it should."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the known name closest to `name`, or an empty string.

    Examples
    --------
    >>> did_you_mean("relo", ["relu", "tanh"])
    " Did you mean 'relu'?"
    >>> did_you_mean("zzz", ["relu", "tanh"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
