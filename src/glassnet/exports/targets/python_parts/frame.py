"""The parts of a Python file in order: facts, columns, the network, functions, weights, test rows, the program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from itertools import pairwise

from glassnet.exports.header import header_lines
from glassnet.exports.plan import Answer, Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.python_parts.literals import listed, literal
from glassnet.exports.targets.python_parts.sources import names_in, picked
from glassnet.exports.targets.python_parts.templates.program import label_text

__all__ = ["answer_lines", "docstring", "file_text"]

_DECIDES = {"classes": "decide_classes", "labels": "decide_labels", "numbers": "decide_numbers"}
_WIDTH = 112
_IMPORTS_BOTH = "from typing import Any, Callable"


def docstring(plan: Plan, proof: Proof, arithmetic: str) -> str:
    """Return the text at the top of a file: its facts, and how it is used."""
    what = {"classes": "predict_proba(rows)", "labels": "predict_proba(rows)", "quantiles": "predict_quantiles(rows)"}
    more = what.get(plan.answer.kind)
    rows = "a list of dicts, a dict of lists or a DataFrame" if plan.is_table else "an array or lists of numbers"
    facts = header_lines(plan, proof, arithmetic)
    lines = [
        facts[0],
        "",
        *(line for fact in facts[1:] for line in textwrap.wrap(fact, _WIDTH, subsequent_indent="    ")),
        "",
        "In Python, with rows as " + rows + ":",
        "",
        "    predict(rows)" + (f", {more}" if more else ""),
        "    selftest()  # the number of failures: 0",
        "",
        "As a program, which finds the columns of a CSV file by their names:",
        "",
        "    python FILE new.csv > predictions.csv",
        "    python FILE < new.csv > predictions.csv",
        "    python FILE --selftest",
    ]
    return '"""' + "\n".join(line.replace('"""', "'''") for line in lines) + '\n"""'


def answer_lines(answer: Answer) -> list[str]:
    """Return the assignments that say what the outputs are."""
    lines = [
        listed("LABELS", "list[Any]", map(literal, answer.labels)),
        listed("NAMES", "list[str]", [literal(label_text(name)) for name in answer.labels or answer.names]),
    ]
    if answer.kind == "quantiles":
        lines.append(listed("MIDDLE", "list[int]", map(literal, answer.middle)))
    lines.append(listed("QUANTILES", "list[float]", map(literal, answer.levels)))
    return lines


def file_text(
    top: str,
    imports: Mapping[str, str],
    parts: Iterable[str],
    templates: Iterable[str],
    wanted: Iterable[str],
    answer: Answer,
    tail: Iterable[str],
) -> str:
    """Return the text of a file.

    Parameters
    ----------
    top : str
        Its docstring.
    imports : mapping of str to str
        The line that imports each name, for those that are used.
    parts : iterable of str
        Assignments and functions of its own, before those of the templates.
    templates, wanted : iterable of str
        Where functions are taken from, and which.
    answer : Answer
        What the outputs are.
    tail : iterable of str
        Assignments after the functions.
    """
    parts, tail = list(parts), list(tail)
    own: set[str] = set().union(*(names_in(part) for part in (*parts, *tail)))
    decides = _DECIDES.get(answer.kind, "decide_quantiles")
    texts, used = picked(templates, [*wanted, decides, *own])
    used |= own
    texts = [text.replace(f"def {decides}(", "def decide(") for text in texts]
    lines = sorted({line for name, line in imports.items() if name in used}, key=_import_order)
    if _IMPORTS_BOTH in lines:
        lines.remove("from typing import Any")
    blocks = ["\n".join(["from __future__ import annotations", "", *_grouped(lines)])]
    blocks += [*parts, *texts, *tail, 'if __name__ == "__main__":\n    sys.exit(main())']
    return top + "\n\n" + _apart(blocks) + "\n"


def _apart(blocks: list[str]) -> str:
    """Return blocks with two blank lines around functions and one between others."""
    text = blocks[0]
    for before, after in pairwise(blocks):
        alone = any(block.lstrip().startswith(("def ", "class ", "if __name__")) for block in (before, after))
        text += ("\n\n\n" if alone else "\n\n") + after
    return text


def _import_order(line: str) -> tuple[bool, bool, str]:
    return ("numpy" in line, line.startswith("from"), line)


def _grouped(lines: list[str]) -> list[str]:
    """Return imports with a blank line before those that are not of the standard library."""
    own = [line for line in lines if "numpy" in line]
    return [line for line in lines if line not in own] + ([""] if own else []) + own
