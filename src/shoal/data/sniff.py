"""What a file of delimited text does not say: its encoding, its delimiter and its decimal mark."""

from __future__ import annotations

import codecs
import csv
import io
import re

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 64 * 1024  # characters looked at
RECORDS = 200

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECIMAL_COMMA = re.compile(r"^\s*[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+\s*$")
_DECIMAL_POINT = re.compile(r"^\s*[-+]?(?:\d{1,3}(?:,\d{3})+|\d*)\.\d+\s*$")


def sniff_encoding(data: bytes) -> str:
    """Return the encoding of a text: a byte order mark decides, else UTF-8 if it fits, else Windows-1252.

    Examples
    --------
    >>> sniff_encoding("é".encode()), sniff_encoding("é".encode("latin-1"))
    ('utf-8', 'cp1252')
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:4096]
    if len(head) >= 4 and head[1::2].count(0) > 0.4 * len(head[1::2]) and not head[0::2].count(0):
        return "utf-16-le"
    if len(head) >= 4 and head[0::2].count(0) > 0.4 * len(head[0::2]) and not head[1::2].count(0):
        return "utf-16-be"
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def sniff_delimiter(text: str) -> str:
    r"""Return the delimiter that cuts most of the first records into as many fields as the header.

    Examples
    --------
    >>> sniff_delimiter("a;b;c\n1,5;2;3\n4,5;6;7\n")
    ';'
    """

    def score(delimiter: str) -> tuple[float, int]:
        found = [len(record) for record in records(text, delimiter)]
        width = found[0] if found else 1
        return (round(found.count(width) / len(found), 1), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=score)


def sniff_decimal(text: str, delimiter: str) -> str:
    r"""Return ``","`` if the numbers of the first records have decimal commas and none has a point.

    Examples
    --------
    >>> sniff_decimal("a;b\n1,5;2\n", ";"), sniff_decimal("a;b\n1.5;2\n", ";")
    (',', '.')
    """
    if delimiter == ",":
        return "."
    fields = [field for record in records(text, delimiter)[1:] for field in record]
    commas = any(_DECIMAL_COMMA.match(field) for field in fields)
    points = any(_DECIMAL_POINT.match(field) for field in fields)
    return "," if commas and not points else "."


def records(text: str, delimiter: str) -> list[list[str]]:
    """Return the first records of a text that is delimited so, quoted fields unquoted."""
    sample = text[:SAMPLE]
    whole = sample if len(text) <= SAMPLE else sample[: sample.rfind("\n") + 1] or sample
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            if record:
                found.append(record)
            if len(found) >= RECORDS:
                break
    except csv.Error:
        pass  # a lone quote: what was read until then is enough to judge by
    return found
