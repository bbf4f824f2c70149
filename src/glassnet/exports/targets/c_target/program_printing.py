"""The part of the program in C that prints predictions as a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.literals import string_literal, wrapped

__all__ = ["print_printing", "printed_texts"]

_DECIDING = ("classes", "labels")


def print_printing(plan: Plan) -> str:
    """Return the functions that print the titles, and the prediction of a row."""
    answer = plan.answer
    n_plain, texts = printed_texts(plan)
    text = "".join(_table(name, entries) for name, entries in texts.items())
    shown = _DECIDED[answer.kind]
    shown += _PROBABILITIES if answer.kind in _DECIDING else "    (void)with_probabilities;\n"
    text += _TITLES.replace("N_ALL", str(len(texts["titles"]))).replace("N_PLAIN", str(n_plain))
    return text + _ROW.replace("SHOWN", shown)


def printed_texts(plan: Plan) -> tuple[int, dict[str, tuple[str, ...]]]:
    """Return the number of titles without those of probabilities, and the lists of texts by their name in C."""
    answer = plan.answer
    names = [_label_text(label) for label in answer.labels or answer.names]
    titles = [f"prediction_{name}" for name in names]
    if answer.kind in ("classes", "quantiles") or (answer.kind == "numbers" and len(names) == 1):
        titles = ["prediction"]
    titles += [f"quantile_{level}" for level in answer.levels]
    further = [f"probability_{name}" for name in names] if answer.kind in _DECIDING else []
    texts = {"titles": tuple(_as_cell(title) for title in (*titles, *further))}
    if answer.kind == "classes":
        texts["answers"] = tuple(map(_as_cell, names))
    return len(titles), texts


def _table(name: str, entries: Sequence[str]) -> str:
    shown = wrapped(map(string_literal, entries))
    return f"\nstatic const char *const NAME_{name}[{len(entries)}] = {{\n{shown}\n}};\n"


def _as_cell(text: str) -> str:
    """Return a text with quotes where a CSV needs them."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerow([text, ""])  # which quotes both of these
    return stream.getvalue()[:-3]


def _label_text(label: object) -> str:
    if isinstance(label, bool):
        return str(label).lower()
    whole = isinstance(label, float) and label.is_integer() and abs(label) < 1e15
    return str(int(label) if isinstance(label, float) and whole else label)


_TITLES = r"""
static void NAME_print_titles(int with_probabilities)
{
    const int32_t n = with_probabilities != 0 ? N_ALL : N_PLAIN;

    for (int32_t i = 0; i < n; i++) {
        printf("%s%s", i == 0 ? "" : ",", NAME_titles[i]);
    }
    putchar('\n');
}
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
    for (int32_t i = 0; i < OUTPUTS; i++) {
        printf("%s%d", i == 0 ? "" : ",", y[i] > 0.5f ? 1 : 0);
    }
""",
    "numbers": r"""    NAME_predict(row, y);
    for (int32_t i = 0; i < OUTPUTS; i++) {
        printf("%s%.9g", i == 0 ? "" : ",", (double)y[i]);
    }
""",
    "quantiles": r"""    printf("%.9g", (double)NAME_predict(row, y));
    for (int32_t i = 0; i < OUTPUTS; i++) {
        printf(",%.9g", (double)y[i]);
    }
""",
}
