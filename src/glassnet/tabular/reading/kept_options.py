"""The options for reading a table as plain data, for the model file; and a check of the columns that they name."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ConfigError, FormatError
from glassnet.tabular.reading.options import ReadOptions
from glassnet.tabular.reading.table import Table
from glassnet.tabular.reading.text import as_form
from glassnet.utils.suggestions import did_you_mean, nearest
from glassnet.utils.wording import few

__all__ = ["check_read_names", "in_changed_forms", "options_config", "options_from_config"]

_SCALARS = ("separator", "encoding", "header", "skip_lines", "bad_rows", "decimal", "thousands", "day_first")
_TEXTS = ("separator", "encoding", "bad_rows", "decimal", "thousands")


def options_config(options: ReadOptions) -> dict[str, Any]:
    """Return the options that were given, JSON-able.

    Examples
    --------
    >>> options_config(ReadOptions(separator=";", missing=("-9",), read={"id": "drop"}))
    {'separator': ';', 'missing': ['-9'], 'read': {'id': 'drop'}}
    """
    found = {name: getattr(options, name) for name in _SCALARS if getattr(options, name) is not None}
    found |= {"missing": list(options.missing)} if options.missing else {}
    return found | ({"read": dict(options.read)} if options.read else {})


def options_from_config(where: str, config: object) -> ReadOptions:
    """Return the options that `options_config` described; none for None, as in older files.

    Raises
    ------
    FormatError
        Entries are invalid.

    Examples
    --------
    >>> options_from_config("here", {"decimal": ","}).decimal
    ','
    """
    if config is None:
        return ReadOptions()
    known = (*_SCALARS, "missing", "read")
    must = f"it must have options for reading a table ({', '.join(known)})"
    message = f"{where}: 'reading' is {few([repr(config)])}; {must}."
    if not isinstance(config, dict) or not all(name in known for name in config):
        raise FormatError(message, expected=must, got=config)
    texts = [config[name] for name in _TEXTS if name in config]
    missing, read = config.get("missing", []), config.get("read", {})
    if not (isinstance(missing, list) and isinstance(read, dict)):
        raise FormatError(message, expected=must, got=config)
    if not all(isinstance(text, str) for text in (*texts, *missing, *read, *read.values())):
        raise FormatError(message, expected=must, got=config)
    if not isinstance(config.get("header", 0), int):
        raise FormatError(message, expected=must, got=config)
    try:
        return ReadOptions.checked(where, **config)
    except ConfigError as error:
        raise FormatError(str(error), expected=error.expected, got=error.got) from error


def in_changed_forms(where: str, table: Table, options: ReadOptions) -> Table:
    """Return a table whose columns in forms other than those of training are read now, while that is known."""
    changed = options.changed & options.forms.keys() & set(table.names)
    if not changed:
        return table
    columns = [as_form(c, options.forms[c.name], where) if c.name in changed else c for c in table.columns]
    return Table(columns, where, table.notes)


def check_read_names(where: str, options: ReadOptions, names: list[str]) -> None:
    """Raise an error for the first column that an option names and the table does not have.

    A table that is read like one of training may lack columns, since not all are needed.

    Examples
    --------
    >>> check_read_names("to_table", ReadOptions(read={"colr": "text"}), ["size", "color"])
    Traceback (most recent call last):
    ...
    glassnet.errors.ConfigError: to_table: there is no column 'colr' to read as text. Did you mean 'color'?
    """
    if options.forms:
        return
    for name, kind in options.read.items():
        if name not in names:
            advice = did_you_mean(nearest(name, names)) or f"The columns are {few(map(repr, names), 12)}."
            what = "leave out" if kind == "drop" else f"read as {kind}"
            message = f"{where}: there is no column {name!r} to {what}. {advice}"
            raise ConfigError(message, expected=names, got=name)
