"""Tables from files: delimited text in any usual dress, Parquet, Arrow, JSON; packed or not."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePath

import polars as pl

from shoal.data.image_files import parse_size, pictures_in, read_image_arrays, read_image_folder
from shoal.data.intake import as_frame
from shoal.data.sniff import records, sniff_decimal, sniff_delimiter, sniff_encoding
from shoal.data.unpack import file_bytes, unpacked, what_binary
from shoal.errors import DataNotice, FileError, InputError

MISSING_WORDS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "?", "-")
"""Fields of a text file that mean "no value"."""

ROWS_FOR_TYPES = 10_000  # looking at every row takes five times as long as reading
_NUMBER = re.compile(r"[-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?$")
_BLANK_LINES = re.compile(r"\n[ \t\r]*(?=\n|\Z)")


def read_table(
    path: str | os.PathLike[str],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    image_size: str | None = None,
) -> pl.DataFrame:
    """Read a table from a file.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv``, ``.txt``, ``.parquet``, ``.json`` (an array of objects), ``.jsonl`` or
        ``.ndjson``, ``.arrow`` or ``.feather``; each also inside ``.gz``, ``.zst``, ``.bz2``, ``.xz``
        or a ``.zip`` of one file. A folder of pictures and an ``.npz`` file of arrays are tables with a
        column ``image`` (`shoal.data.image_files`). Any other name is read as delimited text.
    encoding : str, optional
        Of text; by default found from its bytes.
    delimiter : str, optional
        Of text; by default the comma, semicolon, tab or bar that fits best.
    decimal : "." or ",", optional
        Of the numbers in a text; by default found from its first rows.
    image_size : str, optional
        To which pictures are brought, as ``"32x32"`` (height, width); without it all must be of one size.

    Returns
    -------
    polars.DataFrame
        With at least one row; `MISSING_WORDS` of a text are nulls.

    Raises
    ------
    FileError
        If there is no such file, it may not be read, is empty, has a header only, is no table, names
        two columns alike, or has a row with more fields than the header.
    """
    path = Path(path)
    size = None if image_size is None else parse_size(image_size)
    if path.is_dir() and pictures_in(path):
        return read_image_folder(path, size)
    if size is not None:
        raise FileError(f"Expected a folder of pictures to bring to {image_size}. Got '{path}'.")
    if path.suffix.lower() == ".npz" and path.is_file():
        return read_image_arrays(path)
    name, data = unpacked(path.name, file_bytes(path))
    suffix = PurePath(name).suffix.lower()
    try:
        if suffix in _READERS:
            frame = _READERS[suffix](data)
        else:
            frame = _read_text(name, data, encoding, delimiter or _BY_SUFFIX.get(suffix), decimal)
    except FileError:
        raise
    except (pl.exceptions.PolarsError, OSError, InputError, ValueError) as error:
        raise FileError(f"The file '{path}' cannot be read as a table: {_first_line(error)}.") from error
    if not frame.height:
        raise FileError(
            f"The file '{path}' has a header only: {frame.width} column name(s) and no row of values."
        )
    return frame


def _read_text(
    name: str, data: bytes, encoding: str | None, delimiter: str | None, decimal: str | None
) -> pl.DataFrame:
    text, clean = _decoded(name, data, encoding)
    delimiter = delimiter or sniff_delimiter(text)
    header = _header(name, text, delimiter)
    decimal = decimal or sniff_decimal(text, delimiter)
    if decimal not in (".", ","):
        raise FileError(f"The decimal mark must be '.' or ','. Got '{decimal}' instead.")
    try:
        frame = _parsed(clean, header, delimiter, decimal)
    except pl.exceptions.PolarsError as error:
        raise FileError(
            _what_is_wrong(name, text, delimiter, len(header)) or _unreadable(name, error)
        ) from error
    if not header[-1].strip() or header[-1].startswith("unnamed"):
        return _without_empty_end(frame)
    return frame


def _parsed(data: bytes, header: list[str], delimiter: str, decimal: str) -> pl.DataFrame:
    """Read delimited text; types come from the first rows, or from all where these mislead."""

    def parse(rows: int | None) -> pl.DataFrame:
        return pl.read_csv(
            data,
            separator=delimiter,
            decimal_comma=decimal == ",",
            null_values=list(MISSING_WORDS),
            infer_schema_length=rows,
            new_columns=header,
        )

    try:
        frame = parse(ROWS_FOR_TYPES)
    except pl.exceptions.ComputeError:
        return parse(None)
    heads = (column.head(ROWS_FOR_TYPES) for column in frame if column.dtype == pl.String)
    misled = frame.height > ROWS_FOR_TYPES and any(head.null_count() == len(head) for head in heads)
    return parse(None) if misled else frame


def _decoded(name: str, data: bytes, encoding: str | None) -> tuple[str, bytes]:
    """Return a text, and the same in UTF-8 without a byte order mark or blank lines."""
    encoding = encoding or sniff_encoding(data)
    what = None if encoding.startswith(("utf-16", "utf-32")) else what_binary(data)
    if what:
        raise FileError(f"Expected a text table in '{name}'. Got {what}.")
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise FileError(
            f"There is no text encoding '{encoding}'; usual ones are utf-8, utf-16 and latin-1."
        ) from error
    except UnicodeDecodeError as error:
        raise FileError(
            f"The file '{name}' is not written in {encoding}: byte {error.start} does not fit."
        ) from error
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    if not text.strip():
        raise FileError(f"The file '{name}' is empty: it holds blank space only; expected a table.")
    text = text.lstrip("\r\n")
    if '"' not in text and _BLANK_LINES.search(text):
        text = _BLANK_LINES.sub("", text)
    return text, text.encode()


def _header(name: str, text: str, delimiter: str) -> list[str]:
    """Return the column names: stripped, each once, and ``unnamed_3`` for the third if it has none."""
    first = next(iter(records(text, delimiter)), [])
    names = [field.strip() or f"unnamed_{place}" for place, field in enumerate(first, start=1)]
    repeated = [field for field, count in Counter(names).items() if count > 1]
    if repeated:
        listed = ", ".join(f"'{field}'" for field in repeated[:5])
        raise FileError(
            f"Expected each column name once in '{name}'. Got {listed} more than once; "
            "rename the columns, or add a first line of names if there is none."
        )
    if len(names) > 1 and all(_NUMBER.match(field) for field in names):
        warnings.warn(
            f"The first line of '{name}' holds only numbers and is taken for the column names; "
            "if the table has no names, add a first line with them.",
            DataNotice,
            stacklevel=2,
        )
    return names


def _what_is_wrong(name: str, text: str, delimiter: str, width: int) -> str | None:
    """Return the sentence about a record with more fields than the header, or about a lone quote."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            if len(record) > width:
                return (
                    f"Expected {width} fields in each line of '{name}', as in its first. "
                    f"Got {len(record)} in line {reader.line_num}."
                )
    except csv.Error:
        return None
    if text.count('"') % 2:
        return f"The file '{name}' has a quotation mark that is never closed; expected them in pairs."
    return None


def _without_empty_end(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop a last column without name and values: each line ended with a delimiter."""
    last = frame.to_series(frame.width - 1)
    return frame.drop(last.name) if last.null_count() == len(last) and frame.height else frame


def _read_parquet(data: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(data))


def _read_arrow(data: bytes) -> pl.DataFrame:
    return (
        pl.read_ipc(io.BytesIO(data)) if data.startswith(b"ARROW1") else pl.read_ipc_stream(io.BytesIO(data))
    )


def _read_json(data: bytes) -> pl.DataFrame:
    """Read an array of objects, an object of columns, or one object a line."""
    text = data.decode("utf-8-sig")
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return _read_lines(data)
    if isinstance(content, list) and content and all(isinstance(record, dict) for record in content):
        return as_frame(content)
    if isinstance(content, dict) and content and all(isinstance(column, list) for column in content.values()):
        return as_frame(content)
    raise FileError("Expected a JSON array of objects, one for each row. Got something else.")


def _read_lines(data: bytes) -> pl.DataFrame:
    """Read one JSON object a line."""
    lines = [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    records_ = []
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise FileError(
                f"Expected one JSON object a line. Got something else in line {number}: {error.msg}."
            ) from error
        if not isinstance(record, dict):
            raise FileError(f"Expected one JSON object a line. Got something else in line {number}.")
        records_.append(record)
    if not records_:
        raise FileError("Expected one JSON object a line. Got none.")
    return as_frame(records_)


def _unreadable(name: str, error: Exception) -> str:
    return f"The file '{name}' cannot be read as a table: {_first_line(error)}."


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".:") or type(error).__name__


_BY_SUFFIX = {".tsv": "\t"}
_READERS: dict[str, Callable[[bytes], pl.DataFrame]] = {
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
    ".arrow": _read_arrow,
    ".feather": _read_arrow,
    ".ipc": _read_arrow,
    ".json": _read_json,
    ".jsonl": _read_lines,
    ".ndjson": _read_lines,
}
