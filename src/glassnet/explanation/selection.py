"""The part of an explanation that is about one layer, with what it uses of the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from glassnet.explanation.document import Equation, Section
from glassnet.explanation.symbols import names_in

__all__ = ["layer_names", "sections_of_layer"]


def layer_names(sections: Sequence[Section]) -> list[str]:
    """Return the names of the layers and of the containers that hold them, in the order of computation."""
    found: dict[str, None] = {}
    for section in sections:
        parts = section.layer.split(".") if section.layer else []
        found |= dict.fromkeys(".".join(parts[: i + 1]) for i in range(len(parts)))
    return list(found)


def sections_of_layer(sections: Sequence[Section], name: str) -> list[Section]:
    """Return the sections of a layer, or of all in a container, after one of the arrays of others that they use."""
    kept = [section for section in sections if section.layer == name or section.layer.startswith(f"{name}.")]
    own = {equation.symbol for section in kept for equation in section.equations}
    used = {word for section in kept for equation in section.equations for word in names_in(equation.formula)}
    given: list[Equation] = []
    for section in sections:
        origin = f"section {section.number}"
        for equation in section.equations:
            if equation.symbol in used - own:
                given.append(dataclasses.replace(equation, formula="", latex="", work=None, remark=origin))
    return [Section("Given", tuple(given), number=0), *kept] if given else kept
