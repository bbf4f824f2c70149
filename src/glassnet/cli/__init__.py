"""The command line: ``glassnet train``, ``predict``, ``evaluate``, ``show`` and ``scratch``.

Each command is a plain function from options to a result that JSON can hold, and prints nothing; `app` turns words into
options and results into text.
"""

from __future__ import annotations

__all__: list[str] = []
