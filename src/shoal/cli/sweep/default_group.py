"""A group of commands one of which needs no word: ``shoal sweep TABLE`` is ``shoal sweep run TABLE``."""

from __future__ import annotations

from typing import Any

import click


class DefaultGroup(click.Group):
    """A group that hands arguments to one of its commands where the first word names none of them.

    Parameters
    ----------
    default : str
        Name of that command.
    """

    def __init__(self, *args: Any, default: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front, unless a command or the group's own help is asked for."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say that the word of the default command may be left out."""
        own = self.commands[self.default]
        formatter.write_usage(ctx.command_path, " ".join(own.collect_usage_pieces(ctx)))
        others = [name for name in self.list_commands(ctx) if name != self.default]
        formatter.write_usage(ctx.command_path, f"{'|'.join(others)} RUN [OPTIONS]")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Explain the default command."""
        self.commands[self.default].format_help_text(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options of the default command, then the other commands."""
        own = self.commands[self.default]
        click.Command.format_options(own, ctx, formatter)
        self.format_commands(ctx, formatter)
