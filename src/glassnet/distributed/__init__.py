"""Training on several processors and machines: what MPI carries from rank to rank, and what it will take.

`MPI` has the options of ``Network.fit(..., shards=, distributed=)``.
"""
