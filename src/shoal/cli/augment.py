"""``shoal augment``: what augmentation makes of some training rows, before anything is trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json
from shoal.cli.recipe import ordered, posed, recipe
from shoal.cli.say import number, write_json

if TYPE_CHECKING:
    from shoal.fitting.samples import AugmentedSamples

_SHEETS = (".png", ".svg", ".html")
_MOST_COLUMNS = 8


@click.command()
@click.argument("table", type=TABLE)
@recipe
@click.option("--rows", default=8, show_default=True, type=click.IntRange(1), help="Rows that are shown.")
@click.option("--samples", default=4, show_default=True, type=click.IntRange(1), help="Times each is varied.")
@click.option("--out", metavar="FILE", help="A sheet of images: a name that ends in .png, .svg or .html.")
@as_json
def augment(table: str, **options: Any) -> None:
    """Show what augmentation makes of some rows of TABLE.

    Say what is varied with --set augment=noise=0.1 or --set augment=rotate=15,flip_horizontal. The rows
    of a table are shown as the network sees them; images are drawn into a file, the original on the left.
    """
    _refuse_other_ending(options["out"])
    order = ordered(table, options)

    from shoal.fitting.samples import samples_of

    problem, settings = posed(order)
    found = samples_of(problem, settings, rows=options["rows"], samples=options["samples"])
    out = _drawn(found, options["out"], table)
    if options["as_json"]:
        write_json({"table": table, "out": out, **({} if found.images else found.to_json()), **_facts(found)})
        return
    print(f"{Path(table).name}: {_kinds(found)}")
    if out:
        print(f"{len(found.rows)} images, each varied {found.varied.shape[1]} times: {out}")
    else:
        _show(found)


def _refuse_other_ending(out: str | None) -> None:
    if out is not None and Path(out).suffix.lower() not in _SHEETS:
        raise click.UsageError(f"--out expects a name that ends in .png, .svg or .html. Got '{out}' instead.")


def _facts(found: AugmentedSamples) -> dict[str, Any]:
    return {
        "kinds": found.kinds,
        "images": found.images,
        "rows": found.rows,
        "shape": found.original.shape[1:],
        "samples": found.varied.shape[1],
    }


def _kinds(found: AugmentedSamples) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in found.kinds.items())


def _drawn(found: AugmentedSamples, out: str | None, table: str) -> str | None:
    """Draw images into a file, and return its name; rows of a table are not drawn."""
    if not found.images:
        if out is not None:
            raise click.UsageError("--out draws images. The rows here are those of a table; leave it out.")
        return None
    from shoal.report.contact_sheet import sheet_html, sheet_png, sheet_svg

    name = out or f"{Path(table).stem}-augmented.html"
    pictures, ending = found.pictures(), Path(name).suffix.lower()
    if ending == ".png":
        Path(name).write_bytes(sheet_png(pictures))
    elif ending == ".svg":
        Path(name).write_text(sheet_svg(pictures), encoding="utf-8")
    else:
        title = f"{Path(table).name}: {_kinds(found)}"
        Path(name).write_text(sheet_html(pictures, title=title), encoding="utf-8")
    return name


def _show(found: AugmentedSamples) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    names = found.names[:_MOST_COLUMNS]
    for head in ("row", "", *names, *(["own share"] if found.share is not None else [])):
        shown.add_column(head, justify="left" if head == "" else "right", overflow="fold")
    for i, row in enumerate(found.rows):
        shown.add_row(str(row), "original", *_values(found.original[i], found.codes[i]))
        for k in range(found.varied.shape[1]):
            share = [number(float(found.share[i, k]))] if found.share is not None else []
            values = _values(found.varied[i, k], found.varied_codes[i, k])
            shown.add_row("", str(k + 1), *values, *share, end_section=k == found.varied.shape[1] - 1)
    console.print(shown)
    if len(found.names) > len(names):
        print(f"and {len(found.names) - len(names)} more; --json has them all")


def _values(numbers: Any, codes: Any) -> list[str]:
    """Return the first numbers and codes of a row, which are scaled numbers and levels by their place."""
    return [*(f"{value:.3g}" for value in numbers), *(f"level {code}" for code in codes)][:_MOST_COLUMNS]
