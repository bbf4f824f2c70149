"""PyTorch with its fused optimizers."""

from __future__ import annotations

from benchmarks.peers import torch_peer


class Peer(torch_peer.Peer):
    """See the package."""

    options = {"fused": True}  # noqa: RUF012


make = Peer
