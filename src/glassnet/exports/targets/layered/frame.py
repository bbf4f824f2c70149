"""A Python file around a network of another framework: rows are read, encoded and decoded as in the NumPy target."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.exports.header import header_lines
from glassnet.exports.plan import Core, Plan, Value
from glassnet.exports.proof import Proof
from glassnet.exports.targets.numpy_target.steps import NumPyWriter, trimmed
from glassnet.exports.targets.python_parts.arrays import packed
from glassnet.exports.targets.python_parts.columns import (
    columns_text,
    features_of,
    features_text,
    reading_parts,
    settings_of,
)
from glassnet.exports.targets.python_parts.formulas import Functions
from glassnet.exports.targets.python_parts.frame import answer_lines
from glassnet.exports.targets.python_parts.literals import listed, literal
from glassnet.exports.targets.python_parts.running import cells_as_read
from glassnet.exports.targets.python_parts.sources import names_in, names_of, picked
from glassnet.exports.targets.python_parts.statements import body_lines
from glassnet.exports.targets.python_parts.templates.numpy_model import digest
from glassnet.utils.formula_code import NumPyCode

__all__ = ["Design", "file_around", "logits_shape"]

_TEMPLATES = ("numpy_model", "numpy_numbers")
_WIDTH = 112
_MODULES = ("base64", "csv", "datetime", "hashlib", "io", "itertools", "math", "os", "re", "sys")
_STANDARD = {
    **{name: f"import {name}" for name in _MODULES},
    "Iterator": "from collections.abc import Iterator",
    "NormalDist": "from statistics import NormalDist",
    "Path": "from pathlib import Path",
    "Any": "from typing import Any",
}
_DECIDES = {"classes": "decide_classes", "labels": "decide_labels", "numbers": "decide_numbers"}
_PREDICTS = {"classes": ["predict_proba"], "labels": ["predict_proba"], "quantiles": ["predict_quantiles"]}
_OWN = frozenset({
    "build", "build_member", "features", "keras", "layers", "load", "logits", "model", "network", "nn", "ops",
    "outputs", "prepared", "rows", "selftest", "torch", "use", "versions", "weights", "weights_file",
})  # fmt: skip

_SELFTEST = '''def selftest() -> int:
    """Return the number of failures: test rows with a wrong output, and 1 if something else has changed."""
    global MODEL
    kept, MODEL = MODEL, load()
    try:
        found = compute(ROWS)
    finally:
        MODEL = kept
    expected = np.array(EXPECTED)
    right = np.abs(found - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected))
    numbers = [*NUMBERS, *weights()]
    return int((~right).any(axis=1).sum()) + (digest(numbers, SETTINGS) != DIGEST)'''


@dataclass(frozen=True)
class Design:
    """What differs between frameworks.

    Parameters
    ----------
    imports : mapping of str to str
        The lines that import what is not of the standard library, by the name that they make.
    about : sequence of str
        Lines for the docstring: how the model is used.
    parts : sequence of str
        Functions of the file: build, load, use, logits, weights and the like; ``{rows}`` in them is what makes the
        array that the model reads of rows as they are given.
    weights : sequence of ndarray
        All numbers in the file of weights, in the order of the function ``weights``.
    dtype : str
        That the model computes in.
    """

    imports: Mapping[str, str]
    about: Sequence[str]
    parts: Sequence[str]
    weights: Sequence[np.ndarray]
    dtype: str


def file_around(plan: Plan, proof: Proof, design: Design) -> bytes:
    """Return the file, in ASCII."""
    assert plan.core is not None
    functions = Functions(NumPyCode, _function, {*names_of(_TEMPLATES), *_OWN})
    writer = NumPyWriter(functions, {*_OWN, *(step.out.name for step in plan.steps)})
    before, after = _ends(plan, plan.core)
    prepared = _prepared(plan, plan.core, before, writer)
    decoded = [_renamed(line) for line in body_lines(after, writer)]
    features = features_of(plan, writer.arrays) if plan.is_table else []
    arrays = writer.arrays.found
    network = f"outputs(logits({'prepared(x)' if prepared else 'x'}))"
    rows = "encode(read(rows))" if plan.is_table else "read(rows)"
    parts = [
        *(part.replace("{rows}", f"prepared({rows})" if prepared else rows) for part in design.parts),
        *([prepared] if prepared else []),
        'def outputs(z: Array) -> Array:\n    """Return the predictions for what the model gives."""\n'
        + _body(decoded),
        f'def network(x: Array) -> Array:\n    """Return the predictions for encoded rows."""\n    return {network}',
        *functions.texts.values(),
        _SELFTEST,
    ]
    by_name = {**settings_of(plan, features, arrays), "TOLERANCE": _tolerance(proof)}
    found = digest([*arrays.values(), *design.weights], list(by_name.values()))
    settings = [columns_text(plan), *([] if plan.is_table else [f"INPUTS = {plan.x.size}"]), *answer_lines(plan.answer)]
    tail = [
        "\n".join(settings),
        *reading_parts(plan),
        "\n".join(_assignment(name, array) for name, array in arrays.items()),
        *([features_text(features)] if plan.is_table else []),
        listed("NUMBERS", "list[Array]", arrays),
        "\n".join([*_test_rows(proof, plan), f"TOLERANCE = {_tolerance(proof)}"]),
        listed("SETTINGS", "list[Any]", by_name) + f'\nDIGEST = "{found}"',
    ]
    top = _docstring(plan, proof, design)
    return _assembled(plan, top, design, parts, [part for part in tail if part]).encode("ascii")


def logits_shape(plan: Plan) -> str:
    """Return the shape of a batch of logits z as the rest of the file reads it."""
    assert plan.core is not None
    return f"({', '.join(map(str, ('len(z)', *trimmed(plan.core.z.shape))))})"


def _tolerance(proof: Proof) -> float:
    """Return that of single precision, or more where that was measured to be needed.

    The expected outputs are those of weights in single precision, even if the file has them in double precision.
    """
    return max(2e-5, float(f"{4.0 * proof.worst:.1g}"))


def _ends(plan: Plan, core: Core) -> tuple[Plan, Plan]:
    """Return as plans what comes before the network and what comes after it."""
    steps = plan.vector_steps
    made = [step.out.name for step in steps]
    first, last = (made.index(value.name) + 1 if value.name in made else 0 for value in (core.x, core.z))
    before = dataclasses.replace(plan, steps=steps[:first], y=core.x, fields=())
    z = Value(core.z.name, trimmed(core.z.shape))
    y = plan.y if last < len(steps) else z
    return before, dataclasses.replace(plan, steps=steps[last:], x=z, y=y, fields=())


def _prepared(plan: Plan, core: Core, before: Plan, writer: NumPyWriter) -> str:
    """Return the function that makes what the network reads of encoded features, or "" if it is these."""
    shape = core.network.input_shape or ()
    lines = body_lines(before, writer) if before.steps else ["return x"]
    if len(shape) > 1:
        lines[-1] = f"{lines[-1]}.reshape({', '.join(map(str, (-1, *shape)))})"
    if lines == ["return x"]:
        return ""
    return 'def prepared(x: Array) -> Array:\n    """Return what the model reads."""\n' + _body(lines)


def _body(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)


def _renamed(line: str) -> str:
    """Return a line that reads z where it read x."""
    return re.sub(r"\bx\b", "z", line)


def _function(name: str, arguments: list[str], text: str) -> str:
    shown = ", ".join(f"{argument}: Array" for argument in arguments)
    return f"def {name}({shown}) -> Array:\n    return {text}"


def _assignment(name: str, array: np.ndarray) -> str:
    kind, text = packed(array)
    own = "" if kind == "<f4" else f', "{kind}"'
    return f'{name} = unpacked({array.shape!r}, """\n{text}\n"""{own})'


def _test_rows(proof: Proof, plan: Plan) -> list[str]:
    lines = [f"# Test rows: {', '.join(proof.titles)}."]
    if isinstance(proof.rows, np.ndarray):
        lines.append(_assignment("ROWS", proof.rows))
    else:
        columns = [f"{literal(name)}: {literal(cells)}" for name, cells in cells_as_read(plan, proof.rows).items()]
        lines.append(listed("ROWS", "dict[str, list[Any]]", columns, "{}", broken=True))
    return [*lines, _assignment("EXPECTED", proof.outputs)]


def _docstring(plan: Plan, proof: Proof, design: Design) -> str:
    facts = header_lines(plan, proof, design.dtype)
    lines = [
        facts[0],
        "",
        *(line for fact in facts[1:] for line in textwrap.wrap(fact, _WIDTH, subsequent_indent="    ")),
        "",
        *design.about,
    ]
    return '"""' + "\n".join(line.replace('"""', "'''") for line in lines) + '\n"""'


def _assembled(plan: Plan, top: str, design: Design, parts: list[str], tail: list[str]) -> str:
    """Return the text of the file, with the functions of the templates that it uses."""
    own: set[str] = set().union(*(names_in(part) for part in (*parts, *tail)))
    decides = _DECIDES.get(plan.answer.kind, "decide_quantiles")
    wanted = [
        "predict",
        "compute",
        "read",
        "main",
        "read_csv",
        "predictions",
        decides,
        *_PREDICTS.get(plan.answer.kind, []),
        *own,
    ]
    templates = [
        *_TEMPLATES,
        *(("numpy_table", "cells", "moments", "csv_table") if plan.is_table else ("numpy_matrix", "csv_matrix")),
    ]
    known = {name for part in parts for name in re.findall(r"^(?:def|class) (\w+)", part, re.MULTILINE)}
    texts, used = picked((*templates, "rows", "features", "program"), wanted, known)
    texts = [text.replace(f"def {decides}(", "def decide(") for text in texts]
    used |= own
    standard = sorted({line for name, line in _STANDARD.items() if name in used}, key=_import_order)
    others = sorted({line for name, line in design.imports.items() if name in used}, key=_import_order)
    blocks = ["\n".join(["from __future__ import annotations", "", *standard, "", *others])]
    blocks += ["Array = Any  # of NumPy", *parts, *texts, *tail, 'if __name__ == "__main__":\n    sys.exit(main())']
    return top + "\n\n" + "\n\n\n".join(blocks) + "\n"


def _import_order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
