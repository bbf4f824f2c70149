"""Where the numbers of processes mean the same: one machine, and one container on it."""

from __future__ import annotations

import functools
import os
import platform
from contextlib import suppress
from pathlib import Path

__all__ = ["where_numbered"]


@functools.cache
def where_numbered() -> str:
    """Return a text that differs between machines, and between containers on one of them."""
    found = [platform.node()]
    with suppress(OSError):
        found.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        found.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(found)
