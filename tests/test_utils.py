"""The small tools that all rooms share: names of other libraries, tables of text, pages."""

from __future__ import annotations

import re

import pytest

import glassnet as gn
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.losses import LOSSES
from glassnet.metrics import METRICS
from glassnet.training.options import FitOptions
from glassnet.utils import synonyms
from glassnet.utils.checks import nearest
from glassnet.utils.html import element, fragment, page, table
from glassnet.utils.text_table import table_lines

KINDS = {
    "activations": (synonyms.ACTIVATIONS, ACTIVATIONS),
    "fit options": (synonyms.FIT_OPTIONS, FitOptions.__annotations__),
    "losses": (synonyms.LOSSES, LOSSES),
    "metrics": (synonyms.METRICS, METRICS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_synonyms_lead_to_names_that_exist(kind: str) -> None:
    """Each name of another library is none of ours, and is suggested with a name that is."""
    names, ours = KINDS[kind]
    assert set(names) & set(ours) == set()
    assert set(names.values()) - set(ours) == set()
    assert {name: nearest(name, ours, names) for name in names} == names


def test_only_what_is_a_choice_is_suggested() -> None:
    """A metric that the loss does not have is not suggested, whatever other libraries call it."""
    net = gn.Network([gn.Dense(1)], loss="squared_error")
    with pytest.raises(gn.ConfigError) as caught:
        net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, metrics="acc")
    assert str(caught.value) == (
        "fit: metrics under loss='squared_error' must be one of 'mae', 'r2', 'rmse', got 'acc'."
    )


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
