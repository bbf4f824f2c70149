"""What a service accepts, and how it says that something is more or other than that."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STOPPING", "Limits", "Refusal", "busy"]


@dataclass(frozen=True)
class Limits:
    """The limits of a service.

    Parameters
    ----------
    body_bytes : int, default=1_000_000
        Longest body of a request.
    header_bytes : int, default=16_384
        Longest head of a request.
    rows : int, default=1000
        Most rows of one request.
    at_once : int, default=32
        Most requests that are worked on at the same time; others are answered with 503.
    open_bodies : int, default=128
        Most requests of which a part is still to come; the oldest is given up for one more.
    connections : int, default=256
        Most open connections.
    seconds_to_send : float, default=10.0
        How long a client may take for the head, and for the body, of a request.
    seconds_to_answer : float, default=30.0
        How long a request may take after that.
    """

    body_bytes: int = 1_000_000
    header_bytes: int = 16_384
    rows: int = 1000
    at_once: int = 32
    open_bodies: int = 128
    connections: int = 256
    seconds_to_send: float = 10.0
    seconds_to_answer: float = 30.0


class Refusal(Exception):  # noqa: N818  # it is an answer, and no error of ours
    """A request that is not answered, with the status of HTTP and a sentence for the client."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


STOPPING = Refusal(503, "the service is stopping: try again later.")


def busy() -> Refusal:
    """Return the refusal of one request too many."""
    return Refusal(503, "too many requests at once: try again in a second.")
