"""PyTorch with its compiler and fused optimizers; needs a C++ compiler."""

from __future__ import annotations

from benchmarks.peers import torch_peer


class Peer(torch_peer.Peer):
    """See the package."""

    options = {"fused": True}  # noqa: RUF012
    compiles = True


make = Peer
