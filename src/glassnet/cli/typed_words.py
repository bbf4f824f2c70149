"""Messages of the library in the words of the command line."""

from __future__ import annotations

import ast
import re
import shlex

__all__ = ["as_typed"]

_PLACE = re.compile(r"^[\w.]+\((?P<quote>['\"])(?P<path>.*?)(?P=quote)\): ")
_NAME = re.compile(r"^[\w.]+: ")
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""  # a text as Python writes it
_LEAVE_OUT = re.compile(rf"\b(?P<verb>[Ll]eave) out (?P<names>{_QUOTED}(?:, {_QUOTED})*)\.")


def _read_option(advice: re.Match[str]) -> str:
    """Return how a column is read, as it is typed."""
    return f"--read {shlex.quote(f'{ast.literal_eval(advice[1])}={advice[2]}')}"


def _missing_option(advice: re.Match[str]) -> str:
    """Return how a cell is said to mean no value, as it is typed."""
    return f"--missing {shlex.quote(ast.literal_eval(advice[1]))}"


def _targets(advice: re.Match[str]) -> str:
    """Return the targets of an export, as they are typed."""
    return " or ".join(f"--to {name}" for name in re.findall(r"\w+", advice[1].replace(" or ", " ")))


# How arguments of the library are written on the command line.
_AS_OPTIONS = (
    (re.compile(rf"\bread=\{{({_QUOTED}): '(\w+)'\}}"), _read_option),
    (re.compile(rf"\bto_table\(rows, missing=\[({_QUOTED})\], like=model\)"), _missing_option),
    (re.compile(r"\btask='(\w+)'"), r"--task \1"),
    (re.compile(r"^unknown metric(?= ')"), "unknown --metric"),
    (re.compile(r"^metric(?= is ')"), "--metric"),
    (re.compile(r"\bto=('\w+'(?: or '\w+')*)"), _targets),
    (re.compile(r"\binputs='matrix'"), "--matrix"),
    (re.compile(r"\b[Uu]se dtype='float32', or force=True"), "Leave --int8 out, or pass --force"),
    (re.compile(r"\bdtype='int8'"), "--int8"),
    (re.compile(r"\bforce=True"), "--force"),
    (re.compile(r"Read it with glassnet\.load\."), "To see what it holds: glassnet show FILE"),
)


def _with_file(path: str, fact: str) -> str:
    """Return what a message says about a file, with its name.

    Examples
    --------
    >>> _with_file("x.csv", "no such file. Did you mean y.csv?"), _with_file("x.csv", "it is empty.")
    ('no such file: x.csv. Did you mean y.csv?', 'x.csv: it is empty.')
    >>> _with_file("x.py", "not a glassnet model: it is no safetensors file.")
    'not a glassnet model: x.py is no safetensors file.'
    """
    foreign = "not a glassnet model: "
    if fact.startswith(f"{foreign}it "):
        return f"{foreign}{path}{fact.removeprefix(foreign + 'it')}"
    start = "no such file"
    return f"{start}: {path}{fact.removeprefix(start)}" if fact.startswith(start) else f"{path}: {fact}"


def as_typed(message: str) -> str:
    """Return a message of the library with options and files in place of its functions and arguments.

    Examples
    --------
    >>> as_typed("read_table('x.csv'): the file is empty; it must hold a table.")
    'x.csv: the file is empty; it must hold a table.'
    >>> as_typed("TargetEncoder.fit: the target 'y' has one class; it must have two.")
    "the target 'y' has one class; it must have two."
    >>> as_typed("TableEncoder.fit: two columns are empty. Leave out 'a', 'b c'.")
    "two columns are empty. Leave them out with --drop a --drop 'b c'."
    """
    place = _PLACE.match(message)
    message = _with_file(place["path"], message[place.end() :]) if place else _NAME.sub("", message)
    for pattern, words in _AS_OPTIONS:
        message = pattern.sub(words, message)
    return _LEAVE_OUT.sub(_drop_options, message)


def _drop_options(advice: re.Match[str]) -> str:
    """Return the advice to leave columns out, as it is typed."""
    names = ast.literal_eval(f"[{advice['names']}]")
    options = " ".join(f"--drop {shlex.quote(name)}" for name in names)
    return f"{advice['verb']} {'it' if len(names) == 1 else 'them'} out with {options}."
