"""Small tables that come with the package; sources and licences are in ``SOURCES.md`` beside them."""

from __future__ import annotations

from pathlib import Path

from glassnet.utils.checks import check_choice

__all__ = ["dataset_names", "dataset_path"]

_FOLDER = Path(__file__).resolve().parent


def dataset_names() -> list[str]:
    """Return the names of the bundled tables, sorted.

    Examples
    --------
    >>> dataset_names()
    ['penguins']
    """
    return sorted(path.stem for path in _FOLDER.glob("*.csv"))


def dataset_path(name: str) -> Path:
    """Return where the CSV file of a bundled table lies.

    Parameters
    ----------
    name : str
        One of `dataset_names`.

    Raises
    ------
    ConfigError
        There is no such table.

    Examples
    --------
    >>> dataset_path("penguins").name
    'penguins.csv'
    """
    return _FOLDER / f"{check_choice('dataset_path', 'name', name, dataset_names())}.csv"
