"""Functions of C for formulas, which overflow nowhere; a NaN goes through them."""

from __future__ import annotations

__all__ = ["FORMULA_HELPERS"]

FORMULA_HELPERS = {
    "larger": """
static REAL NAME_larger_D(REAL a, REAL b)
{
    return b > a ? b : a;
}
""",
    "smaller": """
static REAL NAME_smaller_D(REAL a, REAL b)
{
    return b < a ? b : a;
}
""",
    "sign": """
static REAL NAME_sign_D(REAL z)
{
    return z > 0.0F ? 1.0F : (z < 0.0F ? -1.0F : z);
}
""",
    "power": """
static REAL NAME_power_D(REAL z, int32_t n)
{
    return n > 2 ? z * z * z : z * z;
}
""",
    "sigmoid": """
/* exp of a number that is never positive does not overflow. */
static REAL NAME_sigmoid_D(REAL z)
{
    const REAL e = expF(-fabsF(z));

    return (z < 0.0F ? e : 1.0F) / (1.0F + e);
}
""",
    "softplus": """
static REAL NAME_softplus_D(REAL z)
{
    return (z < 0.0F ? 0.0F : z) + log1pF(expF(-fabsF(z)));
}
""",
}
