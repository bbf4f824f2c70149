"""An explanation as text for a terminal, as Markdown, as LaTeX and as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glassnet.explanation.document import Equation, Section, entries_of
from glassnet.explanation.number_format import matrix_cells, number_text, worked_text
from glassnet.explanation.symbols import latex_of
from glassnet.utils.html import Markup, element, fragment, table
from glassnet.utils.text_table import table_lines

__all__ = ["Detail", "as_html", "as_latex", "as_markdown", "as_text"]

_LONG, _MANY = 150, 14  # lines, and sections, from which on there is a table of contents


class Detail(NamedTuple):
    """How much of an explanation is shown.

    Attributes
    ----------
    digits : int
        Significant digits; with 17 every number can be read back exactly.
    entries : int or None
        How many entries of an array are worked; None for all.
    most : int or None
        How many rows and columns of an array, and terms of a sum, are shown; None for all.
    """

    digits: int = 4
    entries: int | None = 2
    most: int | None = 6

    def show(self, value: float) -> str:
        """Return one number."""
        return number_text(value, self.digits)

    def worked(self, equation: Equation) -> Iterator[tuple[str, str, str]]:
        """Yield name, worked expression and value of each line."""
        if equation.work is None or not equation.value.size:
            return
        for index in entries_of(equation.value, self.entries):
            label = equation.symbol + (f"[{', '.join(map(str, index))}]" if index else "")
            text, result = worked_text(equation.work(index), self.show, self.most), self.show(equation.value[index])
            if text != result:
                yield label, text, result


# ---- text ----------------------------------------------------------------------------------------------------------


def as_text(head: Sequence[str], sections: Sequence[Section], detail: Detail, width: int | None) -> str:
    """Return the explanation as text of this width; None does not break lines."""
    head_lines = [part for line in head for part in (_wrapped(line, width, 2) or [""])]
    lines: list[str] = []
    for title, section in _titled(sections):
        lines += ["", title, "-" * len(title)]
        if section.remark:
            lines += _wrapped(f"   {section.remark}", width, 3)
        for equation in section.equations:
            lines += ([""] if equation.formula else []) + _text_lines(equation, detail, width)
    if len(lines) >= _LONG:
        contents = [part for title, _ in _titled(sections) for part in _wrapped(f"   {title}", width, 6)]
        head_lines += ["", "Contents", "--------", *contents]
    return "\n".join(head_lines + lines)


def _titled(sections: Sequence[Section]) -> Iterator[tuple[str, Section]]:
    """Yield each section with its title: its number in the whole step, or else its place here, in front."""
    numbered = any(section.number for section in sections)
    for place, section in enumerate(sections, 1):
        number = section.number if numbered else place
        yield (f"{number}. {section.title}" if number else section.title), section


def _text_lines(equation: Equation, detail: Detail, width: int | None) -> list[str]:
    shape = " x ".join(map(str, equation.value.shape))
    remark = f"  # {equation.remark}" if equation.remark else ""
    lines: list[str] = []
    if equation.formula:
        lines += _wrapped(f"   {equation.symbol} = {equation.formula}{remark}", width, 6)
        remark = ""
    for label, text, result in detail.worked(equation):
        lines += _wrapped(f"     {label} = {text} = {result}", width, 9)
    if equation.value.ndim == 0:
        if not equation.work:
            lines.append(f"     {equation.symbol} = {detail.show(float(equation.value))}{remark}")
        return lines
    if equation.value.ndim > 1 and len(equation.value) > 1 and detail.most and not equation.value.any():
        return [*lines, *_wrapped(f"     {equation.symbol} = 0 in every entry  ({shape}){remark}", width, 9)]
    rows = table_lines(matrix_cells(equation.value, detail.show, _fitting(equation, detail, width)), align=">")
    start, size = f"     {equation.symbol} = ", f"  ({shape})" if equation.value.size > 1 else ""
    if width is not None and len(start) + len(rows[0]) + 4 + len(size) > width:
        lines.append(start.rstrip())
        start = " " * 9
    lines += [f"{start if not i else ' ' * len(start)}[ {row} ]" for i, row in enumerate(rows)]
    lines[-1] += size
    if width is None or len(lines[-1]) + len(remark) <= width:
        lines[-1] += remark
    return lines


def _fitting(equation: Equation, detail: Detail, width: int | None) -> int | None:
    """Return how many rows and columns to show, fewer where the lines would be too long."""
    most = detail.most
    while most is not None and width is not None and most > 3:
        rows = table_lines(matrix_cells(equation.value, detail.show, most), align=">")
        if len(rows[0]) + len(equation.symbol) + 24 <= width:
            break
        most -= 1
    return most


def _wrapped(line: str, width: int | None, indent: int) -> list[str]:
    if width is None:
        return [line]
    kept = len(line) - len(line.lstrip())
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=" " * kept,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


# ---- Markdown ------------------------------------------------------------------------------------------------------


def as_markdown(head: Sequence[str], sections: Sequence[Section], detail: Detail) -> str:
    """Return the explanation as Markdown, arrays in blocks of text."""
    lines = [f"# {head[0]}", "", *head[1:]]
    if len(sections) >= _MANY:
        lines += ["", "Contents:", "", *(f"* {title}" for title, _ in _titled(sections))]
    for title, section in _titled(sections):
        lines += ["", f"## {title}"]
        if section.remark:
            lines += ["", section.remark]
        for equation in section.equations:
            formula = f" = {equation.formula}" if equation.formula else ""
            remark = f": {equation.remark}" if equation.remark else ""
            lines += ["", f"`{equation.symbol}{formula}`{remark}", "", "```text"]
            lines += [f"{label} = {text} = {result}" for label, text, result in detail.worked(equation)]
            if equation.value.ndim or not equation.work:
                rows = table_lines(matrix_cells(equation.value, detail.show, detail.most), align=">")
                start = f"{equation.symbol} = "
                lines += [f"{start if not i else ' ' * len(start)}[ {row} ]" for i, row in enumerate(rows)]
            lines.append("```")
    return "\n".join(lines) + "\n"


# ---- LaTeX ---------------------------------------------------------------------------------------------------------

_DOCUMENT = r"""\documentclass{article}
\usepackage[margin=2cm]{geometry}
\usepackage{amsmath}
\allowdisplaybreaks
\setcounter{MaxMatrixCols}{30}
\begin{document}
%s
\end{document}
"""


def as_latex(head: Sequence[str], sections: Sequence[Section], detail: Detail, *, document: bool) -> str:
    """Return the explanation as LaTeX; with ``document`` as a complete document."""
    lines = [rf"\section*{{{_escaped(head[0])}}}", *(_escaped(line) + r"\\" for line in head[1:])]
    for title, section in _titled(sections):
        lines += ["", rf"\subsection*{{{_escaped(title)}}}"]
        if section.remark:
            lines.append(_escaped(section.remark))
        for equation in section.equations:
            lines += _latex_lines(equation, detail)
    body = "\n".join(lines)
    return _DOCUMENT % body if document else body + "\n"


def _latex_lines(equation: Equation, detail: Detail) -> list[str]:
    symbol = latex_of(equation.symbol)
    formula = equation.latex or (rf"\text{{{_escaped(equation.formula)}}}" if equation.formula else "")
    rows = matrix_cells(equation.value, detail.show, detail.most)
    body = r" \\ ".join(" & ".join(_latex_number(cell) for cell in row) for row in rows)
    value = rf"\begin{{pmatrix}} {body} \end{{pmatrix}}" if equation.value.ndim else _latex_number(rows[0][0])
    lines = [r"\begin{align*}", f"{symbol} &= {formula + ' = ' if formula else ''}{value}"]
    for label, text, result in detail.worked(equation):
        lines[-1] += r" \\"
        lines.append(rf"& \quad \mathtt{{{_escaped(label)}}} = \texttt{{{_escaped(text)}}} = {_latex_number(result)}")
    return [*lines, r"\end{align*}"]


def _latex_number(text: str) -> str:
    if "e" in text and text[0] in "-0123456789":
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return text.replace("...", r"\cdots").replace("inf", r"\infty").replace("nan", r"\text{nan}")


def _escaped(text: str) -> str:
    marks = {"\\": r"\textbackslash{}", "_": r"\_", "#": r"\#", "%": r"\%", "&": r"\&", "$": r"\$", "{": r"\{"}
    marks |= {
        "}": r"\}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
    return "".join(marks.get(letter, letter) for letter in text)


# ---- HTML ----------------------------------------------------------------------------------------------------------

_STYLE = """
details { border-left: 3px solid #00897b; margin: 0.8rem 0; padding: 0 0 0 0.9rem; }
summary { font-weight: 600; cursor: pointer; padding: 0.2rem 0; }
.equation { margin: 0.7rem 0 0.9rem; overflow-x: auto; }
.formula { font-family: ui-monospace, monospace; color: var(--accent); font-weight: 600; }
.worked { font-family: ui-monospace, monospace; font-size: 0.85rem; color: var(--quiet); margin-left: 1.2rem; }
.matrix { display: inline-flex; align-items: center; font-family: ui-monospace, monospace; }
.matrix > span { margin-right: 0.5rem; white-space: nowrap; }
.matrix table { border-collapse: collapse; border: solid; border-width: 0 1px; border-radius: 6px; background: none; }
.matrix td { padding: 0.05rem 0.55rem; text-align: right; border: 0; background: none; font-size: 0.85rem; }
.remark { color: #78909c; font-size: 0.85rem; margin-left: 0.6rem; }
"""


def as_html(head: Sequence[str], sections: Sequence[Section], detail: Detail) -> Markup:
    """Return the explanation as a fragment of a page, its style included; it loads nothing."""
    heading = [element("h1", head[0])] if head[0] else []  # without one it is part of a page that has its own
    parts = [*heading, *(element("p", line) for line in head[1:] if line)]
    if len(sections) >= _MANY:
        links = [element("a", title, href=f"#{_anchor(title)}") for title, _ in _titled(sections)]
        parts.append(element("nav", *(element("div", link) for link in links)))
    for title, section in _titled(sections):
        remark = [element("p", section.remark)] if section.remark else []
        equations = [_html_of(equation, detail) for equation in section.equations]
        parts.append(element("details", element("summary", title), *remark, *equations, open="", id=_anchor(title)))
    return fragment("step", _STYLE, *parts)


def _anchor(title: str) -> str:
    """Return what a link to a section says."""
    return "step-" + "".join(letter if letter.isalnum() else "-" for letter in title)


def _html_of(equation: Equation, detail: Detail) -> Markup:
    remark = [element("span", equation.remark, class_="remark")] if equation.remark else []
    parts = []
    if equation.formula:
        parts.append(element("div", f"{equation.symbol} = {equation.formula}", *remark, class_="formula"))
        remark = []
    for label, text, result in detail.worked(equation):
        parts.append(element("div", f"{label} = {text} = {result}", class_="worked"))
    if equation.value.ndim or equation.work is None:
        numbers = table(matrix_cells(equation.value, detail.show, detail.most))
        shape = " x ".join(map(str, equation.value.shape))
        size = [element("span", shape, class_="remark")] if equation.value.size > 1 else []
        parts.append(element("div", element("span", f"{equation.symbol} ="), numbers, *size, *remark, class_="matrix"))
    return element("div", *parts, class_="equation")
