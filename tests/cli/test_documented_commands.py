"""Every command that the docs and the README show can be typed as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from shoal.cli.main import shoal

ROOT = Path(__file__).parents[2]
CALL = re.compile(
    r"\bshoal (train|sweep|ablate|curve|predict|info|columns|show|lr|check|schedule|augment|calibrate"
    r"|explain|backprop|landscape|report|compare|diagnose|techniques)\b[^|)]*"
)
MADE = ROOT / "docs" / "techniques"  # from a table, whose own test types every setting
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").rglob("*.md")) if MADE not in p.parents)]


def commands() -> list[str]:
    """Return the lines of code blocks that call shoal, without comments and what they are piped into."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```(?:\w*)\n(.*?)```", page.read_text(), flags=re.S):
            called = (CALL.search(line) for line in block.splitlines())
            found.extend(re.sub(r"\s[#>]\s.*", "", call.group()).strip() for call in called if call)
    return sorted(set(found))


@pytest.mark.parametrize("line", commands())
def test_it_can_be_typed(line: str) -> None:
    name, *arguments = shlex.split(line.removeprefix("shoal "))
    command = shoal.commands[name]
    if isinstance(command, click.Group):  # one of its commands, or the one whose word may be left out
        context = command.make_context(name, arguments)
        name, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
    command.make_context(name, arguments)


def test_there_are_some() -> None:
    assert len(commands()) >= 8
