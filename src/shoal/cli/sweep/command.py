"""``shoal sweep`` and its commands: thin, each imports what it needs when it is called."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import TABLE, as_json, labels_in, layout, pairs, reading, typed_command
from shoal.cli.sweep.default_group import DefaultGroup
from shoal.cli.train import TASKS, shortcuts, typed_settings

if TYPE_CHECKING:
    from shoal.cli.sweep.order import SweepOrder

RUN = click.Path(path_type=str)


class _Time(click.ParamType):
    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | None:
        from shoal.errors import SettingError
        from shoal.sweep.durations import seconds_of

        try:
            return seconds_of(value, "--budget")
        except SettingError as error:
            self.fail(str(error), param, ctx)


TIME = _Time()


@click.group(cls=DefaultGroup, default="run")
def sweep() -> None:
    """Search settings on a table, go on with a search, show what it found."""


@sweep.command()
@click.argument("table", type=TABLE)
@click.option("--target", "-t", "targets", multiple=True, help="Column to predict; repeatable.")
@click.option("--config", metavar="FILE", help="What varies: a sweep file of W&B or shoal (YAML).")
@click.option(
    "--ignore", multiple=True, metavar="NAME", help="A parameter of that file to leave out; repeatable."
)
@click.option("--method", metavar="NAME", help="auto, grid, random, bayes, tpe, gp, halving, hyperband, ...")
@click.option("--trials", metavar="N", type=click.IntRange(1), help="Settings to try.")
@click.option("--budget", metavar="TIME", type=TIME, help="Time for all of it: 90, 60s, 10m, 1h30m.")
@click.option("--folds", metavar="K", type=click.IntRange(2), help="Parts of the rows that judge in turn.")
@click.option("--seeds", metavar="N", type=click.IntRange(1), help="Networks for each setting and fold.")
@click.option("--score", "scores", multiple=True, metavar="NAME", help="Search by it; more are shown.")
@click.option("--nested", metavar="K", type=click.IntRange(2), help="Judge the whole search by outer folds.")
@click.option("--max-epochs", metavar="N", type=click.IntRange(1), help="Epochs of a whole training.")
@click.option("--task", type=click.Choice(TASKS), help="What the target is, where it is not recognised.")
@shortcuts
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Fix any setting; repeatable.")
@click.option("--group", metavar="COLUMN", help="Rows with the same value stay in one fold.")
@click.option("--time", metavar="COLUMN", help="Earlier rows train, later rows judge.")
@click.option("--weight", metavar="COLUMN", help="Weight of each row; 2 counts as the row twice.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave this column out; repeatable.")
@click.option("--kind", "kinds", multiple=True, metavar="COLUMN=KIND", help="Read a column as this kind.")
@click.option("--store", metavar="URL", help="A database in place of the file run.db in the run folder.")
@click.option(
    "--out", "runs", default="runs", show_default=True, metavar="FOLDER", help="Where run folders go."
)
@click.option("--model", metavar="FILE", help="Keep the best model here as well.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and train nothing.")
@reading
@as_json
def run(table: str, **options: Any) -> int:
    """Search good settings for TABLE, and train the best on all rows.

    Every setting is judged by folds; settings, folds and seeds train together as one shoal. Without
    --config a good space of settings for the table is searched, without --trials for 60 seconds. Ctrl-C
    ends a search cleanly; 'shoal sweep resume RUN' goes on with it, after a kill too.
    """
    import time

    started = time.perf_counter()
    targets = options["targets"] or labels_in(table)
    if not targets:
        raise click.UsageError("Missing --target, the column to predict.")
    order, said = _order(table, targets, options)
    for notice in said:
        from shoal.errors import SettingNotice

        warnings.warn(notice, SettingNotice, stacklevel=2)

    from shoal.cli.sweep.sitting import Wish, begin

    told = ("runs", "model", "as_json", "dry_run")
    return begin(
        order,
        Wish(
            **{name: options[name] for name in told},
            said=tuple(said),
            command=typed_command(),
            started=started,
        ),
    )


@sweep.command()
@click.argument("run", type=RUN)
@click.option("--trials", metavar="N", type=click.IntRange(1), help="More settings to try, in all.")
@click.option("--budget", metavar="TIME", type=TIME, help="More time, counted from the beginning.")
@click.option("--model", metavar="FILE", help="Keep the best model here as well.")
@as_json
def resume(run: str, trials: int | None, budget: float | None, model: str | None, as_json: bool) -> int:
    """Go on with the search in the folder RUN, after Ctrl-C, a kill, or its end.

    The result is what an unbroken search would have found. Trials and time may be more than before; table,
    settings, folds and seeds stay as they were.
    """
    from shoal.cli.sweep.sitting import Wish
    from shoal.cli.sweep.sitting import resume as go_on

    return go_on(run, Wish(model=model, as_json=as_json, command=typed_command()), trials, budget)


@sweep.command()
@click.argument("run", type=RUN)
@click.option("--export", metavar="FILE", help="Write the trials to a .csv or .parquet file.")
@click.option("--runs", is_flag=True, help="Show, or export, every single network.")
@as_json
def show(run: str, export: str | None, runs: bool, as_json: bool) -> None:
    """Show what the search in the folder RUN found: also while it runs.

    The best settings and how sure that is, what mattered, how trials ended, and what to try next.
    """
    from shoal.cli.sweep.showing import show_sweep

    show_sweep(run, export, runs, as_json)


@sweep.command()
@click.argument("run", type=RUN)
@click.option("--out", "-o", metavar="FILE", help="Write the model here.")
@click.option("--trial", metavar="N", type=click.IntRange(0), help="Another trial than the best one.")
@click.option(
    "--print", "printed", is_flag=True, help="Print the settings as YAML for 'shoal train --config'."
)
@as_json
def best(run: str, out: str | None, trial: int | None, printed: bool, as_json: bool) -> None:
    """Keep the best model of the search in the folder RUN, or print its settings.

    It is trained on all rows, unless the search has done so.
    """
    if not (out or printed):
        raise click.UsageError("Missing --out, the file to write the model to, or --print for its settings.")
    from shoal.cli.sweep.best import keep_best

    keep_best(run, out, trial, printed, as_json)


def _order(table: str, targets: tuple[str, ...], options: dict[str, Any]) -> tuple[SweepOrder, list[str]]:
    """Return what was typed as an order, and what is to be noted."""
    settings = typed_settings(options)

    from shoal.cli.order import Order
    from shoal.cli.sweep.order import SweepOrder

    if options["ignore"] and not options["config"]:
        raise click.UsageError("--ignore leaves out parameters of a sweep file; give the file with --config.")
    said, given, space = [], {}, None
    if options["config"]:
        from shoal.cli.sweep.config import notices_of, options_of
        from shoal.sweep.space import read_sweep

        read = read_sweep(options["config"], ignore=options["ignore"])
        said, given, space = notices_of(read), options_of(read), read.space.to_json()
        own_seed = {} if read.own.seed is None else {"seed": read.own.seed}
        settings = {**read.settings, **own_seed, **settings}
    recipe = Order(
        table=table,
        targets=targets,
        settings=settings,
        kinds=pairs(options["kinds"], "--kind"),
        reading=layout(*(options[name] for name in ("encoding", "delimiter", "decimal", "image_size"))),
        **{name: options[name] for name in ("task", "group", "time", "weight", "drop")},
    )
    names = ("method", "trials", "budget", "folds", "seeds", "scores", "nested", "max_epochs", "store")
    typed = {name: options[name] for name in names if options[name] not in (None, ())}
    metric = given.pop("metric", None)
    wanted = {**given, **typed}
    if metric is not None and "scores" not in wanted:
        wanted["metric"] = metric
    return SweepOrder(recipe=recipe, space=space, **wanted), said
