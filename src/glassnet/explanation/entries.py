"""One number of an explanation with the terms it is the sum of, of many the largest first."""

from __future__ import annotations

import dataclasses

from glassnet.explanation.document import Equation, Index, Term
from glassnet.explanation.number_format import filled, number_text, worked_text
from glassnet.utils.checks import check_integer

__all__ = ["Entry", "entry_of"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One number of an explanation, and what it is the sum of.

    Attributes
    ----------
    symbol : str
        Of the array.
    index : tuple of int
        Its place there.
    value : float
        The number.
    formula, remark : str
        Of the array.
    terms : tuple of Term
        Empty where it was given, or nothing more is known than the formula.
    """

    symbol: str
    index: Index
    value: float
    formula: str = ""
    remark: str = ""
    terms: tuple[Term, ...] = ()

    @property
    def label(self) -> str:
        """Symbol and place, as in ``"Z1[0, 3]"``."""
        return self.symbol + (f"[{', '.join(map(str, self.index))}]" if self.index else "")

    def text(self, digits: int = 4, most: int | None = None) -> str:
        """Return the sum with numbers of so many ``digits``, of more than ``most`` terms the middle ones only counted.

        Without terms it is the number itself.

        Examples
        --------
        >>> Entry("Z1", (0, 0), 0.5, terms=(Term("{a} * {w}", {"a": 2.0, "w": 0.125}), Term("{b}", {"b": 0.25}))).text()
        '2 * 0.125 + 0.25'
        >>> Entry("W1", (0, 0), 0.125).text()
        '0.125'
        """
        if not self.terms:
            return number_text(self.value, digits)
        return worked_text(list(self.terms), lambda value: number_text(value, digits), most)

    def term_texts(self, digits: int = 4) -> list[str]:
        """Return each term with its numbers in so many ``digits``."""
        return [filled(term, lambda value: number_text(value, digits)) for term in self.terms]

    def largest(self, most: int, *, keep_last: bool = False) -> tuple[list[int], float]:
        """Return the places of the largest terms, largest first, and the sum of all others.

        Parameters
        ----------
        most : int
            How many to name; where there are no more of them they keep their order.
        keep_last : bool
            Whether the last term is among them however small it is, and stands last: a bias, for instance.

        Examples
        --------
        >>> terms = tuple(Term("{a} * {w}", {"a": a, "w": 2.0}) for a in (0.5, -3.0, 1.0, 0.25))
        >>> entry = Entry("Z1", (0, 0), -2.5, terms=terms)
        >>> entry.largest(2), entry.largest(2, keep_last=True)
        (([1, 2], 1.5), ([1, 3], 3.0))
        """
        check_integer("Entry.largest", "most", most, 1)
        n = len(self.terms)
        if n <= most:
            return list(range(n)), 0.0
        values = [term.value for term in self.terms]
        last = [n - 1] if keep_last else []
        order = sorted(range(n - len(last)), key=lambda place: -abs(values[place]))
        kept = [*order[: most - len(last)], *last]
        return kept, sum(values[place] for place in sorted({*range(n)} - {*kept}))


def entry_of(equation: Equation, index: Index) -> Entry:
    """Return the entry of an array at this index."""
    terms = () if equation.work is None else tuple(equation.work(index))
    value = float(equation.value[index])
    return Entry(equation.symbol, index, value, equation.formula, equation.remark, terms)
