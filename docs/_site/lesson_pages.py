"""Puts the lessons of one file that pages of the guide show into the site, as the examples write them."""

import runpy
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

EXAMPLE = Path(__file__).parents[2] / "examples" / "lesson_page.py"


def on_files(files: Any, config: Any) -> Any:
    """Add the page of the example to the files of the site."""
    write = runpy.run_path(str(EXAMPLE))["main"]
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        path = write(folder)
        files.append(File.generated(config, f"guide/{path.name}", content=path.read_text(encoding="utf-8")))
    return files
