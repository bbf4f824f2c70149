"""An explanation as text for a terminal, as Markdown, as LaTeX and as a page."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glassnet.explanation.document import Equation, Section, entries_of
from glassnet.explanation.layer_formulas import latex_of
from glassnet.explanation.number_format import matrix_cells, number_text, worked_text
from glassnet.utils.text_table import text_table

__all__ = ["Detail", "as_html", "as_latex", "as_markdown", "as_text", "page_of"]


class Detail(NamedTuple):
    """How much is shown.

    Attributes
    ----------
    digits : int
        Significant ones; from 17 on every number can be read back exactly.
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
        """Yield an entry's name, how it is worked, and its value."""
        if equation.work is None or not equation.value.size:
            return
        for index in entries_of(equation.value, self.entries):
            label = equation.symbol + (f"[{', '.join(map(str, index))}]" if index else "")
            text, result = worked_text(equation.work(index), self.show, self.most), self.show(equation.value[index])
            if text != result:
                yield label, text, result


# ---- text ----------------------------------------------------------------------------------------------------------


def as_text(head: Sequence[str], sections: Sequence[Section], detail: Detail, width: int | None) -> str:
    """Return the explanation for a terminal of this width; None does not break lines."""
    lines = [part for line in head for part in (_wrapped(line, width, 2) or [""])]
    for number, section in enumerate(sections, 1):
        title = f"{number}. {section.title}"
        lines += ["", title, "-" * len(title)]
        if section.remark:
            lines += _wrapped(f"   {section.remark}", width, 3)
        for equation in section.equations:
            lines += ([""] if equation.formula else []) + _text_lines(equation, detail, width)
    return "\n".join(lines)


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
    rows = text_table(matrix_cells(equation.value, detail.show, _fitting(equation, detail, width)), align=">")
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
        rows = text_table(matrix_cells(equation.value, detail.show, most), align=">")
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
    for number, section in enumerate(sections, 1):
        lines += ["", f"## {number}. {section.title}"]
        if section.remark:
            lines += ["", section.remark]
        for equation in section.equations:
            formula = f" = {equation.formula}" if equation.formula else ""
            remark = f": {equation.remark}" if equation.remark else ""
            lines += ["", f"`{equation.symbol}{formula}`{remark}", "", "```text"]
            lines += [f"{label} = {text} = {result}" for label, text, result in detail.worked(equation)]
            if equation.value.ndim or not equation.work:
                rows = text_table(matrix_cells(equation.value, detail.show, detail.most), align=">")
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
    """Return the explanation as LaTeX, with ``document`` one that can be compiled as it is."""
    lines = [rf"\section*{{{_escaped(head[0])}}}", *(_escaped(line) + r"\\" for line in head[1:])]
    for number, section in enumerate(sections, 1):
        lines += ["", rf"\subsection*{{{number}. {_escaped(section.title)}}}"]
        if section.remark:
            lines.append(_escaped(section.remark))
        for equation in section.equations:
            lines += _latex_lines(equation, detail)
    body = "\n".join(lines)
    return _DOCUMENT % body if document else body + "\n"


def _latex_lines(equation: Equation, detail: Detail) -> list[str]:
    symbol = latex_of(equation.symbol.rstrip("'")) + "'" * equation.symbol.count("'")
    if "_" in equation.symbol:  # a moment of a parameter, such as m_W1
        name, of = equation.symbol.split("_", 1)
        symbol = rf"{name}_{{{latex_of(of)}}}"
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
.glassnet-step { font: 15px/1.5 system-ui, sans-serif; color: #1b2a33; max-width: 60rem; margin: 0 auto; }
.glassnet-step h1 { font-size: 1.4rem; margin: 0.6rem 0 0.2rem; }
.glassnet-step details { border-left: 3px solid #00897b; margin: 0.8rem 0; padding: 0 0 0 0.9rem; }
.glassnet-step summary { font-weight: 600; cursor: pointer; padding: 0.2rem 0; }
.glassnet-step .equation { margin: 0.7rem 0 0.9rem; overflow-x: auto; }
.glassnet-step .formula { font-family: ui-monospace, monospace; color: #00695c; font-weight: 600; }
.glassnet-step .worked { font-family: ui-monospace, monospace; font-size: 0.85rem; color: #455a64;
  margin-left: 1.2rem; }
.glassnet-step .matrix { display: inline-flex; align-items: center; font-family: ui-monospace, monospace; }
.glassnet-step .matrix > span { margin-right: 0.5rem; white-space: nowrap; }
.glassnet-step .matrix table { border-collapse: collapse; border-left: 1px solid; border-right: 1px solid;
  border-radius: 6px; margin: 0.3rem 0; background: none; }
.glassnet-step .matrix td { padding: 0.05rem 0.55rem; text-align: right; border: 0; background: none;
  font-size: 0.85rem; }
.glassnet-step .remark { color: #78909c; font-size: 0.85rem; margin-left: 0.6rem; }
@media (prefers-color-scheme: dark) {
  .glassnet-step { color: #eceff1; } .glassnet-step .formula { color: #80cbc4; }
  .glassnet-step .worked { color: #b0bec5; }
}
"""


def as_html(head: Sequence[str], sections: Sequence[Section], detail: Detail) -> str:
    """Return the explanation as a fragment of a page, its style included; it loads nothing."""
    parts = [f"<style>{_STYLE}</style>", '<div class="glassnet-step">', f"<h1>{html.escape(head[0])}</h1>"]
    parts += [f"<p>{html.escape(line)}</p>" for line in head[1:] if line]
    for number, section in enumerate(sections, 1):
        parts.append(f"<details open><summary>{number}. {html.escape(section.title)}</summary>")
        if section.remark:
            parts.append(f"<p>{html.escape(section.remark)}</p>")
        parts += [_html_of(equation, detail) for equation in section.equations]
        parts.append("</details>")
    return "\n".join([*parts, "</div>"])


def _html_of(equation: Equation, detail: Detail) -> str:
    remark = f'<span class="remark">{html.escape(equation.remark)}</span>' if equation.remark else ""
    parts = ['<div class="equation">']
    if equation.formula:
        parts.append(
            f'<div class="formula">{html.escape(equation.symbol)} = {html.escape(equation.formula)}{remark}</div>'
        )
        remark = ""
    for label, text, result in detail.worked(equation):
        parts.append(f'<div class="worked">{html.escape(f"{label} = {text} = {result}")}</div>')
    if equation.value.ndim or equation.work is None:
        rows = matrix_cells(equation.value, detail.show, detail.most)
        cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        shape = " x ".join(map(str, equation.value.shape))
        size = f'<span class="remark">{shape}</span>' if equation.value.size > 1 else ""
        matrix = f"<span>{html.escape(equation.symbol)} =</span><table>{cells}</table>{size}{remark}"
        parts.append(f'<div class="matrix">{matrix}</div>')
    return "\n".join([*parts, "</div>"])


def page_of(title: str, body: str) -> str:
    """Return a whole page around a fragment."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n"
        "<style>body { margin: 1rem; } @media (prefers-color-scheme: dark) { body { background: #263238; } }</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
