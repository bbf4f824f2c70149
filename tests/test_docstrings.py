"""Documentation that classes share: merged section by section, in the order of the signature."""

from __future__ import annotations

import inspect

from glassnet.utils.docstrings import merge_sections, shares_documentation

OWN = """Own summary.

More text.

Parameters
----------
b : int
    Own.

Examples
--------
>>> 1 + 1
2
"""
SHARED = """Shared summary.

Parameters
----------
a, c : int
    Shared, in
    two lines.
d : int

Attributes
----------
z_ : float
    Fitted.
"""
MERGED = """Own summary.

More text.

Parameters
----------
a, c : int
    Shared, in
    two lines.
b : int
    Own.
d : int

Attributes
----------
z_ : float
    Fitted.

Examples
--------
>>> 1 + 1
2
"""


def test_sections_are_merged() -> None:
    """Entries follow the order that is asked for, sections numpydoc's, and the shared summary is left out."""
    assert merge_sections(OWN, SHARED, ["a", "b", "c", "d"]) == MERGED
    assert merge_sections(OWN, "Nothing to share.", ["b"]) == OWN
    assert merge_sections(MERGED, "", ["a", "b", "c", "d"]) == MERGED


def test_classes_show_it() -> None:
    """``help`` of a decorated class shows its own parameters and those of the base, as the signature has them."""

    class Base:
        pass

    class Kind(Base):
        def __init__(self, a: int, b: int, c: int, d: int) -> None:
            pass

    Base.__doc__, Kind.__doc__ = SHARED, OWN
    assert shares_documentation(Base)(Kind) is Kind
    assert inspect.getdoc(Kind) == MERGED.strip()


def test_without_docstrings() -> None:
    """Where Python has left the docstrings out, as with -OO, a class is decorated all the same."""

    class Base:
        pass

    @shares_documentation(Base)
    class Kind(Base):
        pass

    assert Kind.__doc__ is None
