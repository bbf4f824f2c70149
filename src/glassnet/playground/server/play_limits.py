"""What the server of the playground accepts."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.serving.limits import Limits

__all__ = ["PlayLimits"]


@dataclass(frozen=True)
class PlayLimits(Limits):
    """The limits of the playground, beside those of a service.

    Parameters
    ----------
    sockets : int, default=4
        Most pages at once.
    commands_a_second : int, default=60
        Most commands of one page.
    unanswered : int, default=32
        Most commands of one page that are not answered, or whose answer it has not received.
    message_bytes : int, default=1_048_576
        Longest message of a page.
    levels : int, default=20
        How deep lists and objects of a message may be nested.
    upload_bytes : int, default=50_000_000
        Longest file.
    unpacked_bytes : int, default=500_000_000
        Longest file once it is unpacked.
    uploads_bytes : int, default=1_000_000_000
        All files together.
    seconds_to_upload : float, default=120.0
        How long a file may be on its way.
    """

    sockets: int = 4
    commands_a_second: int = 60
    unanswered: int = 32
    message_bytes: int = 2**20
    levels: int = 20
    upload_bytes: int = 50_000_000
    unpacked_bytes: int = 500_000_000
    uploads_bytes: int = 1_000_000_000
    seconds_to_upload: float = 120.0
