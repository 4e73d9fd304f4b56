"""Options that several commands share, so that they read alike everywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.errors import ColumnError, did_you_mean

if TYPE_CHECKING:
    import polars as pl

TABLE = click.Path(path_type=str)
"""A table's path; the data room itself says what is wrong with it, better than click can."""

as_json = click.option("--json", "as_json", is_flag=True, help="Write one JSON object on stdout.")


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for a file whose layout is not guessed right."""
    options = (
        click.option("--encoding", metavar="NAME", help="Text encoding, where it is not recognised."),
        click.option("--delimiter", metavar="CHAR", help="What separates the columns ('\\t' for a tab)."),
        click.option("--decimal", metavar="CHAR", type=click.Choice([".", ","]), help="Decimal mark."),
        click.option("--image-size", metavar="HxW", help="Bring pictures to this size, as 32x32."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def layout(
    encoding: str | None, delimiter: str | None, decimal: str | None, image_size: str | None = None
) -> dict[str, str | None]:
    """Return the reading options as arguments of `shoal.data.read.read_table`."""
    return {
        "encoding": encoding,
        "delimiter": "\t" if delimiter in ("\\t", "tab") else delimiter,
        "decimal": decimal,
        "image_size": image_size,
    }


def labels_in(table: str) -> tuple[str, ...]:
    """Return the column of what images show, where the table is a folder of them or their arrays."""
    if not (table.lower().endswith(".npz") or os.path.isdir(table)):
        return ()
    from shoal.data.image_files import label_column

    found = label_column(Path(table))
    return () if found is None else (found,)


def typed_command() -> str:
    """Return the command line as a shell would read it again, for the report."""
    import shlex
    import sys

    return shlex.join(["shoal", *sys.argv[1:]])


def pairs(items: Sequence[str], option: str) -> dict[str, str]:
    """Split ``key=value`` items; a usage error says which item is not one.

    Examples
    --------
    >>> pairs(["dropout=0.2", "hidden=64,32"], "--set")
    {'dropout': '0.2', 'hidden': '64,32'}
    """
    split = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise click.UsageError(f"{option} expects NAME=VALUE. Got '{item}' instead.")
        split[key.strip()] = value.strip()
    return split


def refuse_unknown_columns(frame: pl.DataFrame, names: Sequence[str]) -> None:
    """Refuse a column name that the table does not have, and say which it has."""
    for name in names:
        if name not in frame.columns:
            shown = ", ".join(frame.columns[:12]) + (" ..." if frame.width > 12 else "")
            hint = did_you_mean(name, frame.columns)
            raise ColumnError(f"The table has no column '{name}'.{hint} Its columns are {shown}.")
