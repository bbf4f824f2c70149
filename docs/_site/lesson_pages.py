"""Puts the lessons of one file that pages of the guide show into the site, as the examples write them."""

import importlib.util
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

EXAMPLE = Path(__file__).parents[2] / "examples" / "lesson_page.py"


def on_files(files: Any, config: Any) -> Any:
    """Add the page of the example to the files of the site."""
    spec = importlib.util.spec_from_file_location("lesson_page", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        path = module.main(folder)
        files.append(File.generated(config, f"guide/{path.name}", content=path.read_text(encoding="utf-8")))
    return files
