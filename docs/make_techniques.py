"""Write the pages on techniques from the table: python docs/make_techniques.py."""

from __future__ import annotations

import re
from pathlib import Path

from shoal.techniques import PAGES, Technique, techniques

FOLDER = Path(__file__).parent / "techniques"
DATA = {
    "classes": "X, y = load_iris(return_X_y=True)",
    "two": "X, y = load_breast_cancer(return_X_y=True)",
    "labels": "X, y = make_multilabel_classification(100, 4, n_classes=3, random_state=0)",
    "quantity": "X, y = load_diabetes(return_X_y=True)",
    "counts": "X, y = load_diabetes(return_X_y=True)",
    "ordered": "X, y = load_iris(return_X_y=True)",
    "categories": 'X, y = pl.DataFrame({"a": ["red", "green", "blue"] * 20}), [0, 1, 1] * 20',
    "gaps": "X, y = [[1.0, None], [2.0, 3.0], [None, 1.0]] * 20, [0, 1, 0] * 20",
    "images": "X, y = load_digits().images, load_digits().target",
}
"""What the examples are fitted to, by task."""


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    found = {f"{page}.md": _page(page, title) for page, title in PAGES.items()}
    return {"index.md": _overview(), **found}


def anchor(technique: Technique) -> str:
    """Return the place of a technique on its page."""
    return re.sub(r"[^a-z0-9]+", "-", f"{technique.id} {technique.name}".lower()).strip("-")


def _overview() -> str:
    lines = [
        "# Every technique",
        "",
        "What shoal has, and how to switch it on from Python, in a settings file and on the command line.",
        "`shoal techniques` prints the same list, `shoal techniques dropout` explains one. Made from the",
        "table in `src/shoal/techniques` by `docs/make_techniques.py`.",
    ]
    for page, title in PAGES.items():
        lines += ["", f"## {title}", "", "| | technique | Python | `--set` or command |", "|---|---|---|---|"]
        lines += [_row(t) for t in techniques() if t.page == page]
    return "\n".join(lines) + "\n"


def _row(t: Technique) -> str:
    shell = t.command or " ".join(f"{name}={text}" for name, text in t.words.items())
    cells = [t.id, f"[{t.name}]({t.page}.md#{anchor(t)})", f"`{t.python}`", f"`{shell}`" if shell else ""]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _page(page: str, title: str) -> str:
    parts = [f"# {title}", ""]
    for t in techniques():
        if t.page == page:
            parts += _entry(t)
    return "\n".join(parts).rstrip() + "\n"


def _entry(t: Technique) -> list[str]:
    lines = [f"## {t.id} {t.name} {{ #{anchor(t)} }}", "", t.what, ""]
    if t.formula:
        lines += ["```text", t.formula, "```", ""]
    if t.when:
        lines += [f"**When:** {t.when}", ""]
    lines += _example(t)
    if t.file:
        lines += ["In a settings file:", "", "```yaml", t.file, "```", ""]
    if t.shell:
        lines += ["On the command line:", "", "```text", t.shell, "```", ""]
    return [*lines, f"**Source:** {t.source}", ""] if t.source else lines


def _example(t: Technique) -> list[str]:
    """Return the Python of an entry; for what is no setting, the call itself."""
    data = DATA[t.task]
    loader = re.search(r"(load_\w+|make_\w+)", data)
    where = "sklearn.datasets"
    lines = ["import shoal", f"from shoal import {t.estimator}"]
    if "pl." in data:
        lines.append("import polars as pl")
    if loader:
        lines.append(f"from {where} import {loader.group(1)}")
    lines += ["", data, t.call or f"net = {t.python}.fit(X, y)"]
    if "shoal." not in t.call:
        lines.remove("import shoal")
    if t.estimator not in lines[-1]:
        lines.remove(f"from shoal import {t.estimator}")
    extra = ["Here shoal refuses, and says why."] if t.refused else []
    return [*extra, "```python", *lines, "```", ""]


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
