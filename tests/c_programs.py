"""What the tests of exported C share: plans with their proofs, and programs of many models that print their outputs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from export_models import ENSEMBLES, NETWORKS, export_case, rows_for
from export_tables import export_table
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.naming import identifier
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof, prove, take_rows
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.targets.c_target import c_file
from glassnet.exports.targets.c_target.fields import as_read
from glassnet.exports.targets.target import Options

__all__ = [
    "STRICT",
    "STRICT_CPP",
    "Subject",
    "as_csv",
    "build",
    "exit_code",
    "outputs_of",
    "proof_of",
    "subject",
    "text_of",
]

STRICT = [
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wdouble-promotion",
    "-pedantic",
    "-Werror",
    "-Wshadow",
    "-Wmissing-prototypes",
    "-Wfloat-equal",
]
STRICT_CPP = [flag for flag in STRICT if flag != "-Wmissing-prototypes"]

_DRIVER = """
#include <stdio.h>
INCLUDED

int main(void)
{
PRINTED
    return 0;
}
"""


class Subject(NamedTuple):
    """A plan, rows as a file in C reads them, and what the model predicts for these."""

    plan: Plan
    rows: Rows
    wanted: np.ndarray

    @property
    def prefix(self) -> str:
        """Of its names in C."""
        return identifier(self.plan.name)


@cache
def subject(name: str, n: int = 32, seed: int = 0) -> Subject:
    """Return a network, an ensemble, or with "table: " in front a table model or an estimator, by name."""
    if name.startswith("table: "):
        model, frame = export_table(name.removeprefix("table: "), seed)
        plan = lower(model, name)
        rows = model_rows(model, plan, frame)
        rows = take_rows(rows, slice(n))
    else:
        model, plan = export_case(name, seed).model, lower(export_case(name, seed).model, name)
        recipe = NETWORKS["realmlp" if name == "population" else "iris" if name in ENSEMBLES else name]
        rows = rows_for(recipe, n, seed + 7)
    rows = as_read(plan, rows)
    return Subject(plan, rows, np.asarray(predictions(model, plan, rows)))


def proof_of(one: Subject) -> Proof:
    """Return a proof whose test rows are all of the rows, so that a program can print the outputs for them."""
    proof = prove(one.plan, one.wanted, one.rows, np.float32)
    titles = tuple(f"row {i}" for i in range(len(one.wanted)))
    outputs = interpret(one.plan, one.rows)
    far = np.abs(interpret(one.plan, one.rows, np.float32) - outputs) / np.maximum(1.0, np.abs(outputs))
    tolerance = max(proof.tolerance, 8.0 * float(far.max()))  # of these rows, of which `prove` tests 16 only
    return replace(proof, rows=one.rows, titles=titles, outputs=outputs, tolerance=tolerance)


def text_of(one: Subject, dtype: str = "float32", suffix: str = ".h", calibration: Rows | None = None) -> str:
    """Return a model in C."""
    rows = one.rows if calibration is None else calibration
    options = Options(dtype=dtype, calibration=rows, rows_are_given=True, force=True)
    return c_file.print_plan(one.plan, proof_of(one), options)[suffix].decode()


def build(folder: Path, texts: Mapping[str, str], flags: Sequence[str], compiler: str = "gcc") -> Path:
    """Compile sources by the name of their file to a program."""
    assert shutil.which(compiler)
    for name, text in texts.items():
        (folder / name).write_text(text)
    program = folder / "program"
    sources = [name for name in texts if not name.endswith(".h")]
    command = [compiler, *flags, *sources, "-o", str(program), "-lm", "-pthread"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[:3000]
    return program


def exit_code(program: Path, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Return the exit code of a program and what it printed."""
    done = subprocess.run([program, *arguments], input=stdin.encode(), capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def outputs_of(
    folder: Path, subjects: Mapping[str, tuple[Subject, str]], flags: Sequence[str], compiler: str = "gcc"
) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Compile one program of all models, each a subject and its text; return the outputs and failures of each."""
    texts, included, printed = {}, [], []
    for i, (one, text) in enumerate(subjects.values()):
        prefix, upper = one.prefix, one.prefix.upper()
        texts[f"m{i}.h"] = text
        included.append(f'#define {upper}_IMPLEMENTATION\n#include "m{i}.h"')
        place = "[k]" if one.plan.is_table else f"[k * {one.plan.x.size}]"
        printed.append(
            f"    {{\n        float y[{upper}_OUTPUTS];\n"
            f'        printf("{i} %ld\\n", (long){prefix}_selftest());\n'
            f"        for (int32_t k = 0; k < {len(one.wanted)}; k++) {{\n"
            f"            (void){prefix}_predict(&{prefix}_test_rows{place}, y);\n"
            f'            for (int32_t i = 0; i < {upper}_OUTPUTS; i++) {{\n                printf("%.9g ", (double)y[i]);\n'
            '            }\n            printf("\\n");\n        }\n    }'
        )
    texts["all.c"] = _DRIVER.replace("INCLUDED", "\n".join(included)).replace("PRINTED", "\n".join(printed))
    lines = iter(exit_code(build(folder, texts, flags, compiler))[1].splitlines())
    outputs, failures = {}, {}
    for name, (one, _) in subjects.items():
        failures[name] = int(next(lines).split()[1])
        outputs[name] = np.array([[float(y) for y in next(lines).split()] for _ in range(len(one.wanted))])
    return outputs, failures


def as_csv(plan: Plan, rows: Rows) -> str:
    """Return rows as people write them: dates as dates, nothing for what is missing."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n", quoting=csv.QUOTE_ALL)
    if isinstance(rows, Mapping):
        writer.writerow(field.name for field in plan.fields)
        columns: Any = [[_cell(cell, field.kind) for cell in rows[field.name].tolist()] for field in plan.fields]
        writer.writerows(zip(*columns, strict=True))
    else:
        writer.writerow(plan.inputs or [f"x{i}" for i in range(plan.x.size)])
        writer.writerows([repr(value) for value in row] for row in np.asarray(rows).tolist())
    return table.getvalue()


def _cell(value: Any, kind: str) -> str:
    if isinstance(value, str) or value != value:
        return value if isinstance(value, str) else ""
    if kind == "date":
        return str(dt.datetime(1970, 1, 1) + dt.timedelta(days=value))
    return ("no", "yes")[int(value)] if kind == "boolean" else repr(value)
