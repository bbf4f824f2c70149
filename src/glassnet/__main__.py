"""``python -m glassnet``: the same as the command ``glassnet``."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from glassnet.cli.app import main

    sys.exit(main())
