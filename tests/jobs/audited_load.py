"""Load model files while Python reports what it does: prints outcomes and suspicious events as a line of JSON.

Usage: audited_load.py FIRST_GOOD_FILE FILE...
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import glassnet as gn

HARMLESS = ("open", "os.listdir", "os.scandir", "object.", "sys._getframe", "builtins.id", "array.", "numpy.", "fcntl.")
events: list[str] = []
watching = False


def listen(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what is more than reading."""
    if watching and not event.startswith(HARMLESS):
        events.append(f"{event} {arguments!r:.200}")


gn.load(sys.argv[1])  # everything that is imported on the way is
with contextlib.suppress(gn.FormatError):
    gn.load(sys.argv[2])
sys.addaudithook(listen)
outcomes = []
for path in sys.argv[1:]:
    watching = True
    try:
        gn.load(path)
        outcomes.append("loaded")
    except gn.FormatError:
        outcomes.append("refused")
    finally:
        watching = False
print(json.dumps({"outcomes": outcomes, "events": events}))
