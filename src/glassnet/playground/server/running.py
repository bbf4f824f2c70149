"""Run the playground until somebody ends it, or beside a program that goes on."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

from glassnet.errors import ConfigError
from glassnet.playground.experiment import Experiment
from glassnet.playground.notebook import experiment_frame
from glassnet.playground.server.app import make_play_app
from glassnet.playground.server.gate import Gate
from glassnet.playground.server.play_limits import PlayLimits
from glassnet.playground.server.sockets import Pages
from glassnet.playground.server.upgrades import socket_class, upgrading_class
from glassnet.playground.server.uploads import Uploads
from glassnet.playground.worker import Worker
from glassnet.serving.guard import Guard, names_of
from glassnet.serving.listening import listen, make_server, open_to_others
from glassnet.utils.checks import require_extra

if TYPE_CHECKING:
    import uvicorn

__all__ = ["Playground"]

_ADVICE = ("Pass port=0 for a free port.", "Pass allow_remote=True to let others in.")
_TOKEN_BYTES = 32


class Playground:
    """A playground that browsers of this computer can open.

    Parameters
    ----------
    experiment : Experiment
    where : str, default="playground"
        Name of what was called, for messages.
    host : str, default="127.0.0.1"
        Address or name to listen on.
    port : int, default=0
        Port to listen on; 0 for a free one.
    allow_remote : bool, default=False
        Whether an address that other computers can reach is allowed.
    limits : PlayLimits, optional
        What pages may send.
    advice : (str, str)
        What to do about a port that is taken, and about an address that is not allowed.

    Attributes
    ----------
    url : str
        The address with the token that lets its reader in.
    is_open : bool
        Whether other computers can reach it.
    """

    def __init__(
        self,
        experiment: Experiment,
        where: str = "playground",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_remote: bool = False,
        limits: PlayLimits | None = None,
        advice: tuple[str, str] = _ADVICE,
    ) -> None:
        for module in ("starlette", "uvicorn", "websockets"):
            require_extra(module, "playground", where)
        limits = limits or PlayLimits()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with ExitStack() as stack:
            self._listener = stack.enter_context(listen(where, host, port, advice[0]))
            address, self.port = self._listener.getsockname()[:2]
            self.is_open = open_to_others(address)
            if self.is_open and not allow_remote:
                must = "it must be an address of this computer that others cannot reach, such as '127.0.0.1'"
                message = f"{where}: host is {host!r}; {must}. {advice[1]}"
                raise ConfigError(message, got=host)
            stack.pop_all()
        self._uploads, self._thread = Uploads(limits), None
        experiment.uploads = self._uploads.paths
        self._pages = Pages(limits, self.stop)
        self._worker = self._pages.worker = Worker(experiment, self._pages)
        app = make_play_app(self._worker, self._pages, self._uploads)
        gate = Gate(app, token, None if self.is_open else names_of(host), self.port)
        self._server = _server(Guard(gate, limits, None, lambda seconds: None), limits)
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"
        self.url = f"{self.address}?token={token}"

    _thread: threading.Thread | None

    def run(self) -> None:
        """Let browsers in until Ctrl-C, SIGTERM, or the end that a page asks for."""
        self._worker.start()
        try:
            with suppress(KeyboardInterrupt):
                self._server.run(sockets=[self._listener])  # raises KeyboardInterrupt at its end
        finally:
            self._worker.stop()
            self._listener.close()
            self._uploads.close()

    def start(self) -> Self:
        """Let browsers in while the program goes on."""
        self._thread = threading.Thread(target=self.run, name="glassnet-playground-server", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ask the playground to end."""
        self._server.should_exit = True

    def close(self) -> None:
        """End the playground, and wait for its end."""
        self.stop()
        if self._thread is not None:
            self._thread.join(10.0)

    def call(self, function: Callable[[Experiment], Any]) -> Any:
        """Return what a function of the experiment returns, called between two steps."""
        return self._worker.call(function).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the page as one file, of the experiment as it is now."""
        return str(self.call(experiment_frame))

    def __repr__(self) -> str:
        return f"<Playground at {self.address}>"


def _server(app: Guard, limits: PlayLimits) -> uvicorn.Server:
    options: dict[str, Any] = {
        "http": upgrading_class(limits),
        "ws": socket_class(),
        "ws_max_size": limits.message_bytes,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "ws_per_message_deflate": False,
    }
    return make_server(app, limits, **options)
