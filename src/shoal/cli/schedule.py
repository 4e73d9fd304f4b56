"""``shoal schedule``: the course of the learning rate, drawn before training; JAX is not woken for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shoal.cli.options import as_json, pairs
from shoal.cli.say import number, write_json

if TYPE_CHECKING:
    from shoal.train.schedules import Knob, Schedule


@click.command()
@click.argument("kind", required=False)
@click.option(
    "--set", "sets", multiple=True, metavar="NAME=VALUE", help="Set one of its settings; repeatable."
)
@click.option("--warmup", default=0.0, type=float, help="Epochs of linear warm-up in front.")
@click.option("--epochs", default=30, show_default=True, type=click.IntRange(1), help="Length of the run.")
@click.option("--steps", default=20, show_default=True, type=click.IntRange(1), help="Steps of an epoch.")
@click.option(
    "--rate",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Peak learning rate.",
)
@click.option(
    "--momentum",
    default=0.9,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="Where the schedule leaves it.",
)
@click.option("--out", metavar="FILE.svg", help="Draw it into a file.")
@as_json
def schedule(kind: str | None, **options: Any) -> None:
    """Draw the course of the learning rate under the schedule KIND; without KIND, list all of them.

    One that moves the momentum too is drawn with it. What reacts to the validation loss is level here.
    """
    from shoal.train.schedules import Schedule

    if kind is None:
        _refuse_idle(options)
        return _list(options["as_json"])
    _refuse_other_ending(options["out"])
    chosen = Schedule.of(_told(kind, options["sets"]), options["warmup"])
    chosen.refuse_longer_than(options["epochs"])
    found = _course(chosen, options)
    if options["out"]:
        _draw(found, options["out"])
    if options["as_json"]:
        write_json({**found, "out": options["out"]})
    else:
        _show(found)
    return None


def _refuse_idle(options: dict[str, Any]) -> None:
    if options["sets"] or options["out"]:
        raise click.UsageError("Missing the KIND of the schedule to draw; 'shoal schedule' lists them.")


def _refuse_other_ending(out: str | None) -> None:
    if out is not None and Path(out).suffix.lower() != ".svg":
        raise click.UsageError(f"--out expects a name that ends in .svg. Got '{out}' instead.")


def _told(kind: str, sets: tuple[str, ...]) -> dict[str, Any]:
    """Return the schedule as a mapping; KIND may carry settings, as ``step:every=5`` does."""
    from shoal.rules import Number, parse

    given = parse("schedule", kind, None)
    typed = {name: parse(name, text, Number(many=True)) for name, text in pairs(sets, "--set").items()}
    return {**(given if isinstance(given, dict) else {"kind": kind}), **typed}


def _course(chosen: Schedule, options: dict[str, Any]) -> dict[str, Any]:
    epochs, steps = options["epochs"], options["steps"]
    reaction = chosen.reaction()
    return {
        "kind": chosen.kind,
        "settings": chosen.values(epochs),
        "warmup": chosen.warmup,
        "epochs": epochs,
        "steps": steps,
        "rate": (options["rate"] * chosen.factors(epochs, steps, epochs)).tolist(),
        "momentum": chosen.momenta(options["momentum"], epochs, steps, epochs).tolist()
        if chosen.cycles_momentum
        else None,
        "reaction": reaction if reaction["plateau_factor"] != 1.0 else None,
    }


def _draw(found: dict[str, Any], out: str) -> None:
    from shoal.report.schedule_curve import schedule_curve

    Path(out).write_text(schedule_curve(found), encoding="utf-8")


def _show(found: dict[str, Any]) -> None:
    import shutil

    from shoal.cli.plot import plot

    width = max(20, min(72, shutil.get_terminal_size().columns - 13))
    said = {**found["settings"], **({"warmup": found["warmup"]} if found["warmup"] else {})}
    listed = ", ".join(f"{name}={_value(value)}" for name, value in said.items())
    print(f"{found['kind']}{': ' if listed else ''}{listed}")
    print("\nlearning rate by epoch")
    print("\n".join(plot(_flat(found["rate"]), found["epochs"], width, 10)))
    if found["momentum"] is not None:
        print("\nmomentum (Adam: beta_1) by epoch")
        print("\n".join(plot(_flat(found["momentum"]), found["epochs"], width, 5)))
    if found["reaction"] is not None:
        print("\nReacts to what is monitored, which nobody knows before training: level here.")


def _flat(rows: list[list[float]]) -> list[float]:
    return [value for row in rows for value in row]


def _value(value: Any) -> str:
    return "[" + ", ".join(map(number, value)) + "]" if isinstance(value, tuple | list) else number(value)


def _list(as_json: bool) -> None:
    from shoal.train.schedules import SCHEDULES

    if as_json:
        kinds = {
            name: {
                "line": kind.line,
                "settings": {
                    n: {"default": _default(k), "must_be": str(k.rule), "meaning": k.meaning}
                    for n, k in kind.settings.items()
                },
            }
            for name, kind in SCHEDULES.items()
        }
        return write_json({"schedules": kinds})
    for name, kind in SCHEDULES.items():
        print(f"{name:<16} {kind.line}")
        for setting, knob in kind.settings.items():
            print(f"{'':<18}{setting}={_default(knob)}: {knob.meaning}")
    print("\n'shoal schedule one_cycle --set rise=0.2 --epochs 20' draws one.")
    return None


def _default(knob: Knob) -> str:
    return _value(knob.default) if knob.default is not None else f"epochs/{1 / knob.share:g}"
