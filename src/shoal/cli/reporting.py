"""Which page a run folder has, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shoal.errors import FileError


def write_page(run: str | Path, out: str | Path | None = None) -> Path:
    """Write the page of a run folder, and return where it lies.

    Parameters
    ----------
    run : path
        The folder.
    out : path, optional
        The file; ``report.html`` in the folder where it is not given.

    Raises
    ------
    FileError
        If the folder is none of a run, or holds nothing that could be shown.
    """
    folder = Path(run)
    text = _page_of(folder)(folder)
    path = Path(out) if out is not None else folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def _page_of(folder: Path) -> Callable[[Path], str]:
    """Return what makes the page of this kind of folder."""
    if not folder.is_dir():
        raise FileError(
            f"Expected the folder of a run, such as runs/20260131-120000-table-target. Got '{folder}', which "
            "is no folder."
        )
    return _sweep if (folder / "sweep.given.json").exists() else _training


def _sweep(folder: Path) -> str:
    from shoal.cli.sweep.page_facts import sweep_facts
    from shoal.report.sweep_page import sweep_page

    return sweep_page(sweep_facts(folder))


def _training(folder: Path) -> str:
    from shoal.cli.run_facts import read_run
    from shoal.report import page

    return page(read_run(folder).facts)
