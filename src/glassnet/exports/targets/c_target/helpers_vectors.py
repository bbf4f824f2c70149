"""Functions of C that turn values into values."""

from __future__ import annotations

__all__ = ["VECTOR_HELPERS"]

VECTOR_HELPERS = {
    "dense": """
/* y = W x + b; the weights of an output lie together, and four sums at a time need not wait for each other. */
static void NAME_dense(const float *x, const float *w, const float *b, float *y, int32_t n_in, int32_t n_out)
{
    for (int32_t j = 0; j < n_out; j++) {
        const float *row = &w[j * n_in];
        float s0 = 0.0f;
        float s1 = 0.0f;
        float s2 = 0.0f;
        float s3 = 0.0f;
        int32_t i = 0;

        for (; i + 3 < n_in; i += 4) {
            s0 += GN_READ(&row[i]) * x[i];
            s1 += GN_READ(&row[i + 1]) * x[i + 1];
            s2 += GN_READ(&row[i + 2]) * x[i + 2];
            s3 += GN_READ(&row[i + 3]) * x[i + 3];
        }
        for (; i < n_in; i++) {
            s0 += GN_READ(&row[i]) * x[i];
        }
        y[j] = ((s0 + s1) + (s2 + s3)) + (b == NULL ? 0.0f : GN_READ(&b[j]));
    }
}
""",
    "softmax": """
/* Of each row of n entries; the largest is taken off, so that nothing overflows. */
static void NAME_softmax(const float *x, float *y, int32_t rows, int32_t n)
{
    for (int32_t r = 0; r < rows; r++) {
        const float *from = &x[r * n];
        float *to = &y[r * n];
        float largest = from[0];
        float sum = 0.0f;

        for (int32_t i = 1; i < n; i++) {
            largest = from[i] > largest ? from[i] : largest;
        }
        for (int32_t i = 0; i < n; i++) {
            to[i] = expf(from[i] - largest);
            sum += to[i];
        }
        for (int32_t i = 0; i < n; i++) {
            to[i] /= sum;
        }
    }
}
""",
    "softmax_precise": """
static void NAME_softmax_precise(const float *x, float *y, int32_t rows, int32_t n)
{
    for (int32_t r = 0; r < rows; r++) {
        double largest = (double)x[r * n];
        double sum = 0.0;

        for (int32_t i = 1; i < n; i++) {
            largest = (double)x[r * n + i] > largest ? (double)x[r * n + i] : largest;
        }
        for (int32_t i = 0; i < n; i++) {
            sum += exp((double)x[r * n + i] - largest);
        }
        for (int32_t i = 0; i < n; i++) {
            y[r * n + i] = (float)(exp((double)x[r * n + i] - largest) / sum);
        }
    }
}
""",
    "normalise": """
/* Each row of n entries to mean 0 and variance 1. */
static void NAME_normalise_D(const float *x, float *y, int32_t rows, int32_t n, REAL eps)
{
    for (int32_t r = 0; r < rows; r++) {
        const float *from = &x[r * n];
        REAL mean = 0.0F;
        REAL variance = 0.0F;

        for (int32_t i = 0; i < n; i++) {
            mean += (REAL)from[i];
        }
        mean /= (REAL)n;
        for (int32_t i = 0; i < n; i++) {
            variance += ((REAL)from[i] - mean) * ((REAL)from[i] - mean);
        }
        variance = sqrtF(variance / (REAL)n + eps);
        for (int32_t i = 0; i < n; i++) {
            y[r * n + i] = (float)(((REAL)from[i] - mean) / variance);
        }
    }
}
""",
    "mean": """
/* Mean of values of n entries each, one after the other. */
static void NAME_mean_D(const float *x, float *y, int32_t values, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        REAL sum = 0.0F;

        for (int32_t k = 0; k < values; k++) {
            sum += (REAL)x[k * n + i];
        }
        y[i] = (float)(sum / (REAL)values);
    }
}
""",
    "sort": """
/* Each row of n entries in rising order. */
static void NAME_sort(const float *x, float *y, int32_t rows, int32_t n)
{
    for (int32_t r = 0; r < rows; r++) {
        float *to = &y[r * n];

        for (int32_t i = 0; i < n; i++) {
            const float value = x[r * n + i];
            int32_t place = i;

            while (place > 0 && to[place - 1] > value) {
                to[place] = to[place - 1];
                place--;
            }
            to[place] = value;
        }
    }
}
""",
    "select": """
static void NAME_select(const float *x, const int32_t *places, float *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        y[i] = x[GN_READ_INT32(&places[i])];
    }
}
""",
    "constant": """
static void NAME_constant(const float *values, float *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        y[i] = GN_READ(&values[i]);
    }
}
""",
    "embed": """
/* m codes, each for a row of dim numbers among the n of the table; a code beyond it counts as the last. */
static void NAME_embed(const float *x, const float *table, float *y, int32_t m, int32_t n, int32_t dim)
{
    for (int32_t j = 0; j < m; j++) {
        const float code = x[j] > 0.0f ? x[j] : 0.0f;
        const int32_t place = code < (float)n ? (int32_t)code : n - 1;

        for (int32_t i = 0; i < dim; i++) {
            y[j * dim + i] = GN_READ(&table[place * dim + i]);
        }
    }
}
""",
    "place": """
/* Copies rows of n entries to where rows of a greater length have them. */
static void NAME_place(const float *x, float *y, int32_t rows, int32_t n, int32_t length)
{
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t i = 0; i < n; i++) {
            y[r * length + i] = x[r * n + i];
        }
    }
}
""",
    "add": """
static void NAME_add(const float *a, const float *b, float *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        y[i] = a[i] + b[i];
    }
}
""",
    "rounded": """
static void NAME_rounded(const double *x, float *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        y[i] = (float)x[i];
    }
}
""",
}
