"""The door of the command line: finds the command, and turns whatever goes wrong into one sentence.

=====  =========================================================================
exit   meaning
=====  =========================================================================
0      done
1      refused: the table, the model file, the disk (`ShoalError`, `OSError`)
2      the command line itself is wrong: unknown command, option or setting
3, 4   ``shoal diagnose`` found a warning, an error
70     a mistake in shoal; ``SHOAL_DEBUG=1`` shows where it lies
130    interrupted with Ctrl-C
=====  =========================================================================
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence

import click

from shoal import __version__
from shoal.cli.ablate import ablate
from shoal.cli.augment import augment
from shoal.cli.backprop import backprop
from shoal.cli.calibrate import calibrate
from shoal.cli.check import check
from shoal.cli.columns import columns
from shoal.cli.compare import compare
from shoal.cli.ctrl_c import listen
from shoal.cli.curve import curve
from shoal.cli.diagnose import diagnose
from shoal.cli.explain import explain
from shoal.cli.info import info
from shoal.cli.landscape import landscape
from shoal.cli.lr import lr
from shoal.cli.predict import predict
from shoal.cli.report import report
from shoal.cli.say import wants_json, write_json
from shoal.cli.schedule import schedule
from shoal.cli.show import show
from shoal.cli.sweep.command import sweep
from shoal.cli.techniques import techniques
from shoal.cli.train import train
from shoal.errors import SettingError, ShoalError, ShoalWarning

REFUSED, USAGE, FAULT, INTERRUPTED = 1, 2, 70, 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="'shoal COMMAND --help' explains a command. Every command takes --json for scripts.",
)
@click.version_option(__version__, prog_name="shoal")
def shoal() -> None:
    """Train neural networks on your tables."""


for command in (
    *(
        train,
        sweep,
        ablate,
        curve,
        predict,
        calibrate,
        report,
        compare,
        lr,
        check,
        diagnose,
        schedule,
        augment,
        backprop,
        explain,
        landscape,
        info,
        show,
        columns,
        techniques,
    ),
):
    shoal.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; the entry point of the ``shoal`` script.

    The process ends at once: to take JAX apart object by object would last a tenth of a short run, and all
    that was written is on disk.
    """
    listen()
    gc.set_threshold(50_000)  # imports make a million objects that stay
    code = run(arguments)
    with contextlib.suppress(OSError):  # the reader of a pipe may be gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; every refusal is one sentence on stderr.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after ``shoal``; ``sys.argv[1:]`` where it is not given.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            # Every notice is told, each text once; python -W still rules over other people's warnings.
            warnings.simplefilter("always", ShoalWarning)
            warnings.showwarning = _notes()
            code = shoal.main(arguments, prog_name="shoal", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # The reader (head, less) has what it wanted. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except (Exception, KeyboardInterrupt) as error:
        return _tell(error, as_json=wants_json(arguments))


def _tell(error: BaseException, *, as_json: bool) -> int:
    """Say in one sentence what went wrong, and return the exit code for it."""
    if os.environ.get("SHOAL_DEBUG"):
        traceback.print_exception(error)
    sentence, code = _sentence(error)
    print(f"shoal: {sentence}", file=sys.stderr)
    if as_json:
        write_json({"error": {"kind": type(error).__name__, "message": sentence, "exit": code}})
    return code


def _sentence(error: BaseException) -> tuple[str, int]:
    if isinstance(error, click.UsageError):
        return _usage_sentence(error), USAGE
    if isinstance(error, click.ClickException):
        return error.format_message(), REFUSED
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "Interrupted.", INTERRUPTED
    if isinstance(error, SettingError):
        return str(error), USAGE
    if isinstance(error, ShoalError):
        return " ".join(str(error).split()), REFUSED
    if isinstance(error, OSError):
        return _system_sentence(error), REFUSED
    if isinstance(error, MemoryError):
        return (
            f"There is not memory enough: {str(error) or 'take fewer rows, or a smaller network'}.",
            REFUSED,
        )
    return (
        f"A mistake in shoal itself, please report it: {type(error).__name__}: {error} "
        "(SHOAL_DEBUG=1 shows where it lies)",
        FAULT,
    )


def _usage_sentence(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "shoal"
    return f"{error.format_message()} '{path} --help' shows what there is."


def _system_sentence(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{reason}: '{error.filename}'." if error.filename else f"{reason}."


def _notes() -> Callable[..., None]:
    """Return what prints a warning as a person would say it: once, without the source line that raised it."""
    said: set[str] = set()

    def show(message: Warning | str, *_: object) -> None:
        if str(message) not in said:
            said.add(str(message))
            print(f"note: {message}", file=sys.stderr)

    return show


if __name__ == "__main__":
    main()
