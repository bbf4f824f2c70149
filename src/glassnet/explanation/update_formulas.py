"""The optimizers as equations: their state, and the new value of every parameter."""

from __future__ import annotations

import numpy as np

from glassnet.engine.parameters import Slot
from glassnet.explanation.document import Equation, Term, is_ours
from glassnet.explanation.layer_formulas import latex_of
from glassnet.explanation.recording import Recording
from glassnet.explanation.terms import Pattern, each
from glassnet.optimizers import Optimizer
from glassnet.utils.formula import Formula, Latex, Words, evaluate

__all__ = ["clip_equation", "update_equations"]


_LATEX = {"lr": r"\eta", "wd": r"\lambda", "eps": r"\epsilon", "m_hat": r"\hat{m}", "v_hat": r"\hat{v}"}


def update_equations(record: Recording, slot: Slot, symbol: str, cut: float = 1.0) -> list[Equation]:
    """Return the equations of the update of one parameter.

    Parameters
    ----------
    record : Recording
    slot : Slot
        Slot of the parameter in the copy.
    symbol : str
        Symbol of the parameter.
    cut : float
        Factor of the gradient from clipping.
    """
    optimizer, after = record.network.optimizer, record.after[slot.name]
    if not slot.layer.trainable:
        return [Equation(f"{symbol}'", after, symbol, latex_of(symbol), remark="not trainable: it stays")]
    decays = optimizer.decays and slot.spec.decays
    decay = slot.layer.decay_factor * optimizer.decay_at(record.position) if decays else 0.0
    formulas = optimizer.formulas(bool(decay)) if is_ours(optimizer) or "formulas" in vars(type(optimizer)) else {}
    if not formulas:
        return [Equation(f"{symbol}'", after, f"{symbol} moved by {type(optimizer).__name__}", "")]
    old, new = (_moments(optimizer, states[slot.name]) for states in (record.states, record.new_states))
    rate = record.rate * slot.spec.rate_factor * slot.layer.rate_factor
    values = {"p": record.before[slot.name], "g": record.penalised[slot.name] * cut, "lr": rate, "wd": decay, **old}
    symbols = {name: f"{name}_{symbol}" for name in formulas} | {"p": symbol, "g": f"d{symbol}"}
    new["p"], found = after, []
    for name, formula in formulas.items():
        numbers = {**formula.constants(optimizer), "t": record.t}
        words = Words({**symbols, **numbers, "wd": decay})
        text = words.text(formula.value)
        text += "".join(f", {hat} = {Words(numbers).text(given)}" for hat, given in formula.definitions.items())
        letters = {"p": latex_of(symbol), "g": latex_of(f"d{symbol}")} | _LATEX
        value = new[name] if name in new else evaluate(formula.value, **numbers, **values)
        pattern = Pattern(numbers, formula.definitions).text(formula.value)
        result = f"{symbol}'" if name == "p" else symbols[name]
        found.append(
            Equation(result, value, text, Latex({**numbers, **letters}).text(formula.value), each(pattern, **values))
        )
        values[name] = value
    return found


def _moments(optimizer: Optimizer, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what the formulas of an optimizer call the arrays of its state, with its values."""
    found = dict(state)
    for name, expression in optimizer.moments.items():
        formula = Formula(expression)
        if formula.names() & state.keys():
            found[name] = evaluate(expression, **formula.constants(optimizer), **state)
    return found


def clip_equation(record: Recording) -> tuple[Equation, float] | None:
    """Return the equation and the factor of clipping; None without it."""
    limit = record.network.optimizer.clip_norm
    if limit is None:
        return None
    factor = min(1.0, limit / record.norm) if record.norm else 1.0
    remark = f"the gradient's norm is {record.norm:.6g}, the limit {limit:g}"

    def work(index: tuple[int, ...]) -> list[Term]:
        return [Term("min(1, {limit} / {norm})", {"limit": limit, "norm": record.norm})]

    text = rf"\min(1, {limit:g} / \|g\|)"
    return Equation("cut", np.array(factor), "min(1, clip_norm / norm of all gradients)", text, work, remark), factor
