"""The test rows of a file with their expected outputs, as Python."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof

__all__ = ["vector_lines"]

_WIDTH = 116


def vector_lines(plan: Plan, proof: Proof) -> str:
    """Return the function ``test_rows`` and the array ``EXPECTED``, which a file's self-test uses."""
    expected = _array("EXPECTED", proof.outputs)
    if isinstance(proof.rows, Mapping):
        columns = [f"        {name!r}: {_column(cells)},\n" for name, cells in proof.rows.items()]
        rows = "    return {\n" + "".join(columns) + "    }"
        return f'def test_rows():\n    """Return the rows of the self-test, by column."""\n{rows}\n\n\n{expected}'
    shape = "" if len(_shape(plan)) == 1 else f".reshape(-1, {', '.join(map(str, _shape(plan)))})"
    function = f'def test_rows():\n    """Return the rows of the self-test."""\n    return ROWS{shape}'
    return f"{function}\n\n\n{_array('ROWS', np.asarray(proof.rows))}\n{expected}"


def _shape(plan: Plan) -> tuple[int, ...]:
    assert plan.core is not None
    shape: tuple[int, ...] = plan.core.network.input_shape or ()
    return shape


def _column(cells: np.ndarray) -> str:
    if cells.dtype == object:
        return repr(cells.tolist())
    return f"np.array([{', '.join(map(_number, cells.tolist()))}])"


def _array(name: str, array: np.ndarray) -> str:
    lines = [f"{name} = np.array("]
    lines.append("    [")
    for row in array.tolist():
        lines += _wrapped("        [", [_number(x) for x in row], "],")
    return "\n".join([*lines, "    ]", ")"])


def _number(value: float) -> str:
    return (
        "np.nan" if value != value else "np.inf" if value == np.inf else "-np.inf" if value == -np.inf else repr(value)
    )


def _wrapped(start: str, words: list[str], end: str) -> list[str]:
    """Return words with commas between them, in lines that can be read."""
    lines, line = [], start
    for position, word in enumerate(words):
        text = word + (", " if position + 1 < len(words) else end)
        if len(line) + len(text.rstrip()) > _WIDTH:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += text
    return [*lines, line]
