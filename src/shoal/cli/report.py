"""``shoal report``: the page of a run folder, made anew."""

from __future__ import annotations

import click

from shoal.cli.options import as_json
from shoal.cli.say import write_json


@click.command()
@click.argument("run", type=click.Path(path_type=str))
@click.option("--out", metavar="FILE.html", help="Write the page here instead of into the run folder.")
@as_json
def report(run: str, out: str | None, as_json: bool) -> None:
    """Make the report of the folder RUN anew, and say where it lies.

    RUN is what 'shoal train', 'shoal sweep', 'shoal ablate' or 'shoal curve' left, finished or not: what a
    half-written folder holds is shown. Of a model file, what the model itself knows is shown.
    """
    from shoal.cli.reporting import write_page

    path = write_page(run, out)
    if as_json:
        write_json({"run": run, "report": str(path)})
    else:
        print(f"report  {path}")
