"""Draws the pictures of the pages into ``docs/assets``: ``python docs/pictures/draw.py [NAMES]``, all by default.

``--list`` prints the names. A function of one of the modules beside this one draws one picture; those of `screens` need
Chromium.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import curves
import drawings
import flow
import learning
import measured
import screens
import terminal
import trained
from paper import ASSETS, save

__all__ = ["PICTURES", "main"]


def animation() -> bytes:
    """Draw a network while it learns two spirals."""
    learning.main()
    return learning.TARGET.read_bytes()


PICTURES: dict[str, Callable[[], Any]] = {
    learning.TARGET.name: animation,
    **drawings.PICTURES,
    **curves.PICTURES,
    **flow.PICTURES,
    **trained.PICTURES,
    **terminal.PICTURES,
    **screens.PICTURES,
    **measured.PICTURES,
}


def main(names: list[str]) -> None:
    """Draw the pictures of these names, with or without their endings."""
    if names == ["--list"]:
        print(*sorted(PICTURES), sep="\n")
        return
    known = {name.rpartition(".")[0]: name for name in PICTURES} | {name: name for name in PICTURES}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no picture is called {', '.join(unknown)}; --list prints the names")
    for name in [known[each] for each in names] or PICTURES:
        drawn = PICTURES[name]()
        if isinstance(drawn, bytes):
            (ASSETS / name).write_bytes(drawn)
        else:
            save(drawn, name)
        print(f"{name}: {(ASSETS / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
