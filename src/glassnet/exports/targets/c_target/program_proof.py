"""The checksum of what the program in C reads and prints: titles, labels, and how cells are written."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.forms import columns_of, markers_of
from glassnet.exports.targets.c_target.program_printing import printed_texts
from glassnet.exports.targets.c_target.selftest import FNV_FACTOR, FNV_START, fold, text_words

__all__ = ["print_program_proof"]


def print_program_proof(plan: Plan) -> str:
    """Return the function that is 0 where the texts of the program are as they were written, else 1."""
    lists = {**markers_of(plan), **printed_texts(plan)[1]}
    calls = [f"    hash = NAME_hash_texts(hash, NAME_{name}, {len(words)});" for name, words in lists.items()]
    text = _PROOF.replace("CALLS", "\n".join(calls)).replace("SUM", f"0x{fold(_words(plan)):08x}u")
    return text.replace("BASIS", f"{FNV_START}u").replace("PRIME", f"{FNV_FACTOR}u")


def _words(plan: Plan) -> Iterator[int]:
    """Yield what the checksum goes over, in the order in which C does."""
    for words in {**markers_of(plan), **printed_texts(plan)[1]}.values():
        yield from text_words(words)
    for column in columns_of(plan):
        yield from text_words((column.name, column.must))
        for mark in (column.kind, column.decimal, column.thousands, column.order):
            yield ord(mark or "\0")
        yield from (int(column.packed), int(column.loose))
        for words in (column.units, column.words, column.gone):
            yield from (*text_words(words), 0)


_PROOF = r"""
/* A list that ends in NULL, or none. */
static uint32_t NAME_hash_list(uint32_t start, const char *const *words)
{
    uint32_t hash = start;

    for (int32_t i = 0; words != NULL && words[i] != NULL; i++) {
        hash = NAME_hash_texts(hash, &words[i], 1);
    }
    return hash * PRIME;
}

static uint32_t NAME_hash_column(uint32_t start, const NAME_column *column)
{
    const char marks[4] = {column->kind, column->decimal, column->thousands, column->order};
    uint32_t hash = NAME_hash_texts(NAME_hash_texts(start, &column->name, 1), &column->must, 1);

    for (int32_t i = 0; i < 4; i++) {
        hash = (hash ^ (uint32_t)(unsigned char)marks[i]) * PRIME;
    }
    hash = (hash ^ (uint32_t)column->packed) * PRIME;
    hash = (hash ^ (uint32_t)column->loose) * PRIME;
    return NAME_hash_list(NAME_hash_list(NAME_hash_list(hash, column->units), column->words), column->gone);
}

/* 1 if a title, a label or the form of a column was changed, else 0. */
static int32_t NAME_is_changed(void)
{
    uint32_t hash = BASIS;

CALLS
    for (int32_t i = 0; i < INPUTS; i++) {
        hash = NAME_hash_column(hash, &NAME_columns[i]);
    }
    return hash == SUM ? 0 : 1;
}
"""
