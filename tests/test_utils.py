"""The small tools that all rooms share: names of other libraries, tables of text, pages."""

from __future__ import annotations

import re

from glassnet.utils.html import element, fragment, page, table
from glassnet.utils.text_table import table_lines


def test_tables_of_text() -> None:
    """Columns are as wide as their widest cell or their smallest width; no line ends in spaces; nothing gives nothing."""
    assert table_lines([("a", "b"), ("longer", "")], at_least=(0, 9)) == ["a       b", "longer"]
    assert table_lines([("a", "b"), ("1.25", "2")], align=">", at_least=(6, 3)) == ["     a    b", "  1.25    2"]
    assert table_lines([]) == []


def test_pages_escape_everything_and_load_nothing() -> None:
    """Text, titles, cells and attributes are escaped; only what was made as HTML stands as it is; nothing is loaded."""
    evil = "<script src='http://x'>\"&amp;"
    parts = [element("p", evil, element("b", evil), title=evil), table([[evil]], head=[evil], id=evil)]
    made = page(evil, fragment("test", "b { color: red; }", evil, *parts))
    assert made.count("&lt;script src=&#x27;http://x&#x27;&gt;&quot;&amp;amp;") == 8
    assert made.count("<b>") == made.count("<td>") == made.count("<th>") == 1
    assert "\n.glassnet-test b { color: red; }\n" in made
    assert not re.search(r"<script|<link|@import|url\(|\bsrc=[\"']|href=", made)
