"""How a table is read where a person has to decide: the same options for files, frames, estimators and commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from glassnet.errors import ConfigError
from glassnet.tabular.reading.form import Form
from glassnet.utils.checks import check_choice, check_flag, check_integer

__all__ = ["READINGS", "BadRows", "ReadAs", "ReadOptions", "command_line_spelling", "python_spelling", "table_spelling"]

ReadAs = Literal["number", "text", "category", "date", "drop"]
"""What a column may be read as: `ReadOptions.read`."""

BadRows = Literal["refuse", "skip"]
"""What to do with rows of another number of fields than the header."""

READINGS: tuple[ReadAs, ...] = ("number", "text", "category", "date", "drop")
_KINDS = {"number": "number", "text": "category", "category": "category", "date": "date"}
_SCALARS = ("separator", "encoding", "header", "skip_lines", "bad_rows", "decimal", "thousands", "day_first")
_DECIMALS = (",", ".")
_THOUSANDS = (",", ".", " ", "'", "_")


def python_spelling(name: str, value: Any) -> str:
    """Return an option as Python code.

    Examples
    --------
    >>> python_spelling("skip_lines", 3), python_spelling("read", {"a": "number"})
    ('skip_lines=3', "read={'a': 'number'}")
    """
    return f"{name}={value!r}"


def table_spelling(name: str, value: Any) -> str:
    """Return an option as Python code for what takes a table and has no options for reading it.

    Examples
    --------
    >>> table_spelling("missing", ["?"])
    "to_table(frame, missing=['?'])"
    """
    return f"to_table(frame, {python_spelling(name, value)})"


def command_line_spelling(name: str, value: Any) -> str:
    """Return an option as it is typed on the command line.

    Examples
    --------
    >>> command_line_spelling("skip_lines", 3), command_line_spelling("read", {"a b": "number"})
    ('--skip-lines 3', "--read 'a b=number'")
    >>> command_line_spelling("day_first", False), command_line_spelling("missing", ["-999"])
    ('--day-first no', '--missing -999')
    >>> command_line_spelling("read", {"id": "drop"})
    '--drop id'
    """
    import shlex

    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, Mapping):
        options = {key: f"--{one} {shlex.quote(key)}" for key, one in value.items() if one == "drop"}
        typed = {key: f"{flag} {shlex.quote(f'{key}={one}')}" for key, one in value.items()}
        return " ".join((typed | options).values())
    if isinstance(value, bool):
        return f"{flag} {'yes' if value else 'no'}"
    values = value if isinstance(value, (list, tuple)) else ["tab" if value == "\t" else value]
    return " ".join(f"{flag} {shlex.quote(str(one))}" for one in values)


@dataclass(frozen=True)
class ReadOptions:
    """The options for reading a table; None means that the cells decide.

    Parameters
    ----------
    separator, encoding : str, optional
        Separator and encoding of a text file.
    header : bool or int, optional
        Whether a text file has a line of names, or how many.
    skip_lines : int, optional
        Lines of a text file before the header to pass over.
    bad_rows : {"refuse", "skip"}, optional
        What to do with rows of another number of fields; refused by default.
    decimal : {".", ","}, optional
        Decimal mark of the numbers in text.
    thousands : {",", ".", " ", "'", "_"}, optional
        Thousands separator of the numbers in text.
    missing : tuple of str
        Cells that mean "no value", besides the usual ones.
    day_first : bool, optional
        Whether the day stands before the month in dates such as 01/02/2024.
    read : mapping from column names to {"number", "text", "category", "date", "drop"}
        What columns are read as. As text every cell stands for itself, ``NA`` too; as a category the usual markers are
        missing values.
    forms : mapping from column names to `Form`
        How columns were read in training, which new data are read like.
    changed : tuple of str
        The columns whose form is not that of training, since other marks were given for new data.
    others : {"number", "text", "category", "date"}, optional
        What text is read as in columns that neither ``read`` nor ``forms`` names; by default the cells decide. A model
        does not use such columns, so nobody should have to decide about their cells.
    spelled : callable
        Returns an option and its value in the words of the caller, for messages.
    """

    separator: str | None = None
    encoding: str | None = None
    header: bool | int | None = None
    skip_lines: int | None = None
    bad_rows: BadRows | None = None
    decimal: str | None = None
    thousands: str | None = None
    missing: tuple[str, ...] = ()
    day_first: bool | None = None
    read: Mapping[str, ReadAs] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    others: ReadAs | None = None
    spelled: Any = python_spelling

    @classmethod
    def checked(cls, where: str, *, like: Any = None, spelled: Any = python_spelling, **given: Any) -> ReadOptions:
        """Return the options that a caller gave; raise an error for a value that an option cannot have."""
        read = given.pop("read", None) or {}
        if not isinstance(read, Mapping):
            must = "it must be a dict from columns to kinds, such as {'a': 'number'}"
            message = f"{where}: read is {read!r}; {must}."
            raise ConfigError(message, expected=must, got=read)
        missing = given.pop("missing", None)
        options = cls(**given, read=dict(read), missing=_as_texts(where, missing), spelled=spelled)
        for name, choices in (("decimal", _DECIMALS), ("thousands", _THOUSANDS), ("bad_rows", ("refuse", "skip"))):
            if getattr(options, name) is not None:
                check_choice(where, name, getattr(options, name), choices)
        if options.decimal is not None and options.decimal == options.thousands:
            message = f"{where}: decimal and thousands are both {options.decimal!r}; they must differ."
            raise ConfigError(message, got=options.decimal)
        if options.day_first is not None:
            check_flag(where, "day_first", options.day_first)
        if options.skip_lines is not None:
            check_integer(where, "skip_lines", options.skip_lines, 0)
        for column, kind in options.read.items():
            check_choice(where, f"read[{column!r}]", kind, READINGS)
        like = getattr(like, "model_", like)  # an estimator's table model
        kept = getattr(like, "reading", None)
        forms = _forms_of(where, like)
        return options.like(where, kept if isinstance(kept, cls) else cls(), forms) if forms else options

    def like(self, where: str, kept: ReadOptions, forms: Mapping[str, Form]) -> ReadOptions:
        """Return options for new data, read like those of training but for what is given here.

        Parameters
        ----------
        where : str
            Start of error messages.
        kept : ReadOptions
            Options of training.
        forms : mapping from column names to `Form`
            How the columns of training were read.

        Raises
        ------
        ConfigError
            A column is given another kind than it had in training.

        Examples
        --------
        >>> kept, forms = ReadOptions(decimal=",", missing=("-9",)), {"size": Form("number", decimal=",")}
        >>> now = ReadOptions(decimal=".").like("here", kept, forms)
        >>> now.missing, now.forms["size"].decimal, now.changed
        (('-9',), '.', ('size',))
        """
        for name, kind in self.read.items():
            form = forms.get(name)
            if form is not None and kind != "drop" and form.kind != _KINDS[kind]:
                fact = (
                    f"column {name!r} held {form.describe()} in training, not what {self.spelled('read', {name: kind})}"
                )
                message = f"{where}: {fact} reads. Leave that out, or train again with it."
                raise ConfigError(message, expected=form.kind, got=kind)
        gives_form = self.decimal or self.thousands or self.missing or self.day_first is not None
        now = {name: self._form_like(form, kept) for name, form in forms.items()} if gives_form else forms
        defaults = {name: getattr(kept, name) for name in _SCALARS if getattr(self, name) is None}
        if self.decimal is not None and kept.thousands == self.decimal:
            defaults["thousands"] = self.thousands
        if self.thousands is not None and kept.decimal == self.thousands:
            defaults["decimal"] = self.decimal
        # A column that was dropped then may be wanted beside the predictions, as it is written.
        read = {name: "text" if kind == "drop" else kind for name, kind in kept.read.items()} | dict(self.read)
        changed = tuple(name for name, form in now.items() if form != forms[name]) if gives_form else ()
        missing = self.missing or kept.missing
        return replace(self, **defaults, missing=missing, read=read, forms=now, changed=changed)

    def _form_like(self, form: Form, kept: ReadOptions) -> Form:
        """Return the form of a column of training with the marks that are given here."""
        changes: dict[str, Any] = {}
        if form.kind == "number" and not form.style:
            thousands = form.thousands if self.thousands is None else self.thousands
            decimal = self.decimal or form.decimal
            if decimal == thousands and self.decimal is None:
                decimal = "." if thousands == "," else ","
            changes = {"decimal": decimal, "thousands": "" if thousands == decimal else thousands}
        if form.kind == "date" and self.day_first is not None:
            changes = {"order": "dmy" if self.day_first else "mdy"}
        if self.missing and form.missing:
            changes["missing"] = tuple(marker for marker in form.missing if marker not in kept.missing)
        return replace(form, **changes)

    @property
    def dropped(self) -> set[str]:
        """The names of the columns that are left out."""
        return {name for name, kind in self.read.items() if kind == "drop"}


def _as_texts(where: str, missing: Any) -> tuple[str, ...]:
    """Return markers of missing values as text; numbers as they are printed."""
    if missing is None:
        return ()
    given = [missing] if isinstance(missing, (str, int, float)) else missing
    if not isinstance(given, Iterable):
        message = f"{where}: missing is {missing!r}; it must be a list of cells such as ['-999', 'unknown']."
        raise ConfigError(message, got=missing)
    return tuple(str(one).strip() for one in given)


def _forms_of(where: str, like: Any) -> Mapping[str, Form]:
    """Return the forms of a model's columns."""
    if like is None:
        return {}
    forms = like if isinstance(like, Mapping) else getattr(like, "forms", None)
    if not isinstance(forms, Mapping):
        must = "it must be a table model or a fitted estimator"
        message = f"{where}: like is of type {type(like).__name__}; {must}."
        raise ConfigError(message, expected=must, got=like)
    return forms
