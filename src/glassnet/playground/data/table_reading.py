"""Read a file of somebody's own: what can be read is, and what only a person can decide becomes a question."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from glassnet.errors import ConfigError, DataError
from glassnet.playground.data.odd_cells import far_cells, question_of_far_cells
from glassnet.tabular.reading.files import read_file
from glassnet.tabular.reading.options import READINGS, ReadOptions, python_spelling
from glassnet.tabular.reading.table import Column, Table
from glassnet.utils.checks import check_choice
from glassnet.utils.wording import shortened

__all__ = [
    "MOST_COLUMNS", "MOST_ROWS", "YOUR_FILE", "Reading", "UndecidedError", "check_table_size", "display_name",
    "read_checked", "undecided",
]  # fmt: skip

MOST_ROWS, MOST_COLUMNS = 1_000_000, 2_000
YOUR_FILE = "your_file.csv"
"""How messages and code call an upload whose name nobody knows."""

_KINDS: dict[str, tuple[type, ...]] = {
    "separator": (str,), "encoding": (str,), "header": (bool, int), "skip_lines": (int,), "bad_rows": (str,),
    "decimal": (str,), "thousands": (str,), "missing": (list,), "day_first": (bool,), "read": (dict,),
}  # fmt: skip
_CHOICE = re.compile("\x01([^\x02]*)\x02")
_ROUNDS = 3
_LONGEST_NAME = 80


def display_name(name: str) -> str:
    r"""Return the name of a file as messages and code call it: one part of a path, of characters that can be seen.

    It is for people only: no file is looked for under it.

    Examples
    --------
    >>> display_name("weather 2026.csv"), display_name("C:\\data\\a.tsv"), display_name("../../etc/passwd")
    ('weather 2026.csv', 'a.tsv', 'your_file.csv')
    """
    last = re.split(r"[/\\]", name[-1000:])[-1]
    shown = "".join(c for c in last if c.isprintable()).strip()
    stem, _, ending = shown.rpartition(".")
    if not stem.strip(".") or not re.fullmatch(r"\w{1,10}", ending):
        return YOUR_FILE
    most = _LONGEST_NAME - len(ending) - 1
    return f"{stem if len(stem) <= most else stem[: most - 1] + '…'}.{ending}"


class Reading(NamedTuple):
    """A table with the options that it was read with, and what was left open about it."""

    table: Table
    options: dict[str, Any]
    questions: tuple[dict[str, Any], ...]


class UndecidedError(DataError):
    """A file that can be read in several ways, and not before somebody decides.

    Attributes
    ----------
    questions : list of dict
    """

    def __init__(self, message: str, questions: Sequence[dict[str, Any]]) -> None:
        super().__init__(message, expected=questions)
        self.questions = list(questions)


def read_checked(path: Path | str, options: Mapping[str, Any], where: str = YOUR_FILE) -> Reading:
    """Return the table in a file.

    Columns that can be read in several ways are left out, and asked about.

    Parameters
    ----------
    path : Path or str
        A file, or the name of a data set of the package.
    options : mapping
        Options of `read_table`, as plain data.
    where : str
        What messages call the file.

    Raises
    ------
    UndecidedError
        The lines can be read in several ways.
    DataError
        The file holds no table, or one that is too large.
    """
    given = _checked_options(options)
    open_columns: dict[str, dict[str, Any]] = {}
    for _ in range(_ROUNDS):
        read = {**given.get("read", {}), **dict.fromkeys(open_columns, "drop")}
        try:
            chosen = ReadOptions.checked(where, **{**given, "read": read}, spelled=_spelled)
            table = read_file(where, str(path), chosen)
        except (DataError, ConfigError) as error:
            doubts = _questions(error)
            if not doubts:
                raise _plain(error, str(path), where) from error
            open_columns |= doubts
            continue
        check_table_size(table, where)
        if not table.names:
            break
        if far := _far_columns(table, path, where, given, read):
            open_columns |= far
            continue
        return Reading(_in_plain_words(table), dict(given), tuple(open_columns.values()))
    raise undecided(where, tuple(open_columns.values()))


def _far_columns(
    table: Table, path: Path | str, where: str, given: Mapping[str, Any], read: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return a question for each column with cells that are of no use beside the others, as they stand in the file."""
    far = [column for column in table.columns if far_cells(column).size]
    if not far:
        return {}
    as_text = {**read, **{column.name: "category" for column in far}}
    texts = read_file(where, str(path), ReadOptions.checked(where, **{**given, "read": as_text}, spelled=_spelled))
    return {
        column.name: question_of_far_cells(
            column, texts[column.name].values[far_cells(column)].tolist(), given.get("missing", [])
        )
        for column in far
    }


def undecided(where: str, questions: Sequence[dict[str, Any]]) -> UndecidedError:
    """Return the error for a table that is none before somebody decides about its columns."""
    message = f"{where}: {questions[0]['text']}"
    return UndecidedError(message, questions)


def check_table_size(table: Table, where: str = YOUR_FILE) -> None:
    """Refuse a table that is too large to look at."""
    for what, most, got, advice in (
        ("rows", MOST_ROWS, table.n_rows, "Take a sample of them."),
        ("columns", MOST_COLUMNS, len(table.names), "Keep those that may matter."),
    ):
        if got > most:
            message = f"{where}: the table has {got:,} {what}; it must have at most {most:,}. {advice}"
            raise DataError(message, expected=most, got=got)


def _checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options that came from the page if they have the types of `read_table`."""
    for name, value in options.items():
        check_choice("data", "options", name, _KINDS)
        if type(value) not in _KINDS[name] or (isinstance(value, str) and len(value) > 40):
            must = f"it must be a {_KINDS[name][0].__name__}"
            message = f"data: {name} is {shortened(repr(value), 60)}; {must}."
            raise ConfigError(message, got=value)
    for kind in options.get("read", {}).values():
        check_choice("data", "read", kind, READINGS)
    return dict(options)


# ---- questions ------------------------------------------------------------------------------------------------------


def _spelled(name: str, value: Any) -> str:
    """Return an option such that it is found again in a sentence."""
    return f"\x01{json.dumps({name: value})}\x02"


def _questions(error: DataError | ConfigError) -> dict[str, dict[str, Any]]:
    """Return a question for each column that an error asks to decide."""
    choices, facts = error.expected, error.got
    if not isinstance(choices, dict) or not isinstance(facts, dict):
        return {}
    return {
        column: {
            "column": column,
            "text": f"Column {shortened(repr(column), 60)}: {_python(facts[column])}.",
            "choices": [{"options": json.loads(found)} for found in _CHOICE.findall(choices[column])],
        }
        for column in choices
    }


def _plain(error: DataError | ConfigError, path: str, where: str) -> DataError | ConfigError:
    """Return an error with options as in Python, and what can be chosen; it does not say where an upload lies."""
    text = str(error)
    choices = [{"options": json.loads(found)} for found in _CHOICE.findall(text)]
    if choices:
        return UndecidedError(_python(text), [{"text": _asked(text, where), "column": None, "choices": choices}])
    return DataError(text.replace(path, where)) if path != where and path in text else error


def _asked(text: str, where: str) -> str:
    """Return an error as a question: without the advice that the answers give, nor the name of the file."""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", text.removeprefix(f"{where}: "))
    facts = [sentence for sentence in sentences if "\x01" not in sentence] or sentences
    asked = _python(" ".join(facts))
    return asked[:1].upper() + asked[1:]


def _python(text: str) -> str:
    """Return a sentence with its options spelled as in Python."""

    def spell(found: re.Match[str]) -> str:
        ((name, value),) = json.loads(found[1]).items()
        return python_spelling(name, value)

    return _CHOICE.sub(spell, text)


def _in_plain_words(table: Table) -> Table:
    """Return the table with options in its notes spelled as on the page, or else as in Python."""
    return Table(
        [_with_notes(column) for column in table.columns],
        notes=[_python(note) for note in table.notes],
    )


def _with_notes(column: Column) -> Column:
    return dataclasses.replace(column, notes=tuple(map(_on_page, column.notes))) if column.notes else column


def _on_page(note: str) -> str:
    """Return a note on a column with what the page offers for it in the place of what Python does."""

    def offered(found: re.Match[str]) -> str:
        ((name, value),) = json.loads(found[1]).items()
        return f"“{next(iter(value.values()))}” in the list of columns" if name == "read" else found[0]

    return _python(_CHOICE.sub(offered, note))
