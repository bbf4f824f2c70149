"""The command line: ``glassnet train``, ``predict``, ``evaluate``, ``explain``, ``show`` and ``scratch``.

`options` declares the commands for Typer and `app` runs them. In ``commands/`` each command is a function from options
to a result, JSON-able, that prints nothing, and one that prints it. ``training/`` trains and scores; ``output/`` makes
text and pages of results.
"""

from __future__ import annotations

__all__: list[str] = []
