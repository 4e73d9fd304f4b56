"""``shoal show``: a network layer by layer, before or after it is trained."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json

if TYPE_CHECKING:
    from shoal.nets.summary import Summary


@click.command()
@click.argument("spec", type=click.Path(path_type=str))
@click.option("--inputs", type=click.IntRange(min=1), help="Numbers that enter, for a list or settings.")
@click.option("--image", metavar="HxWxC", help="Size of images that enter instead, such as 28x28x1.")
@click.option("--outputs", type=click.IntRange(min=1), default=1, help="Outputs, for a list or settings.")
@as_json
def show(spec: str, inputs: int | None, image: str | None, outputs: int, as_json: bool) -> None:
    """Show the layers of SPEC with shapes, parameters and computations for each row.

    SPEC is a model (.shoal), the folder of a run, a YAML or JSON list of layers, or a file of settings;
    the last two need --inputs or --image, and --outputs.
    """
    if inputs is not None and image is not None:
        raise click.UsageError("Give --inputs or --image, not both.")
    from shoal.lens.network_summary import summary

    found = summary(spec, inputs=_sizes(image) if image else inputs, outputs=outputs)
    if as_json:
        write_json({"spec": spec, **found.to_json()})
    else:
        _show(found)


def _sizes(image: str) -> tuple[int, ...]:
    """Return height, width and channels; one channel where none is said."""
    try:
        sizes = tuple(int(part) for part in image.lower().split("x"))
    except ValueError:
        sizes = ()
    if len(sizes) not in (2, 3) or min(sizes) < 1:
        raise click.UsageError(f"--image expects a size such as 28x28x1. Got '{image}' instead.")
    return sizes if len(sizes) == 3 else (*sizes, 1)


def _show(found: Summary) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # A pipe has no width of its own; lines are for grep there, so they are not folded.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_footer=True)
    table.add_column("layer", "total")
    table.add_column("shape", justify="right")
    table.add_column("parameters", f"{found.parameters:,}", justify="right")
    table.add_column("multiply-adds a row", f"{found.multiply_adds:,}", justify="right")
    for row in found.rows():
        table.add_row(*map(Text, row))
    console.print(table)
