"""Run a service until somebody stops it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from glassnet.errors import TableWarning
from glassnet.serving.app import make_app
from glassnet.serving.limits import Limits
from glassnet.serving.listening import listen, make_server, open_to_others
from glassnet.utils.checks import require_extra

__all__ = ["serve"]


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
    with (
        listen("serve", host, port, "Pass --port 0 for a free port.") as listener,
        warnings.catch_warnings(),
        suppress(KeyboardInterrupt),
    ):
        warnings.simplefilter("ignore", TableWarning)  # they are part of the answers
        address, number = listener.getsockname()[:2]
        is_open = open_to_others(address)
        app = make_app(model, name, limits=limits, loopback=not is_open, host=host)
        server = make_server(app, limits)
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{number}", is_open)
        server.run(sockets=[listener])  # raises KeyboardInterrupt at its end
