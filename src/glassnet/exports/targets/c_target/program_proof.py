"""The checksum of what the program in C reads and prints: titles, labels, and how cells are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glassnet.exports.plan import Plan
from glassnet.exports.targets.c_target.forms import column_values, markers_of
from glassnet.exports.targets.c_target.program_printing import answer_texts
from glassnet.exports.targets.c_target.selftest import FNV_FACTOR, FNV_START, fold, text_words

__all__ = ["print_program_proof"]

_TEXTS, _LISTS = ("name", "must"), ("units", "words", "gone")


def print_program_proof(plan: Plan, members: Sequence[str]) -> str:
    """Return the function that is 0 where the texts of the program and these members of columns are as written."""
    calls = [
        f"    hash = NAME_hash_texts(hash, NAME_{name}, {len(words)});"
        for name, words in {**markers_of(plan), **answer_texts(plan)}.items()
    ]
    lines = [f"        hash = {_hashed(member)};" for member in members]
    text = (_LIST if set(members) & set(_LISTS) else "") + _CHANGED
    text = text.replace("CALLS", "\n".join(calls)).replace("LINES", "\n".join(lines))
    text = text.replace("SUM", f"0x{fold(_words(plan, members)):08x}u")
    return text.replace("BASIS", f"{FNV_START}u").replace("PRIME", f"{FNV_FACTOR}u")


def _hashed(member: str) -> str:
    if member in _TEXTS:
        return f"NAME_hash_texts(hash, &column->{member}, 1)"
    if member in _LISTS:
        return f"NAME_hash_list(hash, column->{member})"
    return f"(hash ^ (uint32_t)(unsigned char)column->{member}) * PRIME"


def _words(plan: Plan, members: Sequence[str]) -> Iterator[int]:
    """Yield what the checksum goes over, in the order in which C does."""
    for words in {**markers_of(plan), **answer_texts(plan)}.values():
        yield from text_words(words)
    for column in column_values(plan, members):
        for member, value in column.items():
            if isinstance(value, tuple):
                yield from (*text_words(value), 0)
            elif isinstance(value, bool):
                yield int(value)
            elif member in _TEXTS:
                yield from text_words([value])
            else:
                yield ord(value or "\0")


_LIST = r"""
/* A list that ends in NULL, or none. */
static uint32_t NAME_hash_list(uint32_t start, const char *const *words)
{
    uint32_t hash = start;

    for (int32_t i = 0; words != NULL && words[i] != NULL; i++) {
        hash = NAME_hash_texts(hash, &words[i], 1);
    }
    return hash * PRIME;
}
"""

_CHANGED = r"""
/* 1 if a title, a label or the form of a column was changed, else 0. */
static int32_t NAME_is_changed(void)
{
    uint32_t hash = BASIS;

CALLS
    for (int32_t i = 0; i < INPUTS; i++) {
        const NAME_column *column = &NAME_columns[i];

LINES
    }
    return hash == SUM ? 0 : 1;
}
"""
