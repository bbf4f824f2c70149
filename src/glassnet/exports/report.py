"""What an export wrote, and what was checked of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glassnet.utils.short_text import count
from glassnet.utils.text_table import table_lines

__all__ = ["ExportReport"]


@dataclass(frozen=True)
class ExportReport:
    """What `export` wrote, and how it was checked; printed as a table.

    Attributes
    ----------
    target : str
        Name of the target.
    paths : tuple of Path
        The files that were written, the main one first.
    n_bytes : int
        Their size.
    digest : str
        SHA-256 of the steps of the model and their numbers.
    n_rows : int
        Rows on which errors were measured.
    plan_error : float
        Largest error of the steps that were printed, in the arithmetic of the target, against the model: relative to
        the largest ``abs(y)`` of that output, if that is above 1.
    error : float or None
        Largest error of the file's own outputs when it was run, likewise; None if it was not run.
    n_run : int
        On how many rows: fewer where the target is slow.
    failures : int or None
        What the file's self-test returned; None if it was not run.
    seconds : float or None
        Time of one row, where the run measured it.
    ran_in : str
        What ran it.
    notes : dict of str to str
        Further facts by name.
    unchecked : tuple of str
        What was not checked, and why.
    """

    target: str
    paths: tuple[Path, ...]
    n_bytes: int
    digest: str
    n_rows: int
    plan_error: float
    error: float | None
    n_run: int
    failures: int | None
    seconds: float | None
    ran_in: str
    notes: dict[str, str]
    unchecked: tuple[str, ...]

    def table(self) -> str:
        """Return the report as lines of text."""
        return "\n".join(table_lines(self._rows()))

    def _rows(self) -> list[tuple[str, str]]:
        """Return the facts by name."""
        rows = [
            ("target", self.target),
            ("files", ", ".join(str(path) for path in self.paths)),
            ("bytes", f"{self.n_bytes:,}"),
            ("steps", f"worst error {self.plan_error:.1e} on {self.n_rows:,} rows against the model"),
        ]
        if self.error is not None:
            rows.append(("run", f"worst error {self.error:.1e} on {self.n_run:,} rows in {self.ran_in}"))
        if self.failures is not None:
            rows.append(("self-test", "passed" if not self.failures else count(self.failures, "failure")))
        if self.seconds is not None:
            rows.append(("one row", _time(self.seconds)))
        rows += self.notes.items()
        rows += [("not checked", reason) for reason in self.unchecked]
        return rows

    def _repr_html_(self) -> str:
        from glassnet.exports.report_html import export_html

        return export_html(self)

    def __repr__(self) -> str:
        return self.table()


def _time(seconds: float) -> str:
    """Return a short time in words.

    Examples
    --------
    >>> _time(2.3e-7), _time(0.00123)
    ('0.23 µs', '1,230 µs')
    """
    micro = seconds * 1e6
    return f"{micro:,.0f} µs" if micro >= 10.0 else f"{micro:.2g} µs"
