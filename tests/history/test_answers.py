from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shoal.errors import FileError
from shoal.history.answers import Answers, read_answers, write_answers

ROWS = np.array([7, 2, 5])
CASES = {
    "classes": Answers(
        "multiclass",
        ("a", 'b, "quoted"', "c"),
        ROWS,
        np.array([0, 2, 1]),
        np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0]]),
        np.array([1.0, 2.0, 0.5]),
    ),
    "two": Answers(
        "binary", ("no", "yes"), ROWS, np.array([0, 1, 1]), np.array([[0.5, 0.5], [0.25, 0.75], [0, 1.0]])
    ),
    "labels": Answers(
        "multilabel", ("x", "y"), ROWS, np.array([[0, 1], [1, 1], [0, 0]]), np.full((3, 2), 0.5)
    ),
    "quantity": Answers("regression", ("price",), ROWS, np.array([1.5, 2, 3]), np.array([1.25, 2.5, -3e7])),
    "several": Answers("regression", ("u", "v"), ROWS, np.ones((3, 2)), np.arange(6.0).reshape(3, 2)),
}


@pytest.mark.parametrize("case", CASES)
def test_written_and_read_they_are_the_same(case: str, tmp_path: Path):
    wrote = CASES[case]
    write_answers(wrote, tmp_path / "answers.csv")
    read = read_answers(tmp_path / "answers.csv")
    assert (read.task, read.names) == (wrote.task, wrote.names)
    for name in ("rows", "truth", "prediction"):
        np.testing.assert_allclose(getattr(read, name), getattr(wrote, name), rtol=1e-8)
    assert (read.weight is None) == (wrote.weight is None)


def test_a_torn_last_line_is_left_out(tmp_path: Path):
    path = tmp_path / "answers.csv"
    write_answers(CASES["quantity"], path)
    path.write_text(path.read_text()[:-8])
    assert len(read_answers(path)) in (2, 3)
    path.write_text("row,truth:price,predicted:price\n1,2.0,3.0\n2,1")
    assert len(read_answers(path)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "does not hold answers"),
        ("row,truth\n1,a\n", "does not hold answers"),
    ],
)
def test_what_holds_no_answers_is_told(text: str, said: str, tmp_path: Path):
    (tmp_path / "answers.csv").write_text(text)
    with pytest.raises(FileError, match=said):
        read_answers(tmp_path / "answers.csv")
    with pytest.raises(FileError, match="cannot be read"):
        read_answers(tmp_path / "absent.csv")
