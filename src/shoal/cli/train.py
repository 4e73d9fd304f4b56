"""``shoal train``: from a table to a run folder with model, history, settings and report."""

from __future__ import annotations

from typing import Any

import click

from shoal.cli.options import TABLE, as_json, labels_in, layout, pairs, reading, typed_command

TASKS = ("regression", "binary", "multiclass", "multilabel")
"""As in `shoal.data.TASKS`, which is not imported for ``--help``."""

SHORTCUTS = {
    "hidden": "Units of the hidden layers, for example 256,128.",
    "dropout": "Share of hidden units dropped in training.",
    "learning_rate": "Peak learning rate.",
    "batch_size": "Rows of one step.",
    "epochs": "Most passes over the rows.",
    "patience": "Epochs without improvement before training stops.",
    "split": "How rows are put aside: auto, random, stratified, grouped or time.",
    "record": "What is kept of every epoch: losses, or layers too.",
    "seed": "Decides initial weights, splits and the order of rows.",
}
"""Settings that have an option of their own; every setting can be given with --set."""


def shortcuts(command: Any) -> Any:
    """Add one option for each of `SHORTCUTS`; its text is read like that of --set."""
    for name, said in reversed(SHORTCUTS.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, metavar="VALUE", help=said)(command)
    return command


@click.command()
@click.argument("table", type=TABLE, required=False)
@click.option("--target", "-t", "targets", multiple=True, help="Column to predict; repeat it for several.")
@click.option("--task", type=click.Choice(TASKS), help="What the target is, where it is not recognised.")
@shortcuts
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Set any setting; repeatable.")
@click.option("--config", metavar="FILE", help="Settings from a YAML or JSON file.")
@click.option("--test", metavar="FILE|SHARE", help="Table, or share of the rows, to judge the network by.")
@click.option("--folds", metavar="K|all", help="Judge by so many folds; 'all' leaves one row out each time.")
@click.option("--group", metavar="COLUMN", help="Rows with the same value stay on one side of a split.")
@click.option("--time", metavar="COLUMN", help="Earlier rows train, later rows judge; left out itself.")
@click.option("--weight", metavar="COLUMN", help="Weight of each row; 2 counts as the row twice.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave this column out; repeatable.")
@click.option("--kind", "kinds", multiple=True, metavar="COLUMN=KIND", help="Read a column as this kind.")
@click.option(
    "--out", "runs", default="runs", show_default=True, metavar="FOLDER", help="Where run folders go."
)
@click.option("--model", metavar="FILE", help="Keep the model here as well.")
@click.option("--log", multiple=True, metavar="WHERE", help="Log epochs to csv, tensorboard or mlflow too.")
@click.option("--act", is_flag=True, help="Apply what findings advise while it trains, and go on.")
@click.option("--resume", metavar="RUN", help="Go on with this run folder; only settings may be given along.")
@reading
@as_json
def train(table: str | None, targets: tuple[str, ...], **options: Any) -> int:
    """Train a network on TABLE and leave a run folder with the model and a report.

    The task follows from the target: text and few whole numbers are classes, other numbers are
    predicted as numbers, several columns of yes and no are labels.

    TABLE may be a folder with a sub-folder of pictures (png, jpg, bmp, gif) for each class, or an .npz
    file with an array x of images and y of what they show; then no --target is needed.
    """
    resume = options["resume"]
    if resume and (table or targets):
        raise click.UsageError("--resume takes table and target from the run; leave them out.")
    if table and not targets:
        targets = labels_in(table)
    if not resume and not (table and targets):
        missing = "the TABLE to train on" if not table else "--target, the column to predict"
        raise click.UsageError(f"Missing {missing}.")
    settings = typed_settings(options)

    from shoal.cli.order import Order, settings_file
    from shoal.cli.training import Wish, train_and_keep

    if options["config"]:
        settings = {**settings_file(options["config"]), **settings}
    wish = Wish(
        runs=options["runs"],
        model=options["model"],
        resume=resume,
        as_json=options["as_json"],
        log=options["log"],
        act=options["act"],
        command=typed_command(),
    )
    if resume:
        return train_and_keep(Order.of_run(resume, settings), wish)
    order = Order(
        table=str(table),
        targets=targets,
        settings=settings,
        kinds=pairs(options["kinds"], "--kind"),
        reading=layout(*(options[name] for name in ("encoding", "delimiter", "decimal", "image_size"))),
        **{name: options[name] for name in ("task", "test", "folds", "group", "time", "weight", "drop")},
    )
    return train_and_keep(order, wish)


def typed_settings(options: dict[str, Any]) -> dict[str, str]:
    """Return the settings of --set and of the options that stand for one, as typed."""
    texts = pairs(options["sets"], "--set")
    for name in SHORTCUTS:
        if options[name] is not None:
            if name in texts:
                option = f"--{name.replace('_', '-')}"
                raise click.UsageError(f"The setting '{name}' is given twice, by {option} and by --set.")
            texts[name] = options[name]
    return texts
