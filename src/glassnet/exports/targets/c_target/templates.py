"""Templates in C whose words in capitals are replaced, and the parts of a page that every model has."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["BOTTOM", "HOOKS", "TOP", "filled"]

_QUOTED = r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'"""


def filled(template: str, words: Mapping[str, str]) -> str:
    r"""Return a template with words in capitals replaced, those in other words and in quotes left alone.

    Examples
    --------
    >>> filled('NAME_x = NAME_ROWS["my NAME"];', {"NAME": "churn"})
    'churn_x = churn_ROWS["my NAME"];\n'
    """
    word = "|".join(sorted(words, key=len, reverse=True))
    pattern = rf"{_QUOTED}|(?<![A-Z_])(?:{word})(?![A-Z])"
    return re.sub(pattern, lambda match: words.get(match.group(), match.group()), template).strip() + "\n"


TOP = """
#ifndef UPPER_H
#define UPPER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

"""

HOOKS = """
#if defined(UPPER_IMPLEMENTATION) && !defined(UPPER_DONE)
#define UPPER_DONE

#include <math.h>
#include <stddef.h>
#include <string.h>

/* For chips that read constants from flash in a way of their own: what marks a table, and how an entry is read. */
#ifndef GN_CONST
#define GN_CONST
#endif
#ifndef GN_READ
#define GN_READ(p) (*(p))
#define GN_READ_INT8(p) (*(p))
#define GN_READ_INT32(p) (*(p))
#endif
#ifndef GN_STATIC
#define GN_STATIC /* "static" takes the buffers off the stack, and allows one call at a time only */
#endif

"""

BOTTOM = """
#endif /* UPPER_IMPLEMENTATION */
"""
