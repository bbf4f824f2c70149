"""How true, complete and cheap findings are: healthy trainings and such with a planted fault, on a folder of tables.

``python -m benchmarks.diagnosis FOLDER``: each Parquet or CSV file is a table, whose column ``--target``, or else
``target``, or else its last one is predicted. Nothing of the tables but their names goes into the results.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.diagnosis_faults import FAULTS, Fault
from benchmarks.diagnosis_report import figures, report
from benchmarks.diagnosis_runs import Result, cost_of, examine
from benchmarks.diagnosis_tables import TableData, read_data, tables_in

__all__ = ["examine_folder", "main"]

_QUICK_TABLES, _QUICK_ROWS, _ROWS = 4, 600, 2_000


def examine_folder(
    folder: Path, *, target: str | None = None, quick: bool = False, rounds: int = 3, faults: Sequence[Fault] = FAULTS
) -> dict[str, Any]:
    """Return the figures of all trainings on the tables of a folder, and print a line for each table.

    Parameters
    ----------
    folder : Path
    target : str, optional
        Name of the column to predict, where a table has it.
    quick : bool
        4 tables of at most 600 rows, the frequent faults, one round of times.
    rounds : int
        How often a healthy training is timed with and without looking; 0 for never.
    faults : sequence of Fault
        What is planted.
    """
    paths = list(tables_in(folder))
    if quick:
        paths, rounds = paths[:: max(1, len(paths) // _QUICK_TABLES)][:_QUICK_TABLES], min(rounds, 1)
        faults = [fault for fault in faults if fault.few]
    results: list[Result] = []
    costs: dict[str, tuple[float, float]] = {}
    for path in paths:
        try:
            table = read_data(path, target, _QUICK_ROWS if quick else _ROWS)
        except gn.GlassnetError as error:
            print(f"{path.name}: left out, {error}", flush=True)
            continue
        of_table = _on(table, faults)
        results += of_table
        if rounds:
            costs[table.name] = cost_of(table.training(), rounds)
        true = sum(bool(result.true) for result in of_table)
        alarms = ", ".join(of_table[0].alarms) or "nothing"
        print(f"{path.name}: {true} of {len(of_table) - 1} faults named first; healthy: {alarms}", flush=True)
    return figures(results, costs)


def _on(table: TableData, faults: Sequence[Fault]) -> list[Result]:
    """Return what is found in the healthy training on a table, and in one with each fault."""
    found = [examine(table.training(), table.name)]
    for number, fault in enumerate(faults):
        if fault.suits(table):
            training = fault.plant(table, np.random.default_rng(number))
            found.append(examine(training, table.name, fault.name, fault.codes, found[0].told))
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Examine a folder of tables, print the figures, and keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", help="name of the target; by default 'target', or the last column")
    parser.add_argument("--quick", action="store_true", help="4 tables of 600 rows, and the frequent faults")
    parser.add_argument("--rounds", type=int, default=3, help="how often a healthy training is timed; 0 for never")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args(words)
    warnings.simplefilter("ignore")
    found = examine_folder(options.folder, target=options.target, quick=options.quick, rounds=options.rounds)
    print(f"\n{report(found)}")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
