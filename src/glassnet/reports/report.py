"""A report: plain data about a model on some rows, shown as text or as one page of HTML."""

from __future__ import annotations

import os
from typing import Any

from glassnet.errors import ConfigError, DataError
from glassnet.reports.page import report_fragment, report_page, title_of
from glassnet.reports.text import report_text
from glassnet.saving.writing import check_target, write_atomically
from glassnet.utils.report_type import ReportLike
from glassnet.utils.wording import plain_data

__all__ = ["Report"]

_ENDINGS = (".html", ".htm")
_HEAD = 2**18  # characters in which a page shows who wrote it


class Report(ReportLike):
    """What a model is worth on some rows, as one object for Python, notebooks and the command line.

    ``model.report``, ``net.report`` and ``glassnet evaluate --report`` make it; a notebook shows it as a page,
    ``print`` as text.

    Parameters
    ----------
    facts : dict
        Everything that is shown, as plain data that JSON can hold; sections whose facts are not there are left out.

    Attributes
    ----------
    facts : dict
        The same.

    Examples
    --------
    >>> import glassnet as gn
    >>> X, y = gn.datasets.moons(200, seed=0)
    >>> net = gn.Network([gn.Dense(16, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)
    >>> history = net.fit(X, y, epochs=20)
    >>> report = net.report(X, y, class_names=["upper", "lower"])
    >>> sorted(report.to_dict()["scores"]["network"])
    ['accuracy', 'balanced_accuracy', 'log_loss']
    >>> report.save("moons.html")  # doctest: +SKIP
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def to_dict(self) -> dict[str, Any]:
        """Return a copy of the facts that JSON can hold: None stands for what is no finite number."""
        found: dict[str, Any] = plain_data(self.facts)
        return found

    def to_html(self) -> str:
        """Return one page of HTML that loads no other files."""
        return report_page(self.facts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to ``path``, a name that ends in ``.html``; only a page of glassnet is replaced.

        Raises
        ------
        ConfigError
            The name ends otherwise, or no file can be written there.
        DataError
            Somebody else's file has the name.
        """
        target = check_target(path)
        if not os.fspath(path).lower().endswith(_ENDINGS):
            message = f"Report.save: {os.fspath(path)!r} is no name of a page; it must end in .html or .htm."
            raise ConfigError(message, expected=_ENDINGS, got=path)
        if target.exists() and target.stat().st_size:
            with target.open(encoding="utf-8", errors="replace") as file:
                if 'class="glassnet ' not in file.read(_HEAD):
                    message = (
                        f"Report.save: {os.fspath(path)!r} is a file that glassnet did not write; it must not be lost. "
                        "Choose another name."
                    )
                    raise DataError(message, got=path)
        write_atomically(target, self.to_html().encode())

    def _repr_html_(self) -> str:
        return str(report_fragment(self.facts))

    def __str__(self) -> str:
        return report_text(self.facts)

    def __repr__(self) -> str:
        return f"{report_text(self.facts)}\n(a report of {title_of(self.facts)}: .save('report.html') writes the page)"
