"""The part of the program in C that reads a CSV from standard input, record by record."""

from __future__ import annotations

__all__ = ["CSV"]

CSV = r"""
/* A CSV as it is read: the record as it stands, and its cells. */
typedef struct {
    char raw[LINE];
    char text[LINE];
    char *cells[MOST];
    int32_t where[INPUTS];
    int32_t size;   /* of the record */
    int32_t n;      /* of its cells */
    int32_t width;  /* cells of the header */
    int32_t bad;    /* the first column that cannot be read, or -1 */
    char mark;      /* between cells */
    long line;      /* of the file */
} NAME_table;

/* Prints a text that a file may hold on the screen, in quotes and not too long. */
static void NAME_shown(const char *text)
{
    putc('\'', stderr);
    for (int32_t i = 0; text[i] != '\0'; i++) {
        if (i >= 80 && ((unsigned char)text[i] & 0xc0u) != 0x80u) {
            fputs("...", stderr);
            break;
        }
        putc((unsigned char)text[i] < 32 || text[i] == 127 ? ' ' : (unsigned char)text[i], stderr);
    }
    putc('\'', stderr);
}

static int NAME_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes blanks off both ends of a text, in its place; the blank that does not break is one too. */
static char *NAME_stripped(char *text)
{
    size_t n = strlen(text);
    char *start = text;

    for (;;) {
        if (n > 0 && NAME_is_blank(text[n - 1])) {
            n--;
        } else if (n > 1 && memcmp(&text[n - 2], "\302\240", 2) == 0) {
            n -= 2;
        } else {
            break;
        }
    }
    text[n] = '\0';
    while (NAME_is_blank(*start) || strncmp(start, "\302\240", 2) == 0) {
        start += NAME_is_blank(*start) ? 1 : 2;
    }
    return start;
}

/* Whether a text is UTF-8, as the names and categories here are. */
static int NAME_is_utf8(const char *text, int32_t size)
{
    int32_t due = 0;

    for (int32_t i = 0; i < size; i++) {
        const unsigned int c = (unsigned char)text[i];

        if ((c & 0xc0u) == 0x80u) {
            due--;
        } else if (due != 0) {
            return 0;
        } else {
            due = c < 0x80u ? 0 : (c < 0xe0u ? 1 : (c < 0xf0u ? 2 : 3));
        }
        if (due < 0 || c > 0xf4u) {
            return 0;
        }
    }
    return due == 0;
}

/* A carriage return ends a line alone, or with the line feed after it. */
static void NAME_pass_line_feed(int c)
{
    if (c == '\r') {
        c = getchar();
        if (c != '\n') {
            ungetc(c, stdin);
        }
    }
}

/* Reads a record, in which quotes may hold line feeds. Returns its size, -1 at the end, -2 if there is no room. */
static int32_t NAME_record(NAME_table *table, const char *marks)
{
    int32_t used = 0;
    int quoted = 0;
    int opens = 1;  /* whether a quote here is the start of a quoted cell, or goes on with it */
    int c = getchar();

    while (c != EOF && (quoted != 0 || (c != '\n' && c != '\r'))) {
        if (used + 2 > LINE) {
            return -2;
        }
        if (c == '"' && (quoted != 0 || opens != 0)) {
            opens = quoted;
            quoted = 1 - quoted;
        } else {
            opens = c != '\0' && strchr(marks, c) != NULL;
        }
        table->raw[used] = (char)c;
        table->line += c == '\n' ? 1 : 0;
        used++;
        c = getchar();
    }
    table->raw[used] = '\0';
    if (c == EOF && used == 0) {
        return -1;
    }
    table->line++;
    NAME_pass_line_feed(c);
    return used;
}

/* Splits the record into cells; returns 0 if they are too many. */
static int NAME_split(NAME_table *table, char mark)
{
    const int32_t size = table->size;
    const char *raw = table->raw;
    int32_t used = 0;
    int quoted = 0;
    int starts = 1;

    table->n = 0;
    for (int32_t i = 0; i <= size; i++) {
        if (starts != 0) {
            if (table->n == MOST) {
                return 0;
            }
            table->cells[table->n] = &table->text[used];
            table->n++;
            starts = 0;
            quoted = raw[i] == '"';
            i += quoted;
        }
        if (i >= size || (quoted == 0 && raw[i] == mark)) {
            table->text[used] = '\0';
            starts = 1;
        } else if (quoted == 0 || raw[i] != '"') {
            table->text[used] = raw[i];
        } else if (raw[i + 1] == '"') {
            table->text[used] = '"';
            i++;
        } else {
            quoted = 0;
            continue;
        }
        used++;
    }
    return 1;
}

/* Reads the next record that is not empty and returns 1; returns 0 at the end, and 2 after saying what is wrong. */
static int NAME_next(NAME_table *table, const char *marks)
{
    int32_t size = 0;

    while (size == 0) {
        size = NAME_record(table, marks);
    }
    if (size == -1) {
        return 0;
    }
    table->size = size;
    if (size < 0 || NAME_split(table, table->mark) == 0) {
        fprintf(stderr, "line %ld: the row is too long; it must have at most %d bytes and %d cells.\n",
            table->line + 1, LINE, MOST);
        return 2;
    }
    if (NAME_is_utf8(table->raw, size) == 0) {
        fprintf(stderr, "line %ld: the text is not UTF-8; the file must be.\n", table->line);
        return 2;
    }
    return 1;
}
"""
