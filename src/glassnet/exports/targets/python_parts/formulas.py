"""Functions of a file that stand for element-wise formulas, each with a name and only where it is used."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping

from glassnet.exports.lowering.activations import expression_of
from glassnet.exports.naming import identifier
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.utils.formula import Python

__all__ = ["Functions", "activation_name", "counts"]


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

    def takes(self, name: str) -> bool:
        """Return whether a name is one of the file's own."""
        return name in self._taken

    def name(self, formula: str, constants: Mapping[str, float], arguments: Iterable[str], fallback: str) -> str:
        """Return the name of the function of Z and the arguments, written when it is first asked for.

        It is that of the activation, or else made of ``fallback``.
        """
        arguments = tuple(arguments)
        renamed = {"Z": "z", **{one: _small(one) for one in arguments}}
        text = self.printer({**constants, **renamed}).text(formula)
        known = self._names.get((text, arguments))
        if known is None:
            known = identifier(activation_name(formula) or fallback, self._taken, fallback="f")
            self._taken.add(known)
            self._names[text, arguments] = known
            self.texts[known] = self.template(known, ["z", *map(_small, arguments)], text)
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


def activation_name(formula: str) -> str:
    """Return the name of the activation with this formula, "" if there is none.

    Examples
    --------
    >>> activation_name("max(Z, 0)"), activation_name("Z + share * ((max(Z, 0)) - Z)"), activation_name("Z + 1")
    ('relu', 'parametric_relu', '')
    """
    inner = re.fullmatch(r"Z \+ \w+ \* \(\((.*)\) - Z\)", formula)
    if inner:
        return f"parametric_{_known_names().get(inner[1], 'activation')}"
    return _known_names().get(formula, "")


@functools.cache
def _known_names() -> dict[str, str]:
    """Return the names of activations by the expressions that plans have for them."""
    kinds = {name: kind for name, kind in ACTIVATIONS.items() if kind.formula is not None}
    found = {expression_of(kind())[0]: name for name, kind in kinds.items()}
    return {**found, "max(Z, 0) + slope * min(Z, 0)": "prelu"}


def _small(name: str) -> str:
    return name.lower() if name.lower() not in ("z", "lambda") else f"{name.lower()}_"
