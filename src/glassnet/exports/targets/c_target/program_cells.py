"""The functions of the program in C that read cells in the form of their column; each is printed where needed."""

from __future__ import annotations

__all__ = ["CELL_HELPERS"]

CELL_HELPERS = {
    "is_finite": r"""
/* By its bits, since compilers may take every number for finite (-ffast-math). */
static int NAME_is_finite(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return ((bits >> 52) & 0x7ffu) != 0x7ffu;
}
""",
    "ordinary": r"""
/* Writes typographic signs, blanks and apostrophes as ASCII has them, in their place. */
static void NAME_ordinary(char *text)
{
    static const char *const unusual[18] = {
        "-\342\210\222", "-\342\200\223", "-\342\200\222", "-\357\271\243", "-\357\274\215", " \302\240",
        " \342\200\257", " \342\200\211", " \342\200\207", " \342\200\210", " \343\200\200", "'\342\200\231",
        "'\312\274", "'\302\264", ".\357\274\216", ",\357\274\214", ".\331\253", ",\331\254"
    };
    char *to = text;

    while (*text != '\0') {
        size_t n = 0;

        for (int32_t i = 0; i < 18 && n == 0 && (unsigned char)*text > 127; i++) {
            const size_t size = strlen(unusual[i]) - 1;

            if (strncmp(text, &unusual[i][1], size) == 0) {
                n = size;
                *to = unusual[i][0];
            }
        }
        if (n == 0) {
            n = 1;
            *to = *text;
        }
        text += n;
        to++;
    }
    *to = '\0';
}
""",
    "small": r"""
static char NAME_small(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}
""",
    "is_digit": r"""
static int NAME_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
""",
    "same": r"""
/* Whether two texts of n bytes are equal, but for capitals of ASCII. */
static int NAME_same(const char *one, const char *other, size_t n)
{
    size_t i = 0;

    while (i < n && NAME_small(one[i]) == NAME_small(other[i])) {
        i++;
    }
    return i == n;
}
""",
    "is_among": r"""
/* Whether a text is in a sorted list. */
static int NAME_is_among(const char *text, const char *const *words, int32_t n)
{
    int32_t low = 0;
    int order = 1;

    while (low < n && order != 0) {
        const int32_t middle = low + (n - low) / 2;

        order = strcmp(text, words[middle]);
        if (order > 0) {
            low = middle + 1;
        } else {
            n = middle;
        }
    }
    return order == 0;
}
""",
    "is_own": r"""
/* Whether a text is in the list of a column, which may have none. */
static int NAME_is_own(const char *text, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return 1;
        }
    }
    return 0;
}
""",
    "truth": r"""
/* Reads a word for true or false, before which the list has 1 or 0. */
static int NAME_truth(const char *text, const NAME_column *column, double *value)
{
    for (int32_t i = 0; column->words[i] != NULL; i++) {
        const char *word = &column->words[i][1];

        if (strlen(text) == strlen(word) && NAME_same(text, word, strlen(word))) {
            *value = column->words[i][0] == '1' ? 1.0 : 0.0;
            return 1;
        }
    }
    return 0;
}
""",
    "unit_size": r"""
/* Size of a unit without a full stop and a plural s at its end if it is longer than two. */
static size_t NAME_unit_size(const char *unit, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        n += ((unsigned char)unit[i] & 0xc0u) != 0x80u ? 1 : 0;
    }
    if (n > 2) {
        size -= unit[size - 1] == '.' ? 1 : 0;
        size -= unit[size - 1] == 's' ? 1 : 0;
    }
    return size;
}
""",
    "is_unit": r"""
/* Whether a text is one of the spellings of a unit, or the first but for a plural s, a full stop or capitals. */
static int NAME_is_unit(const char *text, size_t size, const char *const *units)
{
    size_t wanted;

    if (units == NULL) {
        return 0;
    }
    for (int32_t i = 0; units[i] != NULL; i++) {
        if (strlen(units[i]) == size && strncmp(units[i], text, size) == 0) {
            return 1;
        }
    }
    wanted = NAME_unit_size(units[0], strlen(units[0]));
    if (NAME_unit_size(text, size) != wanted) {
        return 0;
    }
    if (wanted < 2 || strchr("mM", text[0]) != NULL || strchr("mM", units[0][0]) != NULL) {
        return strncmp(text, units[0], wanted) == 0;  /* Mg is a billion mg */
    }
    return NAME_same(text, units[0], wanted);
}
""",
    "sign": r"""
/* Passes a sign and blanks around it. */
static const char *NAME_sign(const char *p, int32_t *n, int *minus)
{
    p += *p == ' ' ? 1 : 0;
    if (*p == '-' || *p == '+') {
        *n += 1;
        *minus = *p == '-' ? 1 : *minus;
        p++;
    }
    return p + (*p == ' ' ? 1 : 0);
}
""",
    "whole_part": r"""
/* Copies digits without the marks between groups of three, or of two before the last three; NULL for other groups. */
static const char *NAME_whole_part(const char *p, char mark, char *digits, int32_t *n)
{
    int32_t group = 0;
    int32_t first = 0;
    int32_t groups = 0;
    int threes = 1;
    int twos = 1;

    for (; *n < MOST_DIGITS; p++) {
        if (NAME_is_digit(*p)) {
            digits[*n] = *p;
            *n += 1;
            group++;
        } else if (mark != '\0' && *p == mark && group > 0 && NAME_is_digit(p[1])) {
            if (groups == 0) {
                first = group;
            } else {
                threes = threes != 0 && group == 3;
                twos = twos != 0 && group == 2;
            }
            groups++;
            group = 0;
        } else {
            break;
        }
    }
    if (groups > 0 && (group != 3 || !((threes != 0 && first <= 3) || (twos != 0 && first <= 2)))) {
        return NULL;
    }
    return p;
}
""",
    "exponent": r"""
/* Copies an exponent, if there is one, and ends the digits. */
static const char *NAME_exponent(const char *p, char *digits, int32_t n)
{
    int32_t size = (p[0] == 'e' || p[0] == 'E') ? 1 : 0;
    int32_t found = 0;

    size += (size > 0 && (p[1] == '-' || p[1] == '+')) ? 1 : 0;
    while (size > 0 && found < 3 && NAME_is_digit(p[size])) {
        size++;
        found++;
    }
    if (found == 0) {
        size = 0;
    }
    memcpy(&digits[n], p, (size_t)size);
    digits[n + size] = '\0';
    return p + size;
}
""",
    "digits": r"""
/* Reads a number with the marks of its column and returns what follows, or NULL. */
static const char *NAME_digits(const char *p, const NAME_column *column, double *value)
{
    char digits[MOST_DIGITS + 8];
    int32_t n = 0;
    int32_t whole;

    p = NAME_whole_part(p, column->thousands, digits, &n);
    if (p == NULL) {
        return NULL;
    }
    whole = n;
    if (*p == column->decimal) {
        digits[n] = '.';
        n++;
        for (p++; NAME_is_digit(*p) && n < MOST_DIGITS; p++) {
            digits[n] = *p;
            n++;
        }
        if (n == whole + 1 && (strncmp(p, "\342\200\224", 3) == 0 || *p == '-')) {
            p += *p == '-' ? (p[1] == '-' ? 2 : 1) : 3;  /* 5,-- is 5 */
        }
    }
    if (n == 0 || (whole == 0 && n == 1)) {
        return NULL;
    }
    p = NAME_exponent(p, digits, n);
    *value = strtod(digits, NULL);
    return p;
}
""",
    "is_infinite": r"""
static int NAME_is_infinite(const char *text)
{
    const char *word = text + strspn(text, "+-");
    const size_t n = strlen(word);

    return (n == 3 && NAME_same(word, "inf", 3)) || (n == 8 && NAME_same(word, "infinity", 8))
        || strcmp(word, "\342\210\236") == 0;
}
""",
    "number": r"""
/* Reads a number with the marks and the unit of its column; brackets and a sign after it are minus signs too. */
static int NAME_number(char *text, const NAME_column *column, double *value)
{
    const int open = *text == '(';
    int32_t signs = open;
    int minus = open;
    const char *before = NAME_sign(text + open, &signs, &minus);
    const size_t wide = *before == '.' ? 0 : strcspn(before, "0123456789 ,()+'_-");
    const char *p = NAME_digits(NAME_sign(before + wide, &signs, &minus), column, value);
    size_t size;

    if (NAME_is_infinite(text)) {
        *value = (double)NAN;
        return 1;
    }
    if (p == NULL) {
        return 0;
    }
    size = strlen(p);
    if (open != (size > 0 && p[size - 1] == ')')) {
        return 0;
    }
    size -= open != 0 ? 1 : 0;
    size -= (size > 0 && p[size - 1] == ' ') ? 1 : 0;
    if (size > 0 && p[size - 1] == '-') {
        size--;
        signs++;
        minus = 1;
    }
    if (size > 0 && *p == ' ') {
        p++;
        size--;
    }
    *value = minus != 0 ? -*value : *value;
    if (signs > 1 || (wide > 0 && size > 0)) {
        return 0;
    }
    return wide + size == 0 || NAME_is_unit(wide > 0 ? before : p, wide + size, column->units);
}
""",
    "is_own_number": r"""
/* Whether a number is one of those that stand for "no value". */
static int NAME_is_own_number(double value, const char *const *words)
{
    for (; words != NULL && *words != NULL; words++) {
        char *end = NULL;
        const double gone = strtod(*words, &end);

        if (end != *words && *end == '\0' && value >= gone && value <= gone) {
            return 1;
        }
    }
    return 0;
}
""",
}
