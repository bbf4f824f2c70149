"""The text of ``glassnet --help`` and of the help of each command: usage, examples, then options in groups."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from glassnet.cli.arguments import FIRST
from glassnet.cli.examples import EXAMPLES

__all__ = ["HelpCommand", "HelpGroup", "help_text"]

_NARROWEST, _WIDEST = 40, 110
_WIDE_ENOUGH = 44  # characters beside which no note is too long
_JOINED = "\x00"  # a blank at which no line is broken
_MOST_NAME = 30  # columns of the names of options; the help of a longer one begins below it


class HelpCommand(TyperCommand):
    """A command whose help is `help_text`."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_text(self, ctx))


class HelpGroup(TyperGroup):
    """The program, whose help is `help_text` with its commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_text(self, ctx))


def help_text(command: Any, context: Any, width: int | None = None) -> str:
    """Return the help of a command, in lines of at most ``width`` characters, by default those of the terminal."""
    width = _terminal_width() if width is None else width
    arguments = [each for each in command.get_params(context) if each.param_type_name == "argument"]
    groups = _options(command, context)
    parts = [
        "\n\n".join(_paragraph(text, width) for text in (command.help or "").split("\n\n")),
        f"{_heading('Usage')} {_usage(command, context, arguments)}",
        _block("Examples", [f"  {line}" for line in EXAMPLES.get(context.info_name or "", ())]),
        _block("Commands", [*_columns(_commands(command, context), width)]),
        _block("Arguments", [*_columns([(each.metavar, each.help or "") for each in arguments], width)]),
        *(_block(name, [*_columns(rows, width)]) for name, rows in groups.items()),
        _paragraph(command.epilog or "", width),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _terminal_width() -> int:
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((80, 24)).columns - 1))


def _usage(command: Any, context: Any, arguments: Sequence[Any]) -> str:
    """Return how the command is called."""
    names = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
    return " ".join([context.command_path, *names, *(["COMMAND"] if _commands(command, context) else []), "[OPTIONS]"])


def _commands(command: Any, context: Any) -> list[tuple[str, str]]:
    """Return the commands of a group, each with the first sentence of its help."""
    if not isinstance(command, TyperGroup):
        return []
    found = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return [(name, _first_line(each)) for name, each in found if each is not None and not each.hidden]


def _first_line(command: Any) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split()).rstrip(".")


def _options(command: Any, context: Any) -> dict[str, list[tuple[str, str]]]:
    """Return for each group of options their names and help, the group that most people need first."""
    groups: dict[str, list[tuple[str, str]]] = {FIRST: []}
    for each in command.get_params(context):
        if each.param_type_name == "option" and not each.hidden:
            groups.setdefault(each.rich_help_panel or FIRST, []).append((_names(each), _help(each)))
    return groups


def _names(option: Any) -> str:
    """Return how an option is typed: its letter, its name, and what stands for its value."""
    letters = [name for name in option.opts if not name.startswith("--")]
    words = [name for name in option.opts if name.startswith("--")]
    names = ", ".join([*letters, *words])
    value = "" if option.is_flag else f" {option.metavar}"
    return f"{'' if letters else '    '}{names}{value}"


def _help(option: Any) -> str:
    """Return what an option does, with its default; the others are off or empty unless they are given."""
    default = option.show_default if isinstance(option.show_default, str) else option.default
    is_shown = default not in (None, False, True) and not option.is_flag
    notes = ["required"] * option.required + [f"default: {default}"] * is_shown
    return " ".join([option.help or "", *(f"[{note}]" for note in notes)]).strip()


def _wrapped(text: str, width: int) -> list[str]:
    """Return lines of text; what stands in brackets is kept together if it is short."""
    joined = re.sub(
        r"\[[^\]]+\]", lambda note: note[0].replace(" ", _JOINED) if len(note[0]) <= width else note[0], text
    )
    lines = textwrap.wrap(joined if width > _WIDE_ENOUGH else text, width, break_on_hyphens=False)
    return [line.replace(_JOINED, " ") for line in lines] or [""]


def _columns(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield names on the left and their help beside them; below a name that is too long."""
    fitting = [len(name) for name, _ in rows if len(name) <= min(_MOST_NAME, width // 2)]
    start = max(fitting, default=0) + 4
    for name, text in rows:
        lines = _wrapped(text, width - start)
        if len(name) > start - 4:
            yield f"  {name}"
        else:
            yield f"  {name.ljust(start - 2)}{lines.pop(0)}".rstrip()
        yield from (f"{' ' * start}{line}" for line in lines)


def _block(heading: str, lines: Sequence[str]) -> str:
    return "\n".join([_heading(heading), *lines]) if lines else ""


def _heading(text: str) -> str:
    """Return a heading; Typer takes the bold away where the output is no terminal."""
    return f"{text}:" if os.environ.get("NO_COLOR") else str(typer.style(f"{text}:", bold=True))


def _paragraph(text: str, width: int) -> str:
    return textwrap.fill(" ".join(text.split()), width, break_on_hyphens=False)
