"""One number of ranks in a forecast, and its cells in a table."""

from __future__ import annotations

import dataclasses

from glassnet.utils.short_text import number_text

__all__ = ["ROW_HEAD", "ForecastRow", "row_texts"]

ROW_HEAD = ("ranks", "ms a step", "speed-up", "efficiency", "ms in communication", "limit")
"""The headings of a table of forecasts."""


@dataclasses.dataclass(frozen=True)
class ForecastRow:
    """What is forecast for one number of ranks.

    Attributes
    ----------
    ranks : int
        How many.
    step_ms : float
        Milliseconds a step.
    speedup : float
        How many times as fast as one process that has each batch in one piece.
    efficiency : float
        ``speedup / ranks``.
    communication_ms : float
        Milliseconds of each step in which messages are exchanged and added up.
    limit : str
        What takes longest: ``"rows"``, the passes as far as they depend on the number of rows; ``"calls"``, the rest of
        them; ``"optimizer"``; or of the reduction the ``"latency"``, the ``"bandwidth"`` or the ``"additions"``.
    """

    ranks: int
    step_ms: float
    speedup: float
    efficiency: float
    communication_ms: float
    limit: str


def row_texts(row: ForecastRow) -> list[str]:
    """Return the cells of a row as text.

    Examples
    --------
    >>> row_texts(ForecastRow(8, 3.4567, 6.61, 0.826, 1.5512, "rows"))
    ['8', '3.46', '6.61', '83%', '1.55', 'rows']
    """
    step, exchange = number_text(row.step_ms, 3), number_text(row.communication_ms, 3)
    return [f"{row.ranks:,}", step, f"{row.speedup:.2f}", f"{row.efficiency:.0%}", exchange, row.limit]
