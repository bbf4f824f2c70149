"""The optimizers as equations: their state, and the new value of every parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.parameters import Slot
from glassnet.explanation.document import Equation
from glassnet.explanation.recording import Recording
from glassnet.explanation.symbols import latex_of
from glassnet.explanation.terms import Pattern, each, worked
from glassnet.layers import Dense
from glassnet.optimizers import Optimizer
from glassnet.utils.formula import Formula, evaluate, is_ours
from glassnet.utils.formula_text import Latex, Words

__all__ = ["clip_equation", "update_equations"]


_LATEX = {"wd": r"\lambda", "eps": r"\epsilon"}


def update_equations(record: Recording, slot: Slot, symbol: str, clipped: Sequence[Equation] | None) -> list[Equation]:
    """Return the equations of the update of one parameter.

    Parameters
    ----------
    record : Recording
    slot : Slot
        Slot of the parameter in the copy.
    symbol : str
        Symbol of the parameter.
    clipped : sequence of Equation or None
        As `clip_equation` returned them.
    """
    optimizer, after = record.network.optimizer, record.after[slot.name]
    if not slot.layer.trainable:
        return [Equation(f"{symbol}'", after, symbol, latex_of(symbol), remark="not trainable: it stays")]
    decays = optimizer.decays and slot.spec.decays
    decay = slot.layer.decay_factor * optimizer.decay_at(record.position) if decays else 0.0
    formulas = optimizer.formulas(bool(decay)) if is_ours(optimizer) or "formulas" in vars(type(optimizer)) else {}
    if not formulas:
        return [Equation(f"{symbol}'", after, f"{symbol} moved by {type(optimizer).__name__}", "")]
    before, new = (_moments(optimizer, states[slot.name]) for states in (record.states, record.new_states))
    rule = _Rule(record, symbol, {"wd": decay})
    rule.take("p", symbol, record.before[slot.name])
    rule.take_gradient(record.penalised[slot.name], clipped)
    rule.take_rate(slot.spec.rate_factor * slot.layer.rate_factor)
    used = set().union(*(formula.names() for formula in formulas.values()))
    for name in sorted(used & before.keys()):
        rule.given(name, before[name])
    for name, formula in formulas.items():
        if name == "p":
            rule.new_value(formula, slot, after)
        else:
            rule.apply(name, formula, f"{name}_{symbol}", new.get(name))
    return rule.found


class _Rule:
    """The equations of one parameter's update as they come about, with the symbols and values known so far."""

    def __init__(self, record: Recording, symbol: str, numbers: dict[str, float]) -> None:
        self.record, self.symbol, self.numbers = record, symbol, numbers
        self.found: list[Equation] = []
        self.symbols: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def take(self, name: str, symbol: str, value: Any) -> None:
        """Map a name of the formulas to a symbol and its value."""
        self.symbols[name], self.values[name] = symbol, value

    def take_gradient(self, value: np.ndarray, clipped: Sequence[Equation] | None) -> None:
        """Take the gradient, after clipping where there is any."""
        slope = f"d{self.symbol}"
        if clipped is None:
            self.take("g", slope, value)
            return
        cut = clipped[-1].value.item()
        names = {"C": ("cut", clipped[-1].value), "D": (slope, value)}
        self.found.append(worked(f"g_{self.symbol}", value * cut, "C * D", **names))
        self.take("g", f"g_{self.symbol}", value * cut)

    def take_rate(self, factor: float) -> None:
        """Take the learning rate, with the factor of the parameter."""
        rate = self.record.rate
        if factor == 1.0:
            self.take("lr", "lr", rate)
            return
        name, own = f"lr_{self.symbol}", np.array(rate * factor)
        self.found.append(Equation(name, own, f"{factor:g} * lr", "", each("{f} * {r}", f=factor, r=rate)))
        self.take("lr", name, own)

    def given(self, name: str, value: np.ndarray) -> None:
        """Add what the optimizer remembers from the steps before."""
        symbol = f"{name}_{self.symbol}_old"
        self.found.append(Equation(symbol, value, remark="from the steps before"))
        self.take(name, symbol, value)

    def apply(self, name: str, formula: Formula, symbol: str, value: np.ndarray | None) -> None:
        """Add the equation of a formula, whose name then stands for the result."""
        numbers = {**formula.constants(self.record.network.optimizer), "t": self.record.t, **self.numbers}
        expression, inner = formula.value, formula.definitions
        if value is None:
            known = {**numbers, **self.values}
            value = evaluate(expression, **known, **formula.defined(**known))
        text = Words({**self.symbols, **numbers}, inner).text(expression)
        letters = {each: latex_of(of) for each, of in self.symbols.items()} | _LATEX
        latex = Latex({**letters, **numbers}, inner).text(expression)
        work = each(Pattern(numbers, inner).text(expression), **self.values)
        self.found.append(Equation(symbol, value, text, latex, work))
        self.take(name, symbol, value)

    def new_value(self, formula: Formula, slot: Slot, after: np.ndarray) -> None:
        """Add the equation of the parameter itself, and of the limit on its columns."""
        limit = self.record.network.max_norm
        if limit is None or not (isinstance(slot.layer, Dense) and slot.spec.decays):
            self.apply("p", formula, f"{self.symbol}'", after)
            return
        self.apply("p", formula, f"{self.symbol}_step", None)
        free = self.values["p"]
        norms = np.sqrt((free * free).sum(axis=0, keepdims=True))
        text = f"{self.symbol}_step * min(1, {limit:g} / length of the column)"
        latex = rf"{latex_of(self.symbol + '_step')} \min(1, {limit:g} / \|\text{{column}}\|)"
        work = each("{w} * min(1, {limit} / {norm})", w=free, limit=limit, norm=norms)
        self.found.append(Equation(f"{self.symbol}'", after, text, latex, work, f"columns cut to max_norm={limit:g}"))


def _moments(optimizer: Optimizer, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what the formulas of an optimizer call the arrays of its state, with its values."""
    found = dict(state)
    for name, expression in optimizer.moments.items():
        formula = Formula(expression)
        if formula.names() & state.keys():
            found[name] = evaluate(expression, **formula.constants(optimizer), **state)
    return found


def clip_equation(record: Recording) -> tuple[Equation, ...] | None:
    """Return the equations of the factor of clipping, that of the factor last; None without it."""
    limit = record.network.optimizer.clip_norm
    if limit is None:
        return None
    factor = min(1.0, limit / record.norm) if record.norm else 1.0
    norm = Equation("norm", np.array(record.norm), "root of the sum of the squares of all gradients", r"\|g\|")
    work = each("min(1, {limit} / {norm})", limit=limit, norm=record.norm) if record.norm else None
    text = rf"\min(1, {limit:g} / \text{{norm}})"
    remark = "every gradient is multiplied by it"
    return norm, Equation("cut", np.array(factor), f"min(1, {limit:g} / norm)", text, work, remark)
