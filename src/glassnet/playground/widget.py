"""The playground as a widget of a notebook: the page in a frame, and the engine in the notebook's own Python."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any

from glassnet.network import Network
from glassnet.playground.data.sources import data_from_arrays
from glassnet.playground.doors import experiment_with_network
from glassnet.playground.experiment import Experiment
from glassnet.playground.plain_json import as_plain_json
from glassnet.playground.single_file import widget_page
from glassnet.playground.worker import Key, Listener, Worker
from glassnet.saving.strict_json import parse_json
from glassnet.utils.checks import require_extra

__all__ = ["Bridge", "playground_widget"]

_LEVELS = 20  # of JSON
Send = Callable[[dict[str, Any], Sequence[bytes]], object]


class Bridge(Listener):
    """Carries messages between a worker and one front end: text both ways, frames down, one on its way at a time.

    Parameters
    ----------
    experiment : Experiment
    send : callable
        Sends a message with buffers to the front end.
    """

    def __init__(self, experiment: Experiment, send: Send) -> None:
        self._send, self._lock = send, threading.Lock()
        self._is_ready, self._seen = False, None
        self.worker = Worker(experiment, self)
        self.worker.start()

    _seen: Key | None

    def receive(self, content: Mapping[str, Any]) -> None:
        """Take a message of the front end: ``{"text": "<JSON>"}``."""
        try:
            message = parse_json(content.get("text", ""), finite=True, levels=_LEVELS)
        except (TypeError, ValueError) as error:
            text = f"playground: a message is text that {error}; it must be JSON."
            self._say(as_plain_json({"id": None, "error": text}))
            return
        if not isinstance(message, dict):
            self._say(
                as_plain_json({"id": None, "error": "playground: a message is another value; it must be an object."})
            )
        elif message.get("do") == "ack":
            self._wait_for_frame(self._seen)
        elif message.get("do") == "hello":
            self.worker.submit(message, self._greet)
        else:
            self.worker.submit(message, self._say)

    def close(self) -> None:
        """End the thread of the worker."""
        self.worker.stop()

    def _greet(self, text: str) -> None:
        self._say(text)
        self._wait_for_frame(None)

    def _wait_for_frame(self, seen: Key | None) -> None:
        with self._lock:
            self._is_ready, self._seen = True, seen
        self.worker.want_frame(seen)

    # ---- from the worker's thread ---------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self._send({"text": text}, ())

    def event(self, text: str, *, is_state: bool = False) -> None:
        self._say(text)

    def frame(self, data: bytes, key: Key) -> None:
        with self._lock:
            if not self._is_ready:
                return
            self._is_ready, self._seen = False, key
        self._send({}, (data,))

    def ended(self) -> None:
        self.worker.call(lambda experiment: setattr(experiment, "running", False))


def playground_widget(network: Network | Experiment, X: Any = None, y: Any = None, *, height: int = 860) -> Any:
    """Return a widget of a network, which trains a copy of it in this Python: for Jupyter, Colab, VS Code and marimo.

    Parameters
    ----------
    network : Network
        Or an experiment of the playground, which is used itself.
    X, y : array, optional
        Rows to train on, of which a fifth is held out; without them a toy.
    height : int, default=860
        Height of the frame, in pixels.

    Raises
    ------
    MissingExtraError
        The extra ``widget`` is not installed.
    """
    require_extra("anywidget", "widget", "playground_widget")
    import anywidget
    import traitlets

    if isinstance(network, Network):
        experiment = experiment_with_network(network, None if X is None else data_from_arrays(X, y))
    else:
        experiment = network
    front = (resources.files(__package__) / "offline" / "widget_front.js").read_text(encoding="utf-8")

    class PlaygroundWidget(anywidget.AnyWidget):
        """The playground."""

        _esm = front
        page = traitlets.Unicode().tag(sync=True)
        height = traitlets.Int().tag(sync=True)

        def close(self) -> None:
            bridge.close()
            super().close()

    widget = PlaygroundWidget(page=widget_page(), height=height)
    bridge = Bridge(experiment, lambda content, buffers: widget.send(content, list(buffers)))
    widget.on_msg(lambda _, content, buffers: bridge.receive(content))
    return widget
