"""``python -m glassnet.cli``: the same as the command ``glassnet``."""

from __future__ import annotations

import sys

from glassnet.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
