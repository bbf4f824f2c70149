"""Compiles a model in C and runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from glassnet.exports.naming import identifier
from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows
from glassnet.exports.targets.c_target.fields import as_read
from glassnet.exports.targets.c_target.literals import string_literal
from glassnet.exports.targets.c_target.selftest import row_text
from glassnet.exports.targets.c_target.templates import filled
from glassnet.exports.targets.target import CannotRun, Run

__all__ = ["compiler", "run_program"]

_SECONDS = 120.0
_DRIVER = """
#include <stdio.h>
#include <time.h>
#define UPPER_IMPLEMENTATION
#include "PATH"

static const KIND rows[NUMBER] = {
CELLS
};

int main(void)
{
    static float y[UPPER_OUTPUTS];
    const long calls = 200000;
    long done = 0;
    clock_t start;

    for (long k = 0; k < N_ROWS; k++) {
        (void)NAME_predict(&rows[k * STEP], y);
        for (long i = 0; i < UPPER_OUTPUTS; i++) {
            printf("%.9g ", (double)y[i]);
        }
    }
    start = clock();
    while (done < calls && clock() - start < CLOCKS_PER_SEC / 5) {
        for (long k = 0; k < 64; k++) {
            (void)NAME_predict(&rows[k % N_ROWS * STEP], y);
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
    """Compile the file as a program, which tests itself, and with a program of its own that predicts the rows."""
    upper = identifier(plan.name, fallback="model").upper()
    with tempfile.TemporaryDirectory() as folder:
        program, driver = (str(Path(folder) / name) for name in ("model", "driver"))
        flags = ["-std=c99", "-O2", f"-D{upper}_IMPLEMENTATION", f"-D{upper}_MAIN", "-x", "c", str(path)]
        _run([compiler(), *flags, "-o", program, "-lm"])
        tested = _run([program, "--selftest"], check=False)
        Path(f"{driver}.c").write_text(_driver(path, plan, rows))
        _run([compiler(), "-O2", f"{driver}.c", "-o", driver, "-lm"])
        *printed, seconds = map(float, _run([driver]).split())
    failures = int(tested.split(":")[1].split()[0])
    version = _run([compiler(), "--version"]).splitlines()[0]
    return Run(np.array(printed).reshape(-1, plan.y.size), failures, seconds, version)


def _driver(path: Path, plan: Plan, rows: Rows) -> str:
    """Return a program that prints the outputs for rows, and how long one takes."""
    name = identifier(plan.name, fallback="model")
    n = len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)
    step = 1 if plan.is_table else plan.x.size
    read = as_read(plan, rows)
    words = {
        "KIND": f"{name}_row" if plan.is_table else "double" if plan.double_inputs else "float",
        "CELLS": ",\n".join(row_text(plan, read, i) for i in range(n)),
        "N_ROWS": str(n),
        "NUMBER": str(n * step),
        "STEP": str(step),
        "UPPER": name.upper(),
        "NAME": name,
    }
    return filled(_DRIVER, words).replace('"PATH"', string_literal(str(path.resolve())))


def _run(command: list[str], stdin: str = "", *, check: bool = True) -> str:
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=_SECONDS, check=False)
    if check and done.returncode:
        msg = f"{command[0]}: {done.stderr.decode(errors='replace')[:2000]}"
        raise RuntimeError(msg)
    return done.stdout.decode(errors="replace")
