"""The functions of the program in C that read dates, times and durations."""

from __future__ import annotations

__all__ = ["MOMENT_HELPERS"]

MOMENT_HELPERS = {
    "few_digits": r"""
/* Reads up to so many digits as a whole number, and returns how many there were. */
static int32_t NAME_few_digits(const char **p, int32_t most, int32_t *value)
{
    int32_t n = 0;

    *value = 0;
    while (n < most && NAME_is_digit(**p)) {
        *value = 10 * *value + (**p - '0');
        *p += 1;
        n++;
    }
    return n;
}
""",
    "half_day": r"""
/* Reads am or pm after an hour of 1 to 12, if it is there, and adds its seconds; returns what follows, or NULL. */
static const char *NAME_half_day(const char *p, int32_t hours, double *seconds)
{
    const char *word = p + (*p == ' ' ? 1 : 0);
    const char half = NAME_small(*word);

    if (half != 'a' && half != 'p') {
        return p;
    }
    word++;
    word += *word == '.' ? 1 : 0;
    word += *word == ' ' ? 1 : 0;
    if (NAME_small(*word) != 'm' || hours < 1 || hours > 12) {
        return NULL;
    }
    word++;
    *seconds += half == 'p' ? 43200.0 : 0.0;
    *seconds -= hours == 12 ? 43200.0 : 0.0;
    return word + (*word == '.' ? 1 : 0);
}
""",
    "clock": r"""
/* Reads h:mm, h:mm:ss or m:ss.f into seconds; returns what follows, or NULL. */
static const char *NAME_clock(const char *p, double *seconds)
{
    int32_t h;
    int32_t m;
    int32_t s = 0;
    int with_seconds = 0;

    if (NAME_few_digits(&p, 5, &h) == 0 || *p != ':') {
        return NULL;
    }
    p++;
    if (NAME_few_digits(&p, 2, &m) != 2) {
        return NULL;
    }
    if (*p == ':') {
        p++;
        with_seconds = 1;
        if (NAME_few_digits(&p, 2, &s) != 2) {
            return NULL;
        }
    }
    *seconds = 3600.0 * h + 60.0 * m + s;
    if ((*p == '.' || *p == ',') && NAME_is_digit(p[1])) {
        double unit = 1.0;

        *seconds = with_seconds != 0 ? *seconds : 60.0 * h + m;
        for (p++; NAME_is_digit(*p); p++) {
            unit /= 10.0;
            *seconds += unit * (*p - '0');
        }
        return m > 59 || s > 60 ? NULL : p;
    }
    return m > 59 || s > 60 ? NULL : NAME_half_day(p, h, seconds);
}
""",
    "time": r"""
/* Reads a time of the day or a duration, which may have a sign and days, into seconds. */
static int NAME_time(const char *p, double *value)
{
    const int minus = *p == '-';
    const char *start;
    double seconds = 0.0;
    int32_t days = 0;

    p += (*p == '-' || *p == '+') ? 1 : 0;
    start = p;
    if (NAME_few_digits(&p, 6, &days) > 0 && NAME_small(p[*p == ' ' ? 1 : 0]) == 'd') {
        p += strspn(p, " days,");
        p += *p == '+' ? 1 : 0;
        start = p;
    } else {
        days = 0;
    }
    p = NAME_clock(start, &seconds);
    *value = 86400.0 * days;
    if (days > 0) {
        *value = (minus != 0 ? -*value : *value) + seconds;  /* in "-1 days +23:00:00" the days alone are negative */
    } else {
        *value = minus != 0 ? -seconds : seconds;
    }
    return p != NULL && *p == '\0';
}
""",
    "zone": r"""
/* Reads what follows the time of a date, Z or hours ahead of UTC, and returns whether nothing else does. */
static int NAME_zone(const char *p, double *seconds)
{
    int32_t h = 0;
    int32_t m = 0;
    char sign;

    p += *p == ' ' ? 1 : 0;
    if (NAME_small(*p) == 'z') {
        p++;
    } else if (NAME_same(p, "utc", 3) || NAME_same(p, "gmt", 3)) {
        p += 3;
    }
    sign = *p;
    if (sign == '-' || sign == '+') {
        p++;
        if (NAME_few_digits(&p, 2, &h) != 2) {
            return 0;
        }
        p += *p == ':' ? 1 : 0;
        if (*p != '\0' && NAME_few_digits(&p, 2, &m) != 2) {
            return 0;
        }
        *seconds -= (sign == '-' ? -60.0 : 60.0) * (60 * h + m);
    }
    return *p == '\0';
}
""",
    "days": r"""
/* Days from 1970-01-01 to a date; returns whether there is such a date. */
static int NAME_days(int32_t year, int32_t month, int32_t day, double *days)
{
    const int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const int32_t y = year - (month <= 2 ? 1 : 0);
    const int32_t m = month + (month <= 2 ? 9 : -3);
    const int32_t last = month == 2 ? 28 + leap : ((month == 4 || month == 6 || month == 9 || month == 11) ? 30 : 31);

    *days = (double)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= last;
}
""",
    "day": r"""
/* Reads 2024-05-31, or 31.5.2024 in the order of the column; returns what follows, or NULL. */
static const char *NAME_day(const char *p, const NAME_column *column, double *days)
{
    int32_t a;
    int32_t b = 0;
    int32_t c = 0;
    const int32_t n = NAME_few_digits(&p, 8, &a);
    const char gap = *p;
    int32_t last;

    if (n == 8 && column->packed != 0) {
        return NAME_days(a / 10000, a / 100 % 100, a % 100, days) ? p : NULL;
    }
    if (gap == '\0' || strchr("-/. ", gap) == NULL) {
        return NULL;
    }
    p++;
    if (NAME_few_digits(&p, 2, &b) == 0 || *p != gap) {
        return NULL;
    }
    p++;
    p += *p == '\'' && n <= 2 ? 1 : 0;
    last = NAME_few_digits(&p, 4, &c);
    if (n == 4 && last >= 1 && last <= 2) {
        return NAME_days(a, b, c, days) ? p : NULL;
    }
    if (n < 1 || n > 2 || (last != 2 && last != 4) || (column->order == '\0' && a != b)) {
        return NULL;
    }
    c += last == 4 ? 0 : (c >= 69 ? 1900 : 2000);
    return (column->order == 'm' ? NAME_days(c, a, b, days) : NAME_days(c, b, a, days)) ? p : NULL;
}
""",
    "month": r"""
/* Reads the name of a month, before which the list has a letter from a to l, and returns its number or 0. */
static int32_t NAME_month(const char **p, const char *const *words)
{
    const size_t n = strcspn(*p, " -/.,'0123456789");

    for (int32_t i = 0; words[i] != NULL; i++) {
        if (strlen(words[i]) == n + 1 && NAME_same(*p, &words[i][1], n)) {
            *p += n;
            return words[i][0] - 'a' + 1;
        }
    }
    return 0;
}
""",
    "named_day": r"""
/* Reads 3 May 2024, May 3rd, 2024 or 2024-May-03; returns what follows, or NULL. */
static const char *NAME_named_day(const char *p, const NAME_column *column, double *days)
{
    int32_t parts[3] = {0, 0, 0};
    int32_t sizes[3] = {0, 0, 0};
    int32_t first;
    int32_t last;

    for (int32_t i = 0; i < 3; i++) {
        const size_t gap = i > 0 ? strspn(p, "-/., ") : 0;

        p += gap > 2 ? 2 : gap;
        p += i == 2 && *p == '\'' ? 1 : 0;
        sizes[i] = NAME_few_digits(&p, 4, &parts[i]);
        if (sizes[i] == 0) {
            parts[i] = NAME_month(&p, column->words);
        } else if (NAME_same(p, "st", 2) || NAME_same(p, "nd", 2) || NAME_same(p, "rd", 2) || NAME_same(p, "th", 2)) {
            p += 2;
        }
    }
    if (sizes[0] == 4 && sizes[1] == 0 && sizes[2] >= 1 && sizes[2] <= 2) {
        return NAME_days(parts[0], parts[1], parts[2], days) ? p : NULL;
    }
    first = sizes[0] == 0 ? 1 : 0;
    last = sizes[2] == 2 ? (parts[2] >= 69 ? 1900 : 2000) : 0;
    if (sizes[1 - first] != 0 || sizes[first] < 1 || sizes[first] > 2 || (sizes[2] != 2 && sizes[2] != 4)) {
        return NULL;
    }
    return NAME_days(parts[2] + last, parts[1 - first], parts[first], days) ? p : NULL;
}
""",
    "date": r"""
/* Reads a date, with a time or without, as days since 1970-01-01 in UTC. */
static int NAME_date(const char *text, const NAME_column *column, double *value)
{
    double seconds = 0.0;
    const char *p = NAME_day(text, column, value);

NAMED_TOO    if (p == NULL || *p == '\0') {
        return p != NULL;
    }
    if (*p == 'T' || *p == 't') {
        p++;
    } else {
        const size_t gap = strspn(p, ", ");

        if (gap == 0) {
            return 0;
        }
        p += gap;
    }
    p = NAME_clock(p, &seconds);
    if (p == NULL || seconds < 0.0 || seconds > 86400.0 || NAME_zone(p, &seconds) == 0) {
        return 0;
    }
    *value = (*value * 86400.0 + seconds) / 86400.0;
    return 1;
}
""",
}
