"""The penalties on weights as equations: what they add to the loss, and to its slopes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from glassnet.explanation.document import Equation, Index, Term
from glassnet.explanation.recording import Recording
from glassnet.explanation.symbols import latex_of
from glassnet.explanation.terms import total

__all__ = ["penalty_of_loss", "with_penalties"]


def penalty_of_loss(record: Recording, symbols: Mapping[str, str]) -> list[Equation]:
    """Return the equations from the mean loss to the loss with penalties; none where there are no penalties."""
    if not record.penalises:
        return []
    parts = {f"penalty_{symbol}": (W, l1, l2) for symbol, W, _, l1, l2 in _penalised(record, symbols)}
    found = [_value(symbol, *part) for symbol, part in parts.items()]
    found.append(total("penalty", {equation.symbol: equation.value for equation in found}))
    data = {"L_data": np.array(record.loss), "penalty": found[-1].value}
    return [*found, total("L", data)]


def _value(symbol: str, W: np.ndarray, l1: float, l2: float) -> Equation:
    of = symbol.removeprefix("penalty_")
    shown = [f"{l1:g} * sum of |{of}|"] * bool(l1) + [f"{l2:g} * sum of {of}**2"] * bool(l2)
    latex = [rf"{l1:g} \sum |{latex_of(of)}|"] * bool(l1) + [rf"{l2:g} \sum {latex_of(of)}^2"] * bool(l2)
    value = np.array(l1 * np.abs(W).sum() + l2 * (W * W).sum())
    return Equation(symbol, value, " + ".join(shown), " + ".join(latex), partial(_value_terms, W, l1, l2))


def _value_terms(W: np.ndarray, l1: float, l2: float, index: Index) -> list[Term]:
    first = [Term("{l1} * abs({w})", {"l1": l1, "w": float(w)}) for w in W.flat] if l1 else []
    return first + ([Term("{l2} * {w}**2", {"l2": l2, "w": float(w)}) for w in W.flat] if l2 else [])


def with_penalties(record: Recording, equations: list[Equation], symbols: Mapping[str, str]) -> list[Equation]:
    """Return equations of slopes, followed by those of the slopes with penalties, which take over the names.

    Parameters
    ----------
    record : Recording
    equations : list of Equation
        Slopes of the mean loss.
    symbols : mapping of str to str
        Symbols of the layer's parameters by their names in the network.
    """
    found = []
    parts = {f"d{symbol}": (W, slope, l1, l2) for symbol, W, slope, l1, l2 in _penalised(record, symbols)}
    for equation in equations:
        part = parts.get(equation.symbol)
        if part is None:
            found.append(equation)
        else:
            of_data = dataclasses.replace(equation, symbol=f"{equation.symbol}_data")
            found += [of_data, _with_penalty(of_data, *part)]
    return found


def _with_penalty(of_data: Equation, W: np.ndarray, slope: np.ndarray, l1: float, l2: float) -> Equation:
    symbol = of_data.symbol.removesuffix("_data")
    of = symbol.removeprefix("d")
    text = of_data.symbol + (f" + 2 * {l2:g} * {of}" if l2 else "") + (f" + {l1:g} * sign({of})" if l1 else "")
    work = partial(_slope_terms, of_data.value, W, l1, l2)
    return Equation(symbol, slope, text, "", work, "of the mean loss and the penalty")


def _slope_terms(of_data: np.ndarray, W: np.ndarray, l1: float, l2: float, index: Index) -> list[Term]:
    terms = [Term("{g}", {"g": float(of_data[index])})]
    terms += [Term("2 * {l2} * {w}", {"l2": l2, "w": float(W[index])})] if l2 else []
    return terms + ([Term("{l1} * sign({w})", {"l1": l1, "w": float(W[index])})] if l1 else [])


def _penalised(
    record: Recording, symbols: Mapping[str, str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray, float, float]]:
    """Yield symbol, value, slope with penalties, and both strengths for each parameter that has a penalty."""
    for slot in record.network._slots:
        l1, l2 = record.penalties_of(slot)
        if slot.name in symbols and (l1 or l2):
            yield symbols[slot.name], record.before[slot.name], record.penalised[slot.name], l1, l2
