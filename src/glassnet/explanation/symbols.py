"""The names of the arrays of an explanation, as text and in LaTeX."""

from __future__ import annotations

import re

__all__ = ["latex_of", "names_in", "parameter_symbol"]

_SHORT = {"weight": "W", "bias": "b"}
_LATEX = {
    "gamma": r"\gamma",
    "beta": r"\beta",
    "mean": r"\text{mean}",
    "var": r"\text{var}",
    "lr": r"\eta",
    "m_hat": r"\hat{m}",
    "v_hat": r"\hat{v}",
    "L_data": r"L_{\text{data}}",
}
_PART = re.compile(r"(.+)_(via\d+|data|old|step)")
_STATE = re.compile(r"(m_hat|v_hat|lr|penalty|[a-z])_(\w*[A-Za-z]\d+)")
_NAME = re.compile(r"[A-Za-z]\w*'?")


def parameter_symbol(name: str, number: str) -> str:
    """Return the symbol of a parameter: W1, b1, gamma2."""
    return f"{_SHORT.get(name, name)}{number}"


def latex_of(symbol: str) -> str:
    r"""Return a symbol in LaTeX: ``dW1`` is the gradient, ``Z1`` has an index, ``m_W1`` belongs to a parameter.

    Examples
    --------
    >>> print(latex_of("dW1"), latex_of("m_hat_W1"), latex_of("dA1_via4"))
    \partial L / \partial W_{1} \hat{m}_{W_{1}} (\partial L / \partial A_{1})_{\text{via 4}}
    """
    if symbol.endswith("'"):
        return latex_of(symbol[:-1]) + "'"
    if symbol in _LATEX:
        return _LATEX[symbol]
    if part := _PART.fullmatch(symbol):
        return rf"({latex_of(part[1])})_{{\text{{{part[2].replace('via', 'via ')}}}}}"
    if state := _STATE.fullmatch(symbol):
        return rf"{_word(state[1])}_{{{latex_of(state[2])}}}"
    if symbol.startswith("d") and len(symbol) > 1 and symbol[-1].isdigit() and not symbol[1].isdigit():
        return rf"\partial L / \partial {latex_of(symbol[1:])}"
    name = symbol.rstrip("0123456789")
    number = symbol[len(name) :]
    return _word(name) + (f"_{{{number}}}" if number else "")


def _word(name: str) -> str:
    if name in _LATEX:
        return _LATEX[name]
    return name if len(name) == 1 else rf"\text{{{name.replace('_', chr(92) + '_')}}}"


def names_in(formula: str) -> list[str]:
    """Return the words of a formula that can be symbols, in order.

    Examples
    --------
    >>> names_in("0.9 * m_W1 + 0.1 * dW1")
    ['m_W1', 'dW1']
    """
    return _NAME.findall(formula)
