"""Sentences on words that cannot be read as a command: unknown options, missing and unexpected arguments."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from typing import Any

from glassnet.cli.input_files import PARQUET_ENDINGS
from glassnet.errors import ConfigError
from glassnet.utils.suggestions import suggestion

__all__ = ["single_target", "usage_sentence"]


def usage_sentence(error: Exception, name: str, words: Sequence[str]) -> str | None:
    """Return a usage error that Typer found in ``words`` as one sentence; None for any other error."""
    if not any(kind.__name__ == "ClickException" for kind in type(error).__mro__):
        return None
    # Of -train.csv, Typer takes -t for an option with the value rain.csv.
    file = next((word for word in words if word[:1] == "-" and word[1:].strip("-") and os.path.isfile(word)), None)
    if file:
        return f"{shlex.quote(file)} is taken for an option. For the file of that name write {shlex.quote('./' + file)}"
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    see = f"See: {name} --help"
    if type(error).__name__ == "NoSuchOption":
        # Of -lr, one word for whoever types it, Typer has only the first letter.
        whole = next((word for word in words if word.startswith(str(option)) and word[1:2] != "-"), str(option))
        return f"unknown option {whole}. {_suggested_option(whole, context) or see}"
    if option:
        return f"{option} has no value; it must be followed by one. {see}"
    missing = getattr(getattr(error, "param", None), "metavar", None)
    if type(error).__name__ == "MissingParameter" and missing:
        return f"{missing} is missing. {see}"
    extra = re.search(r"extra argument.* \((.*)\)$", str(error))
    if extra:
        return _unexpected(extra[1], name, context)
    text = str(getattr(error, "format_message", lambda: error)()).strip().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}. {see}"


def _unexpected(extra: str, name: str, context: Any) -> str:
    """Return the sentence on words that are left over."""
    given = getattr(context, "params", {})
    files = [word for word in (given.get("data"), given.get("target_argument"), *extra.split()) if word]
    if len(files) > 1 and _advice_on_files(name, files):
        return f"several files are given; DATA must be one file, a folder or a pattern. {_advice_on_files(name, files)}"
    is_target = "target" in given and not given["target"] and not given.get("target_argument")
    if is_target:
        return f"unexpected argument {extra!r}. Did you mean --target {shlex.quote(extra)}?"
    arguments = [each.metavar for each in context.command.params if each.param_type_name == "argument"]
    takes = " and ".join(arguments) or "no argument"
    has_blanks = name not in ("glassnet help", "glassnet version") and not os.path.isfile(extra)
    advice = "Put names with blanks in quotes." if has_blanks else "Leave it out."
    return f"unexpected argument {extra!r}; {name.removeprefix('glassnet ')} takes {takes}. {advice}"


def _advice_on_files(name: str, files: Sequence[str]) -> str:
    """Return how several Parquet files are given, if these are such, which the shell has put in place of a pattern."""
    if not all(file.lower().endswith(PARQUET_ENDINGS) for file in files):
        return ""
    if name != "glassnet train":
        return "Give one after the other; only train reads all of them."
    folder = os.path.dirname(files[0]) or "."
    pattern = shlex.quote(os.path.join(folder, f"*{os.path.splitext(files[0])[1]}"))
    return f"Put a pattern in quotes, {pattern}, or name the folder, {shlex.quote(folder)}."


def _suggested_option(typed: str, context: Any) -> str:
    """Return the sentence that helps someone who typed an option that the command does not have, or ""."""
    if len(typed) < 3:
        return ""  # a letter stands for too many words
    names = [flag for each in context.command.params for flag in each.opts if flag.startswith("--")]
    return suggestion(typed, [flag[2:] for flag in names], "--{}".format)


def single_target(where: str, data: str, argument: str | None, option: str | None) -> str | None:
    """Return the target, which may be named as the second argument or with ``--target``; None if it is neither.

    Examples
    --------
    >>> single_target("train", "d.csv", "y", None), single_target("train", "d.csv", None, "y")
    ('y', 'y')
    """
    if argument is None:
        return option
    if os.path.isfile(f"{data} {argument}"):
        message = f"{where}: unexpected argument {argument!r}. Put the name of the file in quotes: '{data} {argument}'"
        raise ConfigError(message, got=argument)
    advice = _advice_on_files(f"glassnet {where}", [data, argument])
    if advice:
        message = f"{where}: several files are given; DATA must be one file, a folder or a pattern. {advice}"
        raise ConfigError(message, got=argument)
    if option is not None and option != argument:
        message = f"{where}: two targets are named, {argument!r} and --target {shlex.quote(option)}. Leave one out."
        raise ConfigError(message, got=(argument, option))
    return argument
