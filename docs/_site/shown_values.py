"""Puts what a notebook shows of the last value of a block of Python below that block, in pages that ask for it."""

import ast
import re
import tempfile
from contextlib import chdir, redirect_stdout
from io import StringIO
from typing import Any

PAGES = ("guide/notebooks.md",)

_shown: dict[str, list[str]] = {}


def on_page_markdown(markdown: str, page: Any, **more: Any) -> str:
    """Run the blocks of a page one after the other, and leave a place below each whose value is drawn."""
    if page.file.src_uri not in PAGES:
        return markdown
    names: dict[str, Any] = {}
    drawn = _shown.setdefault(page.file.src_uri, [])
    drawn.clear()

    def run(block: re.Match[str]) -> str:
        value = _value(block[1], names)
        if not hasattr(value, "_repr_html_"):
            return block[0]
        drawn.append(value._repr_html_())
        return f'{block[0]}\n\n<div class="shown-{len(drawn) - 1}"></div>\n'

    with tempfile.TemporaryDirectory() as folder, chdir(folder), redirect_stdout(StringIO()):
        return re.sub(r"```python\n(.*?)```", run, markdown, flags=re.DOTALL)


def on_page_content(html: str, page: Any, **more: Any) -> str:
    """Put the drawings into their places."""
    for i, drawing in enumerate(_shown.get(page.file.src_uri, [])):
        html = html.replace(f'<div class="shown-{i}"></div>', drawing)
    return html


def _value(code: str, names: dict[str, Any]) -> Any:
    """Run code, and return the value of its last line if that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "block", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "block", "eval"), names)
