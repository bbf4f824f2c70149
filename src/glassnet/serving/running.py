"""Run a service until somebody stops it."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from glassnet.errors import ConfigError, TableWarning
from glassnet.serving.app import make_app
from glassnet.serving.connection import connection_class
from glassnet.serving.guard import Guard
from glassnet.serving.limits import Limits
from glassnet.utils.checks import require_extra

if TYPE_CHECKING:
    import uvicorn

__all__ = ["open_to_others", "serve"]

_SECONDS_TO_END = 5
_SECONDS_TO_ANSWER = 4.0  # of these


def serve(
    model: Any,
    name: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    ready: Callable[[str, bool], None] = lambda address, is_open: None,
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
        Called once the service listens, with its address and whether other computers can reach it.

    Raises
    ------
    ConfigError
        The port is taken, or there is no such host.
    MissingExtraError
        Starlette or uvicorn is not installed.
    """
    require_extra("uvicorn", "serve", "serve")
    limits = limits or Limits()
    with _listener(host, port) as listener, warnings.catch_warnings(), suppress(KeyboardInterrupt):
        warnings.simplefilter("ignore", TableWarning)  # they are part of the answers
        address, number = listener.getsockname()[:2]
        is_open = open_to_others(address)
        app = make_app(model, name, limits=limits, loopback=not is_open, host=host)
        server = _server(app, limits)
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{number}", is_open)
        server.run(sockets=[listener])  # raises KeyboardInterrupt at its end


def _server(app: Guard, limits: Limits) -> uvicorn.Server:
    """Return a server that gives up what is not answered at its end before uvicorn does, which prints tracebacks."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.stop(_SECONDS_TO_ANSWER)
            await super().shutdown(sockets)

    options: dict[str, Any] = {
        "http": connection_class(limits),
        "h11_max_incomplete_event_size": limits.header_bytes,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": _SECONDS_TO_END,
    }
    config = uvicorn.Config(
        app, **options, ws="none", lifespan="off", loop="asyncio", log_level="error", access_log=False,
        server_header=False, proxy_headers=False,
    )  # fmt: skip
    logging.getLogger("uvicorn.error").addFilter(_is_bug)
    return Server(config)


def _is_bug(record: logging.LogRecord) -> bool:
    """Return whether a line of uvicorn's log is of interest: not that some clients had not gone at the end."""
    return "timeout graceful shutdown exceeded" not in str(record.msg)


def open_to_others(host: str) -> bool:
    """Return whether a service under this host can be reached from other computers."""
    if host.lower() == "localhost":
        return False
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_loopback


def _listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens; ours, so that the error for a port that is taken is ours too."""
    try:
        if not host:  # which would be every address
            message = "serve: host must be an address or name of this computer, such as '127.0.0.1', got ''."
            raise ConfigError(message, got=host)
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
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: Exception) -> ConfigError:
    reason = getattr(error, "strerror", None) or str(error)
    is_port = isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES)
    if is_port:
        must, advice = "host and port must be free to listen on", " Pass --port 0 for a free port."
        got = f"{host!r} and {port}: {reason}"
    else:
        must, advice = "host must be an address or name of this computer, such as '127.0.0.1'", ""
        got = f"{host!r}" if isinstance(error, UnicodeError) else f"{host!r}: {reason}"
    message = f"serve: {must}, got {got}.{advice}"
    return ConfigError(message, got=(host, port))
