"""The part of a model in C that its callers see."""

from __future__ import annotations

import math

from glassnet.exports.naming import comment_text
from glassnet.exports.plan import Field, Plan
from glassnet.exports.targets.c_target.fields import wide_fields
from glassnet.exports.targets.c_target.templates import filled

__all__ = ["print_declarations"]

_PREDICTS = {
    "classes": ("int32_t", "Fills y with probabilities and returns the index of the class; see NAME_label."),
    "labels": ("int32_t", "Fills y with probabilities; labels above 0.5 are there, and their number is returned."),
    "numbers": ("void", "Fills y with the predicted numbers."),
    "quantiles": ("float", "Fills y with quantiles in rising order and returns the predicted number."),
}


def print_declarations(plan: Plan, prefix: str, names: list[str]) -> str:
    """Return the type of a row, whose fields have these names, the sizes, and the functions."""
    kind, sentence = _PREDICTS[plan.answer.kind]
    scalar = "double" if plan.double_inputs else "float"
    row = "const NAME_row *row" if plan.is_table else f"const {scalar} row[UPPER_INPUTS]"
    n = len(plan.fields) if plan.is_table else plan.x.size
    encode = _ENCODE if plan.is_table else ""
    text = _FUNCTIONS.replace("KIND", kind).replace("SENTENCE", sentence).replace("ROW", row).replace("REAL", scalar)
    sizes = f"enum {{ UPPER_INPUTS = {n}, UPPER_FEATURES = {plan.x.size}, UPPER_OUTPUTS = {plan.y.size} }};\n\n"
    words = {"NAME": prefix, "UPPER": prefix.upper()}
    return _row(plan, prefix, names) + filled(sizes + encode + text, words)


_ENCODE = """/* From a row to the numbers that the network reads. */
void NAME_encode(const NAME_row *row, float z[UPPER_FEATURES]);

"""

_FUNCTIONS = """/* From these numbers to the outputs. */
void NAME_forward(const REAL z[UPPER_FEATURES], float y[UPPER_OUTPUTS]);

/* SENTENCE */
KIND NAME_predict(ROW, float y[UPPER_OUTPUTS]);

/* The name of an output, in UTF-8. */
const char *NAME_label(int32_t index);

/* The number of test rows with a wrong output, plus 1 if a table was changed: 0 is good. */
int32_t NAME_selftest(void);

#ifdef __cplusplus
}
#endif

#endif /* UPPER_H */
"""


def _row(plan: Plan, prefix: str, names: list[str]) -> str:
    """Return the type of a row of a table, or a comment with the names of the numbers of a row."""
    if not plan.is_table:
        if not plan.inputs:
            return ""
        return "".join(f"/* row[{i}]: {comment_text(name)} */\n" for i, name in enumerate(plan.inputs)) + "\n"
    wide = wide_fields(plan)
    lines = [
        f"    {_type(field, i in wide)}{name}; /* {_about(field)} */"
        for i, (field, name) in enumerate(zip(plan.fields, names, strict=True))
    ]
    comment = '/* A row of the table; NAN is a missing number, as an infinite one is, NULL or "" a missing text. */'
    return "\n".join([comment, "typedef struct {", *lines, f"}} {prefix}_row;", "", ""])


def _type(field: Field, is_wide: bool) -> str:
    return "const char *" if field.is_text else "double " if is_wide else "float "


def _about(field: Field) -> str:
    """Return the name of a column, its unit and its range in training."""
    text = f'"{comment_text(field.name)}"'
    if field.is_text:
        ends = ", read up to a NUL" if any("\0" in category for category in field.categories) else ""
        return f"{text}: text, {len(field.categories)} known{ends}"
    if field.kind == "boolean":
        return f"{text}: 1 or 0"
    kind = "days since 1970-01-01" if field.kind == "date" else comment_text(field.form.unit)
    known = f"{field.low:.6g} to {field.high:.6g}" if math.isfinite(field.low) else ""
    missing = ", ".join(f"{code:.17g}" for code in field.codes)
    shown = " ".join(part for part in (known, kind) if part) + (f"; missing: {missing}" if missing else "")
    return f"{text}: {shown}" if shown else text
