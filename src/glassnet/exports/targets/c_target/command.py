"""A ``main`` in C that reads a CSV from standard input and prints what ``glassnet predict`` prints for it."""

from __future__ import annotations

import re
from collections.abc import Collection

from glassnet.exports.naming import comment_text
from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.fields import wide_fields
from glassnet.exports.targets.c_target.forms import has_months, members_in, print_columns, unreadable_column
from glassnet.exports.targets.c_target.literals import string_literal
from glassnet.exports.targets.c_target.program_cells import CELL_HELPERS
from glassnet.exports.targets.c_target.program_csv import CSV
from glassnet.exports.targets.c_target.program_header import COUNTED, NAMED
from glassnet.exports.targets.c_target.program_moments import MOMENT_HELPERS
from glassnet.exports.targets.c_target.program_printing import print_answers, print_printing
from glassnet.exports.targets.c_target.program_proof import print_program_proof
from glassnet.exports.targets.c_target.source import Source
from glassnet.exports.targets.c_target.templates import filled

__all__ = ["print_command"]

_HELPERS = {**CELL_HELPERS, **MOMENT_HELPERS}


def print_command(source: Source, plan: Plan, names: list[str]) -> str:
    """Return the ``main`` and what it needs; ``names`` are the fields of a row in C."""
    prefix = source.prefix
    kind = "double" if plan.double_inputs else "float"
    n = len(plan.fields) if plan.is_table else plan.x.size
    titles = {field.name.split("\0")[0] for field in plan.fields}  # as C reads them
    refused = unreadable_column(plan)
    words = {"SENTENCE": string_literal(refused + "\n")}
    if refused:
        text = _REFUSED + _MAIN.replace("FAILURES", "NAME_selftest()")
    else:
        fill = _filling(plan, names, prefix)
        reading = _reading(plan)
        text = CSV + (NAMED if plan.is_table or plan.inputs else COUNTED)
        text += _helpers(reading, months=any(map(has_months, plan.fields))) + reading
        text += "\nFILLING\n\nANSWERS\n" + print_printing(plan) + _SCORE
        text += print_program_proof(plan, members_in(text))
        text += _MAIN.replace("FAILURES", "NAME_selftest() + NAME_is_changed()")
        words |= {
            "COLUMNS": print_columns(plan, text, prefix).strip(),
            "FILLING": fill,
            "ANSWERS": print_answers(plan, prefix),
        }
        text = "COLUMNS\n" + text
    words |= {
        "DECLARED": f"{prefix}_row row" if plan.is_table else f"{kind} row[{prefix.upper()}_INPUTS]",
        "GIVEN": "&row" if plan.is_table else "row",
        "ROWTYPE": f"{prefix}_row" if plan.is_table else kind,
        "HOW_OFTEN": "1" if plan.is_table and len(titles) == n else "table->n",
        "LINE": str(max(65536, 64 * n)),
        "MOST": str(max(2048, 4 * n)),
        "MOST_DIGITS": "390",
        "INPUTS": f"{prefix.upper()}_INPUTS",
        "OUTPUTS": f"{prefix.upper()}_OUTPUTS",
        "NAME": prefix,
    }
    return filled(text, words)


_NAMED = """    if (p == NULL && column->words != NULL) {
        p = NAME_named_day(text, column, value);
    }
"""


def _helpers(text: str, *, months: bool) -> str:
    """Return the helpers that a text calls, and those that they call; dates may need the names of months."""
    helpers = {name: helper.replace("NAMED_TOO", _NAMED if months else "") for name, helper in _HELPERS.items()}
    needed = _called(text)
    while True:
        more = set(needed).union(*(_called(helpers[name]) for name in needed))
        if more == needed:
            break
        needed = more
    return "".join(helper for name, helper in helpers.items() if name in needed)


def _called(text: str) -> set[str]:
    return {name for name in re.findall(r"NAME_(\w+)\(", text) if name in _HELPERS}


_CALLS = {
    "boolean": ("b", "NAME_truth(cell, column, &value)"),
    "date": ("d", "NAME_date(cell, column, &value)"),
    "time": ("t", "NAME_time(cell, &value)"),
    "number": ("n", "NAME_number(cell, column, &value)"),
}


def _reading(plan: Plan) -> str:
    """Return the functions that read a cell."""
    if not plan.is_table:
        return _READ_PLAIN + (_SINGLE if not plan.double_inputs else "")
    kinds = {"time" if field.kind == "number" and field.form.style else field.kind for field in plan.fields}
    text = ""
    if "category" in kinds:
        marked = any(field.is_text and field.form.style != "text" for field in plan.fields)
        text += _READ_TEXT.replace("GONE", _GONE_TEXT if marked else "")
    calls = [call for kind, call in _CALLS.items() if kind in kinds]
    if not calls:
        return text
    chain = calls[-1][1]
    for letter, call in reversed(calls[:-1]):
        chain = f"column->kind == '{letter}' ? {call}\n            : {chain}"
    own = any(_has_own_numbers(field.form.missing) for field in plan.fields if field.kind == "number")
    text += _READ.replace("CHAIN", chain).replace("OWN_NUMBER", _OWN_NUMBER if own else "")
    wide = wide_fields(plan)
    return text + (_SINGLE if any(not f.is_text and i not in wide for i, f in enumerate(plan.fields)) else "")


def _has_own_numbers(words: Collection[str]) -> bool:
    return any(re.fullmatch(r"[-+]?[0-9.]+(e[-+]?\d+)?", word.strip(), re.IGNORECASE) for word in words)


def _filling(plan: Plan, names: list[str], prefix: str) -> str:
    """Return the function that fills a row from cells."""
    own = Source(prefix)
    kind = f"{prefix}_row" if plan.is_table else "double" if plan.double_inputs else "float"
    signature = f"{prefix}_table *table, {kind} *row"
    wide = wide_fields(plan)
    lines = []
    if not plan.is_table:
        value = f"{prefix}_read(table, i)"
        value = value if plan.double_inputs else f"{prefix}_single({value})"
        lines = [f"    for (int32_t i = 0; i < {prefix.upper()}_INPUTS; i++) {{", f"        row[i] = {value};", "    }"]
    for i, (field, name) in enumerate(zip(plan.fields, names, strict=True)):
        value = f"{prefix}_read(table, {i})"
        if field.is_text:
            value = f"{prefix}_read_text(table, {i})"
        elif i not in wide:
            value = f"{prefix}_single({value})"
        lines.append(f"    row->{name} = {value};  /* {comment_text(field.name)[:60]} */")
    body = "\n".join(own.in_parts(lines, f"void {{}}({signature})", "table, row", "fill"))
    return "\n".join([*own.functions, f"static void {prefix}_fill({signature})", "{", body, "}"])


_READ_PLAIN = r"""
/* Returns the number in a cell; notes the column if there is none. */
static double NAME_read(NAME_table *table, int32_t i)
{
    char *cell = NAME_stripped(table->cells[table->where[i]]);
    char *end = NULL;
    const double value = strtod(cell, &end);

    table->cells[table->where[i]] = cell;
    if (end == cell || *end != '\0' || cell[strspn(cell, "+-.0123456789eE")] != '\0' || !NAME_is_finite(value)) {
        table->bad = table->bad < 0 ? i : table->bad;
    }
    return value;
}
"""

_SINGLE = r"""
/* Rounds to single precision, the farthest numbers to the largest that there is. */
static float NAME_single(double value)
{
    const double most = 3.4028234e38;

    if (NAME_is_finite(value) && fabs(value) > most) {
        return (float)(value < 0.0 ? -most : most);
    }
    return (float)value;
}
"""

_READ_TEXT = r"""
/* Returns the text of a cell, "" for a missing one. */
static const char *NAME_read_text(NAME_table *table, int32_t i)
{
    const char *cell = NAME_stripped(table->cells[table->where[i]]);

GONE    return cell;
}
"""

_GONE_TEXT = r"""    if (NAME_columns[i].kind == 'c'
        && (NAME_is_among(cell, NAME_gone, NAME_gone_size) || NAME_is_own(cell, NAME_columns[i].gone))) {
        return "";
    }
"""

_READ = r"""
/* Returns the number that a cell stands for, NaN for none; notes the first column that cannot be read. */
static double NAME_read(NAME_table *table, int32_t i)
{
    const NAME_column *column = &NAME_columns[i];
    char *cell = NAME_stripped(table->cells[table->where[i]]);
    double value = (double)NAN;
    int good;

    table->cells[table->where[i]] = cell;
    if (NAME_is_among(cell, NAME_gone_numbers, NAME_gone_numbers_size) || NAME_is_own(cell, column->gone)) {
        return value;
    }
    NAME_ordinary(cell);
    good = CHAIN;
    if (good == 0 && column->loose == 0 && table->bad < 0) {
        table->bad = i;
    }
OWN_NUMBER    return good != 0 ? value : (double)NAN;
}
"""

_OWN_NUMBER = r"""    if (column->kind == 'n' && good != 0 && NAME_is_own_number(value, column->gone)) {
        return (double)NAN;
    }
"""

_SCORE = r"""
/* Predicts each row of a table with titles. */
static int NAME_score(int with_probabilities)
{
    NAME_table table;
    DECLARED;
    char marks[2] = {',', '\0'};
    int found = NAME_open(&table);

    if (found != 0) {
        return found;
    }
    marks[0] = table.mark;
    NAME_print_titles(with_probabilities);
    for (found = NAME_next(&table, marks); found == 1; found = NAME_next(&table, marks)) {
        if (table.n != table.width) {
            fprintf(stderr, "line %ld: the row has %ld cells; it must have %ld, as the header has.\n",
                table.line, (long)table.n, (long)table.width);
            return 2;
        }
        NAME_fill(&table, GIVEN);
        if (table.bad >= 0) {
            fprintf(stderr, "line %ld: column ", table.line);
            NAME_shown(NAME_columns[table.bad].name);
            fputs(" holds ", stderr);
            NAME_shown(table.cells[table.where[table.bad]]);
            fprintf(stderr, "; it must hold %s.\n", NAME_columns[table.bad].must);
            return 2;
        }
        NAME_print_row(GIVEN, with_probabilities);
    }
    return found;
}
"""

_REFUSED = r"""
static int NAME_score(int with_probabilities)
{
    (void)with_probabilities;
    fputs(SENTENCE, stderr);
    return 2;
}
"""

_MAIN = r"""
int main(int argc, char **argv)
{
    const int with_probabilities = argc == 2 && strcmp(argv[1], "--probabilities") == 0;

    if (argc == 2 && strcmp(argv[1], "--selftest") == 0) {
        const int32_t failures = FAILURES;

        printf("self-test: %ld failures\n", (long)failures);
        return failures == 0 ? 0 : 1;
    }
    if (argc > 1 && with_probabilities == 0) {
        fputs("usage: program [--probabilities] < new.csv > predictions.csv, or program --selftest\n", stderr);
        return 2;
    }
    return NAME_score(with_probabilities);
}
"""
