"""Training on several processors and machines: what MPI carries from rank to rank, and what it will take.

`MPI` has the options of ``Network.fit(..., shards=, distributed=)``.
"""

from __future__ import annotations

from glassnet.distributed.options import MPI

__all__ = ["MPI"]
