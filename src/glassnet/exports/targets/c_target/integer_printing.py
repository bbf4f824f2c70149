"""The steps in integers in C."""

from __future__ import annotations

import numpy as np

from glassnet.exports.targets.c_target.integer_steps import Integers, Quantise
from glassnet.exports.targets.c_target.source import Source

__all__ = ["INTEGER_HELPERS", "print_integers", "print_quantise"]

INTEGER_HELPERS = {
    "quantise": """
/* Codes of numbers: times scale[0], one rounding to nearest, halves away from zero, and scale[1] is the code of 0. */
static void NAME_quantise(const float *x, int8_t *y, int32_t n, const float *scale)
{
    for (int32_t i = 0; i < n; i++) {
        const float code = roundf(x[i] * GN_READ(&scale[0])) + GN_READ(&scale[1]);

        y[i] = (int8_t)(code > -128.0f ? (code < 127.0f ? code : 127.0f) : -128.0f);
    }
}
""",
    "sum": """
/* Weights times codes, without rounding; there is no overflow up to 130,000 inputs. */
static int32_t NAME_sum(const int8_t *w, const int8_t *x, int32_t n, int32_t start)
{
    int32_t sum = start;

    for (int32_t i = 0; i < n; i++) {
        sum += (int32_t)GN_READ_INT8(&w[i]) * x[i];
    }
    return sum;
}
""",
    "code": """
/* sum * multiplier / 2^shift + zero as a code: one rounding to nearest, halves away from zero. */
static int32_t NAME_code(int32_t sum, int32_t multiplier, int32_t shift, int32_t zero)
{
    const int64_t product = (int64_t)sum * multiplier;
    const int64_t half = (int64_t)1 << (shift - 1);
    const int64_t code = zero + (product < 0 ? -((half - product) >> shift) : (product + half) >> shift);

    return (int32_t)(code < -128 ? -128 : (code > 127 ? 127 : code));
}
""",
    "integers": """
/* A layer from codes to codes: groups of rows of n_in, stride from group to group. */
typedef struct {
    const int8_t *w;
    const int32_t *b;
    const int32_t *multipliers; /* a code is sum * multiplier / 2^shift + zero */
    const int8_t *shifts;
    const int8_t *zero; /* the code of 0 */
    const int8_t *table; /* of the activation, from code + 128; or NULL */
    int32_t groups;
    int32_t rows;
    int32_t stride;
    int32_t n_in;
    int32_t n_out;
} NAME_coded;

static void NAME_integers(const int8_t *x, const NAME_coded *layer, int8_t *y)
{
    const int32_t zero = GN_READ_INT8(&layer->zero[0]);

    for (int32_t g = 0; g < layer->groups; g++) {
        for (int32_t r = 0; r < layer->rows; r++) {
            const int8_t *from = &x[g * layer->stride + r * layer->n_in];

            for (int32_t j = 0; j < layer->n_out; j++) {
                const int32_t k = g * layer->n_out + j;
                const int32_t start = GN_READ_INT32(&layer->b[k]);
                const int32_t sum = NAME_sum(&layer->w[k * layer->n_in], from, layer->n_in, start);
                const int32_t multiplier = GN_READ_INT32(&layer->multipliers[k]);
                const int32_t code = NAME_code(sum, multiplier, GN_READ_INT8(&layer->shifts[k]), zero);

                y[(g * layer->rows + r) * layer->n_out + j] =
                    (int8_t)(layer->table == NULL ? code : GN_READ_INT8(&layer->table[code + 128]));
            }
        }
    }
}
""",
    "numbers": """
/* A layer from codes to numbers. */
typedef struct {
    const int8_t *w;
    const int32_t *b;
    const float *scales; /* of the sums */
    int32_t groups;
    int32_t rows;
    int32_t stride;
    int32_t n_in;
    int32_t n_out;
} NAME_last;

static void NAME_numbers(const int8_t *x, const NAME_last *layer, float *y)
{
    for (int32_t g = 0; g < layer->groups; g++) {
        for (int32_t r = 0; r < layer->rows; r++) {
            const int8_t *from = &x[g * layer->stride + r * layer->n_in];

            for (int32_t j = 0; j < layer->n_out; j++) {
                const int32_t k = g * layer->n_out + j;
                const int32_t start = GN_READ_INT32(&layer->b[k]);
                const int32_t sum = NAME_sum(&layer->w[k * layer->n_in], from, layer->n_in, start);

                y[(g * layer->rows + r) * layer->n_out + j] = (float)sum * GN_READ(&layer->scales[k]);
            }
        }
    }
}
""",
}


def print_quantise(source: Source, step: Quantise, x: list[str], y: str) -> list[str]:
    """Return the line that makes codes of numbers."""
    scale = source.table(f"{step.out.name}_scale", np.array([step.codes.inverse, step.codes.zero], dtype=np.float32))
    return [source.call("quantise", x[0], y, step.x.size, scale)]


def print_integers(source: Source, step: Integers, x: list[str], y: str) -> list[str]:
    """Return the line of a layer in integers, and add its tables."""
    name = step.out.name
    tables = {"w": step.W, "b": step.b, "scales": step.scales}
    if step.makes_codes:
        del tables["scales"]
        tables |= {"multipliers": step.multipliers, "shifts": step.shifts.astype("int8")}
        tables |= {"zero": np.array([step.zero], dtype=np.int8), "table": step.table}
    entries = [source.table(f"{name}_{key}", table) if table.size else "NULL" for key, table in tables.items()]
    groups, n_out, n_in = step.W.shape
    stride = 0 if step.shares_input else step.rows * n_in
    numbers = [groups, step.rows, stride, n_in, n_out]
    kind = f"{source.prefix}_{'coded' if step.makes_codes else 'last'}"
    layer = source.structure(f"layer_{name}", kind, [*entries, *map(str, numbers)])
    return [source.call("integers" if step.makes_codes else "numbers", x[0], f"&{layer}", y)]
