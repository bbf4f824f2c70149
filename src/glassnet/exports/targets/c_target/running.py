"""Compiles a model in C and runs it."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.exports.naming import identifier
from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.exports.targets.c_target.templates import filled
from glassnet.exports.targets.target import CannotRun, Run

__all__ = ["as_csv", "compiler", "run_program"]

_SECONDS = 120.0
_TIMES = """
#include <stdio.h>
#include <time.h>
#define UPPER_IMPLEMENTATION
#include "PATH"

int main(void)
{
    static float y[UPPER_OUTPUTS];
    const long calls = 200000;
    long done = 0;
    const clock_t start = clock();

    while (done < calls && clock() - start < CLOCKS_PER_SEC / 5) {
        for (int k = 0; k < 64; k++) {
            (void)NAME_predict(&NAME_test_rowsPLACE, y);
            done++;
        }
    }
    printf("%.9g", (double)(clock() - start) / (double)CLOCKS_PER_SEC / (double)done);
    return 0;
}
"""


def compiler() -> str:
    """Return the path of a C compiler, that of the variable CC first.

    Raises
    ------
    CannotRun
        There is none.
    """
    names = [name for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name]
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        raise CannotRun("a C compiler is not installed")  # noqa: EM101  # the text is the exception
    return found


def run_program(path: Path, plan: Plan, rows: Rows) -> Run:
    """Compile the file as a program, and give it the rows as a CSV."""
    upper = identifier(plan.name, fallback="model").upper()
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "model")
        flags = ["-std=c99", "-O2", f"-D{upper}_IMPLEMENTATION", f"-D{upper}_MAIN", "-x", "c", str(path)]
        _run([compiler(), *flags, "-o", program, "-lm"])
        tested = _run([program, "--selftest"], check=False)
        printed = _run([program], stdin=as_csv(plan, rows))
        seconds = _seconds(path, plan, folder)
    failures = int(tested.split(":")[1].split()[0])
    version = _run([compiler(), "--version"]).splitlines()[0]
    return Run(_outputs(printed, plan), failures, seconds, version)


def _seconds(path: Path, plan: Plan, folder: str) -> float | None:
    """Return the time of a row by itself; None for a file under another name than the plan's."""
    name = identifier(plan.name, fallback="model")
    place = "[done % 8]" if plan.is_table else f"[done % 8 * {plan.x.size}]"
    text = filled(_TIMES, {"UPPER": name.upper(), "NAME": name, "PLACE": place})
    timer = Path(folder) / "timer.c"
    timer.write_text(text.replace('"PATH"', f'"{path.resolve()}"'))
    program = str(Path(folder) / "timer")
    _run([compiler(), "-O2", str(timer), "-o", program, "-lm"])
    return float(_run([program]))


def _run(command: list[str], stdin: str = "", *, check: bool = True) -> str:
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=_SECONDS, check=False)
    if check and done.returncode:
        msg = f"{command[0]}: {done.stderr.decode(errors='replace')[:2000]}"
        raise RuntimeError(msg)
    return done.stdout.decode(errors="replace")


def as_csv(plan: Plan, rows: Rows) -> str:
    """Return rows as the program reads them."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if isinstance(rows, Mapping):
        writer.writerow(field.name for field in plan.fields)
        columns: Any = [rows[field.name].tolist() for field in plan.fields]
        writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    else:
        writer.writerow(plan.inputs or [f"x{i}" for i in range(plan.x.size)])
        writer.writerows([_cell(value) for value in row] for row in np.asarray(rows).tolist())
    return table.getvalue()


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value != value else repr(value)


def _outputs(printed: str, plan: Plan) -> np.ndarray:
    records = list(csv.reader(io.StringIO(printed)))[1:]
    return np.array([[float(cell) for cell in record[-plan.y.size :]] for record in records])
