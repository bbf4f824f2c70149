"""The script of a model, put together from fixed parts and from what is printed for its steps."""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import chain

import numpy as np

from glassnet.exports.header import header_lines
from glassnet.exports.naming import identifier
from glassnet.exports.plan import Answer, Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.js_target.columns import (
    column_entries,
    column_lines,
    reading_lines,
    reading_parts,
    reading_words,
)
from glassnet.exports.targets.js_target.literals import KEYWORDS, js_list, js_object, wrapped
from glassnet.exports.targets.js_target.steps import Printer
from glassnet.utils.formula_code import JavaScript

__all__ = ["classic_script", "global_name", "module_script", "script_body"]

_WINDOW = {
    "alert", "atob", "blur", "close", "closed", "confirm", "console", "document", "event", "external", "fetch", "focus",
    "frames", "history", "length", "location", "module", "name", "navigator", "open", "opener", "origin", "parent",
    "print", "process", "prompt", "root", "screen", "scroll", "self", "status", "stop", "top", "window",
}  # fmt: skip
_ORDER = (
    "affine", "embed", "select", "join", "add", "softmax", "normalise", "mean", "sorted", "scaled",
    "bounded", "rank", "wave", "flag", "lookup", "decode",
)  # fmt: skip
_PUBLIC = "predict, predictMany, outputs, selftest, selftestDetails, columns, labels, about, examples, readCell"


def global_name(plan: Plan) -> str:
    """Return the name under which a page finds the model that a classic script holds."""
    return identifier(plan.name, KEYWORDS | _WINDOW, fallback="model")


def _public(plan: Plan) -> str:
    """Return the names that a script offers."""
    reads = any(not field.is_text for field in plan.fields)
    return _PUBLIC + ", showCell" * plan.is_table + ", fitted" * reads


def classic_script(plan: Plan, proof: Proof, body: str) -> str:
    """Return the script for CommonJS and for pages."""
    name = global_name(plan)
    usage = [f'const {name} = require("./{name}.js"); // in a page: after the script element of this file']
    return f"""{_header(plan, proof, usage, name)}
(function (root, make) {{
  "use strict";
  if (typeof module === "object" && module.exports) module.exports = make();
  else root.{name} = make();
}})(/** @type {{any}} */ (typeof self === "undefined" ? this : self), function () {{
"use strict";

{body}
return {{{_public(plan)}}};
}});
"""


def module_script(plan: Plan, proof: Proof, body: str) -> str:
    """Return the same as an ES module."""
    name = global_name(plan)
    usage = [f'import {name} from "./{name}.mjs";']
    return f"""{_header(plan, proof, usage, name)}
{body}
export {{{_public(plan)}}};
export default {{{_public(plan)}}};
"""


def _header(plan: Plan, proof: Proof, usage: list[str], name: str) -> str:
    lines = [*header_lines(plan, proof, "double precision"), "", *usage, *_example(plan, name)]
    inside = "\n".join(f" * {line}".rstrip() for line in lines)
    return f"/*\n{inside}\n */"


def _example(plan: Plan, name: str) -> list[str]:
    results = {
        "classes": "{label, probabilities, warnings}",
        "labels": "{labels, probabilities, warnings}",
        "numbers": "{number, warnings}" if len(plan.answer.names) == 1 else "{numbers, warnings}",
        "quantiles": "{number, quantiles, warnings}",
    }
    row = "{column: cell, ...}" if plan.is_table or any(plan.inputs) else "[number, ...]"
    return [f"{name}.predict({row}); // {results[plan.answer.kind]}", f"{name}.selftest(); // 0 is good"]


def script_body(plan: Plan, proof: Proof) -> str:
    """Return what both forms of the script share: functions, then numbers; it defines what `_PUBLIC` names."""
    printer = Printer(plan)
    encode = _encode(printer)
    forward = _forward(printer)
    lines = [
        *column_lines(plan),
        *_answer_lines(plan),
        "",
        *_part("predict"),
        *_answer_parts(plan.answer),
        *encode,
        *forward,
    ]
    for function in printer.functions.values():
        lines += [*function, ""]
    for helper in JavaScript().helpers(printer.helpers):
        lines += ["/** @type {(z: number) => number} */", *helper.split("\n"), ""]
    for part in _ORDER:
        if part in printer.parts | {"decode"}:
            lines += _part(part)
    for part in reading_parts(plan):
        lines += _part(part)
    return "\n".join([*lines, *reading_lines(plan), "", *_data(plan, proof, printer)])


def _encode(printer: Printer) -> list[str]:
    plan = printer.plan
    if not plan.is_table:
        typed = "/** @type {(cells: any[]) => Float64Array} */"
        copied = [
            "  const x = new Float64Array(cells.length);",
            "  for (let i = 0; i < x.length; i++) x[i] = cells[i];",
        ]
        return [typed, "function encode(cells) {", *copied, "  return x;", "}", ""]
    steps = printer.statements(plan.column_steps)
    last = printer.name(plan.x)
    printer.rename(plan.x, "x")
    head = "/**\n * The features of a row.\n * @type {(cells: any[]) => Numbers}\n */"
    return [head, "function encode(cells) {", *_inside(steps), f"  return {last};", "}", ""]


def _forward(printer: Printer) -> list[str]:
    plan = printer.plan
    steps = printer.statements(plan.vector_steps)
    head = "/**\n * The outputs for the features of a row.\n * @type {(x: any) => Float64Array}\n */"
    return [
        head,
        "function forward(x) {",
        *_inside(steps),
        f"  return {printer.name(plan.y)};",
        "}",
        "",
    ]


def _inside(statements: list[str]) -> list[str]:
    """Return the lines of statements inside a function."""
    return [f"  {line}" for statement in statements for line in wrapped(statement).split("\n")]


def _answer_parts(answer: Answer) -> list[str]:
    alone = answer.kind == "numbers" and len(answer.names) == 1
    return _part("answer_number") if alone else [*_part("by_name"), *_part(f"answer_{answer.kind}")]


def _answer_lines(plan: Plan) -> list[str]:
    labels = ["/** @type {Label[]} */", *wrapped(f"const labels = {js_list(plan.answer.labels)};").split("\n")]
    return [*labels, *wrapped(f"const about = {js_object(_about(plan))};").split("\n")]


def _about(plan: Plan) -> dict[str, object]:
    answer = plan.answer
    target = {"name": plan.name, "kind": answer.kind, "target": answer.target, "table": plan.is_table}
    about = {**target, "names": tuple(answer.names)}
    if answer.kind == "quantiles":
        about |= {"levels": tuple(answer.levels), "middle": tuple(answer.middle)}
    return about


def _data(plan: Plan, proof: Proof, printer: Printer) -> list[str]:
    """Return the statements with all numbers and lists."""
    words = reading_words(plan)
    facts = [column_entries(plan), plan.answer.labels, _about(plan), [*chain(*words.values()), *printer.texts]]
    lists = [*words, *printer.lists]
    rows = _test_rows(plan, proof)
    return [
        "const names = new Set(columns.map((column) => column.name));",
        "const known = columns.map((column) => column.categories && new Set(column.categories));",
        *printer.places,
        *wrapped(f"const facts = [columns, labels, about, [{', '.join(f'...{name}' for name in lists)}]];").split("\n"),
        *printer.pool.lines(),
        "const testRows = [",
        *(f"  {wrapped(js_list(row))}," for row in rows),
        "];",
        f"const examples = testRows.slice(0, {sum(title.startswith('typical') for title in proof.titles)});",
        "const expected = [",
        *(f"  {wrapped(js_list(row))}," for row in proof.outputs.tolist()),
        "];",
        f"const CHECKSUM = {printer.pool.checksum(facts)};",
    ]


def _test_rows(plan: Plan, proof: Proof) -> list[list[object]]:
    if isinstance(proof.rows, np.ndarray):
        return [list(row) for row in proof.rows.tolist()]
    columns = [proof.rows[field.name].tolist() for field in plan.fields]
    return [list(row) for row in zip(*columns, strict=True)]


@cache
def _text(part: str) -> str:
    return (resources.files(__package__) / "parts" / f"{part}.js").read_text(encoding="utf-8")


def _part(part: str) -> list[str]:
    return [*_text(part).rstrip().split("\n"), ""]
