"""Functions of C that turn the cells of a row into features, in double precision as in training."""

from __future__ import annotations

__all__ = ["COLUMN_HELPERS"]

COLUMN_HELPERS = {
    "missing": """
/* NaN or infinite by its bits, since compilers may take x != x for false (-ffast-math). */
static int32_t NAME_missing(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return ((bits >> 52) & 0x7ffu) == 0x7ffu ? 1 : 0;
}
""",
    "empty": """
static int32_t NAME_empty(const char *text)
{
    return (text == NULL || text[0] == '\\0') ? 1 : 0;
}
""",
    "absent": """
/* Whether x is missing, or one of the n numbers that stand for a missing one. */
static int32_t NAME_absent(double x, const double *codes, int32_t n)
{
    int32_t absent = NAME_missing(x);

    for (int32_t i = 0; i < n; i++) {
        const double code = GN_READ(&codes[i]);

        absent = (x <= code && x >= code) ? 1 : absent;
    }
    return absent;
}
""",
    "units": """
/* Units from the centre, scale[0], of size scale[1]; no farther than features may lie. */
static double NAME_units(double x, const double *scale)
{
    const double farthest = FARTHEST;
    const double z = (x - GN_READ(&scale[0])) / GN_READ(&scale[1]);

    return z > farthest ? farthest : (z < -farthest ? -farthest : z);
}
""",
    "scaled": """
/* The same with numbers[0] for a missing x, then centre and unit. */
static double NAME_scaled(double x, int32_t missing, const double *numbers)
{
    return NAME_units(missing != 0 ? GN_READ(&numbers[0]) : x, &numbers[1]);
}
""",
    "bounded": """
/* Clips smoothly: about z around 0, and never beyond the bound. */
static double NAME_bounded(double z, double bound)
{
    return z / hypot(1.0, z / bound);
}
""",
    "phase": """
/* Angle of a date in its period. */
static double NAME_phase(double x, double period)
{
    const double rest = fmod(x, period);

    return 6.283185307179586 * (rest < 0.0 ? rest + period : rest) / period;
}
""",
    "sine": """
static double NAME_sine(double x, int32_t missing, double period)
{
    return missing != 0 ? 0.0 : sin(NAME_phase(x, period));
}
""",
    "cosine": """
static double NAME_cosine(double x, int32_t missing, double period)
{
    return missing != 0 ? 0.0 : cos(NAME_phase(x, period));
}
""",
    "ratio": """
/* Polynomials of degree 7 in r, p[0..7] over q[0..7], from the highest power on. */
static double NAME_ratio(double r, const double *p, const double *q)
{
    double above = p[0];
    double below = q[0];

    for (int32_t i = 1; i < 8; i++) {
        above = above * r + p[i];
        below = below * r + q[i];
    }
    return above / below;
}
""",
    "normal_tail": """
static double NAME_normal_tail(double r)
{
    static const double near_p[8] = {
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e+0,
        3.64784832476320460504e+0, 5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0
    };
    static const double near_q[8] = {
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
        6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0
    };
    static const double far_p[8] = {
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
        2.96560571828504891230e-1, 1.78482653991729133580e+0, 5.46378491116411436990e+0, 6.65790464350110377720e+0
    };
    static const double far_q[8] = {
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
        1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0
    };

    return r <= 5.0 ? NAME_ratio(r - 1.6, near_p, near_q) : NAME_ratio(r - 5.0, far_p, far_q);
}
""",
    "normal_quantile": """
/* Wichura (1988), algorithm AS 241, of a share between 0 and 1. */
static double NAME_normal_quantile(double share)
{
    static const double middle_p[8] = {
        2.50908092873012226727e+3, 3.34305755835881281050e+4, 6.72657709270087008530e+4, 4.59219539315498714570e+4,
        1.37316937655094611250e+4, 1.97159095030655144270e+3, 1.33141667891784377450e+2, 3.38713287279636660800e+0
    };
    static const double middle_q[8] = {
        5.22649527885285456100e+3, 2.87290857357219426740e+4, 3.93078958000927106100e+4, 2.12137943015865958670e+4,
        5.39419602142475110770e+3, 6.87187007492057908300e+2, 4.23133307016009112520e+1, 1.0
    };
    const double far = share - 0.5;
    double found;

    if (fabs(far) <= 0.425) {
        found = far * NAME_ratio(0.180625 - far * far, middle_p, middle_q);
    } else if (far < 0.0) {
        found = -NAME_normal_tail(sqrt(-log(share)));
    } else {
        found = NAME_normal_tail(sqrt(-log(1.0 - share)));
    }
    return found;
}
""",
    "share_below": """
/* Share of the n values q that are below x, where q[i] has the share i / (n - 1); of equal ones the last counts. */
static double NAME_share_below(double x, const double *q, int32_t n)
{
    int32_t low = 0;
    int32_t high = n;
    double place = 0.0;

    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (GN_READ(&q[middle]) <= x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == n) {
        place = (double)(n - 1);
    } else if (low > 0) {
        const double left = 0.5 * GN_READ(&q[low - 1]);  /* halves, since the difference may overflow */
        place = (double)(low - 1) + (0.5 * x - left) / (0.5 * GN_READ(&q[low]) - left);
    }
    return place / (double)(n - 1);
}
""",
    "share_up_to": """
/* The same from above; of equal ones the first counts. */
static double NAME_share_up_to(double x, const double *q, int32_t n)
{
    int32_t low = 0;
    int32_t high = n;
    double place = 0.0;

    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (GN_READ(&q[middle]) < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == n) {
        place = (double)(n - 1);
    } else if (low > 0) {
        const double right = 0.5 * GN_READ(&q[low]);
        place = (double)low - (right - 0.5 * x) / (right - 0.5 * GN_READ(&q[low - 1]));
    }
    return place / (double)(n - 1);
}
""",
    "rank": """
/* Normal quantile of the rank of x, numbers[0] for a missing one, among the n quantiles of training after that. */
static double NAME_rank(double x, int32_t missing, const double *numbers, int32_t n)
{
    const double *q = &numbers[1];
    const double known = missing != 0 ? GN_READ(&numbers[0]) : x;
    const double share = (NAME_share_below(known, q, n) + NAME_share_up_to(known, q, n)) / 2.0;

    return NAME_normal_quantile(share < 1e-7 ? 1e-7 : (share > 1.0 - 1e-7 ? 1.0 - 1e-7 : share));
}
""",
    "lookup": """
/* Copies a row: 0 is for a missing text, 1 for an unknown one, then in the order of the sorted keys. */
static void NAME_lookup(const char *text, const char *const *keys, int32_t n, const float *rows, int32_t size, float *z)
{
    int32_t low = 0;
    int32_t high = n;
    int32_t place = NAME_empty(text) != 0 ? 0 : 1;

    while (place == 1 && low < high) {
        const int32_t middle = low + (high - low) / 2;
        const int order = strcmp(text, keys[middle]);
        if (order == 0) {
            place = 2 + middle;
        } else if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    for (int32_t i = 0; i < size; i++) {
        z[i] = GN_READ(&rows[place * size + i]);
    }
}
""",
}
