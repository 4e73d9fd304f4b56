"""The door: what goes wrong is one sentence and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import warnings

import click
import pytest

from shoal.cli import main as door
from shoal.errors import ColumnError, DataNotice, SettingError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """A command called 'fail' that raises or does what it is given."""

    def install(action) -> None:
        @click.command("fail")
        @click.option("--json", "as_json", is_flag=True)
        def fail(as_json: bool) -> None:
            action()

        monkeypatch.setitem(door.shoal.commands, "fail", fail)

    return install


def raising(error: BaseException):
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ColumnError("The column 'age' is gone."), 1, "shoal: The column 'age' is gone.\n"),
        (SettingError("There is no setting 'drpout'."), 2, "shoal: There is no setting 'drpout'.\n"),
        (PermissionError(13, "Permission denied", "x.csv"), 1, "shoal: Permission denied: 'x.csv'.\n"),
        (OSError(28, "No space left on device"), 1, "shoal: No space left on device.\n"),
        (
            MemoryError("Unable to allocate 9 TiB"),
            1,
            "shoal: There is not memory enough: Unable to allocate 9 TiB.\n",
        ),
        (MemoryError(), 1, "shoal: There is not memory enough: take fewer rows, or a smaller network.\n"),
        (KeyboardInterrupt(), 130, "shoal: Interrupted.\n"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(failing, capsys, error, code, sentence) -> None:
    failing(raising(error))
    assert door.run(["fail"]) == code
    told = capsys.readouterr()
    assert told.err.lstrip() == sentence  # click ends the line that shows ^C
    assert told.out == ""


def test_a_mistake_in_shoal_is_owned_up_to_without_a_traceback(failing, capsys) -> None:
    failing(raising(KeyError("epoch")))
    assert door.run(["fail"]) == 70
    told = capsys.readouterr().err
    assert told.startswith("shoal: A mistake in shoal itself, please report it: KeyError: 'epoch'")
    assert "Traceback" not in told
    assert told.count("\n") == 1


def test_shoal_debug_shows_the_traceback(failing, capsys, monkeypatch) -> None:
    monkeypatch.setenv("SHOAL_DEBUG", "1")
    failing(raising(ColumnError("gone")))
    assert door.run(["fail"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_for_machines_the_error_is_one_json_object_on_stdout(failing, capsys) -> None:
    failing(raising(ColumnError("The column 'age' is gone.")))
    assert door.run(["fail", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told == {"error": {"kind": "ColumnError", "message": "The column 'age' is gone.", "exit": 1}}


def test_a_warning_is_a_note_told_once_without_the_line_that_raised_it(failing, capsys) -> None:
    def action() -> None:
        for _ in range(2):
            warnings.warn("The column 'id' was ignored.", DataNotice, stacklevel=1)

    failing(action)
    assert door.run(["fail"]) == 0
    assert capsys.readouterr().err == "note: The column 'id' was ignored.\n"


def test_an_exit_code_that_a_command_returns_is_the_processes(failing) -> None:
    failing(lambda: click.get_current_context().exit(130))
    assert door.run(["fail"]) == 130


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trian"], "No such command 'trian'. (Did you mean one of: 'train'?)"),
        (["columns", "--traget", "x"], "No such option '--traget'"),
        (["info"], "Missing argument 'MODEL'."),
    ],
)
def test_usage_errors_help_and_exit_with_2(capsys, arguments, sentence) -> None:
    assert door.run(arguments) == 2
    told = capsys.readouterr().err
    assert sentence.split(" (")[0] in told
    assert "--help' shows what there is." in told
    assert told.count("\n") == 1


def test_a_misspelt_command_is_answered_with_the_nearest(capsys) -> None:
    door.run(["trian"])
    assert "'train'" in capsys.readouterr().err


def test_help_and_version_exit_with_0(capsys) -> None:
    assert door.run(["--help"]) == 0
    assert "Train neural networks on your tables." in capsys.readouterr().out
    assert door.run(["--version"]) == 0
    assert "0.1" in capsys.readouterr().out


def test_no_arguments_show_the_help(capsys) -> None:
    assert door.run([]) == 2
    assert "Usage: shoal" in "".join(capsys.readouterr())


def test_every_command_speaks_json() -> None:
    groups = [command for command in door.shoal.commands.values() if isinstance(command, click.Group)]
    alone = [command for command in door.shoal.commands.values() if not isinstance(command, click.Group)]
    for command in [*alone, *(one for group in groups for one in group.commands.values())]:
        assert any("--json" in option.opts for option in command.params), command.name


def test_nothing_of_the_environment_is_left_changed(failing) -> None:
    before = dict(os.environ)
    failing(lambda: None)
    door.run(["fail"])
    assert dict(os.environ) == before
