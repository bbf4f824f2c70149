"""The part of the program in C that prints predictions as a CSV."""

from __future__ import annotations

import csv
import io

from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.literals import string_literal, wrapped

__all__ = ["answer_texts", "print_answers", "print_printing"]


def print_answers(plan: Plan, prefix: str) -> str:
    """Return the titles of the columns, and the labels, as a CSV has them."""
    printed = []
    for name, texts in answer_texts(plan).items():
        shown = wrapped(map(string_literal, texts))
        printed.append(f"static const char *const {prefix}_{name}[{len(texts)}] = {{\n{shown}\n}};")
    return "\n\n".join(printed)


def answer_texts(plan: Plan) -> dict[str, list[str]]:
    """Return the titles and the labels by the name of their table in C, with quotes where a CSV needs them."""
    titles, further = _titles(plan)
    tables = {"titles": [*titles, *further]}
    if plan.answer.kind == "classes":
        tables["answers"] = _names(plan)
    return {name: [*map(_as_cell, texts)] for name, texts in tables.items()}


def print_printing(plan: Plan) -> str:
    """Return the functions that print the titles, and the prediction of a row."""
    kind = plan.answer.kind
    titles, further = _titles(plan)
    shown = _DECIDED[kind].replace("FURTHER", _FURTHER.get(kind, "") if len(_names(plan)) > 1 else "")
    shown += _PROBABILITIES if further else _UNUSED
    text = _TITLES.replace("PLAIN", _loop(1, len(titles))).replace("MORE", _MORE if further else _UNUSED)
    text = text.replace("FURTHER", _loop(len(titles), len(titles) + len(further), "    "))
    return text + _ROW.replace("SHOWN", shown)


def _names(plan: Plan) -> list[str]:
    return [_label_text(label) for label in plan.answer.labels or plan.answer.names]


def _titles(plan: Plan) -> tuple[list[str], list[str]]:
    """Return the titles of all columns, and those of the probabilities."""
    answer, names = plan.answer, _names(plan)
    titles = [f"prediction_{name}" for name in names]
    if answer.kind in ("classes", "quantiles") or (answer.kind == "numbers" and len(names) == 1):
        titles = ["prediction"]
    titles += [f"quantile_{level}" for level in answer.levels]
    return titles, [f"probability_{name}" for name in names] if answer.kind in ("classes", "labels") else []


def _as_cell(text: str) -> str:
    """Return a text with quotes where a CSV needs them."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerow([text, ""])  # which quotes both of these
    return stream.getvalue()[:-3]


def _loop(start: int, end: int, indent: str = "") -> str:
    """Return the lines that print titles after others."""
    if start == end:
        return ""
    lines = [f"for (int32_t i = {start}; i < {end}; i++) {{", '    printf(",%s", NAME_titles[i]);', "}"]
    return "".join(f"    {indent}{line}\n" for line in lines)


def _label_text(label: object) -> str:
    if isinstance(label, bool):
        return str(label).lower()
    whole = isinstance(label, float) and label.is_integer() and abs(label) < 1e15
    return str(int(label) if isinstance(label, float) and whole else label)


_TITLES = r"""
static void NAME_print_titles(int with_probabilities)
{
    fputs(NAME_titles[0], stdout);
PLAINMORE    putchar('\n');
}
"""
_UNUSED = "    (void)with_probabilities;\n"
_MORE = """    if (with_probabilities != 0) {
FURTHER    }
"""

_ROW = r"""
static void NAME_print_row(const ROWTYPE *row, int with_probabilities)
{
    float y[OUTPUTS];

SHOWN    putchar('\n');
}
"""

_PROBABILITIES = r"""    for (int32_t i = 0; i < OUTPUTS && with_probabilities != 0; i++) {
        printf(",%.9g", (double)y[i]);
    }
"""

_DECIDED = {
    "classes": "    fputs(NAME_answers[NAME_predict(row, y)], stdout);\n",
    "labels": r"""    (void)NAME_predict(row, y);
    putchar(y[0] > 0.5f ? '1' : '0');
FURTHER""",
    "numbers": r"""    NAME_predict(row, y);
    printf("%.9g", (double)y[0]);
FURTHER""",
    "quantiles": r"""    printf("%.9g", (double)NAME_predict(row, y));
    for (int32_t i = 0; i < OUTPUTS; i++) {
        printf(",%.9g", (double)y[i]);
    }
""",
}

_FURTHER = {
    "labels": r"""    for (int32_t i = 1; i < OUTPUTS; i++) {
        printf(",%d", y[i] > 0.5f ? 1 : 0);
    }
""",
    "numbers": r"""    for (int32_t i = 1; i < OUTPUTS; i++) {
        printf(",%.9g", (double)y[i]);
    }
""",
}
