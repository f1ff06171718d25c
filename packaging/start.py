"""Where a frozen lanshare begins: the console program, or the one without a console (lanshare-window)."""

import sys
from pathlib import Path

from lanshare.__main__ import main, window

if __name__ == "__main__":
    sys.exit(window() if Path(sys.executable).stem.endswith("-window") else main())
