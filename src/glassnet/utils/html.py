"""Pages of HTML that load nothing from anywhere, and in which all text is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

__all__ = ["Markup", "element", "fragment", "page", "table", "unbroken"]

# Colours are mixed with that of the text around, so that they go with a light and with a dark page, also with
# the theme of a notebook, which no rule can ask for. Browsers older than 2023 show the plain ones.
_STYLE = """
.glassnet { --accent: #12807a; --quiet: #71808a; --edge: #8885; --shade: #8881; }
.glassnet { --blue: #2f7ec7; --orange: #d9761a; --green: #2e9367; --purple: #8c63b8; }
@supports (color: color-mix(in srgb, red, red)) {
.glassnet { --accent: color-mix(in srgb, #0a9488 78%, currentColor);
  --quiet: color-mix(in srgb, currentColor 68%, transparent); }
.glassnet { --edge: color-mix(in srgb, currentColor 20%, transparent);
  --shade: color-mix(in srgb, currentColor 5%, transparent); }
.glassnet { --blue: color-mix(in srgb, #2f86d6 85%, currentColor);
  --orange: color-mix(in srgb, #e57f1d 88%, currentColor); }
.glassnet { --green: color-mix(in srgb, #2aa06d 82%, currentColor);
  --purple: color-mix(in srgb, #9b6bd0 85%, currentColor); }
}
.glassnet { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; text-align: left; }
.glassnet h1 { font-size: 1.4rem; margin: 0.6rem 0 0.2rem; line-height: 1.25; overflow-wrap: anywhere; }
.glassnet h2 { font-size: 1.1rem; margin: 1.2rem 0 0.3rem; line-height: 1.3; }
.glassnet h3 { font-size: 1rem; margin: 0.9rem 0 0.2rem; line-height: 1.3; }
.glassnet .whole { display: inline-block; max-width: 100%; }
.glassnet .table { overflow-x: auto; }
.glassnet .table table { border-collapse: collapse; font-size: inherit; }
.glassnet .table td, .glassnet .table th { padding: 0.15rem 1.2rem 0.15rem 0; text-align: left; vertical-align: top; }
.glassnet .table th { font-weight: 600; color: var(--quiet); }
@media (max-width: 40rem) { .glassnet .table td, .glassnet .table th { padding-right: 0.7rem; } }
@media print { .glassnet { max-width: none; } }
"""


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 1rem; background: #fff; color: #1b2a33; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #1b2328; color: #e4eaee; }} }}
@media print {{ body {{ margin: 0; background: #fff; color: #000; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Markup(str):
    """Text that is HTML already and is inserted unchanged; all other text is escaped."""

    __slots__ = ()


# Characters that a page must not hold, as a cell of a table may.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _escaped(text: str) -> str:
    return html.escape(_FORBIDDEN.sub("\ufffd", text))


def _inside(content: Iterable[str], between: str = "") -> str:
    return between.join(part if isinstance(part, Markup) else _escaped(part) for part in content)


def element(tag: str, *content: str, **attributes: str) -> Markup:
    """Return an element with content and attributes; the name of an attribute may end in ``_``, as in ``class_``.

    Examples
    --------
    >>> element("p", "a < b, ", element("b", "so"), class_="note")
    '<p class="note">a &lt; b, <b>so</b></p>'
    """
    words = "".join(f' {name.removesuffix("_")}="{_escaped(value)}"' for name, value in attributes.items())
    return Markup(f"<{tag}{words}>{_inside(content)}</{tag}>")


def unbroken(text: str) -> Markup:
    """Return text that is broken at blanks only, where browsers would break it behind a hyphen too, as in ``--out``.

    Examples
    --------
    >>> unbroken("train a.csv --out b")
    'train a.csv <span class="whole">--out</span> b'
    """
    words = re.split(r"(\s+)", text)
    return Markup("".join(element("span", word, class_="whole") if "-" in word else _escaped(word) for word in words))


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

    Parameters
    ----------
    kind : str
        What it is, in small letters.
    style : str
        One rule a line, which holds inside the fragment only; lines that begin with blanks continue a rule.
        ``var(--accent)``, ``var(--quiet)`` (text of less weight), ``var(--edge)`` (borders), ``var(--shade)``
        (backgrounds), ``var(--blue)``, ``var(--orange)``, ``var(--green)`` and ``var(--purple)`` are colours that go
        with a light and with a dark page.
    *content : str
        What is in it: `Markup`, or text, which is escaped.
    """
    lines = re.sub(r"\n\s+", " ", style).splitlines()
    rules = "".join(f"{_within(kind, rule)}\n" for rule in lines if rule)
    inside = _inside(content, "\n")
    return Markup(f'<style>{_STYLE}{rules}</style>\n<div class="glassnet glassnet-{kind}">\n{inside}\n</div>')


def _within(kind: str, rule: str) -> str:
    """Return a rule each of whose selectors holds inside a fragment only."""
    selectors, brace, rest = rule.partition("{")
    inside = (f".glassnet-{kind} {selector}" for selector in re.split(r",\s*(?![^()]*\))", selectors))
    return ", ".join(inside) + brace + rest


def page(title: str, body: Markup) -> str:
    """Return a whole page around its body."""
    return _PAGE.format(title=_escaped(title), body=body)
