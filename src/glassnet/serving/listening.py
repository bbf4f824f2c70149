"""Listen on a port of this computer, and run an application there until somebody stops it."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import socket
from typing import TYPE_CHECKING, Any

from glassnet.errors import ConfigError
from glassnet.serving.connection import connection_class
from glassnet.serving.guard import Guard
from glassnet.serving.limits import Limits

if TYPE_CHECKING:
    import uvicorn

__all__ = ["listen", "make_server", "open_to_others"]

_OF_CLIENTS = ("timeout graceful shutdown exceeded", "Invalid UTF-8 sequence received")
_SECONDS_TO_END = 5
_SECONDS_TO_ANSWER = 4.0  # of these


def make_server(app: Guard, limits: Limits, **more: Any) -> uvicorn.Server:
    """Return a server that gives up what is not answered at its end before uvicorn does, which prints tracebacks.

    Parameters
    ----------
    app : Guard
    limits : Limits
    **more
        Options of `uvicorn.Config` beside, or instead of, those of a service without sockets.
    """
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
        "ws": "none",
        **more,
    }
    config = uvicorn.Config(
        app, **options, lifespan="off", loop="asyncio", log_level="error", access_log=False, server_header=False,
        proxy_headers=False,
    )  # fmt: skip
    logging.getLogger("uvicorn.error").addFilter(_is_bug)
    return Server(config)


def _is_bug(record: logging.LogRecord) -> bool:
    """Return whether a line of uvicorn's log is of interest: not what some client did or did not do."""
    return not any(text in str(record.msg) for text in _OF_CLIENTS)


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


def listen(where: str, host: str, port: int, advice: str) -> socket.socket:
    """Return a socket that listens; ours, so that the error for a port that is taken is ours too.

    Parameters
    ----------
    where : str
        Name of what was called, for messages.
    host : str
    port : int
        0 for a free one.
    advice : str
        What to do about a port that is taken.

    Raises
    ------
    ConfigError
        The port is taken, or there is no such host.
    """
    try:
        if not host:  # which would be every address
            message = f"{where}: host is ''; it must be an address or name of this computer, such as '127.0.0.1'."
            raise ConfigError(message, got=host)
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
        try:
            if os.name == "posix":  # elsewhere it would share a port that another program listens on
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(where, host, port, error, advice) from error
    return listener


def _cannot_listen(where: str, host: str, port: int, error: Exception, advice: str) -> ConfigError:
    reason = getattr(error, "strerror", None) or str(error)
    is_port = isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES)
    if is_port:
        must = "they must be free to listen on"
        got = f"host and port are {host!r} and {port}: {reason[:1].lower()}{reason[1:]}"
    else:
        must, advice = "it must be an address or name of this computer, such as '127.0.0.1'", ""
        got = f"host is {host!r}" + ("" if isinstance(error, UnicodeError) else f": {reason[:1].lower()}{reason[1:]}")
    message = f"{where}: {got}; {must}. {advice}".rstrip()
    return ConfigError(message, got=(host, port))
