"""A ``main`` in C that reads a CSV from standard input and prints predictions."""

from __future__ import annotations

from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.fields import wide_fields
from glassnet.exports.targets.c_target.literals import string_literal, wrapped
from glassnet.exports.targets.c_target.source import Source
from glassnet.exports.targets.c_target.templates import filled

__all__ = ["print_command"]


def print_command(source: Source, plan: Plan, names: list[str]) -> str:
    """Return the ``main`` and what it needs; ``names`` are the fields of a row in C."""
    prefix = source.prefix
    n = len(plan.fields) if plan.is_table else plan.x.size
    titles = [field.name for field in plan.fields] or list(plan.inputs)
    kind = "double" if plan.double_inputs else "float"
    text = (_COLUMNS if titles else "") + _RECORD + (_FIND if titles else _COUNT) + _START
    text += _NUMBER if not all(field.is_text for field in plan.fields) or not titles else ""
    text += _filling(plan, names, prefix) + _printing(plan) + _SCORE
    words = {
        "TITLES": wrapped(map(string_literal, titles)),
        "TITLE": "%s" if titles else "numbers without names",
        "SHOWN": f", {prefix}_columns[bad]" if titles else "",
        "DECLARED": f"{prefix}_row row" if plan.is_table else f"{kind} row[{prefix.upper()}_INPUTS]",
        "GIVEN": "&row" if plan.is_table else "row",
        "ROWTYPE": f"{prefix}_row" if plan.is_table else kind,
        "KIND": kind,
        "LINE": str(max(65536, 64 * n)),
        "MOST": str(max(2048, 4 * n)),
        "INPUTS": f"{prefix.upper()}_INPUTS",
        "OUTPUTS": f"{prefix.upper()}_OUTPUTS",
        "NAME": prefix,
    }
    return filled(text, words)


_ARGUMENTS = "cells, where, row, bad"


def _filling(plan: Plan, names: list[str], prefix: str) -> str:
    """Return the function that fills a row from cells."""
    own = Source(prefix)
    signature = (
        f"char *const *cells, const int32_t *where, {'NAME_row' if plan.is_table else 'KIND'} *row, int32_t *bad"
    )
    lines, wide = [], wide_fields(plan)
    if not plan.is_table:
        cast = "" if plan.double_inputs else "(float)"
        lines = [
            "    for (int32_t i = 0; i < INPUTS; i++) {",
            f"        row[i] = {cast}NAME_number(cells, where, i, bad);",
        ]
        lines.append("    }")
    for i, (field, name) in enumerate(zip(plan.fields, names, strict=True)):
        value = f"{'' if i in wide else '(float)'}NAME_number(cells, where, {i}, bad)"
        lines.append(f"    row->{name} = {f'cells[where[{i}]]' if field.is_text else value};")
    if len(lines) > 30 or (all(field.is_text for field in plan.fields) and plan.is_table):
        lines.append("    (void)bad;")
    body = "\n".join(own.in_parts(lines, f"void {{}}({signature})", _ARGUMENTS, "fill"))
    return "\n".join([*own.functions, f"static void NAME_fill({signature})", "{", body, "}", ""])


def _printing(plan: Plan) -> str:
    """Return the functions that print the titles, and the prediction of a row."""
    first, decided = "", "    (void)NAME_predict(row, y);\n"
    if plan.answer.kind == "classes":
        first = '    printf("prediction,");\n'
        decided = "    NAME_print_text(NAME_label(NAME_predict(row, y)));\n    putchar(',');\n"
    elif plan.answer.kind == "quantiles":
        first, decided = '    printf("prediction,");\n', '    printf("%.9g,", (double)NAME_predict(row, y));\n'
    titles, numbers = (_TITLES_TOO, _NUMBERS_TOO) if plan.y.size > 1 else ("", "")
    text = _PRINTING.replace("FIRST", first).replace("DECIDED", decided)
    return text.replace("TITLES_TOO", titles).replace("NUMBERS_TOO", numbers)


_COLUMNS = """
static const char *const NAME_columns[INPUTS] = {
TITLES
};
"""

_RECORD = """
/* Takes blanks off both ends of a text, in its place. */
static char *NAME_stripped(char *text)
{
    size_t n = strlen(text);
    char *start = text;

    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\\t')) {
        n--;
        text[n] = '\\0';
    }
    while (*start == ' ' || *start == '\\t') {
        start++;
    }
    return start;
}

/* Reads a cell of a CSV from standard input and returns what ended it: a comma, a line feed, EOF, or 0 for no room. */
static int NAME_cell(char *text, int32_t size, int32_t *used)
{
    int32_t quoted = 0;
    int c = getchar();

    while (c != EOF && (quoted != 0 || (c != ',' && c != '\\n'))) {
        int32_t keep = 1;

        if (c == '"' && quoted != 0) {
            c = getchar();
            if (c != '"') {
                quoted = 0;
                continue;
            }
        } else if (c == '"') {
            quoted = 1;
            keep = 0;
        } else if (c == '\\r' && quoted == 0) {
            keep = 0;
        }
        if (keep != 0) {
            if (*used + 2 > size) {
                return 0;
            }
            text[*used] = (char)c;
            *used += 1;
        }
        c = getchar();
    }
    text[*used] = '\\0';
    *used += 1;
    return c;
}

/* Reads a record and returns the number of its cells: 0 at the end, -1 if it is too long. */
static int32_t NAME_record(char *text, int32_t size, char **cells, int32_t most)
{
    int32_t used = 0;
    int32_t n = 0;
    int ended = ',';

    while (ended == ',') {
        const int32_t start = used;

        if (n == most || used >= size) {
            return -1;
        }
        ended = NAME_cell(text, size, &used);
        if (ended == 0) {
            return -1;
        }
        cells[n] = &text[start];
        n++;
    }
    return (ended == EOF && n == 1 && cells[0][0] == '\\0') ? 0 : n;
}

"""

_FIND = """
/* Finds the columns among the titles of a table, and returns the first that is not there, or -1. */
static int32_t NAME_find(char *const *cells, int32_t n, int32_t *where)
{
    for (int32_t i = 0; i < INPUTS; i++) {
        where[i] = (i < n && strcmp(cells[i], NAME_columns[i]) == 0) ? i : -1;  /* in the order of training */
        for (int32_t k = 0; k < n && where[i] < 0; k++) {
            where[i] = strcmp(cells[k], NAME_columns[i]) == 0 ? k : -1;
        }
        if (where[i] < 0) {
            return i;
        }
    }
    return -1;
}
"""

_COUNT = """
/* The numbers stand in the order of training; returns the first column that is not there, or -1. */
static int32_t NAME_find(char *const *cells, int32_t n, int32_t *where)
{
    (void)cells;
    for (int32_t i = 0; i < INPUTS; i++) {
        where[i] = i;
    }
    return n < INPUTS ? n : -1;
}
"""

_START = """
static void NAME_strip(char **cells, int32_t n)
{
    for (int32_t k = 0; k < n; k++) {
        cells[k] = NAME_stripped(cells[k]);
    }
}

static int32_t NAME_start(char **cells, int32_t n, int32_t *where)
{
    int32_t bad;

    if (strncmp(cells[0], "\\357\\273\\277", 3) == 0) {
        cells[0] += 3;  /* the mark of UTF-8 */
    }
    bad = NAME_find(cells, n, where);
    if (bad >= 0) {
        NAME_strip(cells, n);
        bad = NAME_find(cells, n, where);
    }
    return bad;
}
"""

_NUMBER = """
/* Days since 1970-01-01 of a date such as 2024-05-31; 0 if the text is none. */
static int32_t NAME_date(const char *text, double *days)
{
    int year = 0;
    int month = 0;
    int day = 0;
    char rest = '\\0';
    const int found = sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &rest);

    if (found == 3 || (found == 4 && (rest == 'T' || rest == ' '))) {
        const int32_t y = (int32_t)year - (month <= 2 ? 1 : 0);
        const int32_t m = (int32_t)month + (month <= 2 ? 9 : -3);

        *days = (double)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468);
        return 1;
    }
    return 0;
}

/* Returns the number in a cell, NaN for an empty one; notes the column in ``bad`` where there is none. */
static double NAME_number(char *const *cells, const int32_t *where, int32_t i, int32_t *bad)
{
    const char *text = cells[where[i]];
    char *end = NULL;
    double value = strtod(text, &end);

    if (text[0] == '\\0') {
        value = (double)NAN;
    } else if (*end == '\\0' && end != text) {
        /* the whole text is a number */
    } else if (strcmp(text, "true") == 0 || strcmp(text, "True") == 0) {
        value = 1.0;
    } else if (strcmp(text, "false") == 0 || strcmp(text, "False") == 0) {
        value = 0.0;
    } else if (NAME_date(text, &value) == 0) {
        *bad = i;
    }
    return value;
}

"""

_PRINTING = """
static void NAME_print_text(const char *text)
{
    putchar('"');
    for (; *text != '\\0'; text++) {
        if (*text == '"') {
            putchar('"');
        }
        putchar((unsigned char)*text);
    }
    putchar('"');
}

static void NAME_print_titles(void)
{
FIRST    NAME_print_text(NAME_label(0));
TITLES_TOO    putchar('\\n');
}

static void NAME_print_row(const ROWTYPE *row)
{
    float y[OUTPUTS];

DECIDED    printf("%.9g", (double)y[0]);
NUMBERS_TOO    putchar('\\n');
}
"""

_TITLES_TOO = """    for (int32_t i = 1; i < OUTPUTS; i++) {
        putchar(',');
        NAME_print_text(NAME_label(i));
    }
"""
_NUMBERS_TOO = """    for (int32_t i = 1; i < OUTPUTS; i++) {
        printf(",%.9g", (double)y[i]);
    }
"""

_SCORE = """
/* Predicts each row of a table with titles. */
static int NAME_score(void)
{
    char text[LINE];
    char *cells[MOST];
    int32_t where[INPUTS];
    DECLARED;
    int32_t n = NAME_record(text, LINE, cells, MOST);
    int32_t bad = n > 0 ? NAME_start(cells, n, where) : 0;

    if (bad >= 0) {
        fprintf(stderr, "the table must have the column %ld, TITLE.\\n", (long)bad + 1SHOWN);
        return 2;
    }
    NAME_print_titles();
    for (long line = 1; (n = NAME_record(text, LINE, cells, MOST)) != 0; line++) {
        if (n == 1 && cells[0][0] == '\\0' && INPUTS > 1) {
            continue;
        }
        if (n < 0) {
            fprintf(stderr, "row %ld must be shorter.\\n", line);
            return 2;
        }
        NAME_strip(cells, n);
        for (int32_t i = 0; i < INPUTS; i++) {
            bad = (bad < 0 && where[i] >= n) ? i : bad;
        }
        if (bad < 0) {
            NAME_fill(cells, where, GIVEN, &bad);
        }
        if (bad >= 0) {
            fprintf(stderr, "row %ld must have a value that can be read in column %ld.\\n", line, (long)bad + 1);
            return 2;
        }
        NAME_print_row(GIVEN);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--selftest") == 0) {
        const int32_t failures = NAME_selftest();

        printf("self-test: %ld failures\\n", (long)failures);
        return failures == 0 ? 0 : 1;
    }
    return NAME_score();
}
"""
