"""The part of the program in C that finds the columns of a CSV by its first record."""

from __future__ import annotations

__all__ = ["COUNTED", "NAMED"]

_OPEN = r"""
/* Reads the header; returns 0, or 2 after saying what is wrong. */
static int NAME_open(NAME_table *table)
{
    int c = getchar();

    table->line = 0;
    table->bad = -1;
    table->mark = ',';
    if (c == 0xef) {  /* the mark of UTF-8 */
        (void)getchar();
        (void)getchar();
    } else {
        ungetc(c, stdin);
    }
    c = NAME_next(table, ",;\t|");
    if (c == 0) {
        fputs("the file has no header; it must have one with the names of the columns.\n", stderr);
    }
    return c == 1 ? NAME_find(table) : 2;
}
"""

NAMED = (
    r"""
/* Returns 2 if a cell is this name, 1 if it is but for blanks around it, and 0 otherwise. */
static int NAME_is_title(const char *cell, const char *name)
{
    const size_t n = strlen(name);

    if (strcmp(cell, name) == 0) {
        return 2;
    }
    while (NAME_is_blank(*cell)) {
        cell++;
    }
    if (strncmp(cell, name, n) != 0) {
        return 0;
    }
    cell += n;
    while (NAME_is_blank(*cell)) {
        cell++;
    }
    return *cell == '\0';
}

/* Finds the columns among the cells, in whatever order; returns how many there are. */
static int32_t NAME_places(NAME_table *table)
{
    int32_t found = 0;

    for (int32_t i = 0; i < INPUTS; i++) {
        const char *name = NAME_columns[i].name;
        int best = i < table->n ? NAME_is_title(table->cells[i], name) : 0;  /* in the order of training */

        table->where[i] = best > 0 ? i : -1;
        for (int32_t k = 0; k < table->n && best < 2; k++) {
            const int same = NAME_is_title(table->cells[k], name);

            if (same > best) {
                best = same;
                table->where[i] = k;
            }
        }
        found += table->where[i] >= 0 ? 1 : 0;
    }
    return found;
}

/* Returns 0 if each column is there once, or 2 after saying which is not. */
static int NAME_look(const NAME_table *table)
{
    for (int32_t i = 0; i < INPUTS; i++) {
        const char *name = NAME_columns[i].name;
        const int best = table->where[i] < 0 ? 3 : NAME_is_title(table->cells[table->where[i]], name);
        int32_t times = 0;

        for (int32_t k = 0; k < table->n; k++) {
            times += NAME_is_title(table->cells[k], name) >= best ? 1 : 0;
        }
        if (times == 0 || times > HOW_OFTEN) {
            fprintf(stderr, "the file has %ld columns ", (long)times);
            NAME_shown(name);
            fputs("; it must have one.\n", stderr);
            return 2;
        }
    }
    return 0;
}

/* Chooses what separates cells: with it most columns are found, or there are most cells. */
static int NAME_find(NAME_table *table)
{
    static const char marks[5] = ",;\t|";
    int32_t most = -1;
    int32_t width = 0;

    for (int32_t i = 0; i < 4; i++) {
        const int32_t found = NAME_split(table, marks[i]) ? NAME_places(table) : -1;

        if (found > most || (found == most && table->n > width)) {
            most = found;
            width = table->n;
            table->mark = marks[i];
        }
    }
    (void)NAME_split(table, table->mark);
    (void)NAME_places(table);
    table->width = table->n;
    return NAME_look(table);
}
"""
    + _OPEN
)

COUNTED = (
    r"""
/* The numbers stand in the order of training, under whatever names. */
static int NAME_find(NAME_table *table)
{
    for (int32_t i = 0; i < INPUTS; i++) {
        table->where[i] = i;
    }
    table->width = INPUTS;
    if (table->n != INPUTS) {
        fprintf(stderr, "the file has %ld columns; it must have %d.\n", (long)table->n, INPUTS);
        return 2;
    }
    return 0;
}
"""
    + _OPEN
)
