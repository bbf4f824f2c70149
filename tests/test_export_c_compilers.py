"""Exported C in every compiler, at every level of optimisation, as C++, under sanitizers, and on emulated chips."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from c_programs import STRICT, STRICT_CPP, Subject, outputs_of, subject, text_of
from export_models import ENSEMBLES, NETWORKS
from export_tables import ESTIMATORS, TABLES
from glassnet.exports.referee import interpret
from glassnet.exports.targets.c_target.quantisation import calibration_rows, quantise, simulate

pytestmark = pytest.mark.slow

CHIPS = Path(__file__).parent / "chips"
SHOWN = [
    "realmlp",
    "tabm_mini",
    "smooth",
    "bent",
    "residual",
    "quantiles",
    "double",
    "population",
    "table: plain numbers",
    "table: hostile",
]
"""Models that have every step and every helper between them."""

COMPILERS = {
    "gcc": ["-std=c99", *STRICT],
    "clang": ["-std=c99", *STRICT],
    "tcc": ["-std=c99", "-Wall"],
    "g++ 11": ["-x", "c++", "-std=c++11", *STRICT_CPP, "-Wmissing-declarations"],
    "g++ 17": ["-x", "c++", "-std=c++17", *STRICT_CPP, "-Wmissing-declarations"],
    "clang++ 11": ["-x", "c++", "-std=c++11", *STRICT_CPP],
}
LEVELS = ["-O0", "-O2", "-O3", "-Os", "-O2 -ffast-math"]


def _subjects(dtype: str) -> dict[str, tuple[Subject, str]]:
    return {name: (subject(name), text_of(subject(name), dtype)) for name in SHOWN}


def _expected(one: Subject, dtype: str) -> np.ndarray:
    if dtype == "float32":
        return one.wanted
    return simulate(one.plan, quantise(one.plan, calibration_rows(one.plan, one.rows)), one.rows)


def _far(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", COMPILERS)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_compilers(dtype: str, name: str, level: str, tmp_path: Path) -> None:
    """No warning, no failure, and in integers the same codes everywhere."""
    compiler = name.split()[0]
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    if compiler == "tcc" and level != "-O0":
        pytest.skip("tcc does not optimise")
    subjects = _subjects(dtype)
    outputs, failures = outputs_of(tmp_path, subjects, [*level.split(), *COMPILERS[name]], compiler)
    assert not any(failures.values()), failures
    for key, (one, _) in subjects.items():
        assert _far(outputs[key], _expected(one, dtype)) < 5e-6, key


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_sanitizers(dtype: str, tmp_path: Path) -> None:
    """No address out of bounds, and nothing undefined."""
    flags = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-std=c99"]
    _, failures = outputs_of(tmp_path, _subjects(dtype), flags)
    assert not any(failures.values())


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", ["realmlp", "tabm_mini", "residual", "table: plain numbers"])
def test_cppcheck(name: str, dtype: str, tmp_path: Path) -> None:
    """Cppcheck has nothing to say, of the model and of the program."""
    if shutil.which("cppcheck") is None:
        pytest.skip("cppcheck is not installed")
    one = subject(name)
    (tmp_path / "m.c").write_text(text_of(one, dtype, ".c"))
    upper = one.prefix.upper()
    checks = "--enable=warning,style,portability"
    command = ["cppcheck", "-q", checks, "--std=c99", "--error-exitcode=1", f"-D{upper}_MAIN", "m.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _row_counts(name: str) -> int:
    return 2000 if not name.startswith("table: ") else 500


@pytest.mark.parametrize("name", [*NETWORKS, *ENSEMBLES, *(f"table: {name}" for name in (*TABLES, *ESTIMATORS))])
def test_many_rows(name: str, tmp_path: Path) -> None:
    """On 2,000 rows errors are of float32, and in integers no code differs from the simulation."""
    one = subject(name, _row_counts(name))
    blur = _far(interpret(one.plan, one.rows, np.float32), one.wanted)
    for dtype in ("float32", "int8"):
        outputs, failures = outputs_of(tmp_path, {"one": (one, text_of(one, dtype))}, ["-std=c99", "-O2"])
        wanted = one.wanted if dtype == "float32" else _expected(one, dtype)
        assert failures["one"] == 0
        assert _far(outputs["one"], wanted) <= max(5e-6, 8.0 * blur)
        if dtype == "float32" and one.plan.answer.kind == "classes":
            best = np.sort(wanted, axis=1)[:, -2:]
            sure = best[:, 1] - best[:, 0] > 1e-5
            assert (outputs["one"].argmax(axis=1) == wanted.argmax(axis=1))[sure].all()


CHIP_FLAGS = {
    "mps2-an385": ["-mcpu=cortex-m3", "-mthumb"],
    "mps2-an386": ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
}


@pytest.mark.parametrize("level", ["-Os", "-O2"])
@pytest.mark.parametrize("chip", CHIP_FLAGS)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_chips(dtype: str, chip: str, level: str, tmp_path: Path) -> None:
    """On emulated Cortex-M3 and M4F every self-test passes, without a warning of the compiler."""
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    lines, calls = ["#include <stdint.h>"], []
    for i, (one, text) in enumerate(_subjects(dtype).values()):
        (tmp_path / f"m{i}.h").write_text(text)
        lines.append(f'#define {one.prefix.upper()}_IMPLEMENTATION\n#include "m{i}.h"')
        calls.append(f"{one.prefix}_selftest()")
    lines.append(f"int32_t run(void);\nint32_t run(void)\n{{\n    return {' + '.join(calls)};\n}}\n")
    (tmp_path / "run.c").write_text("\n".join(lines))
    flags = [*CHIP_FLAGS[chip], "-std=c99", level, "-ffunction-sections", "-fdata-sections"]
    compiler = "arm-none-eabi-gcc"
    subprocess.run([compiler, *flags, *STRICT, "-c", "run.c", "-o", "run.o"], cwd=tmp_path, check=True)
    link = [*flags, "--specs=rdimon.specs", "-nostartfiles", "-Wl,--gc-sections", "-T", str(CHIPS / "chip.ld")]
    sources = [str(CHIPS / "startup.c"), "run.o", "-o", "run.elf", "-lm"]
    subprocess.run([compiler, *link, *sources], cwd=tmp_path, check=True, capture_output=True)
    machine = ["qemu-system-arm", "-M", chip, "-nographic", "-semihosting", "-kernel", "run.elf"]
    done = subprocess.run(machine, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout.strip(), done.returncode) == ("failures: 0", 0), done.stderr
