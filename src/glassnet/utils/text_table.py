"""Tables of text in columns, as every ``table()`` and ``repr`` of the library prints them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["table_lines"]


def table_lines(rows: Iterable[Sequence[str]], align: str = "<", at_least: Sequence[int] = (0,)) -> list[str]:
    r"""Return rows of cells as lines whose columns are aligned, two spaces apart.

    Parameters
    ----------
    rows : iterable of sequence of str
        All with the same number of cells; the first may be the header, an empty cell is left blank.
    align : str, default="<"
        For each column ``"<"`` or ``">"``, to the left or to the right; the last one is that of all further columns.
    at_least : sequence of int, default=(0,)
        For each column its smallest width; the last one is that of all further columns.

    Examples
    --------
    >>> rows = [["rate", "loss", ""], ["0.1", "12.5", "best"], ["1", "diverged", ""]]
    >>> print("\n".join(table_lines(rows, align=">><")))
    rate      loss
     0.1      12.5  best
       1  diverged
    """
    cells = [list(row) for row in rows]
    columns = range(len(cells[0]) if cells else 0)
    widths = [max(at_least[min(j, len(at_least) - 1)], *(len(row[j]) for row in cells)) for j in columns]
    formats = [f"{align[min(j, len(align) - 1)]}{widths[j]}" for j in columns]
    return ["  ".join(map(format, row, formats)).rstrip() for row in cells]
