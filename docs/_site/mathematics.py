"""Sets the formulas of pages, written between dollars as in LaTeX, as MathML: browsers draw it without a script."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

# A function's name stands apart from its argument and from a factor before it, though not from a bracket or its power.
_NAMES = "log|exp|sin|cos|tanh|max|min"
_BEFORE = re.compile(rf"(?<=</mi>|</mn>)(?=<mi>(?:{_NAMES})</mi>)")
_AFTER = re.compile(rf"(?<!<msup>)(?<!<msub>)(?<!<munder>)(<mi>(?:{_NAMES})</mi>)(?=<m(?:i|n|sub|over|frac)\b)")
_SPACE = '<mspace width="0.17em" />'
_FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)


def on_page_content(text: str, page: Any, **more: Any) -> str:
    """Replace every formula of a page."""
    return _FORMULA.sub(_set, text)


def _set(found: re.Match[str]) -> str:
    code = html.unescape(found[2].strip())
    code = re.sub(r"^\\[(\[]|\\[)\]]$", "", code)
    formula = convert(code, display="block" if found[1] == "div" else "inline")
    formula = _AFTER.sub(rf"\1{_SPACE}", _BEFORE.sub(_SPACE, formula))
    return f'<{found[1]} class="formula">{formula}</{found[1]}>'
