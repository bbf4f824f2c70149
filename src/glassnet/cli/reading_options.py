"""The options of all commands that read a table: how it is read where a person has to decide."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from glassnet.cli.arguments import as_number, declared, flag_of, option
from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_integer

if TYPE_CHECKING:
    from glassnet.tabular.reading.options import ReadOptions

__all__ = ["ReadingOptions", "option_words"]

_PANEL = "Reading the table"
_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "blank": " ", "comma": ",", "semicolon": ";", "bar": "|", "dot": "."}
_TRUTHS = {"yes": True, "no": False}
_DECIMALS = {".": "a dot", ",": "a comma"}
_THOUSANDS = {",": "a comma", ".": "a dot", " ": "space", "'": "an apostrophe", "_": "an underscore"}


def _as_mark(text: str | None) -> str | None:
    r"""Return the mark that a word stands for, such as a tab, which is hard to type.

    Examples
    --------
    >>> _as_mark("tab"), _as_mark(";"), _as_mark(None)
    ('\t', ';', None)
    """
    return None if text is None else _WORDS.get(text.lower(), text)


def _as_truth(text: str | None) -> Any:
    """Return the truth that a word stands for; anything else unchanged, for a check to refuse."""
    return text if text is None else _TRUTHS.get(text.lower(), text)


def _as_header(text: str | None) -> Any:
    """Return whether there is a line of names, or how many.

    Examples
    --------
    >>> [_as_header(text) for text in ("yes", "no", "2", "maybe", None)]
    [True, False, 2, 'maybe', None]
    """
    return as_number(text) if _as_truth(text) == text else _as_truth(text)


def _check_mark(where: str, name: str, mark: str, *, choices: Mapping[str, str]) -> None:
    if mark not in choices:
        message = f"{where}: {name} is {mark!r}; it must be {' or '.join(choices.values())}."
        raise ConfigError(message, expected=list(choices), got=mark)


def _check_separator(where: str, name: str, separator: str) -> None:
    if not separator:
        message = f"{where}: {name} is empty; it must be a character, or the word tab or space."
        raise ConfigError(message, got=separator)


def _check_encoding(where: str, name: str, encoding: str) -> None:
    try:
        "a".encode(codecs.lookup(encoding).name)
    except (LookupError, ValueError, TypeError) as error:
        must = f"{name} must be one that Python knows, such as utf-8 or cp1252"
        message = f"{where}: unknown encoding {encoding!r}; {must}."
        raise ConfigError(message, got=encoding) from error


def _check_truth(where: str, name: str, truth: Any) -> None:
    if not isinstance(truth, bool):
        message = f"{where}: {name} is {truth!r}; it must be yes or no."
        raise ConfigError(message, expected=("yes", "no"), got=truth)


def _check_header(where: str, name: str, header: Any) -> None:
    if not isinstance(header, bool) and not (isinstance(header, int) and header >= 0):
        message = f"{where}: {name} is {header!r}; it must be yes, no or a number of lines."
        raise ConfigError(message, expected=("yes", "no"), got=header)


def _check_kinds(where: str, name: str, texts: Sequence[str]) -> None:
    """Raise an error for a text that is not ``COLUMN=KIND``, and for a column with two kinds."""
    from glassnet.tabular.reading.options import READINGS  # takes a moment to import, and --help does without

    found: dict[str, str] = {}
    for text in texts:
        column, equals, kind = text.rpartition("=")
        if not equals or not column:
            message = f"{where}: {name} is {text!r}; it must be COLUMN=KIND, such as {name} zip=text."
            raise ConfigError(message, expected="COLUMN=KIND", got=text)
        check_choice(where, f"the kind after {name} {column}=", kind, READINGS)
        if found.setdefault(column, kind) != kind:
            message = f"{where}: {name} gives {column!r} two kinds, {found[column]} and {kind}. Leave one out."
            raise ConfigError(message, got=text)


def _repeated(texts: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(texts or ())


_option = partial(option, panel=_PANEL)


@dataclass(frozen=True)
class ReadingOptions:
    """How a table is read; what is left out the cells decide, or for new data the training.

    The fields are those of `glassnet.tabular.read_table`.
    """

    separator: str | None = _option(
        "Separator of the columns in a text file: a character, or the word tab or space.", metavar="CHAR",
        parse=_as_mark,
        check=_check_separator,
    )  # fmt: skip
    decimal: str | None = _option(
        "Decimal mark: . or ,", metavar="CHAR", parse=_as_mark, check=partial(_check_mark, choices=_DECIMALS)
    )
    thousands: str | None = _option(
        "Thousands separator: , . ' _ or the word space.", metavar="CHAR", parse=_as_mark,
        check=partial(_check_mark, choices=_THOUSANDS),
    )  # fmt: skip
    encoding: str | None = _option("Encoding of a text file, such as cp1252.", metavar="NAME", check=_check_encoding)
    header: bool | int | None = _option(
        "Whether a text file begins with a line of names: yes, no, or the number of such lines.",
        metavar="WORD",
        parse=_as_header,
        check=_check_header,
    )
    skip_lines: int | None = _option(
        "Lines to skip before the header.", parse=as_number, check=partial(check_integer, minimum=0)
    )
    bad_rows: str | None = _option(
        "Rows with too many or too few fields: refuse or skip.", metavar="WORD", usual="refuse",
        check=partial(check_choice, choices=("refuse", "skip")),
    )  # fmt: skip
    missing: tuple[str, ...] = _option(
        'Cell that means "no value", such as -999; may be repeated.', metavar="CELL", default=(), parse=_repeated
    )
    day_first: bool | None = _option(
        "Whether 01/02/2024 is the first of February: yes or no.", metavar="WORD", parse=_as_truth, check=_check_truth
    )
    read: tuple[str, ...] = _option(
        "Read a column as number, text, category or date, or drop it; may be repeated.", metavar="COLUMN=KIND",
        default=(), parse=_repeated, check=_check_kinds,
    )  # fmt: skip

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any]) -> ReadingOptions:
        """Return the options for what was typed, by field name; what is wrong is left for `check`."""
        return cls(**{name: each.parse(texts.get(name)) for name, (each, _) in declared(cls).items()})

    def check(self, where: str) -> None:
        """Raise an error for an option with a value that is not allowed."""
        for name, (each, _) in declared(type(self)).items():
            value = getattr(self, name)
            if value is not None and each.check is not None:
                each.check(where, flag_of(name), value)
        if self.decimal is not None and self.decimal == self.thousands:
            message = f"{where}: --decimal and --thousands are both {self.decimal!r}; they must differ."
            raise ConfigError(message, got=self.decimal)

    def options(self, where: str, drop: Sequence[str] = ()) -> ReadOptions:
        """Return the options of the library, after a check; the columns in ``drop`` are not read at all."""
        from glassnet.tabular.reading.options import ReadOptions, command_line_spelling

        self.check(where)
        values = {name: getattr(self, name) for name in declared(type(self)) if name != "read"}
        read = {column: kind for column, _, kind in (text.rpartition("=") for text in self.read)}
        for column in drop:
            if read.get(column, "drop") != "drop":
                message = f"{where}: --drop and --read both name {column!r}. Leave one out."
                raise ConfigError(message, got=column)
        read |= dict.fromkeys(drop, "drop")
        return ReadOptions.checked(where, spelled=command_line_spelling, **values, read=read)


def option_words(config: Mapping[str, Any]) -> str:
    """Return options of `options_config` as they are typed.

    Examples
    --------
    >>> option_words({"decimal": ",", "missing": ["-9"], "read": {"id": "drop"}})
    '--decimal , --missing -9 --drop id'
    """
    from glassnet.tabular.reading.options import command_line_spelling

    return " ".join(command_line_spelling(name, value) for name, value in config.items())
