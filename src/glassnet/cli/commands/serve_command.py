"""``glassnet serve``: a model as a service over HTTP."""

from __future__ import annotations

import sys
from pathlib import Path

from glassnet.cli.arguments import as_number
from glassnet.cli.training.model_files import load_any_model
from glassnet.serving.running import serve
from glassnet.utils.checks import check_integer, require_extra
from glassnet.utils.short_text import plain

__all__ = ["run_serve"]

WHERE = "serve"
_OPEN = (
    "warning: every computer that reaches {host} can use this service, without a password and unencrypted. "
    "Put a proxy with both before it."
)


def run_serve(model_path: str, host: str, port: str) -> None:
    """Answer for the model in a file until Ctrl-C or SIGTERM."""
    for package in ("starlette", "uvicorn"):
        require_extra(package, "serve", WHERE)
    number = check_integer(WHERE, "--port", as_number(port), 0, maximum=65_535)
    model = load_any_model(WHERE, model_path)
    name = Path(model_path).name.split(".")[0]

    def ready(address: str, is_open: bool) -> None:
        if is_open:
            print(plain(_OPEN.format(host=host)), file=sys.stderr, flush=True)
        print(plain(f"Serving {name} at {address}; Ctrl-C stops it."), flush=True)

    serve(model, name, host=host, port=number, ready=ready)
    print("Stopped.", flush=True)
