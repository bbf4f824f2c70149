"""The module formulas.js of a page: activations, losses and optimizers as loops, printed from their formulas."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.losses import AbsoluteError, BinaryCrossEntropy, Huber, Loss, SquaredError
from glassnet.optimizers import SGD, Adagrad, Adam, AdamW, Lion, Optimizer, RMSprop
from glassnet.utils.formula import Formula, Python, formula_of, functions_in
from glassnet.utils.formula_code import JavaScript

__all__ = ["activation_key", "formula_keys", "formulas_module", "rule_key"]

_LOSSES: tuple[type[Loss], ...] = (AbsoluteError, BinaryCrossEntropy, Huber, SquaredError)
_RULES: tuple[Optimizer, ...] = (
    SGD(), SGD(momentum=0.9), SGD(momentum=0.9, nesterov=True), Adagrad(), Adam(), Adam(eps_form="sklearn"), AdamW(),
    AdamW(eps_form="sklearn"), Lion(), RMSprop(), RMSprop(momentum=0.9), RMSprop(centered=True),
    RMSprop(momentum=0.9, centered=True),
)  # fmt: skip
_SCALED: dict[str, str | float] = {"M": 1, "V": 1, "velocity": 1}  # what optimizers hold in the place of a moment
_VARYING = frozenset(("Z", "A", "y", "g", "p"))


def formulas_module(own: Iterable[Activation] = ()) -> str:
    """Return the text of formulas.js.

    Parameters
    ----------
    own : iterable of Activation
        Activations of a network; some may have arguments, or be made of a formula of the user's.

    Examples
    --------
    >>> text = formulas_module()
    >>> text[text.index("tanh:") :].splitlines()[2]
    'apply(Z, A, n) { for (let i = 0; i < n; i++) { A[i] = Math.tanh(Z[i]); } },'
    """
    known = [*(kind() for kind in ACTIVATIONS.values()), *own]
    activations = {activation_key(each): _activation(each) for each in known if formula_of(each) is not None}
    sections = {
        "ACTIVATIONS": activations,
        "LOSSES": {kind.__name__: _loss(kind()) for kind in _LOSSES},
        "RULES": {rule_key(each): _rule(each) for each in _RULES},
    }
    helpers = JavaScript().helpers(functions_in("sigmoid(Z) + softplus(Z)"))
    lines = ["/** Printed from the formulas of glassnet: do not edit. */", *helpers, "export { sigmoid };"]
    for name, entries in sections.items():
        lines += [f"export const {name} = {{", *(f"{_quoted(key)}: {text}," for key, text in entries.items()), "};"]
    return "\n".join(lines) + "\n"


def formula_keys() -> list[str]:
    """Return the names of the plain activations that a page has."""
    return [name for name, kind in ACTIVATIONS.items() if formula_of(kind()) is not None]


def activation_key(activation: Activation) -> str:
    """Return the name under which a page has an activation.

    Examples
    --------
    >>> from glassnet.layers import LeakyReLU, Tanh
    >>> activation_key(Tanh()), activation_key(LeakyReLU(0.2))
    ('tanh', 'LeakyReLU(slope=0.2)')
    """
    for name, kind in ACTIVATIONS.items():
        if type(activation) is kind and activation.config() == kind().config():
            return name
    return repr(activation)


def rule_key(optimizer: Optimizer) -> str:
    """Return the name under which a page has the rule of an optimizer, one for each form that its formulas have.

    Examples
    --------
    >>> rule_key(SGD(momentum=0.9)), rule_key(Adam())
    ('SGD momentum', 'Adam')
    """
    settings = optimizer.settings()
    words = [name for name in ("centered", "momentum", "nesterov") if settings.get(name)]
    return " ".join([type(optimizer).__name__, *words, *(["sklearn"] if settings.get("eps_form") == "sklearn" else [])])


def _quoted(key: str) -> str:
    return key if key.isidentifier() else _string(key)


def _string(text: str) -> str:
    """Return a text as a literal of JavaScript that cannot end a script."""
    escaped = "".join(c if c.isalnum() or c in " ()=.,_+-*" else "".join(_units(c)) for c in text)
    return f'"{escaped}"'


def _units(character: str) -> list[str]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return [f"\\u{raw[i]:02x}{raw[i + 1]:02x}" for i in range(0, len(raw), 2)]


def _loop(formula: Formula, expression: str, target: str, arrays: Mapping[str, str], constants: Any) -> str:
    """Return a loop that gives every entry of an array the value of an expression, or multiplies it by that."""
    printer = JavaScript({**constants, **arrays})
    needed = Formula(expression).names() & formula.definitions.keys()
    own = [f"const {name} = {printer.text(text)}; " for name, text in formula.definitions.items() if needed]
    return f"for (let i = 0; i < n; i++) {{ {''.join(own)}{target} {printer.text(expression)}; }}"


def _activation(activation: Activation) -> str:
    formula = formula_of(activation)
    assert formula is not None
    constants, arrays = formula.constants(activation), {"Z": "Z[i]", "A": "A[i]"}
    apply = _loop(formula, formula.computed, "A[i] =", arrays, constants)
    slope = _loop(formula, formula.derivative, "D[i] *=", arrays, constants)
    people = Python(constants, formula.definitions)
    texts = {"value": people.text(formula.value), "slope": people.factor(formula.derivative)}
    texts["derivative"] = people.text(formula.derivative)
    texts["name"] = next((name for name, kind in ACTIVATIONS.items() if type(activation) is kind), "")
    return f"{{\ntexts: {json.dumps(texts)},\napply(Z, A, n) {{ {apply} }},\nslope(Z, A, D, n) {{ {slope} }},\n}}"


def _loss(loss: Loss) -> str:
    formula = formula_of(loss)
    assert formula is not None
    printed = {name: f"o.{name}" for name in formula.constants(loss)}
    arrays = {"Z": "Z[i]", "y": "y[i]"}
    value = _loop(formula, formula.computed, "sum +=", arrays, printed)
    slope = _loop(formula, formula.derivative, "D[i] =", arrays, printed)
    parts = [
        f"text: {json.dumps(formula.derivative)}",
        f"loss: {json.dumps(Python({}, {}).text(formula.value))}",
        f"value(Z, y, n, o) {{ let sum = 0; {value} return sum; }}",
        f"slope(Z, y, D, n, o) {{ {slope} }}",
    ]
    return "{\n" + ",\n".join(parts) + ",\n}"


def _rule(optimizer: Optimizer) -> str:
    """Return the update of a stretch of parameters: what does not vary among them is computed before the loop."""
    formulas = optimizer.formulas(decays=optimizer.decays)
    state = [name for name in formulas if name not in ("p", "c")]
    hoisting = _Hoisting(_VARYING | formulas.keys() | {"m_hat", "v_hat"})
    body, settings = [], set[str]()
    for name, formula in formulas.items():
        for own, expression in (*formula.definitions.items(), (name, formula.value)):
            settings |= Formula(expression).unknown(*_VARYING, *formulas, *formula.definitions, "lr", "t", "wd")
            text = JavaScript().text(ast.unparse(hoisting.visit(ast.parse(expression, mode="eval").body)))
            body.append(f"{'' if own in ('p', *state) else 'const '}{own} = {text};")
    take = ["let p = P[i]", "g = G[i]", *(f"{name} = all_{name}[i]" for name in state)]
    keep = ["P[i] = p", *(f"all_{name}[i] = {name}" for name in state)]
    before = [f"const all_{name} = S.{name};" for name in state] + [
        f"const {name} = o.{name};" for name in sorted(settings)
    ]
    before += [f"const {name} = {JavaScript().text(text)};" for text, name in hoisting.found.items()]
    loop = f"for (let i = from; i < to; i++) {{ {', '.join(take)}; {' '.join(body)} {'; '.join(keep)}; }}"
    scales = {
        name: JavaScript(_SCALED | {each: f"o.{each}" for each in ("beta1", "beta2")}) for name in optimizer.moments
    }
    moments = [f"{name}: (o) => {printer.text(optimizer.moments[name])}" for name, printer in scales.items()]
    update = f"update(P, G, S, from, to, lr, wd, t, o) {{ {' '.join(before)} {loop} }}"
    texts = _texts(formulas)
    plain = f"plain: {json.dumps(_texts(optimizer.formulas()))}" if optimizer.decays else ""
    parts = [
        f"state: {json.dumps(state)}",
        f"texts: {json.dumps(texts)}",
        f"moments: {{ {', '.join(moments)} }}",
        update,
        *filter(None, [plain]),
    ]
    return "{\n" + ",\n".join(parts) + ",\n}"


def _texts(formulas: Mapping[str, Formula]) -> list[list[str]]:
    return [[name, Python({}, formula.definitions).text(formula.value)] for name, formula in formulas.items()]


class _Hoisting(ast.NodeTransformer):
    """Puts names in the place of what has none of the varying names in it."""

    def __init__(self, varying: Iterable[str]) -> None:
        self._varying, self.found = frozenset(varying), dict[str, str]()

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, (ast.BinOp, ast.Call)):
            return node if isinstance(node, ast.Name) else self.generic_visit(node)
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if names & self._varying:
            return self.generic_visit(node)
        return ast.Name(self.found.setdefault(ast.unparse(node), f"k{len(self.found)}"))
