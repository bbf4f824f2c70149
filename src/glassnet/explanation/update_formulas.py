"""The optimizers as equations: their state, and the new value of every parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.engine.parameters import Slot
from glassnet.explanation.document import Equation, Term, is_ours
from glassnet.explanation.layer_formulas import latex_of
from glassnet.explanation.recording import Recording
from glassnet.explanation.terms import each
from glassnet.optimizers import SGD, Adagrad, Adam, Lion, RMSprop

__all__ = ["clip_equation", "update_equations"]


class _Numbers:
    """What the update of one parameter is computed from."""

    def __init__(self, record: Recording, slot: Slot, symbol: str, cut: float) -> None:
        optimizer: Any = record.network.optimizer
        self.optimizer, self.symbol, self.t = optimizer, symbol, record.t
        self.p, self.after = record.before[slot.name], record.after[slot.name]
        self.g = record.penalised[slot.name] * cut
        self.old, self.new = record.states[slot.name], record.new_states[slot.name]
        self.rate = record.rate * slot.spec.rate_factor * slot.layer.rate_factor
        decays = optimizer.decays and slot.spec.decays
        self.decay = slot.layer.decay_factor * optimizer.decay_at(record.position) if decays else 0.0

    def array(self, name: str, scale: float = 1.0) -> np.ndarray:
        """Return the state before the step."""
        return self.old[name] * scale


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
    numbers = _Numbers(record, slot, symbol, cut)
    if not slot.layer.trainable:
        return [Equation(f"{symbol}'", numbers.after, symbol, latex_of(symbol), remark="not trainable: it stays")]
    ours = is_ours(numbers.optimizer)
    for kind, equations in ((SGD, _sgd), (Adam, _adam), (RMSprop, _rmsprop), (Adagrad, _adagrad), (Lion, _lion)):
        if ours and isinstance(numbers.optimizer, kind):
            return equations(numbers)
    name = type(numbers.optimizer).__name__
    return [Equation(f"{symbol}'", numbers.after, f"{symbol} moved by {name}", "")]


def _sgd(n: _Numbers) -> list[Equation]:
    s, text, slope = n.symbol, latex_of(n.symbol), latex_of(f"d{n.symbol}")
    if not n.optimizer.momentum:
        formula, latex = f"{s} - lr * d{s}", rf"{text} - \eta \, {slope}"
        return [Equation(f"{s}'", n.after, formula, latex, each("{p} - {lr} * {g}", p=n.p, lr=n.rate, g=n.g))]
    m, new = n.optimizer.momentum, n.new["velocity"]
    v = Equation(
        f"v_{s}",
        new,
        f"{m:g} * v_{s} - lr * d{s}",
        rf"{m:g} v - \eta \, {slope}",
        each("{m} * {v} - {lr} * {g}", m=m, v=n.array("velocity"), lr=n.rate, g=n.g),
    )
    if not n.optimizer.nesterov:
        return [v, Equation(f"{s}'", n.after, f"{s} + v_{s}", f"{text} + v", each("{p} + {v}", p=n.p, v=new))]
    formula, latex = f"{s} + {m:g} * v_{s} - lr * d{s}", rf"{text} + {m:g} v - \eta \, {slope}"
    step = Equation(
        f"{s}'", n.after, formula, latex, each("{p} + {m} * {v} - {lr} * {g}", p=n.p, m=m, v=new, lr=n.rate, g=n.g)
    )
    return [v, step]


def _average(n: _Numbers, name: str, state: str, beta: float, power: int) -> Equation:
    """Return the moving average of the gradient, or of its square, which the state holds divided by 1 - beta."""
    s, square = n.symbol, "**2" if power == 2 else ""
    return Equation(
        f"{name}_{s}",
        n.new[state] * (1.0 - beta),
        f"{beta:g} * {name}_{s} + {1.0 - beta:g} * d{s}{square}",
        rf"{beta:g} {name} + {1.0 - beta:g} \, ({latex_of('d' + s)})" + ("^2" if power == 2 else ""),
        each(f"{{b}} * {{old}} + (1 - {{b}}) * {{g}}{square}", b=beta, old=n.array(state, 1.0 - beta), g=n.g),
    )


def _adam(n: _Numbers) -> list[Equation]:
    s, o, t = n.symbol, n.optimizer, n.t
    m, v = _average(n, "m", "M", o.beta1, 1), _average(n, "v", "V", o.beta2, 2)
    c1, c2 = f"(1 - {o.beta1!r}**{t})", f"(1 - {o.beta2!r}**{t})"
    start, formula = ("{p}", s) if not n.decay else ("{p} * (1 - {lr} * {wd})", f"{s} * (1 - lr * {n.decay:g})")
    if o.eps_form == "torch":
        pattern = f"{start} - {{lr}} * ({{m}} / {c1}) / (sqrt({{v}} / {c2}) + {o.eps!r})"
        formula += f" - lr * m_hat / (sqrt(v_hat) + {o.eps:g}), m_hat = m / (1 - {o.beta1:g}**{t}), "
        formula += f"v_hat = v / (1 - {o.beta2:g}**{t})"
    else:
        pattern = f"{start} - {{lr}} * sqrt({c2}) / {c1} * {{m}} / (sqrt({{v}}) + {o.eps!r})"
        formula += f" - lr * sqrt(1 - {o.beta2:g}**{t}) / (1 - {o.beta1:g}**{t}) * m / (sqrt(v) + {o.eps:g})"
    decay = rf"(1 - {n.rate * n.decay:g})\, " if n.decay else ""
    latex = rf"{decay}{latex_of(s)} - \eta \, \hat m / (\sqrt{{\hat v}} + \epsilon)"
    numbers = {"p": n.p, "lr": n.rate, "m": m.value, "v": v.value, "wd": n.decay}
    return [m, v, Equation(f"{s}'", n.after, formula, latex, each(pattern, **numbers))]


def _rmsprop(n: _Numbers) -> list[Equation]:
    s, o = n.symbol, n.optimizer
    rho, slope = o.rho, latex_of(f"d{n.symbol}")

    def average(name: str, square: str) -> Equation:
        formula = f"{rho:g} * {name}_{s} + {1.0 - rho:g} * d{s}{square}"
        pattern = f"{{r}} * {{old}} + (1 - {{r}}) * {{g}}{square}"
        latex = rf"{rho:g} {name} + {1.0 - rho:g} \, ({slope})" + ("^2" if square else "")
        return Equation(f"{name}_{s}", n.new[name], formula, latex, each(pattern, r=rho, old=n.array(name), g=n.g))

    found = [average("v", "**2")] + ([average("m", "")] if o.centered else [])
    under = "max({v} - {m}**2, 0)" if o.centered else "{v}"
    scaled = f"{{g}} / (sqrt({under}) + {o.eps!r})"
    words = f"d{s} / (sqrt({f'v_{s} - m_{s}**2' if o.centered else f'v_{s}'}) + {o.eps:g})"
    numbers: dict[str, Any] = {"p": n.p, "lr": n.rate, "g": n.g, "v": n.new["v"]}
    if o.centered:
        numbers["m"] = n.new["m"]
    if o.momentum:
        pattern, formula = f"{o.momentum!r} * {{b}} + {scaled}", f"{o.momentum:g} * b_{s} + {words}"
        found.append(Equation(f"b_{s}", n.new["b"], formula, "", each(pattern, **numbers, b=n.array("b"))))
        step = Equation(
            f"{s}'", n.after, f"{s} - lr * b_{s}", "", each("{p} - {lr} * {b}", p=n.p, lr=n.rate, b=n.new["b"])
        )
        return [*found, step]
    latex = rf"{latex_of(s)} - \eta \, {slope} / (\sqrt{{v}} + \epsilon)"
    return [
        *found,
        Equation(f"{s}'", n.after, f"{s} - lr * {words}", latex, each(f"{{p}} - {{lr}} * {scaled}", **numbers)),
    ]


def _adagrad(n: _Numbers) -> list[Equation]:
    s, eps, slope = n.symbol, n.optimizer.eps, latex_of(f"d{n.symbol}")
    new = n.new["s"]
    sums = Equation(f"s_{s}", new, f"s_{s} + d{s}**2", rf"s + ({slope})^2", each("{s} + {g}**2", s=n.array("s"), g=n.g))
    pattern = f"{{p}} - {{lr}} * {{g}} / (sqrt({{s}}) + {eps!r})"
    formula = f"{s} - lr * d{s} / (sqrt(s_{s}) + {eps:g})"
    latex = rf"{latex_of(s)} - \eta \, {slope} / (\sqrt{{s}} + \epsilon)"
    return [sums, Equation(f"{s}'", n.after, formula, latex, each(pattern, p=n.p, lr=n.rate, g=n.g, s=new))]


def _lion(n: _Numbers) -> list[Equation]:
    s, o = n.symbol, n.optimizer
    m = n.array("M", 1.0 - o.beta2)
    c = o.beta1 * m + (1.0 - o.beta1) * n.g
    mixed = Equation(
        f"c_{s}",
        c,
        f"{o.beta1:g} * m_{s} + {1.0 - o.beta1:g} * d{s}",
        rf"{o.beta1:g} m + {1.0 - o.beta1:g} \, {latex_of('d' + s)}",
        each("{b} * {m} + (1 - {b}) * {g}", b=o.beta1, m=m, g=n.g),
    )
    pattern, formula = "{p} - {lr} * sign({c})", f"{s} - lr * sign(c_{s})"
    if n.decay:
        pattern, formula = "{p} - {lr} * (sign({c}) + {wd} * {p})", f"{s} - lr * (sign(c_{s}) + {n.decay:g} * {s})"
    step = Equation(f"{s}'", n.after, formula, "", each(pattern, p=n.p, lr=n.rate, c=c, wd=n.decay))
    return [mixed, step, _average(n, "m", "M", o.beta2, 1)]


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
