"""A headless Chromium for tests of pages, spoken to over a pair of pipes."""

from __future__ import annotations

import atexit
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["CHROMIUM", "Page", "open_page"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--hide-scrollbars", "--lang=en",
    "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE = 60.0
_KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip


class Browser:
    """A Chromium that the tests of this process share; its pages know nothing of each other."""

    def __init__(self) -> None:
        assert CHROMIUM is not None
        there, self._send = os.pipe()
        self._receive, back = os.pipe()
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        words = [CHROMIUM, *_FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"]
        shell = ["bash", "-c", f'exec "$@" 3<&{there} 4>&{back}', "bash", *words]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(shell, pass_fds=(there, back), start_new_session=True, **quiet)
        os.close(there)
        os.close(back)
        self._buffer = b""
        self._number = 0
        self.pages: dict[str, Page] = {}

    def command(self, session: str | None, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run a command of the DevTools protocol and return its result; what pages say meanwhile is theirs."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            if (page := self.pages.get(answer.get("sessionId", ""))) is not None:
                page.hear(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE
        while b"\0" not in self._buffer:
            rest = max(until - time.monotonic(), 0.0)
            assert select.select([self._receive], [], [], rest)[0], "Chromium does not answer"
            part = os.read(self._receive, 1 << 16)
            assert part, "Chromium has ended"
            self._buffer += part
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message

    def is_alive(self) -> bool:
        """Return whether it runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        os.close(self._send)
        self._process.terminate()
        self._process.wait(30)
        os.close(self._receive)
        self._folder.cleanup()


class Page:
    """One page: what it asked for over the network, what it wrote to the console, and how to use it.

    Attributes
    ----------
    requests, console : list of str
        The addresses that were requested, and messages.
    """

    def __init__(self, browser: Browser, context: str) -> None:
        self._browser, self.context = browser, context
        self._session: str | None = None
        self.requests: list[str] = []
        self.console: list[str] = []

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run a command of the DevTools protocol and return its result."""
        return self._browser.command(self._session, method, parameters)

    def hear(self, message: dict[str, Any]) -> None:
        """Keep what a message tells of requests and the console."""
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        if message.get("method") == "Runtime.exceptionThrown":
            self.console.append(json.dumps(parameters["exceptionDetails"]))
        if message.get("method") == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])
        if message.get("method") == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.console.append(json.dumps(parameters["args"]))

    def start(self, width: int, height: int) -> None:
        """Open an empty page of this size."""
        target = self.command("Target.createTarget", url="about:blank", browserContextId=self.context)["targetId"]
        self._session = session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._browser.pages[session] = self
        for domain in ("Page", "Network", "Runtime", "Log", "DOM", "Accessibility"):
            self.command(f"{domain}.enable")
        self.resize(width, height)

    def resize(self, width: int, height: int, zoom: float = 1) -> None:
        """Give the window another size, in pixels of the screen; `zoom` is that of the browser."""
        size = {
            "width": round(width / zoom),
            "height": round(height / zoom),
            "deviceScaleFactor": zoom,
            "mobile": False,
        }
        self.command("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, **features: str) -> None:
        """Set media features, such as ``prefers_color_scheme="dark"``; those not named are as they were at first."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.command("Emulation.setEmulatedMedia", features=named)

    def go(self, url: str) -> None:
        """Load a page, to its end."""
        self.command("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def run(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript in the page."""
        options = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        found = self.command("Runtime.evaluate", expression=expression, **options)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, condition: str) -> None:
        """Return when a condition holds in the page."""
        until = time.monotonic() + _PATIENCE
        while not self.run(condition):
            assert time.monotonic() < until, condition
            time.sleep(0.02)

    def press(self, key: str, text: str = "", *, held: str = "") -> None:
        """Press and release a key, such as Tab, with Control or Shift held down."""
        options: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": _KEYS.get(key, 0)}
        options["modifiers"] = {"": 0, "Control": 2, "Shift": 8}[held]
        kind = "keyDown" if text else "rawKeyDown"
        self.command("Input.dispatchKeyEvent", type=kind, **options, **({"text": text} if text else {}))
        self.command("Input.dispatchKeyEvent", type="keyUp", **options)

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.command("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click in the middle of an element, by the mouse."""
        box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = self.run(f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({box})")
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in an input."""
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def shot(self, path: Path) -> None:
        """Save a picture of the whole page."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        found = self.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(found["data"]))

    def tree(self) -> list[tuple[str, str]]:
        """Return role and name of everything in the accessibility tree."""
        nodes = self.command("Accessibility.getFullAXTree")["nodes"]
        shown = (node for node in nodes if not node.get("ignored"))
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in shown if "role" in node]


def _browser() -> Browser:
    """Return the browser of this process, started when it is first needed."""
    if not _running or not _running[-1].is_alive():
        _running.append(Browser())
        atexit.register(_running[-1].close)
    return _running[-1]


_running: list[Browser] = []


@contextmanager
def open_page(folder: Path, width: int = 1200, height: int = 900) -> Iterator[Page]:
    """Open a page with cookies and storage of its own, and a folder for what it saves."""
    browser = _browser()
    context = browser.command(None, "Target.createBrowserContext", {})["browserContextId"]
    saving = {"behavior": "allow", "browserContextId": context, "downloadPath": str(folder)}
    browser.command(None, "Browser.setDownloadBehavior", saving)
    page = Page(browser, context)
    try:
        page.start(width, height)
        yield page
    finally:
        browser.pages = {session: other for session, other in browser.pages.items() if other is not page}
        if browser.is_alive():
            browser.command(None, "Target.disposeBrowserContext", {"browserContextId": context})
