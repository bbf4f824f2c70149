"""The file of what was measured: one line of JSON for each result."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["Row", "read_results", "select"]

Row = dict[str, Any]


def read_results(paths: Sequence[str | Path]) -> dict[tuple[Any, ...], Row]:
    """Return results by (table, seed, method, version, rows, tag); of equal ones the last, unless it failed."""
    found: dict[tuple[Any, ...], Row] = {}
    for path in map(Path, paths):
        for line in path.read_text().splitlines() if path.exists() else ():
            row = json.loads(line)
            key = (row["set"], row["seed"], row["method"], row["version"], row["most_rows"], row.get("tag", ""))
            if "failed" not in row or key not in found:
                found[key] = row
    return found


def select(
    rows: list[Row], sets: Sequence[str] | None, methods: Sequence[str] | None, seeds: int | None = None
) -> list[Row]:
    """Return the rows of these tables and methods, in the tables' order, one for each cell and tag.

    A method measured under several tags is several methods, ``glassnet @tag``. Of several versions the last counts.
    """
    kept: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        tag = row.get("tag", "")
        wanted = (sets is None or row["set"] in sets) and (methods is None or row["method"] in methods)
        if wanted and (seeds is None or row["seed"] < seeds):
            kept[row["set"], row["seed"], row["method"], row["most_rows"], tag] = row
    tags = defaultdict(set)
    for row in kept.values():
        tags[row["method"]].add(row.get("tag", ""))
    named = [
        {**row, "method": f"{row['method']} @{row['tag']}"} if row.get("tag") and len(tags[row["method"]]) > 1 else row
        for row in kept.values()
    ]
    return named if sets is None else sorted(named, key=lambda row: sets.index(row["set"]))
