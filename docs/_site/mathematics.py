"""Sets the formulas of pages, written between dollars as in LaTeX, as MathML: browsers draw it without a script."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

_FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)


def on_page_content(text: str, page: Any, **more: Any) -> str:
    """Replace every formula of a page."""
    return _FORMULA.sub(_set, text)


def _set(found: re.Match[str]) -> str:
    code = html.unescape(found[2].strip())
    code = re.sub(r"^\\[(\[]|\\[)\]]$", "", code)
    return (
        f'<{found[1]} class="formula">{convert(code, display="block" if found[1] == "div" else "inline")}</{found[1]}>'
    )
