"""The self-test in C: test rows with expected outputs, and a checksum of all numbers and texts of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from glassnet.exports.naming import comment_text
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.c_target.fields import as_read, wide_fields
from glassnet.exports.targets.c_target.literals import double_literal, float_literal, string_literal, wrapped
from glassnet.exports.targets.c_target.source import Source, Table, Texts

__all__ = ["FNV_FACTOR", "FNV_START", "checksum", "fold", "print_selftest", "row_text", "text_words"]

FNV_START, FNV_FACTOR = 2166136261, 16777619  # FNV-1a
_SIGNATURES = {
    "float": "const float value = GN_READ(&values[i]);",
    "int8_t": "const uint32_t word = (uint32_t)GN_READ_INT8(&values[i]);",
    "int32_t": "const uint32_t word = (uint32_t)GN_READ_INT32(&values[i]);",
    "double": "const double value = GN_READ(&values[i]);",
}


def checksum(tables: Iterable[Table], texts: Iterable[Texts] = ()) -> int:
    """Return the 32-bit FNV-1a of the 32-bit patterns of numbers, those of 8 bits extended, and of the bytes of texts.

    After each text comes a 0, as in C.
    """
    return fold(_words(tables, texts))


def fold(words: Iterable[int]) -> int:
    """Return the 32-bit FNV-1a of words of 32 bits."""
    found = FNV_START
    for word in words:
        found = ((found ^ word) * FNV_FACTOR) & 0xFFFFFFFF
    return found


def text_words(entries: Iterable[str]) -> Iterator[int]:
    """Yield the bytes of texts as C reads them, and a 0 after each."""
    for entry in entries:
        yield from entry.encode("utf-8", "surrogatepass").split(b"\0")[0]
        yield 0


def _words(tables: Iterable[Table], texts: Iterable[Texts]) -> Iterator[int]:
    for table in tables:
        values = table.values.reshape(-1)
        values = values.astype("<i4") if values.dtype == np.int8 else values.astype(values.dtype.newbyteorder("<"))
        yield from values.view("<u4").tolist()
    for text in texts:
        yield from text_words(text.entries)


def print_selftest(source: Source, plan: Plan, proof: Proof, outputs: np.ndarray) -> str:
    """Return the test rows, what they must give, and the functions that look whether they do."""
    prefix = source.prefix
    lines = [_hash(prefix, kind) for kind in _SIGNATURES if any(table.type == kind for table in source.tables)]
    lines += [*_checksum(source)]
    rows = as_read(plan, proof.rows)
    titles = [comment_text(title) for title in proof.titles]
    entries = [row_text(plan, rows, i) for i in range(len(titles))]
    shown = ",\n".join(f"    /* {title} */\n{entry}" for title, entry in zip(titles, entries, strict=True))
    kind = f"{prefix}_row" if plan.is_table else "double" if plan.double_inputs else "float"
    inputs = "" if plan.is_table else f" * {plan.x.size}"
    expected = wrapped(float_literal(y) for y in outputs.astype(np.float32).reshape(-1).tolist())
    lines += [
        f"static const {kind} {prefix}_test_rows[{len(titles)}{inputs}] = {{\n{shown}\n}};\n",
        f"static const float {prefix}_test_outputs[{len(titles)} * {outputs.shape[1]}] = {{\n{expected}\n}};\n",
        _TEST.replace("NAME", prefix)
        .replace("ROW", "[k]" if plan.is_table else f"[k * {plan.x.size}]")
        .replace("NUMBER", str(len(titles)))
        .replace("TOLERANCE", float_literal(proof.tolerance))
        .replace("SUM", f"0x{checksum(source.tables, source.texts):08x}u")
        .replace("OUTPUTS", f"{prefix.upper()}_OUTPUTS")
        .strip()
        + "\n",
    ]
    return "\n".join(lines)


_TEST = """
int32_t NAME_selftest(void)
{
    int32_t failures = NAME_checksum() == SUM ? 0 : 1;

    for (int32_t k = 0; k < NUMBER; k++) {
        float y[OUTPUTS];
        int32_t wrong = 0;

        (void)NAME_predict(&NAME_test_rowsROW, y);
        for (int32_t i = 0; i < OUTPUTS; i++) {
            const float expected = NAME_test_outputs[k * OUTPUTS + i];
            const float size = fabsf(expected) > 1.0f ? fabsf(expected) : 1.0f;

            if (!(fabsf(y[i] - expected) <= TOLERANCE * size)) {
                wrong = 1;  /* NaN too */
            }
        }
        failures += wrong;
    }
    return failures;
}
"""


_HASH_TEXTS = f"""
static uint32_t NAME_hash_texts(uint32_t start, const char *const *texts, int32_t n)
{{
    uint32_t hash = start;

    for (int32_t i = 0; i < n; i++) {{
        for (const char *at = texts[i]; *at != '\\0'; at++) {{
            hash = (hash ^ (uint32_t)(unsigned char)*at) * {FNV_FACTOR}u;
        }}
        hash *= {FNV_FACTOR}u;  /* the end of a text */
    }}
    return hash;
}}
"""


def _hash(prefix: str, kind: str) -> str:
    lines = [f"static uint32_t {prefix}_hash_{kind}(uint32_t start, const {kind} *values, int32_t n)", "{"]
    lines += ["    uint32_t hash = start;", "", "    for (int32_t i = 0; i < n; i++) {", f"        {_SIGNATURES[kind]}"]
    if kind == "float":
        lines += ["        uint32_t word;", "", "        memcpy(&word, &value, sizeof word);"]
    elif kind == "double":
        lines += ["        uint64_t word;", "", "        memcpy(&word, &value, sizeof word);"]
        lines += [f"        hash = (hash ^ (uint32_t)(word & 0xffffffffu)) * {FNV_FACTOR}u;"]
    last = "(uint32_t)(word >> 32)" if kind == "double" else "word"
    return "\n".join([*lines, f"        hash = (hash ^ {last}) * {FNV_FACTOR}u;", "    }", "    return hash;", "}", ""])


def _checksum(source: Source) -> list[str]:
    """Return the functions that go over all tables, in parts if there are many."""
    prefix = source.prefix
    printed = [_HASH_TEXTS.replace("NAME", prefix).strip() + "\n"]
    calls = [
        f"    hash = {prefix}_hash_{table.type}(hash, {table.name}, {table.values.size});" for table in source.tables
    ]
    calls += [f"    hash = {prefix}_hash_texts(hash, {table.name}, {len(table.entries)});" for table in source.texts]
    parts = [calls[i : i + 30] for i in range(0, len(calls), 30)]
    for number, part in enumerate(parts if len(parts) > 1 else [], start=1):
        name = f"{prefix}_checksum_{number}"
        body = ["    uint32_t hash = start;", "", *part, "    return hash;"]
        printed.append("\n".join([f"static uint32_t {name}(uint32_t start)", "{", *body, "}", ""]))
    if len(parts) > 1:
        calls = [f"    hash = {prefix}_checksum_{number}(hash);" for number in range(1, len(parts) + 1)]
    body = [f"    uint32_t hash = {FNV_START}u;", "", *calls, "    return hash;"]
    comment = "/* FNV-1a over the bits of all numbers and the bytes of all texts above. */"
    printed.append("\n".join([comment, f"static uint32_t {prefix}_checksum(void)", "{", *body, "}", ""]))
    return printed


def row_text(plan: Plan, rows: Rows, place: int) -> str:
    """Return a row as an initialiser, or its numbers as a part of one."""
    if not isinstance(rows, Mapping):
        return wrapped(_number(value, is_wide=plan.double_inputs) for value in rows[place].tolist())
    wide = wide_fields(plan)
    cells = [
        string_literal(rows[field.name][place])
        if field.is_text
        else _number(rows[field.name][place], is_wide=i in wide)
        for i, field in enumerate(plan.fields)
    ]
    return f"    {{\n{wrapped(cells, ' ' * 8)}\n    }}"


def _number(value: float, *, is_wide: bool) -> str:
    if np.isfinite(value):
        return (double_literal if is_wide else float_literal)(value)
    word = "NAN" if np.isnan(value) else "-INFINITY" if value < 0 else "INFINITY"
    return f"(double){word}" if is_wide else word
