"""The whole text of a model in C."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glassnet.exports.header import header_lines
from glassnet.exports.naming import identifier, identifiers
from glassnet.exports.plan import Plan, Step
from glassnet.exports.proof import Proof
from glassnet.exports.referee import interpret
from glassnet.exports.targets.c_target.buffers import Layout, lay_out
from glassnet.exports.targets.c_target.changes import change_of
from glassnet.exports.targets.c_target.columns import print_encoding
from glassnet.exports.targets.c_target.command import print_command
from glassnet.exports.targets.c_target.declarations import print_declarations
from glassnet.exports.targets.c_target.fields import as_read
from glassnet.exports.targets.c_target.helpers import printed_helpers
from glassnet.exports.targets.c_target.literals import RESERVED, string_literal, wrapped
from glassnet.exports.targets.c_target.quantisation import calibration_rows, quantise, simulate
from glassnet.exports.targets.c_target.selftest import print_selftest
from glassnet.exports.targets.c_target.source import Source
from glassnet.exports.targets.c_target.templates import BOTTOM, HOOKS, TOP, filled
from glassnet.exports.targets.c_target.vectors import print_vectors
from glassnet.exports.targets.target import Options

__all__ = ["print_page"]


def print_page(plan: Plan, proof: Proof, options: Options) -> str:
    """Return the text of a model as a single header."""
    source = Source(identifier(plan.name, fallback="model"))
    words = {"NAME": source.prefix, "UPPER": source.prefix.upper()}
    names = identifiers([field.name for field in plan.fields], RESERVED)
    work = _work(plan, proof, options)
    layout = lay_out(plan, work.steps)
    computing = [_encode(source, plan, names), _forward(source, plan, work, layout), _predict(source, plan)]
    selftest = print_selftest(source, plan, proof, work.outputs)
    body = [
        *(table.text() for table in source.tables),
        *(f"{text}\n" for text in source.formula_helpers),
        *printed_helpers(source.helpers, source.prefix),
        *source.functions,
        *(text for text in computing if text),
        _labels(source, plan),
        selftest,
    ]
    command = (
        filled("#ifdef UPPER_MAIN\n\n#include <stdio.h>\n#include <stdlib.h>\n", words)
        + f"\n{print_command(source, plan, names)}\n#endif\n"
    )
    facts = header_lines(plan, work.proof, _arithmetic(source, plan, layout, options.dtype))
    facts += work.facts
    head = "/*\n" + "".join(f" * {line}\n" for line in [*facts, *_usage(source)]) + " */\n"
    frame = [filled(TOP, words), print_declarations(plan, source.prefix, names), filled(HOOKS, words)]
    return head + "\n".join([*frame, *body, command, filled(BOTTOM, words)])


@dataclass(frozen=True)
class _Work:
    """The steps to print, the outputs expected of them for the test rows, and what the header says of them."""

    steps: tuple[Step, ...]
    precise: frozenset[str]
    outputs: np.ndarray
    proof: Proof
    facts: tuple[str, ...] = ()


def _work(plan: Plan, proof: Proof, options: Options) -> _Work:
    tests = as_read(plan, proof.rows)
    if options.dtype != "int8":
        return _Work(plan.vector_steps, frozenset(), interpret(plan, tests), proof)
    rows = calibration_rows(plan, options.calibration)
    quantised = quantise(plan, rows)
    change = change_of(plan, interpret(plan, rows), simulate(plan, quantised, rows))
    outputs = simulate(plan, quantised, tests)
    made_up = "rows" if options.rows_are_given else "made-up rows"
    decides = plan.answer.kind in ("classes", "labels")
    kept = "decisions as in float" if decides else "of the spread of the outputs kept"
    facts = (
        f"int8: ranges from {change.n_rows:,} {made_up}, on which {change.agreement:.2%} {kept}; worst error as above.",
        "Weights have a scale for each output, codes one for each vector; sums are of 32 bits, and rounded once,",
        "to nearest with halves away from zero.",
    )
    worst = replace(proof, worst=change.worst, n_rows=change.n_rows)
    return _Work(quantised.steps, quantised.precise, outputs, worst, facts)


def _arithmetic(source: Source, plan: Plan, layout: Layout, dtype: str) -> str:
    stack = layout.n_bytes + 4 * (plan.x.size if plan.is_table or plan.double_inputs else 0)
    flash = sum(table.values.nbytes for table in source.tables)
    return f"{dtype}; {flash:,} bytes of tables, {stack:,} bytes of buffers on the stack"


def _usage(source: Source) -> list[str]:
    upper = source.prefix.upper()
    return [
        "",
        f"Define {upper}_IMPLEMENTATION in one file before this text; with {upper}_MAIN too it is a program that",
        "reads a CSV with titles from standard input and prints predictions, with --probabilities those too, or with",
        "--selftest tests itself.",
    ]


def _encode(source: Source, plan: Plan, names: list[str]) -> str:
    if not plan.is_table:
        return ""
    lines = print_encoding(source, plan, names)
    parts = source.in_parts(lines, f"void {{}}(const {source.prefix}_row *row, float *z)", "row, z", "encode")
    signature = f"void NAME_encode(const NAME_row *row, float z[{source.prefix.upper()}_FEATURES])\n{{\n"
    return filled(signature, {"NAME": source.prefix}) + "\n".join([*parts, "}", ""])


def _forward(source: Source, plan: Plan, work: _Work, layout: Layout) -> str:
    kind = "double" if plan.double_inputs else "float"
    lines = print_vectors(source, plan, work.steps, layout, work.precise)
    sizes = dict(sorted(layout.sizes.items()))
    if any("features" in line for line in lines):
        sizes["features"] = plan.x.size
    shared = "".join(f", {layout.type(name)} *{name}" for name in sizes)
    arguments = ", ".join(["z", "y", *sizes])
    parts = source.in_parts(lines, f"void {{}}(const {kind} *z, float *y{shared})", arguments, "forward")
    buffers = [f"    GN_STATIC {layout.type(name)} {name}[{size}];" for name, size in sizes.items()]
    signature = f"void NAME_forward(const {kind} z[UPPER_FEATURES], float y[UPPER_OUTPUTS])\n{{\n"
    start = filled(signature, {"NAME": source.prefix, "UPPER": source.prefix.upper()})
    return start + "\n".join([*buffers, *([""] if buffers else []), *parts, "}", ""])


_RESULTS = {
    "classes": (
        "int32_t",
        "    int32_t best = 0;\n\n",
        "    for (int32_t i = 1; i < UPPER_OUTPUTS; i++) {\n        best = y[i] > y[best] ? i : best;\n    }\n"
        "    return best;\n",
    ),
    "labels": (
        "int32_t",
        "    int32_t number = 0;\n\n",
        "    for (int32_t i = 0; i < UPPER_OUTPUTS; i++) {\n        number += y[i] > 0.5f ? 1 : 0;\n    }\n"
        "    return number;\n",
    ),
    "numbers": ("void", "", ""),
    "quantiles": ("float", "", ""),
}


def _predict(source: Source, plan: Plan) -> str:
    kind, start, end = _RESULTS[plan.answer.kind]
    if plan.answer.kind == "quantiles":
        total = " + ".join(f"y[{i}]" for i in plan.answer.middle)
        end = f"    return ({total}) / {len(plan.answer.middle)}.0f;\n"
    if plan.is_table:
        body = (
            f"    float z[UPPER_FEATURES];\n{start or chr(10)}    NAME_encode(row, z);\n    NAME_forward(z, y);\n{end}"
        )
        row = "const NAME_row *row"
    else:
        body = f"{start}    NAME_forward(row, y);\n{end}"
        row = f"const {'double' if plan.double_inputs else 'float'} row[UPPER_INPUTS]"
    text = f"{kind} NAME_predict({row}, float y[UPPER_OUTPUTS])\n{{\n{body}}}\n"
    return filled(text, {"NAME": source.prefix, "UPPER": source.prefix.upper()})


def _labels(source: Source, plan: Plan) -> str:
    prefix, upper = source.prefix, source.prefix.upper()
    shown = wrapped(string_literal(name) for name in plan.answer.names)
    table = f"static const char *const {prefix}_labels[{upper}_OUTPUTS] = {{\n{shown}\n}};\n"
    body = f'    return (index >= 0 && index < {upper}_OUTPUTS) ? {prefix}_labels[index] : "";\n'
    return f"{table}\nconst char *{prefix}_label(int32_t index)\n{{\n{body}}}\n"
