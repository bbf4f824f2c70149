"""Functions of a file that stand for element-wise formulas, each with a name and only where it is used."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping

from glassnet.exports.naming import identifier
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.utils.formula import Python

__all__ = ["Functions", "counts"]


class Functions:
    """The functions of a file, by name.

    ``printer`` is the language of their bodies, ``template`` returns the text of one from its name, its arguments and
    what it returns, and ``taken`` are names that they must not have.
    """

    def __init__(
        self, printer: type[Python], template: Callable[[str, list[str], str], str], taken: Iterable[str]
    ) -> None:
        self.printer, self.template = printer, template
        self.texts: dict[str, str] = {}
        self._names: dict[tuple[str, tuple[str, ...]], str] = {}
        self._taken = set(taken)

    def knows(self, formula: str) -> bool:
        """Return whether a formula is that of an activation with a name."""
        return formula in _known_names()

    def name(self, formula: str, constants: Mapping[str, float], arguments: Iterable[str], word: str = "") -> str:
        """Return the name of the function of Z and the arguments, written when it is first asked for.

        ``word`` is what it should be called.
        """
        arguments = tuple(arguments)
        renamed = {"Z": "z", **{one: _small(one) for one in arguments}}
        text = self.printer({**constants, **renamed}).text(formula)
        known = self._names.get((text, arguments))
        if known is None:
            known = identifier(word or _known_names().get(formula, "f"), self._taken)
            self._taken.add(known)
            self._names[text, arguments] = known
            every = ["z", *map(_small, arguments)]
            self.texts[known] = self.template(known, every, text)
        return known


def counts(formula: str) -> dict[str, int]:
    """Return how often each name stands in a formula.

    Examples
    --------
    >>> counts("max(Z, slope * Z)") == {"max": 1, "Z": 2, "slope": 1}
    True
    """
    words = re.findall(r"[A-Za-z_]\w*", formula)
    return {word: words.count(word) for word in words}


@functools.cache
def _known_names() -> dict[str, str]:
    """Return the names of activations by their formulas."""
    kinds = {name: kind.formula for name, kind in ACTIVATIONS.items() if kind.formula is not None}
    return {"sigmoid(Z)": "sigmoid", **{formula.value: name for name, formula in kinds.items()}}


def _small(name: str) -> str:
    return name.lower() if name.lower() not in ("z", "lambda") else f"{name.lower()}_"
