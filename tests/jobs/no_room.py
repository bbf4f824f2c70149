"""Save a network, then save one that is larger than any file may be: prints what was raised.

Usage: no_room.py FILE
"""

from __future__ import annotations

import resource
import sys

import glassnet as gn

gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,), seed=0).save(sys.argv[1])
large = gn.Network([gn.Dense(100)], loss="squared_error", input_shape=(100,), seed=0)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    large.save(sys.argv[1])
except OSError as error:
    print(f"{type(error).__name__}: {error.strerror}")
