"""Which page a run folder has, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shoal.errors import FileError


def write_page(run: str | Path, out: str | Path | None = None) -> Path:
    """Write the page of a run folder, and return where it lies.

    Parameters
    ----------
    run : path
        The folder, or a model file.
    out : path, optional
        The file; ``report.html`` in the folder where it is not given, or beside a model.

    Raises
    ------
    FileError
        If the folder is none of a run, or holds nothing that could be shown.
    """
    folder = Path(run)
    text = _page_of(folder)(folder)
    own = folder / "report.html" if folder.is_dir() else folder.with_suffix(".html")
    path = Path(out) if out is not None else own
    path.write_text(text, encoding="utf-8")
    return path


def _page_of(folder: Path) -> Callable[[Path], str]:
    """Return what makes the page of this kind of folder."""
    if folder.is_file():
        return _training
    if not folder.is_dir():
        raise FileError(
            f"Expected the folder of a run, such as runs/20260131-120000-table-target. Got '{folder}', which "
            "is no folder."
        )
    kinds = {"sweep.given.json": _sweep, "ablation.json": _ablation, "curve.json": _curve}
    return next((page for name, page in kinds.items() if (folder / name).exists()), _training)


def _sweep(folder: Path) -> str:
    from shoal.cli.sweep.page_facts import sweep_facts
    from shoal.report.sweep_page import sweep_page

    return sweep_page(sweep_facts(folder))


def _ablation(folder: Path) -> str:
    from shoal.report.study_page import ablation_page

    return ablation_page(_read(folder / "ablation.json"))


def _curve(folder: Path) -> str:
    from shoal.report.study_page import curve_page

    return curve_page(_read(folder / "curve.json"))


def _read(path: Path) -> dict[str, Any]:
    import json

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"The results of the study cannot be read from '{path}': {error}.") from None


def _training(folder: Path) -> str:
    from shoal.cli.run_facts import read_run
    from shoal.report import page

    return page(read_run(folder).facts)
