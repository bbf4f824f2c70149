"""What is said to those who carry the project on is so: the files that are named exist, and every room has its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from test_house import FLOORS

REPOSITORY = Path(__file__).parent.parent
SOURCE = REPOSITORY / "src" / "glassnet"
GUIDES = [REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "docs" / "guide" / "contribute-a-layer.md"]
FILES = re.compile(r"(?<![\w./-])(?:[\w.-]+/)*[\w.-]+(?:\.(?:py|md|yml|cff|toml|safetensors)|/)(?![\w./])")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_the_named_files_exist(guide: Path) -> None:
    """Each path in code marks leads to a file or folder, from the repository or from the package."""
    text = guide.read_text()
    marked = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    named = {found for mark in marked for found in FILES.findall(mark) if "NAME" not in mark and "…" not in mark}
    assert len(named) > 10
    places = [REPOSITORY, SOURCE, *(path for path in SOURCE.rglob("*/") if path.is_dir())]
    assert sorted(name for name in named if not any((place / name).exists() for place in places)) == []


def test_every_room_is_in_the_table() -> None:
    """CONTRIBUTING.md has each room of the package once."""
    table = (REPOSITORY / "CONTRIBUTING.md").read_text().split("## Rooms")[1].split("\n\nA room")[0]
    named = re.findall(
        r"`(\w+)(?:/|\.py)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
    )
    rooms = [room for room in FLOORS if room != "__main__"]
    assert sorted(named) == sorted(rooms)
