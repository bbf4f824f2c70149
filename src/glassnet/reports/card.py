"""The card of a report: data, versions, how to repeat it, and how to use the model."""

from __future__ import annotations

import os
import platform
import shlex
import time
from typing import Any

import numpy as np

from glassnet.reports.split_text import how_divided
from glassnet.utils.short_text import count, plain
from glassnet.utils.version import VERSION

__all__ = ["card_of", "date_now", "uses_of"]


def date_now() -> str:
    """Return the date and time in UTC; of the environment variable SOURCE_DATE_EPOCH, if it is set, for equal files.

    Examples
    --------
    >>> import os
    >>> os.environ["SOURCE_DATE_EPOCH"] = "86400"
    >>> date_now()
    '1970-01-02 00:00 UTC'
    >>> del os.environ["SOURCE_DATE_EPOCH"]
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(given) if given.isdecimal() and len(given) < 12 else time.time()
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def card_of(facts: dict[str, Any], *, repeat: str, is_code: bool, uses: list[list[str]]) -> dict[str, Any]:
    """Return the card, JSON-able.

    Parameters
    ----------
    facts : dict
        Of a report.
    repeat : str
        The command or the code that makes the report again.
    is_code : bool
        Whether that is Python.
    uses : list
        Of `uses_of`.
    """
    rows = facts["rows"]
    parts = [f"{rows[part]:,} {part}" for part in ("training", "validation", "test", "scored") if part in rows]
    of_rows = f", {count(rows['read'], 'row')}" if "read" in rows else ""
    lines = [
        ["data", plain(facts["data"], 200) + of_rows + (f" ({', '.join(parts)})" if parts else "")],
        ["target", f"{plain(facts['target'], 200)} ({facts['task']})"],
    ]
    if facts.get("trained_rows"):
        lines.append(["trained on", f"{count(facts['trained_rows'], 'row')} of {plain(facts['trained_on'], 200)}"])
    divided = how_divided(facts["split"]) if facts.get("split") else ""
    if facts.get("split"):
        lines.append(["split", divided or f"at random, seed {facts['training']['seed']}"])
    if facts.get("model_path"):
        lines.append(["model file", plain(facts["model_path"], 200)])
    lines.append(["date", date_now()])
    lines.append(["versions", f"glassnet {VERSION}, Python {platform.python_version()}, NumPy {np.__version__}"])
    return {"lines": lines, "repeat": repeat, "is_code": is_code, "uses": uses}


def uses_of(path: str, data: str, row: int | None) -> list[list[str]]:
    """Return what can be done with a model in a file, each ``[title, command or code]``.

    Parameters
    ----------
    path : str
        Of the model; "" if it is not in a file yet.
    data : str
        The table, for an example.
    row : int or None
        A row of it to explain, counted from 1.
    """
    if not path:
        return [
            ["Python", "model.predict(frame)\nmodel.predict_one(row)\nmodel.why(frame)"],
            ["Keep it", 'model.save("model.safetensors")'],
        ]
    model = shlex.quote(path)
    is_file = data != "standard input"
    explained = f"glassnet explain {model} {shlex.quote(data)}" + (f" --row {row}" if row else "")
    return [
        ["Predict", f"glassnet predict {model} new.csv"],
        *([["Explain a row", explained]] if is_file else []),
        ["Serve over HTTP", f"glassnet serve {model}"],
        ["Without glassnet", f"glassnet export {model} --to html"],
        [
            "Python",
            f"from glassnet.tabular import TableModel\n\nmodel = TableModel.load({path!r})\nmodel.predict(frame)",
        ],
    ]
