"""Code as it is pasted from a web page, a notebook or a terminal, made plain; lines keep their numbers."""

from __future__ import annotations

import re
import textwrap

__all__ = ["plain_code"]

_SPACES = re.compile("[\u00a0\u2007\u202f\u3000]")
_FENCE = re.compile(r"(?:```|~~~)[ \t]*[\w.+-]*")
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.)(?: |$)")


def plain_code(text: str) -> str:
    r"""Return code without the fences and prompts around it, what was printed, its indentation and special spaces.

    Examples
    --------
    >>> plain_code("Try this:\n```python\n>>> x = [\n...     1]\n>>> x\n[1]\n```")
    '\n\nx = [\n    1]\nx\n\n'
    """
    lines = _within_fences(_SPACES.sub(" ", text.removeprefix("\ufeff")).split("\n"))
    if any(line.lstrip().startswith(">>>") for line in lines):
        lines = [_PROMPT.sub("", line, count=1) if _PROMPT.match(line) else "" for line in lines]
    return textwrap.dedent("\n".join(lines))


def _within_fences(lines: list[str]) -> list[str]:
    """Return what stands between fences, if there are any; of one that is not closed, all that follows."""
    if not any(_FENCE.fullmatch(line.strip()) for line in lines):
        return lines
    found, inside = [], False
    for line in lines:
        is_fence = _FENCE.fullmatch(line.strip()) is not None
        inside = inside != is_fence
        found.append(line if inside and not is_fence else "")
    return found
