"""What the templates use of the file that they are copied into; these stand-ins are not copied."""

from __future__ import annotations

from typing import Any

from glassnet.tabular.reading.cells.date_shapes import MONTHS
from glassnet.tabular.reading.cells.markers import MISSING_IN_NUMBERS, MISSING_MARKERS, truths
from glassnet.tabular.reading.cells.numbers import SYNONYMS

__all__ = ["MONTHS"]

Array = Any
COLUMNS: dict[str, dict[str, Any]] = {}
DIGEST = ""
EXPECTED: list[list[float]] = []
FARTHEST = 0.0
FEATURES: list[tuple[Any, str, dict[str, Any]]] = []
INPUTS = 0
LABELS: list[Any] = []
MIDDLE: list[int] = []
NAMES: list[str] = []
NUMBERS: list[Any] = []
MISSING = MISSING_MARKERS
MISSING_AMONG_NUMBERS = MISSING_IN_NUMBERS
QUANTILES: list[float] = []
SETTINGS: list[Any] = []
READERS: dict[str, Any] = {}
ROWS: Any = []
UNITS = SYNONYMS
TRUTHS = truths(())
TOLERANCE = 1e-9


def network(x: Any) -> Any:
    """Return the outputs for encoded rows."""
    raise NotImplementedError


def predict(rows: Any) -> Any:
    """Return the prediction for each row."""
    raise NotImplementedError


def compute(rows: Any) -> Any:
    """Return the outputs for rows whose cells have been read."""
    raise NotImplementedError


def selftest() -> int:
    """Return the number of failures."""
    raise NotImplementedError


def predictions(rows: Any, with_probabilities: bool) -> dict[str, list[str]]:
    """Return the columns that the program writes."""
    raise NotImplementedError


def read_csv(data: bytes, lines: list[int]) -> Any:
    """Return the rows of a CSV file."""
    raise NotImplementedError


def header_of(rows: list[list[str]]) -> tuple[list[str], int]:
    """Return the names of the columns, and which row is the first below them."""
    raise NotImplementedError


def decide(y: Any) -> Any:
    """Return the prediction for outputs."""
    raise NotImplementedError
