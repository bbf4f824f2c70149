"""The packages that the command line needs beside NumPy."""

from __future__ import annotations

import importlib.util

from glassnet.errors import MissingExtraError

__all__ = ["require_command_line"]

_NEEDED = ("typer", "rich")  # DuckDB is checked where a table is read: `show` and `scratch` do without


def require_command_line() -> None:
    """Raise an error with the ``pip install`` line if a package is missing.

    Raises
    ------
    MissingExtraError
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        needs = " and ".join(missing)
        message = (
            f"glassnet: the command line needs {needs}, got an installation without. "
            "Run: pip install 'glassnet[cli,tabular]'"
        )
        raise MissingExtraError(message, expected=missing)
