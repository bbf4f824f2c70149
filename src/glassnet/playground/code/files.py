"""Files to take away: the code as a notebook, the history as a table."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["history_table", "notebook"]


def notebook(code: str, title: str) -> str:
    """Return a program as a notebook, one cell for each paragraph, in the format of Jupyter (nbformat 4).

    Parameters
    ----------
    code : str
        A program whose paragraphs are apart by an empty line.
    title : str
        What stands above it.
    """
    paragraphs = [paragraph for paragraph in code.strip().split("\n\n") if paragraph.strip()]
    heading = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": [f"# {_plain(title)}"]}
    cells: list[dict[str, Any]] = [heading]
    for number, paragraph in enumerate(paragraphs, 1):
        cell: dict[str, Any] = {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
        }
        cells.append({**cell, "source": paragraph.splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _plain(title: str) -> str:
    """Return a title, which may be the name of a file, as text that Markdown shows as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+-.!|$&~" else c for c in " ".join(title.split()))


def history_table(columns: Mapping[str, Sequence[Any]], before: int = 0) -> str:
    """Return a history as CSV, one row for each epoch; what an epoch has no value for is empty.

    Parameters
    ----------
    columns : mapping of str to sequence
        As `glassnet.training.History.columns`.
    before : int
        How many epochs before these are no longer kept: they are counted, and a column more says so.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    notes = [f"epochs 1 to {before} are no longer kept"] if before else []
    writer.writerow(["epoch", *columns, *(["note"] if before else [])])
    n = max(map(len, columns.values()), default=0)
    for epoch in range(n):
        row = [values[epoch] if epoch < len(values) else math.nan for values in columns.values()]
        writer.writerow([before + epoch + 1, *("" if value != value else value for value in row), *notes])
        notes = [""] if before else []
    if before and not n:
        writer.writerow([""] * (1 + len(columns)) + notes)
    return text.getvalue()
