"""Pages of HTML that load nothing from anywhere, and in which all text is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

__all__ = ["Markup", "element", "fragment", "page", "table"]

_STYLE = """
.glassnet { --accent: #00695c; --quiet: #455a64; color: #1b2a33; }
@media (prefers-color-scheme: dark) { .glassnet { --accent: #80cbc4; --quiet: #b0bec5; color: #eceff1; } }
.glassnet { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; }
.glassnet h1 { font-size: 1.4rem; margin: 0.6rem 0 0.2rem; }
.glassnet .table { overflow-x: auto; }
.glassnet .table table { border-collapse: collapse; }
.glassnet .table td, .glassnet .table th { padding: 0.15rem 1.2rem 0.15rem 0; text-align: left; vertical-align: top; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ margin: 1rem; }} @media (prefers-color-scheme: dark) {{ body {{ background: #263238; }} }}</style>
</head>
<body>
{body}
</body>
</html>
"""


class Markup(str):
    """Text that is HTML already and is inserted unchanged; all other text is escaped."""

    __slots__ = ()


def _inside(content: Iterable[str], between: str = "") -> str:
    return between.join(part if isinstance(part, Markup) else html.escape(part) for part in content)


def element(tag: str, *content: str, **attributes: str) -> Markup:
    """Return an element with content and attributes; the name of an attribute may end in ``_``, as in ``class_``.

    Examples
    --------
    >>> element("p", "a < b, ", element("b", "so"), class_="note")
    '<p class="note">a &lt; b, <b>so</b></p>'
    """
    words = "".join(f' {name.removesuffix("_")}="{html.escape(value)}"' for name, value in attributes.items())
    return Markup(f"<{tag}{words}>{_inside(content)}</{tag}>")


def table(rows: Iterable[Iterable[str]], head: Iterable[str] = (), **attributes: str) -> Markup:
    """Return a table, with a first row of headings if there are any.

    Examples
    --------
    >>> table([["a", "1"]], head=["name", "value"])
    '<table><tr><th>name</th><th>value</th></tr><tr><td>a</td><td>1</td></tr></table>'
    """
    lines = [element("tr", *(element("th", cell) for cell in head))] if head else []
    lines += [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", *lines, **attributes)


def fragment(kind: str, style: str, *content: str) -> Markup:
    """Return a part of a page of class ``glassnet-kind``, with its style.

    ``style`` has one rule a line, which holds inside the fragment only; ``var(--accent)`` and ``var(--quiet)`` are
    colours that go with a light and with a dark page.
    """
    rules = "".join(f".glassnet-{kind} {rule}\n" for rule in style.splitlines() if rule)
    inside = _inside(content, "\n")
    return Markup(f'<style>{_STYLE}{rules}</style>\n<div class="glassnet glassnet-{kind}">\n{inside}\n</div>')


def page(title: str, body: Markup) -> str:
    """Return a whole page around its body."""
    return _PAGE.format(title=html.escape(title), body=body)
