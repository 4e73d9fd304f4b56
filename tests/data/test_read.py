"""Files in every usual dress are read alike, and what is no table is refused in one sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from shoal.data import MISSING_WORDS, know_columns, read_table
from shoal.errors import DataNotice, FileError

TABLE = pl.DataFrame(
    {"name": ["Köln", 'say "hi"', "two\nlines", None], "size": [1.5, -2.0, None, 1000.25], "n": [1, 2, 3, 4]}
)


def text(delimiter: str = ",", decimal: str = ".") -> str:
    return TABLE.write_csv(separator=delimiter, decimal_comma=decimal == ",")


def binary(write: str) -> bytes:
    buffer = io.BytesIO()
    getattr(TABLE, write)(buffer)
    return buffer.getvalue()


def zipped(data: bytes, *others: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("table.csv", *others):
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", text().encode()),
        ("T.CSV", text().encode()),
        ("t.csv", b"\xef\xbb\xbf" + text().encode()),
        ("t.csv", text().encode("utf-16")),
        ("t.csv", text().replace("name", "name").encode("utf-16-le")),
        ("t.csv", text().encode("latin-1")),
        ("t.csv", text(";").encode()),
        ("t.csv", text(";", ",").encode("cp1252")),
        ("t.txt", text("|").encode()),
        ("t.tsv", text("\t").encode()),
        ("t.dat", text("\t", ",").encode()),
        ("t.csv", text().replace("\n", "\r\n").replace("two\r\n", "two\n").encode()),
        ("t.csv.gz", gzip.compress(text().encode())),
        ("t.csv.zst", zstandard.compress(text().encode())),
        ("t.csv.bz2", bz2.compress(text().encode())),
        ("t.csv.xz", lzma.compress(text().encode())),
        ("t.zip", zipped(text().encode())),
        ("t.zip", zipped(text().encode(), "__MACOSX/._table.csv")),
        ("t.parquet", binary("write_parquet")),
        ("t.arrow", binary("write_ipc")),
        ("t.feather", binary("write_ipc_stream")),
        ("t.json", TABLE.write_json().encode()),
        ("t.json", json.dumps(TABLE.to_dict(as_series=False)).encode()),
        ("t.jsonl", TABLE.write_ndjson().encode()),
        ("t.ndjson.gz", gzip.compress(TABLE.write_ndjson().encode())),
        ("t.json", TABLE.write_ndjson().encode()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_dress_holds_the_same_table(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    frame = read_table(path)
    assert frame.columns == TABLE.columns
    assert frame.rows() == TABLE.rows()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str | bytes, name: str = "t.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_words_for_missing(written) -> None:
    rows = "\n".join(f"{word},{i}" for i, word in enumerate(MISSING_WORDS))
    frame = read_table(written(f"a,b\n1.5,-1\n{rows}\n"))
    assert frame["a"].to_list() == [1.5] + [None] * len(MISSING_WORDS)


def test_rough_edges(written) -> None:
    assert read_table(written("\n\na,b\n1,2\n\n \n3,4\n\n")).rows() == [(1, 2), (3, 4)]
    assert read_table(written("a,b\r1,2\r3,4\r")).rows() == [(1, 2), (3, 4)]
    assert read_table(written("a,b,\n1,2,\n3,4,\n")).columns == ["a", "b"]
    assert read_table(written(",a\n0,5\n1,6\n")).columns == ["unnamed_1", "a"]
    assert read_table(written("a,b\n1,2\n3\n")).rows() == [(1, 2), (3, None)]
    assert read_table(written(" a , b\n1,2\n")).columns == ["a", "b"]
    assert read_table(written("a\n1\n2\n")).rows() == [(1,), (2,)]
    assert read_table(written("a;b\n1,5;x\n2;y\n")).rows() == [(1.5, "x"), (2.0, "y")]


def test_types_hold_for_the_whole_column(written) -> None:
    for late, expected in (("1.5", 1.5), ("word", "word")):
        frame = read_table(written("a,b\n" + "1,\n" * 12_000 + f"{late},7\n"))
        assert frame["a"][-1] == expected
        assert frame["b"][-1] == 7


def test_a_table_of_many_columns(written) -> None:
    names = [f"c{i}" for i in range(3000)]
    frame = read_table(written(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n"))
    assert frame.columns == names


def test_what_is_found_can_be_overruled(written) -> None:
    assert read_table(written("a,b;c\n1,2;3\n"), delimiter=";").columns == ["a,b", "c"]
    path = written("a;b\n1,5;2\n")
    assert read_table(path, decimal=".")["a"].to_list() == ["1,5"]
    assert read_table(written("é\n1\n2\n".encode("cp1252")), encoding="cp1250").columns == ["é"]


@given(
    st.lists(
        st.tuples(
            st.text("abc,;\"' \n|", min_size=1).filter(lambda t: t.strip() == t), st.integers(-999, 999)
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_quoted_text_comes_back(tmp_path_factory, rows: list[tuple[str, int]], delimiter: str) -> None:
    frame = pl.DataFrame(rows, schema=["word", "number"], orient="row")
    path = tmp_path_factory.mktemp("q") / "t.csv"
    path.write_text(frame.write_csv(separator=delimiter, quote_style="non_numeric"))
    assert read_table(path).rows() == frame.rows()


def test_numbers_for_names_get_a_notice(written) -> None:
    with pytest.warns(
        DataNotice, match="first line of 't.csv' holds only numbers and is taken for the column names"
    ):
        read_table(written("1,2.5\n3,4\n"))


def test_a_german_table_from_end_to_end(written) -> None:
    rows = "".join(
        f"{i},5;1.{100 + i},25;{1 + i % 28}.{1 + i % 12}.2023;{'ja' if i % 3 else 'nein'}\n"
        for i in range(40)
    )
    columns = know_columns(read_table(written(("Größe;Preis;Tag;Haus\n" + rows).encode("latin-1"))))
    assert [(column.name, str(column.kind)) for column in columns] == [
        ("Größe", "number"),
        ("Preis", "number"),
        ("Tag", "datetime"),
        ("Haus", "category"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", r"is empty \(0 bytes\); expected a table"),
        ("t.csv", " \n\n", "is empty: it holds blank space only"),
        ("t.csv", "a,b,c\n", r"has a header only: 3 column name\(s\) and no row of values"),
        ("t.jsonl", "\n", "one JSON object a line. Got none"),
        (
            "t.csv",
            "a,b,a\n1,2,3\n",
            "each column name once in 't.csv'. Got 'a' more than once; rename the columns",
        ),
        ("t.csv", "a,b\n1,2\n3,4,5\n", "2 fields in each line of 't.csv', as in its first. Got 3 in line 3"),
        ("t.csv", 'a,b\n"x,1\ny,2\n', "has a quotation mark that is never closed"),
        (
            "t.csv",
            b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)),
            "text table in 't.csv'. Got a PNG picture",
        ),
        ("t.csv", b"PK\x03\x04" + bytes(100), r"Got a zip archive \(an Excel workbook is one\)"),
        ("t.csv", bytes(range(256)) * 9, "text table in 't.csv'. Got binary data"),
        ("t.csv.gz", b"hello", "'t.csv.gz' is damaged, or is no .gz file"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:30], "'t.csv.gz' is damaged"),
        ("t.csv.zst", b"hello", "'t.csv.zst'"),
        ("t.zip", b"hello", "'t.zip' is damaged, or is no .zip file"),
        (
            "t.zip",
            zipped(b"a\n1", "other.csv"),
            "one table in the archive 't.zip'. Got 2: 'table.csv', 'other.csv'",
        ),
        ("t.parquet", b"PAR1 no", "cannot be read as a table"),
        ("t.arrow", b"ARROW1 no", "cannot be read as a table"),
        ("t.json", "[1, 2]", "JSON array of objects, one for each row. Got something else"),
        ("t.jsonl", '{"a": 1}\n{"a": \n', "one JSON object a line. Got something else in line 2"),
        ("t.jsonl", '{"a": 1}\n[2]\n', "one JSON object a line. Got something else in line 2"),
    ],
    ids=lambda value: value[:25] if isinstance(value, str) else "bytes",
)
def test_what_is_no_table_is_refused(written, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_table(written(content, name))


def test_files_that_are_not_there(tmp_path: Path, written) -> None:
    written("a\n1\n", "houses.csv")
    with pytest.raises(FileError, match=r"There is no file '.*house.csv'. Did you mean 'houses.csv'"):
        read_table(tmp_path / "house.csv")
    with pytest.raises(FileError, match=r"Expected a file. Got the folder"):
        read_table(tmp_path)


def test_no_permission(monkeypatch: pytest.MonkeyPatch, written) -> None:
    path = written("a\n1\n")
    if os.geteuid() == 0:  # root may read everything, so the refusal is played

        def refuse(self: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
    else:
        path.chmod(0)
    with pytest.raises(FileError, match=r"There is no permission to read '.*t.csv'; ask its owner"):
        read_table(path)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"encoding": "utf-9"}, "no text encoding 'utf-9'; usual ones are utf-8"),
        ({"encoding": "ascii"}, "'t.csv' is not written in ascii: byte 0 does not fit"),
        ({"decimal": "!"}, "decimal mark must be '.' or ','. Got '!'"),
    ],
)
def test_wrong_options_are_refused(written, how: dict[str, str], message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_table(written("é,b\n1,2\n"), **how)
