"""Run a service until somebody stops it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from glassnet.errors import ConfigError, TableWarning
from glassnet.serving.app import make_app
from glassnet.serving.limits import Limits
from glassnet.utils.checks import require_extra

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["open_to_others", "serve"]

_SECONDS_TO_END = 5


def serve(
    model: Any,
    name: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Answer for a model over HTTP until Ctrl-C or SIGTERM; requests that have begun are answered.

    Parameters
    ----------
    model, name, limits
        As for `make_app`.
    host : str, default="127.0.0.1"
        Address or name to listen on.
    port : int, default=8000
        Port to listen on; 0 for a free one.
    ready : callable, optional
        Called with the address of the service once it listens.

    Raises
    ------
    ConfigError
        The port is taken, or there is no such host.
    MissingExtraError
        Starlette or uvicorn is not installed.
    """
    require_extra("uvicorn", "serve", "serve")
    import uvicorn

    limits = limits or Limits()
    app = make_app(model, name, limits=limits, loopback=not open_to_others(host))
    listener = _listener(host, port)
    options: dict[str, Any] = {
        "http": _connection(limits.seconds_to_send),
        "h11_max_incomplete_event_size": limits.header_bytes,
        "limit_concurrency": limits.connections,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": _SECONDS_TO_END,
    }
    config = uvicorn.Config(
        app, **options, ws="none", lifespan="off", loop="asyncio", log_level="error", access_log=False,
        server_header=False, proxy_headers=False,
    )  # fmt: skip
    shown = f"[{host}]" if ":" in host else host
    with warnings.catch_warnings(), listener:
        warnings.simplefilter("ignore", TableWarning)  # they are part of the answers
        ready(f"http://{shown}:{listener.getsockname()[1]}")
        with suppress(KeyboardInterrupt):  # uvicorn raises it after its end
            uvicorn.Server(config).run(sockets=[listener])


def open_to_others(host: str) -> bool:
    """Return whether a service under this host can be reached from other computers."""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens; ours, so that the error for a port that is taken is ours too."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        must = "serve: host and port must be free to listen on"
        message = f"{must}, got {host!r} and {port}: {reason}. Pass --port 0 for a free port."
        raise ConfigError(message, got=(host, port)) from error
    return listener


def _connection(seconds: float) -> type[H11Protocol]:
    """Return uvicorn's connection, closed if the head of a request takes longer than some seconds to arrive."""
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Connection(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._deadline = self.loop.call_later(seconds, transport.close)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            waits = self.conn.their_state is h11.IDLE
            if waits and self._deadline is None:
                self._deadline = self.loop.call_later(seconds, self.transport.close)
            elif not waits and self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def connection_lost(self, exc: Exception | None) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            super().connection_lost(exc)

    return Connection
