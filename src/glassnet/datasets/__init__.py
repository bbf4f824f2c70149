"""Toy data by formula, and small data sets that come with the package; ``SOURCES.md`` has sources and licences.

::

    X, y = gn.datasets.spirals(500, noise=0.1, seed=0)
    X, y = gn.datasets.digits()
    table = gn.tabular.read_table("penguins")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.datasets.pictures import digits
from glassnet.datasets.toys import circles, gaussians, moons, plane, sine, spirals, xor
from glassnet.utils.checks import check_choice
from glassnet.utils.keywords import advises_on_names, unknown_name

__all__ = [
    "circles", "dataset_names", "dataset_path", "digits", "gaussians", "moons", "plane", "sine", "spirals", "xor",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)


_FOLDER = Path(__file__).resolve().parent


def dataset_names() -> list[str]:
    """Return the names of the bundled tables, sorted.

    Examples
    --------
    >>> dataset_names()
    ['mpg', 'penguins', 'thyroid', 'weather']
    """
    return sorted(path.stem for path in _FOLDER.glob("*.csv"))


@advises_on_names
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
