"""What an object shows in a notebook: a heading, charts and tables in one fragment that stands by itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from glassnet.charts.style import CHART_STYLE
from glassnet.utils.html import Markup, element, fragment
from glassnet.utils.short_text import plain

__all__ = ["for_notebooks", "grid", "paragraph", "shown"]

_MOST = 20_000  # characters of a text that takes the place of a page

# A notebook has rules of its own for tables, which a class written twice outweighs. Quiet text is a share of the text's
# colour: a rule for `.quiet` alone would hold for the texts of drawings too, and take a share of a share.
_STYLE = (
    CHART_STYLE
    + """
.title { font-weight: 600; margin: 0.2em 0; overflow-wrap: anywhere; }
p { margin: 0.3em 0; overflow-wrap: anywhere; }
p.quiet, span.quiet { color: var(--quiet); }
.beside { display: flex; flex-wrap: wrap; gap: 0 2em; align-items: flex-start; }
.beside > figure.chart { flex: 1 1 19em; }
details { margin: 0.3em 0; }
summary { cursor: pointer; color: var(--quiet); }
div.grid.grid { overflow-x: auto; margin: 0.4em 0 0.8em; }
div.grid.grid table { border-collapse: collapse; font-size: 0.9em; font-variant-numeric: tabular-nums; width: auto;
  margin: 0; }
div.grid.grid th, div.grid.grid td { padding: 0.18em 0.9em 0.18em 0; text-align: left; vertical-align: top;
  border: 0; background: none; overflow-wrap: break-word; max-width: 30em; }
div.grid.grid tr { background: none; }
div.grid.grid thead th { font-weight: 600; border-bottom: 1px solid var(--edge); vertical-align: bottom; }
div.grid.grid .number { text-align: right; white-space: nowrap; }
div.grid.grid thead .number { white-space: normal; }
div.grid.grid tr.marked td { font-weight: 600; }
div.grid.grid tr.line td { border-top: 1px solid var(--edge); }
.finding { margin: 0.6em 0; padding: 0.1em 0 0.1em 0.7em; border-left: 3px solid var(--edge); }
.finding.error, .finding.warning { border-left-color: var(--orange); }
.finding dl { margin: 0.1em 0; display: grid; grid-template-columns: max-content 1fr; gap: 0.1em 0.7em; }
.finding dt { color: var(--quiet); font-weight: 400; margin: 0; }
.finding dd { margin: 0; overflow-wrap: anywhere; }
""".rstrip()
)


def shown(title: str, *content: str) -> Markup:
    """Return what a notebook shows of an object: a heading, and what stands below it.

    Parameters
    ----------
    title : str
        The heading.
    *content : str
        `Markup`, or text, which is escaped; what is empty is left out.
    """
    return fragment(
        "shown", _STYLE, element("p", plain(title, 300), class_="title"), *(part for part in content if part)
    )


def paragraph(words: str, *, quiet: bool = False) -> Markup:
    """Return a paragraph of text on one line of source; ``quiet`` gives it less weight."""
    text = plain(words, 2000)
    return element("p", text, class_="quiet") if quiet else element("p", text)


def grid(
    rows: Iterable[Sequence[str]], head: Sequence[str] = (), *, numbers_from: int = 1, marked: Iterable[int] = ()
) -> Markup:
    """Return a table whose columns from ``numbers_from`` on are numbers.

    Parameters
    ----------
    rows : iterable of sequences of str
        The cells: `Markup`, or text, which is escaped.
    head : sequence of str
        Headings.
    numbers_from : int, default=1
        Position of the first column that is aligned to the right.
    marked : iterable of int
        Positions of rows in bold.

    Examples
    --------
    >>> grid([["loss", "0.3"]], ["column", "last"])[:60]
    '<div class="grid"><table><thead><tr><th>column</th><th class'
    """
    bold = set(marked)

    def line(tag: str, cells: Sequence[str]) -> list[Markup]:
        texts = [cell if isinstance(cell, Markup) else plain(cell, 200) for cell in cells]
        return [
            element(tag, text, class_="number") if i >= numbers_from else element(tag, text)
            for i, text in enumerate(texts)
        ]

    body = [
        element("tr", *line("td", row), class_="marked") if i in bold else element("tr", *line("td", row))
        for i, row in enumerate(rows)
    ]
    top = [element("thead", element("tr", *line("th", head)))] if head else []
    return element("div", element("table", *top, element("tbody", *body)), class_="grid")


def for_notebooks(draw: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return a function that never raises: an object that cannot be drawn is shown by its text.

    A subclass, or an object in a state that nobody thought of, must not end a cell of a notebook with a traceback
    for what it looks like.
    """

    @functools.wraps(draw)
    def drawn(it: Any) -> str:
        try:
            return draw(it)
        except Exception:
            return element("pre", _text(it))

    return drawn


def _text(it: Any) -> str:
    """Return the text of an object, or the name of its class."""
    try:
        return repr(it)[:_MOST]
    except Exception:
        return f"<{type(it).__name__}>"
