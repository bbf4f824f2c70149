"""Every formula, printed as C, JavaScript and Python and run there, is what the code beside it computes."""

from __future__ import annotations

import ast
import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers import Activation
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.losses import LOSSES
from glassnet.utils.arrays import BufferPool, Buffers
from glassnet.utils.formula import Formula, functions_in, parsed
from glassnet.utils.formula_code import C, Code, JavaScript, NumPyCode, PlainPython

FLOAT64 = np.dtype(np.float64)
NEAR = np.concatenate([np.linspace(-6.0, 6.0, 48), [0.0, 1e-8, -1e-8]])
ALL = np.concatenate([NEAR, [20.0, -20.0, 88.0, -88.0, 700.0, -700.0, 1e4, -1e4]])
NUMBERS = {"Z": 0.7, "y": 1.0, "m": 0.3, "s": 0.2, "q": 0.9, "a": 0.25, "p": 0.6, "T": 1.0, "P": 0.6}
STRICT = [
    "-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Wfloat-equal", "-Wshadow",
    "-pedantic", "-Werror",
]  # fmt: skip
MIXED = (
    "cos(Z) - sin(2 * Z)", "log1p(abs(Z)) + log(1 + Z**2)", "sqrt(abs(Z)) * sign(Z)", "Z * (Z > 0) * (1 > Z) + (Z <= 2)",
    "max(exp(min(Z, 3)), abs(Z)) - -Z**3", "(Z - 1)**2 / (2 - (1 - Z**4) * pi)", "-(Z if Z > 0.5 else (1 if Z > 0 else 2))",
    "1e-9 * Z + 123456789 * 1e-20 + 16777216 - 16777215", "1 / 3 * Z", "(-Z)**2 - Z / (3 / (1 + Z**2))",
)  # fmt: skip


class Case(NamedTuple):
    """An expression at some numbers, and its values."""

    expression: str
    definitions: dict[str, str]
    constants: dict[str, float]
    numbers: dict[str, np.ndarray]
    values: np.ndarray


def activation_cases(activation: Activation) -> list[Case]:
    """Return the function at all numbers, as the layer computes it, and its derivative at those near 0."""
    formula = activation.formula
    assert formula is not None
    given, found = formula.constants(activation), []
    activation.build((1,))
    for X in (ALL, NEAR):
        work = activation.make_work(Buffers(BufferPool(None, FLOAT64), len(X), keeps=True))
        Y, dZ = np.empty((len(X), 1)), np.ones((len(X), 1))
        activation.apply(X[:, None].copy(), Y, work, True)
        activation.differentiate(dZ, Y, work)
        if X is ALL:
            found.append(Case(formula.computed, {}, given, {"Z": X}, Y[:, 0]))
        else:
            found.append(Case(formula.derivative, dict(formula.definitions), given, {"Z": X, "A": Y[:, 0]}, dZ[:, 0]))
    return found


def loss_cases(formula: Formula, owner: object) -> list[Case]:
    """Return the loss as people read it, as it is computed, and its derivative, at one place."""
    given, found = formula.constants(owner), []
    given = {name: value for name, value in given.items() if name not in NUMBERS}
    for expression in (formula.value, formula.computed, formula.derivative):
        numbers = {name: np.array([value]) for name, value in NUMBERS.items() if name not in formula.definitions}
        values = plain(expression, dict(formula.definitions), {**given, **NUMBERS})
        found.append(Case(expression, dict(formula.definitions), given, numbers, np.array([values])))
    return found


def plain(expression: str, definitions: dict[str, str], numbers: dict[str, float]) -> float:
    """Return the value of an expression by a walk over its tree, in which no printer has a part."""
    known = {
        **{name: getattr(math, name) for name in ("cos", "exp", "expm1", "log", "log1p", "sin", "sqrt", "tanh")},
        "abs": abs,
        "max": max,
        "min": min,
        "pi": math.pi,
        "sigmoid": lambda x: (1.0 + math.tanh(x / 2.0)) / 2.0,
        "sign": lambda x: float((x > 0) - (x < 0)),
        "softplus": lambda x: math.log(1.0 + math.exp(x)),
    }
    names = dict(numbers)
    for name, text in definitions.items():
        names[name] = eval(compile(ast.Expression(parsed(text)), "", "eval"), known, names)
    return float(eval(compile(ast.Expression(parsed(expression)), "", "eval"), known, names))


def all_cases() -> list[Case]:
    """Return the formulas of all activations and losses, and expressions with whatever else the language has."""
    kinds: list[Activation] = [kind() for kind in ACTIVATIONS.values() if kind.formula is not None]
    found = [case for activation in (*kinds, gn.LeakyReLU(0.3), gn.ELU(0.7)) for case in activation_cases(activation)]
    for loss in LOSSES.values():
        assert loss.formula is not None
        found += loss_cases(loss.formula, loss())
    for text in MIXED:
        found.append(Case(text, {}, {}, {"Z": NEAR}, np.array([plain(text, {}, {"Z": float(z)}) for z in NEAR])))
    return found


CASES = all_cases()
FUNCTIONS = functions_in(*(text for case in CASES for text in (case.expression, *case.definitions.values())))


def agree(found: list[list[float]], room: float) -> None:
    """Hold that each case has its values, relative to the larger of these and 1."""
    assert len(found) == len(CASES)
    for case, values in zip(CASES, found, strict=True):
        np.testing.assert_allclose(values, case.values, rtol=room, atol=room, err_msg=case.expression)


def printed(language: Code, case: Case) -> str:
    """Return the expression of a case in a language."""
    return type(language)(case.constants, case.definitions).text(case.expression)


def run_c(folder: Path, real: Any) -> list[list[float]]:
    """Return what a C program computes for all cases."""
    language = C(real=real)
    lines = ["#include <math.h>", "#include <stdio.h>", *language.helpers(FUNCTIONS)]
    calls = []
    for i, case in enumerate(CASES):
        used = [name for name in case.numbers if name in Formula(case.expression, "", case.definitions).names()]
        arguments = ", ".join(f"{real} {name}" for name in used) or "void"
        text = C(case.constants, case.definitions, real=real).text(case.expression)
        lines.append(f"static {real} f{i}({arguments}) {{ return {text}; }}")
        for row in range(len(case.values)):
            given = ", ".join(language.literal(float(case.numbers[name][row])) for name in used)
            calls.append(f'    printf("{i} %.17g\\n", (double)f{i}({given}));')
    source = folder / f"{real}.c"
    source.write_text("\n".join([*lines, "int main(void)", "{", *calls, "    return 0;", "}", ""]))
    program = folder / real
    subprocess.run(["gcc", *STRICT, source, "-o", program, "-lm"], check=True)
    found: list[list[float]] = [[] for _ in CASES]
    for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines():
        found[int(line.split()[0])].append(float(line.split()[1]))
    return found


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("real", ["double", "float"])
def test_in_c(tmp_path: Path, real: str) -> None:
    """A C compiler has nothing to say against the text, and its program computes the formulas."""
    if real == "double":
        agree(run_c(tmp_path, real), 1e-12)
        return
    for case, values in zip(CASES, run_c(tmp_path, real), strict=True):
        # Rounding of the input moves the output by the slope; there are cancelling terms of a few units in some.
        np.testing.assert_allclose(values, case.values, rtol=3e-6, atol=2e-5, err_msg=case.expression)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_in_javascript(tmp_path: Path) -> None:
    """A JavaScript engine computes the formulas, in strict mode."""
    language = JavaScript()
    lines = ['"use strict";', *language.helpers(FUNCTIONS), "const found = [];"]
    for case in CASES:
        data = json.dumps(list(zip(*(values.tolist() for values in case.numbers.values()), strict=True)))
        lines.append(f"found.push({data}.map(([{', '.join(case.numbers)}]) => {printed(language, case)}));")
    script = tmp_path / "formulas.js"
    script.write_text("\n".join([*lines, "console.log(JSON.stringify(found));"]))
    output = subprocess.run(["node", script], capture_output=True, text=True, check=True).stdout
    agree(json.loads(output), 1e-12)


def test_in_plain_python() -> None:
    """Python's own numbers do as well, and never overflow: its `math` raises an error where others give infinity."""
    language, names = PlainPython(), {"math": math}
    exec("\n".join(language.helpers(FUNCTIONS)), names)
    found = []
    for case in CASES:
        function = eval(f"lambda {', '.join(case.numbers)}: {printed(language, case)}", names)
        found.append([float(function(*row)) for row in zip(*(v.tolist() for v in case.numbers.values()), strict=True)])
    agree(found, 1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_in_numpy(dtype: str) -> None:
    """NumPy computes the formulas array by array, in the type of the arrays."""
    language, names = NumPyCode(), {"np": np}
    exec("\n".join(language.helpers(FUNCTIONS)), names)
    for case in CASES:
        function = eval(f"lambda {', '.join(case.numbers)}: {printed(language, case)}", names)
        found = function(*(values.astype(dtype) for values in case.numbers.values()))
        room = 1e-12 if dtype == "float64" else 2e-5
        np.testing.assert_allclose(
            np.broadcast_to(found, case.values.shape), case.values, rtol=room, atol=room, err_msg=case.expression
        )


def test_numbers_are_literals_of_their_type() -> None:
    """A number in C has a point or an exponent and the right suffix, nine digits in float and all of them in double."""
    numbers = [0, 1, -2, 0.1, 1e-7, 1e22, 1 / 3, 16777217]
    single = ["0.0f", "1.0f", "-2.0f", "0.1f", "1e-07f", "1e+22f", "0.333333333f", "16777217.0f"]
    double = ["0.0", "1.0", "-2.0", "0.1", "1e-07", "1e+22", "0.3333333333333333", "16777217.0"]
    assert [C().literal(number) for number in numbers] == single
    assert [C(real="double").literal(number) for number in numbers] == double
    with pytest.raises(gn.ConfigError, match=r"^Formula: a number is inf; numbers in formulas must be finite\.$"):
        C({"c": math.inf}).text("c * Z")
    with pytest.raises(gn.ConfigError, match=r"^Formula: a number is nan; numbers in formulas must be finite\.$"):
        JavaScript({"c": math.nan}).text("c * Z")


def test_helpers_are_named_apart() -> None:
    """Each language gives the functions that it lacks, with the prefix of the file, and no others."""
    for language, missing in ((C, 3), (JavaScript, 2), (PlainPython, 3), (NumPyCode, 1)):
        texts = language(prefix="churn_").helpers(["tanh", "softplus", "sign", "sigmoid", "sigmoid"])
        assert len(texts) == missing
        assert all("churn_" in text and "$" not in text for text in texts)
        assert language(prefix="churn_").text("sigmoid(Z)") == "churn_sigmoid(Z)"
    assert C().helpers(["exp", "max"]) == []


PRINTED = {
    "max(Z, 0)": ("Z > 0.0f ? Z : 0.0f", "Z > 0 ? Z : 0", "max(Z, 0)", "np.maximum(Z, 0)"),
    "Z + alpha * (tanh(Z) - Z)": ("Z + alpha[i] * (tanhf(Z) - Z)", "Z + alpha[i] * (Math.tanh(Z) - Z)",
                                  "Z + alpha[i] * (math.tanh(Z) - Z)", "Z + alpha[i] * (np.tanh(Z) - Z)"),
    "2 * max(Z, 1)": ("2.0f * (Z > 1.0f ? Z : 1.0f)", "2 * (Z > 1 ? Z : 1)", "2 * max(Z, 1)", "2 * np.maximum(Z, 1)"),
    "Z**2 / Z**1.5": ("Z * Z / powf(Z, 1.5f)", "Z * Z / Math.pow(Z, 1.5)", "Z**2 / Z**1.5", "Z**2 / Z**1.5"),
    "a / Z**2": ("a / (Z * Z)", "a / (Z * Z)", "a / Z**2", "a / Z**2"),
    "1 if Z > 0 else 0.5": ("Z > 0.0f ? 1.0f : 0.5f", "Z > 0 ? 1 : 0.5", "1 if Z > 0 else 0.5",
                            "np.where(Z > 0, 1, 0.5)"),
    "a * (Z > 0)": ("a * (Z > 0.0f ? 1.0f : 0.0f)", "a * (Z > 0 ? 1 : 0)", "a * (Z > 0)", "a * (Z > 0)"),
    "cos(2 * pi * Z)": ("cosf(2.0f * 3.14159265f * Z)", "Math.cos(2 * Math.PI * Z)", "math.cos(2 * math.pi * Z)",
                        "np.cos(2 * np.pi * Z)"),
}  # fmt: skip


@pytest.mark.parametrize("text", PRINTED)
def test_printed_as_a_person_would(text: str) -> None:
    """Each language reads like itself."""
    names = {"alpha": "alpha[i]"}
    assert tuple(kind(names).text(text) for kind in (C, JavaScript, PlainPython, NumPyCode)) == PRINTED[text]
